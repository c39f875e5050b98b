"""What to use in place of names of Keras that trimtab does not support."""

from __future__ import annotations

__all__ = ["ALIASES", "INSTEAD"]

_FUNCTIONAL = "Use Model(inputs, outputs) of symbols: Input((n,)) and what layers return."
_CUSTOM_LAYERS = "Subclass layers.Layer and write call(self, x) in jax.numpy."
_REGISTER = "Use trimtab.register, or pass custom_objects= when loading."
_PREPARE = "Prepare the columns before fit, or let trimtab.train do it from the table."
_NORMALIZE = f"Use layers.BatchNormalization(). Or: {_CUSTOM_LAYERS[0].lower()}{_CUSTOM_LAYERS[1:]}"
_ADAM = "Use optimizers.Adam()."
_SAVE = "Use model.save('model.trimtab') and trimtab.load_model('model.trimtab')."
_VERBOSE = "Use verbose=0, 1 or 2 in fit."
_PRECISION = "Numbers are float32; for bfloat16 use compile(precision='mixed_bfloat16')."
_DEVICES = "Use compile(devices='all')."
_WITHOUT = "Leave it out: trimtab has no such setting."

#: Module -> advice -> the names that it is for.
_ADVICE = {
    "keras": {
        _FUNCTIONAL: "Function KerasTensor Operation",
        _CUSTOM_LAYERS: "InputSpec",
        "Write custom layers and losses in jax.numpy.": "ops",
        "Use jax.random with self.random_key() in a layer's call.": "random",
        "Use self.add_weight(...) in a layer's build.": "Variable",
        "Use trimtab.tables.read('red-wine') or a file of your own.": "datasets",
        "Use trimtab.train(table, target), which prepares the columns and fits.": "wrappers",
        _SAVE: "export",
        _DEVICES: "device distribution",
        _PRECISION: "DTypePolicy FloatDTypePolicy Quantizer dtype_policies",
        "Use jax.tree_util.": "tree",
        "Use jax.checkpoint in a layer's call.": "RematScope remat",
        _WITHOUT: "StatelessScope SymbolicScope legacy name_scope src visualization",
    },
    "layers": {
        _CUSTOM_LAYERS: "FlaxLayer InputSpec JaxLayer Lambda Wrapper",
        _NORMALIZE: "GroupNormalization SpectralNormalization",
        _PREPARE: "HashedCrossing Hashing IntegerLookup StringLookup",
    },
    "initializers": {
        "Use initializers.GlorotUniform(): this one is for sound.": "STFT STFTInitializer stft",
    },
    "losses": {
        "It is for images: of a table, use losses.BinaryFocalCrossentropy.": "Dice Tversky dice "
        "tversky",
        "It is for embeddings: of classes, use losses.CategoricalCrossentropy.": "Circle circle",
        "It is for sequences: of a table, use losses.SparseCategoricalCrossentropy.": "CTC ctc",
    },
    "optimizers": {
        _ADAM: "Adafactor Lamb Muon MultiOptimizer OptimizerMap ScheduleFreeAdamW legacy",
        "Leave it out: bfloat16 needs no loss scaling.": "LossScaleOptimizer",
    },
    "callbacks": {
        "Use callbacks.ModelCheckpoint('model.trimtab').": "OrbaxCheckpoint",
        "Use callbacks.LambdaCallback.": "RemoteMonitor",
        _VERBOSE: "ProgbarLogger",
    },
    "models": {
        "Use Sequential.from_config(json.loads(text)['config']).": "model_from_json",
    },
    "saving": {
        _REGISTER: "get_custom_objects",
        _SAVE: "KerasFileEditor deserialize_keras_object serialize_keras_object",
    },
    "utils": {
        _REGISTER: "get_custom_objects",
        _SAVE: "deserialize_keras_object serialize_keras_object",
        _VERBOSE: "Progbar disable_interactive_logging enable_interactive_logging "
        "is_interactive_logging_enabled",
        "Use utils.plot_model(model, 'model.svg').": "model_to_dot",
        "Use trimtab.train(table, target), which prepares the columns.": "FeatureSpace",
        "Download the file and name it: trimtab.tables.read('file.csv').": "get_file",
        "Numbers are float32.": "standardize_dtype",
        _WITHOUT: "Config get_source_inputs is_keras_tensor legacy",
    },
    "backend": {
        _PRECISION: "set_floatx is_float_dtype is_int_dtype result_type standardize_dtype",
        "Use compile(engine='jax') or compile(engine='native').": "backend",
        "Use the epsilon argument of the layer or optimizer.": "set_epsilon",
        _WITHOUT: "get_uid image_data_format is_keras_tensor set_image_data_format",
    },
    "mixed_precision": {
        "Use mixed_precision.set_dtype_policy('mixed_bfloat16').": "DTypePolicy Policy",
        "Leave it out: bfloat16 needs no loss scaling.": "LossScaleOptimizer",
    },
    "config": {
        _PRECISION: "set_floatx",
        "Use compile(engine='jax') or compile(engine='native').": "backend set_backend",
        "Use the epsilon argument of the layer or optimizer.": "set_epsilon",
        _VERBOSE: "disable_interactive_logging enable_interactive_logging "
        "is_interactive_logging_enabled",
        "Use epochs= in fit.": "max_epochs set_max_epochs",
        "Use steps_per_epoch= in fit.": "max_steps_per_epoch set_max_steps_per_epoch",
        "Files never execute code: register custom objects with trimtab.register.": (
            "enable_unsafe_deserialization"
        ),
        _WITHOUT: "disable_flash_attention disable_traceback_filtering enable_flash_attention "
        "enable_traceback_filtering image_data_format is_flash_attention_enabled is_nnx_enabled "
        "is_traceback_filtering_enabled set_image_data_format",
    },
}

#: "module.name" -> what to use instead.
INSTEAD = {
    f"{module}.{name}": advice
    for module, advised in _ADVICE.items()
    for advice, names in advised.items()
    for name in names.split()
}

#: Short names of losses and metrics in Keras.
ALIASES = {
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine": "cosine_similarity",
    "cosine_proximity": "cosine_similarity",
    "logcosh": "log_cosh",
}
