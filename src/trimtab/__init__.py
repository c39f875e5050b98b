"""Neural networks on tables, trained steadily: dropout and batch normalization done right.

Names load when they are first used, so that importing trimtab is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from trimtab import moved as _moved  # noqa: F401 - finds old names of modules
from trimtab.core import formats as _formats
from trimtab.core.version import __version__ as __version__

if TYPE_CHECKING:
    from trimtab import (
        activations,
        callbacks,
        config,
        constraints,
        datasets,
        distributed,
        errors,
        findings,
        initializers,
        keras,
        layers,
        losses,
        metrics,
        optimizers,
        regularizers,
        schedules,
        tables,
        trials,
        uncertainty,
    )
    from trimtab.coaching.coach import coach
    from trimtab.config import set_random_seed
    from trimtab.estimators.classifier import TabularClassifier
    from trimtab.estimators.keras_classifier import KerasClassifier
    from trimtab.estimators.keras_regressor import KerasRegressor
    from trimtab.estimators.regressor import TabularRegressor
    from trimtab.interchange.exporting import export
    from trimtab.model.committee import Committee
    from trimtab.model.loading import load_model
    from trimtab.model.model import Model
    from trimtab.model.sequential import Sequential
    from trimtab.nn.layers import Input
    from trimtab.nn.registration import register
    from trimtab.predictor.loading import load
    from trimtab.predictor.predictor import Predictor
    from trimtab.predictor.training.train import train

__all__ = [
    "Committee",
    "Input",
    "KerasClassifier",
    "KerasRegressor",
    "Model",
    "Predictor",
    "Sequential",
    "TabularClassifier",
    "TabularRegressor",
    "activations",
    "callbacks",
    "coach",
    "config",
    "constraints",
    "datasets",
    "distributed",
    "errors",
    "export",
    "findings",
    "initializers",
    "keras",
    "layers",
    "load",
    "load_model",
    "losses",
    "metrics",
    "optimizers",
    "register",
    "regularizers",
    "schedules",
    "set_random_seed",
    "tables",
    "train",
    "trials",
    "uncertainty",
]

# Formats that models are saved in and loaded from; they lie above models, which do not know them.
for _ending in (".keras", ".weights.h5"):
    _formats.enter(_ending, "trimtab.interchange.keras_file")
_formats.enter("torch", "trimtab.interchange.torch_module")

#: Names that are not modules of the package itself -> where they lie.
_ELSEWHERE = {
    "Committee": "trimtab.model.committee",
    "Input": "trimtab.nn.layers",
    "KerasClassifier": "trimtab.estimators.keras_classifier",
    "KerasRegressor": "trimtab.estimators.keras_regressor",
    "Model": "trimtab.model.model",
    "Predictor": "trimtab.predictor.predictor",
    "Sequential": "trimtab.model.sequential",
    "TabularClassifier": "trimtab.estimators.classifier",
    "TabularRegressor": "trimtab.estimators.regressor",
    "coach": "trimtab.coaching.coach",
    "export": "trimtab.interchange.exporting",
    "load": "trimtab.predictor.loading",
    "load_model": "trimtab.model.loading",
    "register": "trimtab.nn.registration",
    "set_random_seed": "trimtab.config",
    "train": "trimtab.predictor.training.train",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        value = getattr(importlib.import_module(_ELSEWHERE[name]), name)
    elif name in __all__:
        value = importlib.import_module(f"trimtab.{name}")
    else:
        from trimtab.core import catalogue, other_libraries

        if name[:1].isupper() and not other_libraries.is_known(name):
            of_keras = name in catalogue.names("keras")
            raise catalogue.missing("keras" if of_keras else "trimtab", name, __all__)
        raise other_libraries.missing_name(name, __all__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
