"""What arguments of other libraries are called here."""

from __future__ import annotations

__all__ = ["ADVISED", "ARGUMENTS", "READING"]

#: What functions that read a table take in one argument, ``options``.
READING = (
    *("format", "delimiter", "decimal", "encoding", "compression", "quote", "sheet", "missing"),
)

#: Arguments of other libraries -> what they are called here.
ARGUMENTS = {
    **dict.fromkeys(("X", "x", "df", "table", "train_data", "X_train", "dataset", "file"), "data"),
    **dict.fromkeys(("label", "labels", "target_column", "target_name", "outcome"), "target"),
    **dict.fromkeys(("Y", "y_train", "targets"), "y"),
    **dict.fromkeys(("random_state", "random_seed", "rng"), "seed"),
    "seed": "random_state",  # where this is what it is called: in estimators of scikit-learn
    "valid": "validation_fraction",
    "threads": "n_jobs",
    **dict.fromkeys(
        ("max_iter", "max_epochs", "n_epochs", "num_epochs", "nb_epoch", "iterations", "n_iter"),
        "epochs",
    ),
    **dict.fromkeys(
        (
            *("hidden_layer_sizes", "hidden_layers", "hidden_units", "hidden", "units", "network"),
            *("architecture", "activation", "layer_sizes", "n_layers", "num_layers"),
        ),
        "layers",
    ),
    **dict.fromkeys(("presets", "preset", "quality"), "effort"),
    **dict.fromkeys(("lr_schedule", "scheduler", "lr_scheduler"), "schedule"),
    **dict.fromkeys(("learning_rate", "learning_rate_init", "eta", "step_size"), "lr"),
    **dict.fromkeys(("alpha", "l2", "reg_lambda", "weight_decay_rate", "wd"), "weight_decay"),
    **dict.fromkeys(
        (
            *("validation_data", "validation_split", "validation_fraction", "eval_set", "val"),
            *("val_data", "tuning_data", "validation", "holdout_frac", "valid_data", "X_val"),
        ),
        "valid",
    ),
    **dict.fromkeys(("test_size", "test_data", "X_test", "test_split"), "test"),
    **dict.fromkeys(("cv", "n_splits", "n_folds", "nfold", "num_bag_folds"), "fold"),
    **dict.fromkeys(("groups", "group_column", "group_id"), "group"),
    **dict.fromkeys(
        ("early_stopping", "early_stopping_rounds", "n_iter_no_change", "early_stopping_patience"),
        "patience",
    ),
    **dict.fromkeys(("n_estimators", "num_models", "ensemble", "n_models", "bagging"), "committee"),
    **dict.fromkeys(("n_jobs", "num_threads", "num_cpus", "n_threads", "nthread"), "threads"),
    **dict.fromkeys(("device", "backend", "accelerator"), "engine"),
    **dict.fromkeys(("eval_metric", "scoring", "metrics", "eval_metrics"), "metric"),
    **dict.fromkeys(("objective", "criterion", "loss_function", "loss_fn"), "loss"),
    **dict.fromkeys(("problem_type", "task_type", "problem"), "task"),
    **dict.fromkeys(
        ("cat_features", "categorical_features", "categorical", "dtype", "dtypes", "kinds", "type"),
        "types",
    ),
    **dict.fromkeys(
        ("sample_weight", "sample_weights", "weights", "sample_weight_column", "weight_column"),
        "weight",
    ),
    **dict.fromkeys(("ignored_columns", "exclude", "ignore", "drop_columns"), "drop"),
    **dict.fromkeys(("index_col", "index", "id_column", "ids"), "id"),
    **dict.fromkeys(("dropout_rate", "drop_rate"), "dropout"),
    **dict.fromkeys(("batch_normalization", "bn", "batchnorm", "use_bn"), "batch_norm"),
    **dict.fromkeys(("batch", "minibatch_size", "bs"), "batch_size"),
    **dict.fromkeys(("class_weights", "scale_pos_weight"), "class_weight"),
    **dict.fromkeys(("sep", "separator"), "delimiter"),
    **dict.fromkeys(("na_values", "na", "null_values"), "missing"),
    **dict.fromkeys(("sheet_name",), "sheet"),
    **dict.fromkeys(("save", "output", "save_path", "path", "model_file"), "out"),
    **dict.fromkeys(("timeout", "max_time", "time_budget", "max_runtime_secs"), "time_limit"),
    **dict.fromkeys(("normalize", "scaler", "standardize", "scale"), "scaling"),
    **dict.fromkeys(("usecols",), "columns"),
    **dict.fromkeys(("filename", "file_name", "model_path", "path"), "filepath"),
    **dict.fromkeys(("confidence", "coverage", "quantile"), "level"),
}

_COMPILE = "Pass it to compile."
_RATE = "Set model.optimizer.learning_rate, or compile(optimizer=optimizers.Adam(0.001))."
_LEAVE = "Leave it out."
_CALLBACKS = "Training stops by patience and time_limit; Sequential.fit takes callbacks."

#: Arguments that other calls take or took -> function or class -> what to do.
ADVISED = {
    **{each: {"fit": _COMPILE} for each in ("loss", "metrics", "weighted_metrics")},
    "optimizer": {"fit": _COMPILE, "train": "It is AdamW: set lr and weight_decay."},
    **{each: {"fit": _RATE} for each in ("lr", "learning_rate")},
    **dict.fromkeys(
        ("workers", "use_multiprocessing", "max_queue_size"),
        dict.fromkeys(("fit", "evaluate", "predict"), _LEAVE),
    ),
    "show_accuracy": {"fit": "Use compile(metrics=['accuracy'])."},
    "decay": dict.fromkeys(
        ("SGD", "Adam", "AdamW"),
        "Use learning_rate=schedules.ExponentialDecay(0.01, 1000, 0.9).",
    ),
    **{each: {"train": _CALLBACKS} for each in ("callbacks", "callback")},
    "weights": {"Dense": "Use layer.set_weights([kernel, bias]) once the model is built."},
    "mode": {"BatchNormalization": _LEAVE},
}
