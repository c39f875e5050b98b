"""The arguments of the estimators' constructors: the options of ``train``, in scikit-learn's words.

Which options there are is declared where they are used; this says which of them an estimator has,
and what scikit-learn calls them. ``parameters.py`` is written from it (``python
tools/estimators.py``).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.predictor.training.options import OPTIONS, TrainOptions
from trimtab.predictor.training.python_words import python_words

__all__ = [
    "Argument",
    "arguments",
    "check_flag",
    "check_fraction",
    "in_own_words",
    "options_of",
]

#: Options that scikit-learn calls otherwise.
RENAMED = {"seed": "random_state", "valid": "validation_fraction", "threads": "n_jobs"}

#: Options that the call of ``fit`` replaces: y is the target, its values say the task, and weights
#: come beside the rows. Test rows are whatever is not passed to ``fit``.
REPLACED = ("target", "task", "weight", "test")

#: Groups of options that concern files, and what of them counts for rows in memory as well.
OF_FILES, OF_ROWS = "Reading", ("missing",)

#: Options for one of the two tasks; the others are for both.
OF_NUMBERS = ("target_scaling", "target_scale")
OF_CLASSES = ("positive", "threshold", "cost", "calibrate", "class_weight", "label_smoothing")


@dataclass(frozen=True)
class Argument:
    """One argument of a constructor.

    Attributes:
        name: as scikit-learn calls it.
        type: as an annotation.
        default: as it is.
        sentence: what it does.
        option: of ``train``; empty for what estimators have besides.
    """

    name: str
    type: str
    default: Any
    sentence: str
    option: str = ""


#: What estimators have besides, or say otherwise.
OWN = (
    Argument(
        "early_stopping",
        "bool",
        True,
        "Hold rows out, as ``train`` does, stop where they get no better, and score and calibrate "
        "on them. False: one network is trained on all rows for all epochs.",
    ),
    Argument(
        "validation_fraction",
        "float | None",
        None,
        "Share of the rows to hold out for ``early_stopping``. None: ``train`` decides.",
        "valid",
    ),
    Argument(
        "warm_start",
        "bool",
        False,
        "``fit`` goes on with the network of the last ``fit``, with its columns and its "
        "preparation.",
    ),
    Argument(
        "random_state",
        "Any",
        None,
        "Seed of the split, initial weights, row order and dropout: an integer, a RandomState, or "
        "None for another one each time.",
        "seed",
    ),
    Argument(
        "n_jobs",
        "int | None",
        None,
        "Number of threads; results do not depend on it. None: 1, or what joblib.parallel_config "
        "says. -1: all cores.",
        "threads",
    ),
    Argument(
        "verbose",
        "int",
        0,
        "1 prints what ``trimtab train`` prints, 2 also each epoch.",
    ),
)

#: Arguments that take more than the option does.
_WIDER = {
    "class_weight": (
        "Mapping[Any, float] | str | None",
        "Weights of classes in training: ``balanced`` gives every class the same total weight, a "
        "dict a weight to each. None: equal weights of rows.",
    ),
}


def arguments(task: str) -> list[Argument]:
    """The arguments of an estimator, in the order of the options.

    Args:
        task: ``regression`` or ``classification``.
    """
    passed_over = {*REPLACED, *(OF_CLASSES if task == "regression" else OF_NUMBERS), *RENAMED}
    passed_over |= {each.option for each in OWN}
    found = []
    for field in dataclasses.fields(TrainOptions):
        option = OPTIONS[field.name]
        if field.name in passed_over:
            continue
        if option.group == OF_FILES and field.name not in OF_ROWS:
            continue
        default = None if isinstance(field.default, dict) else field.default
        kind = str(field.type)
        if field.default is dataclasses.MISSING:
            default, kind = None, f"{kind} | None"
        sentence = python_words(option.help).replace(" Repeatable.", "")
        if option.unset and default is None:
            sentence += f" None: {option.unset}."
        kind, sentence = _WIDER.get(field.name, (kind, sentence))
        found.append(Argument(field.name, kind, default, sentence, field.name))
    return [*found, *OWN]


def options_of(estimator: Any, values: Mapping[str, Any]) -> TrainOptions:
    """The options of ``train`` that an estimator's arguments stand for.

    Args:
        estimator: for messages.
        values: option -> what it is set to; None is the default of the option.

    Raises:
        InvalidArgument: a value breaks its rule, or two exclude each other.
    """
    given = {name: value for name, value in values.items() if value is not None}
    return TrainOptions.of(
        given, owner=type(estimator).__name__, called=lambda name: RENAMED.get(name, name)
    )


def check_flag(name: str, value: Any) -> bool:
    """An argument that is True or False, NumPy's included, which searches pass.

    Raises:
        InvalidArgument: it is something else.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise InvalidArgument(
        f"{name} must be True or False, received {brief(value)}. Use {name}=True."
    )


def check_fraction(value: Any) -> float | None:
    """The share of the rows to validate on; files and tables, which ``train`` takes, are none.

    Raises:
        InvalidArgument: it is no number between 0 and 1.
    """
    if value is None or (checks.is_number(value) and 0 < value < 1):
        return None if value is None else float(value)
    raise InvalidArgument(
        "validation_fraction must be a number between 0 and 1, or None, received "
        f"{brief(value)}. Use validation_fraction=0.2, or early_stopping=False for no such rows."
    )


@contextmanager
def in_own_words() -> Iterator[None]:
    """Errors that leave the block speak of the arguments of estimators, not of flags."""
    try:
        yield
    except TrimtabError as error:
        if len(error.args) == 1 and isinstance(error.args[0], str):
            text = python_words(error.args[0])
            for option, name in RENAMED.items():
                text = re.sub(rf"\b{option}=", f"{name}=", text)
            error.args = (text,)
        raise
