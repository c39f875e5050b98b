"""Small predictors with their tables, trained once for the files of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.predictor.remarks import Remarks
from trimtab.predictor.reporting.facts import Settings
from trimtab.predictor.reporting.writing import facts_of

#: A network and a training that take no time.
SMALL = {"effort": "quick", "layers": "16 relu", "epochs": 6, "batch_size": 16}

#: Name -> target and options of a training.
CASES = {
    "number": ("price", {}),
    "folds": ("price", {"fold": 4}),
    "committee of folds": ("price", {"fold": 3, "committee": 2}),
    "committee": ("price", {"committee": 2}),
    "members": ("price", {"members": 3}),
    "groups": ("price", {"group": "shop"}),
    "time": ("price", {"time": "day"}),
    "time in folds": ("price", {"time": "day", "fold": 3}),
    "weights": ("price", {"weight": "mass"}),
    "test": ("price", {"test": 0.25}),
    "several": (["price", "size"], {"fold": 3}),
    "binary": ("kind", {}),
    "threshold": ("kind", {"threshold": "f1", "calibrate": "sigmoid", "fold": 3}),
    "costs": ("kind", {"cost": {"large": 5}}),
    "classes": ("grade", {"fold": 3}),
    "balanced": ("grade", {"class_weight": "balanced", "positive": "c"}),
}


def frame_of(rows: int = 240) -> pd.DataFrame:
    """Numbers with gaps, categories, dates and groups, and targets that depend on them."""
    generator = np.random.default_rng(0)
    size = generator.normal(size=rows)
    colour = generator.choice(["red", "green", "blue"], rows, p=[0.5, 0.3, 0.2])
    width = generator.normal(size=rows)
    price = 1000 + 50 * size + 30 * (colour == "red") + 10 * generator.normal(size=rows)
    frame = pd.DataFrame(
        {
            "width": width,
            "colour": colour,
            "day": pd.date_range("2024-01-01", periods=rows),
            "shop": [f"shop {number % 40}" for number in range(rows)],
            "mass": generator.uniform(0.5, 2.0, rows),
            "size": size,
            "price": price,
            "kind": np.where(price > 1020, "large", "small"),
            "grade": np.array(["a", "b", "c"])[np.digitize(price, [990, 1040])],
        }
    )
    frame.loc[::9, "width"] = np.nan
    return frame


def table_of(target) -> pd.DataFrame:
    """The table without what gives the target away."""
    targets = {"price", "kind", "grade"} - {*([target] if isinstance(target, str) else target)}
    return frame_of().drop(columns=sorted(targets))


@pytest.fixture(scope="module", autouse=True)
def _time_enough():
    """Simpler models are trained for all folds, however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trimtab.predictor.reporting.rivals.ENOUGH", 60.0)
        yield


@pytest.fixture(scope="session")
def trained():
    """A function from a case to its predictor and table."""
    made = {}

    def get(case: str):
        if case not in made:
            target, options = CASES[case]
            data = table_of(target)
            made[case] = trimtab.train(data, target, **SMALL, **options), data
        return made[case]

    return get


@pytest.fixture(scope="session")
def collected(trained):
    """A function from a case to the facts of its report."""
    made = {}

    def get(case: str, **settings):
        key = (case, *settings.items())
        if key not in made:
            predictor, data = trained(case)
            table = trimtab.tables.read(data)
            made[key] = facts_of(predictor, table, Settings(**settings), Remarks())
        return made[key]

    return get
