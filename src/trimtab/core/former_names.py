"""Names of Keras 2 and TensorFlow in older code, and what to use instead."""

from __future__ import annotations

__all__ = ["LAYER", "MODEL", "MODULES", "OPTIMIZER", "TENSORFLOW"]

_FIT = "Use model.fit(x, y), or model.train_on_batch(x, y) in a loop of your own."
_FIT_ARRAYS = "Use model.fit(x, y) with arrays or DataFrames."
_SAVE = "Use model.save('model.trimtab') and trimtab.load_model('model.trimtab')."
_ARRAYS = "Pass NumPy arrays or DataFrames: numbers become float32."
_NUMPY = "Use numpy on data, and jax.numpy in custom layers and losses."
_WITHOUT = "Leave it out: trimtab has no such setting."
_STATE = f"{_SAVE} They keep the optimizer's state."
_TABLE = "Use trimtab.train(table, target), which prepares the columns and fits."
_SEED = "Use trimtab.set_random_seed(0)."
_RATE = "Use float(model.optimizer.learning_rate) and model.optimizer.learning_rate = 0.001."
_DEVICES = "Leave it out, or use compile(devices='all')."
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
}


def _advice(*pairs: tuple[str, str]) -> dict[str, str]:
    return {name: text for text, names in pairs for name in names.split()}


#: What models of Keras have, or had.
MODEL = _advice(
    (
        "Use model.predict(x).argmax(axis=1) with softmax, model.predict(x) > 0.5 with sigmoid.",
        "predict_classes",
    ),
    ("Use model.predict(x): with softmax or sigmoid it returns probabilities.", "predict_proba"),
    ("Use model.fit(batches), which takes generators, too.", "fit_generator"),
    ("Use model.evaluate(batches), which takes generators, too.", "evaluate_generator"),
    ("Use model.evaluate(x, y) with arrays or DataFrames.", "score"),
    ("Use model.predict(batches), which takes generators, too.", "predict_generator"),
    ("Use model.input_shape.", "input inputs"),
    ("Use model.output_shape, and model(x) for the output of rows.", "output outputs"),
    (_SAVE, "export save_spec load"),
    ("Use model.to_json().", "to_yaml"),
    ("Leave it out: weights are float32.", "quantize"),
    ("Use model.optimizer.get_config() and model.loss.", "get_compile_config"),
    ("Use model.compile(optimizer, loss).", "compile_from_config"),
    ("Leave it out: regularization is part of the loss.", "losses add_loss"),
    (_FIT, "train_step test_step predict_step make_train_function compute_loss"),
)

#: What layers of Keras have, or had.
LAYER = _advice(
    ("Use layer.input_width.", "input_shape"),
    ("Use layer.output_width.", "output_shape"),
    ("Use layer(x) on rows; model.probe(x) looks into each layer.", "output input"),
    ("Leave it out: regularization is part of the loss.", "losses add_loss"),
    ("Use layer.kernel.", "W"),
    ("Use layer.bias.", "b"),
)

#: What optimizers of Keras have, or had.
OPTIMIZER = _advice(
    ("Use learning_rate.", "lr"),
    ("Use learning_rate=schedules.ExponentialDecay(0.01, 1000, 0.9).", "decay"),
    (_STATE, "variables weights get_weights set_weights save_own_variables"),
    (_FIT, "apply apply_gradients minimize compute_gradients get_gradients get_updates"),
)

#: What ``keras.backend`` once had.
BACKEND = _advice(
    (_RATE, "get_value set_value"),
    ("Leave it out: fit says training=True by itself.", "learning_phase set_learning_phase"),
    (_WITHOUT, "get_session set_session tf tensorflow_backend"),
    (
        "Write custom layers and losses in jax.numpy.",
        "abs all any argmax argmin arange batch_dot binary_crossentropy cast clip concatenate "
        "constant cumsum dot dtype equal exp expand_dims eye flatten function gather gradients "
        "greater greater_equal int_shape l2_normalize less less_equal log max maximum mean min "
        "minimum ndim not_equal ones ones_like permute_dimensions pow prod random_normal "
        "random_uniform relu repeat reshape round shape sigmoid sign softmax softplus sqrt square "
        "squeeze stack std stop_gradient sum switch tanh transpose update var variable zeros "
        "zeros_like",
    ),
)

#: Module -> name -> advice.
MODULES = {
    "backend": BACKEND,
    "utils": _advice(
        (
            "Use numpy.eye(classes)[y], or class numbers and 'sparse_categorical_crossentropy'.",
            "np_utils",
        ),
        ("Use model.summary().", "vis_utils print_summary"),
        (_WITHOUT, "multi_gpu_model generic_utils"),
    ),
    "layers": _advice(
        ("Use layers.ReLU(threshold=1.0).", "ThresholdedReLU"),
        ("Name the layer alone, such as layers.Dense.", "core convolutional advanced_activations"),
        ("Use layers.BatchNormalization.", "normalization"),
    ),
    "losses": _advice((_WITHOUT, "Reduction")),
    "metrics": _advice(("Use metrics.Accuracy, or 'accuracy'.", "acc Acc accuracy")),
    "optimizers": _advice(("Name the optimizer alone, such as optimizers.Adam.", "experimental")),
    "keras": _advice(
        (_TABLE, "estimator"),
        (_WITHOUT, "engine experimental"),
        ("Use model.summary().", "visualize_util"),
    ),
}
for _module in ("losses", "metrics"):
    MODULES[_module] |= {
        each: f"Use {_module}.{full}, or {short!r}."
        for short, full in _SHORT.items()
        for each in (short, short.upper())
    }

#: What the package of TensorFlow has.
TENSORFLOW = _advice(
    (_SEED, "random"),
    (_ARRAYS, "constant convert_to_tensor tensor cast float32 float64 int32 int64 identity stack"),
    (
        _NUMPY,
        "math linalg reduce_mean reduce_sum reduce_max reduce_min square sqrt abs exp log matmul "
        "argmax maximum minimum clip_by_value concat expand_dims reshape squeeze transpose zeros "
        "ones range where one_hot shape sigmoid tanh pow round sign eye add subtract multiply "
        "divide equal greater less",
    ),
    (_FIT_ARRAYS, "data"),
    (_DEVICES, "device distribute"),
    ("Leave it out: fit compiles what it runs.", "function"),
    (_FIT, "gradienttape session placeholder global_variables_initializer"),
    (_TABLE, "estimator feature_column"),
    (_WITHOUT, "test compat get_logger executing_eagerly logging debugging autograph print"),
    (_SAVE, "saved_model lite io"),
    ("Use callbacks.CSVLogger('log.csv').", "summary"),
    ("Subclass layers.Layer and write call(self, x) in jax.numpy.", "module"),
)
