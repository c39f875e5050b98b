"""Options for classes: which one scores speak of, and when it is predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.options import number_in, one_of, option, optional, percentage_in
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.predictor.classes.deciding import AIMS
from trimtab.predictor.classes.recalibration import METHODS

__all__ = ["ClassOptions"]

Label = str | int | float | bool


def _label(name: str, value: Any) -> Label:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str | bool) or (isinstance(plain, int) and abs(plain) < 2**64):
        return plain
    if isinstance(plain, float) and math.isfinite(plain):
        return plain
    raise InvalidArgument(f"{name} must be one of the classes, received {brief(value)}.")


def _threshold(name: str, value: Any) -> float | str:
    if isinstance(value, str) and value in AIMS:
        return value
    number = checks.is_number(value)
    hint = f"Use {name}={value / 100:g} for {value:g} %." if number and 1 < value <= 100 else ""
    if number and 0 <= value <= 1:
        return float(value)
    raise InvalidArgument(
        f"{name} must be a probability between 0 and 1, or what to choose it for, "
        f"{checks.listing(AIMS)}, received {brief(value)}." + (f" {hint}" if hint else "")
    )


def _costs(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidArgument(
            f"{name} must map a class to what a row of it costs that is predicted as the other "
            f"class, received {brief(value)}. Use {name}={{'fraud': 50}}."
        )
    return {
        str(_label(name, label)): checks.positive_number(f"{name} of {brief(label)}", each)
        for label, each in value.items()
    }


def _cost_in(text: str) -> tuple[str, Any]:
    """``fraud=50`` as a pair."""
    label, sign, cost = text.rpartition("=")
    if not sign or not label:
        raise InvalidArgument(
            f"--cost must be CLASS=NUMBER, received {brief(text)}. --cost fraud=50 says that a row "
            "of class fraud that is missed costs 50 times as much as a false alarm."
        )
    return label, number_in(cost)


@dataclass(frozen=True)
class ClassOptions:
    """Which class scores speak of, when it is predicted, and how sure probabilities are."""

    positive: str | int | float | bool | None = option(
        "Classes",
        "Class that precision, recall, F1, AUC and the threshold speak of.",
        optional(_label),
        unset="the rarer of two",
        metavar="CLASS",
    )
    threshold: float | str | None = option(
        "Classes",
        "Probability from which on the positive class is predicted; balanced or f1 chooses it for "
        "the balanced accuracy or F1, on rows not trained on.",
        optional(_threshold),
        unset="the most likely class",
        parse=percentage_in,
        metavar="P",
    )
    cost: Mapping[str, float] | None = option(
        "Classes",
        "What a row of this class costs if the other one is predicted (fraud=50); chooses the "
        "threshold. Classes not named cost 1. Repeatable.",
        optional(_costs),
        unset="none",
        parse=_cost_in,
        metavar="CLASS=NUMBER",
        many=True,
    )
    calibrate: str | None = option(
        "Classes",
        "Correct probabilities on rows not trained on: isotonic or sigmoid.",
        optional(one_of(METHODS)),
        unset="as the network gives them",
        metavar="METHOD",
    )

    def check_classes(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            InvalidArgument: Two options exclude each other.
        """
        if self.cost is not None and self.threshold is not None:
            raise InvalidArgument(
                f"a cost chooses the threshold, but threshold={self.threshold!r} is set, too. "
                "Remove one of the two."
            )
