"""Names that users of other libraries try, and what to use here instead.

Export is not there yet; the rest is called otherwise.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from trimtab.core import checks
from trimtab.core.catalogue import MissingAttribute
from trimtab.core.former_names import TENSORFLOW
from trimtab.core.words import brief
from trimtab.errors import Unsupported

__all__ = ["NotAnEstimator", "is_known", "missing_method", "missing_name"]

_TRAIN = "Use trimtab.train(X, y), or trimtab.train(table, target='COLUMN')."
_ESTIMATOR = "Use trimtab.TabularRegressor or trimtab.TabularClassifier."
_PREDICT = "Use predict(data), or `trimtab predict MODEL TABLE` on the command line."
_FILES = "Use save('model.trimtab') and trimtab.load('model.trimtab')."

#: Names of the package.
NAMES = {
    **dict.fromkeys(
        (
            *("TabularPredictor", "TabularDataset"),
            *("Learner", "Trainer", "AutoML", "fit", "train_model"),
        ),
        _TRAIN,
    ),
    **dict.fromkeys(
        (
            *("Regressor", "Classifier", "TrimtabRegressor", "TrimtabClassifier"),
            *("MLPRegressor", "MLPClassifier"),
        ),
        _ESTIMATOR,
    ),
    **dict.fromkeys(("predict", "predict_proba"), "Use predict of what trimtab.train returns."),
    **dict.fromkeys(("evaluate", "score"), "Use evaluate of what trimtab.train returns."),
    **dict.fromkeys(("explain", "importance"), "Use explain of what trimtab.train returns."),
    **dict.fromkeys(("to_onnx", "onnx"), "Use trimtab.export(predictor, 'model.onnx')."),
    "to_keras": _PREDICT,
    **dict.fromkeys(("save", "save_model"), _FILES),
    "load_predictor": "Use trimtab.load('model.trimtab').",
    **dict.fromkeys(
        ("cross_val_score", "cross_validate", "cv"), "Use trimtab.train(table, target, fold=5)."
    ),
    **dict.fromkeys(
        ("read_csv", "read", "read_parquet", "read_excel"), "Use trimtab.tables.read(path)."
    ),
    "inspect": "Use trimtab.tables.inspect(table), or `trimtab inspect TABLE`.",
    "train_test_split": "Use trimtab.train(table, target, test=0.2).",
    **dict.fromkeys(("set_seed", "seed"), "Use trimtab.set_random_seed(0), or train(seed=0)."),
}

_NAMES = {name.lower(): advice for name, advice in (TENSORFLOW | NAMES).items()}

#: Names of a predictor.
METHODS = {
    **dict.fromkeys(
        ("fit", "partial_fit", "train", "fit_predict", "refit", "refit_full", "fine_tune"),
        f"It is trained already. {_TRAIN}",
    ),
    **dict.fromkeys(
        ("get_params", "set_params"),
        "It is no estimator of scikit-learn; `options` holds what it was trained with. "
        + _ESTIMATOR,
    ),
    **dict.fromkeys(("export", "export_onnx", "save_onnx"), "Use to_onnx('model.onnx')."),
    **dict.fromkeys(
        ("to_keras", "to_torch", "to_tensorflow", "to_sklearn", "to_jax"),
        "The network behind the table is `model`: model.save('network.keras'), model.to_torch(), "
        "model.get_weights().",
    ),
    **dict.fromkeys(("dump", "to_file", "save_model", "to_pickle", "persist"), _FILES),
    **dict.fromkeys(("load", "load_model", "from_file"), "Use trimtab.load('model.trimtab')."),
    **dict.fromkeys(
        ("feature_importances_", "feature_importance", "feature_importances", "coef_"),
        "Use explain(data).",
    ),
    **dict.fromkeys(("classes_", "class_labels", "labels_"), "Use classes."),
    **dict.fromkeys(
        ("feature_names_in_", "feature_names", "feature_names_", "columns"),
        "Use [column.name for column in predictor.schema.features].",
    ),
    "n_features_in_": "Use len(predictor.schema.features).",
    **dict.fromkeys(("loss_curve_", "evals_result", "evals_result_"), "Use history.history."),
    **dict.fromkeys(("plot", "plot_history"), "Use history.plot(), or explain(data).plot()."),
    "plot_importance": "Use explain(data).plot().",
    **dict.fromkeys(
        ("leaderboard", "fit_summary", "info", "get_score", "best_score_"),
        "Use scores, or best_evidence.",
    ),
    **dict.fromkeys(("best_params_", "params", "config", "hyperparameters"), "Use options."),
    "summary": "Use model.summary().",
    **dict.fromkeys(("compile", "layers", "get_weights", "weights"), "Use model."),
    **dict.fromkeys(
        ("predict_log_proba", "decision_function", "predict_probability", "predict_probabilities"),
        "Use predict_proba(data).",
    ),
    **dict.fromkeys(("predict_intervals", "predict_quantiles"), "Use predict_interval(data)."),
    **dict.fromkeys(("transform", "fit_transform"), "Use preprocessor."),
    **dict.fromkeys(("problem_type", "task_type"), "Use task."),
    "label": "Use target.",
}


class NotAnEstimator(Unsupported, TypeError):
    """scikit-learn was given a predictor in place of an estimator."""


def missing_name(name: str, own: Iterable[str]) -> AttributeError:
    """The error for a name that the package lacks."""
    if is_known(name):
        return MissingAttribute(f"trimtab has no {name!r}. {_NAMES[name.lower()]}")
    hint = "" if name.startswith("_") else checks.nearest(name, own)
    return AttributeError(f"module 'trimtab' has no attribute {brief(name)}. {hint}".rstrip())


def is_known(name: str) -> bool:
    """Whether another library has this name, whatever its capitals."""
    return name.lower() in _NAMES


def missing_method(name: str, own: Iterable[str]) -> AttributeError:
    """The error for a name that a predictor lacks; scikit-learn gets one that it does not hide.

    scikit-learn asks whether there is a ``fit`` and then says that a repr is no estimator. It asks
    with ``hasattr``, which hides an ``AttributeError`` with its text, and only that.

    Raises:
        NotAnEstimator: scikit-learn asks for ``fit`` or ``get_params``.
    """
    if name.startswith("_"):
        return AttributeError(f"Predictor has no {name!r}.")
    if name in METHODS:
        text = f"a Predictor has no {name!r}. {METHODS[name]}"
        if name in ("fit", "get_params") and _asked_by_sklearn():
            raise NotAnEstimator(
                "scikit-learn needs an estimator that it can train, and a Predictor is trained "
                f"already. {_ESTIMATOR} Or cross-validate with trimtab.train(table, target, "
                "fold=5)."
            )
        return MissingAttribute(text)
    return AttributeError(f"a Predictor has no {brief(name)}. {checks.nearest(name, own)}".rstrip())


def _asked_by_sklearn() -> bool:
    """Whether the attribute is looked up by scikit-learn's own code."""
    frame = inspect.currentframe()
    for _ in range(3):  # missing_method, __getattr__, and who asks
        frame = frame.f_back if frame else None
    name = frame.f_globals.get("__name__", "") if frame else ""
    return str(name).partition(".")[0] == "sklearn"
