"""Few rows of plain values are predicted without a data frame, and nothing else changes by it.

Rows go both ways: with ``options`` they are always read as a table. Predictions must have the same
bits, and what is said or refused must be the same, whatever the cells are.
"""

from __future__ import annotations

import datetime
import decimal
import gc
import pickle
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trimtab import train
from trimtab.errors import PredictionWarning, TrimtabError
from trimtab.predictor import Predictor
from trimtab.predictor.predicting import _FEW_ROWS, inputs_of_few
from trimtab.tables.files.read_options import ReadOptions
from trimtab.tables.preprocessing.few_rows import MOST_ROWS

ROWS = 240


def table() -> dict[str, list[Any]]:
    """Columns of each kind; cells as a user's dicts have them."""
    r = np.random.default_rng(5)
    size, tail = r.normal(50, 9, ROWS), np.exp(2 * r.normal(size=ROWS))
    columns = {
        "size": size.tolist(),
        "tail": tail.tolist(),
        "odd": [*r.normal(size=ROWS - 1).tolist(), 1e6],  # robust
        "hour": [None if each > 5 else each for each in r.integers(0, 7, ROWS).tolist()],
        "gap": [None if each < 0.2 else float(each) for each in r.random(ROWS)],
        "same": [4] * ROWS,  # nothing to learn from
        "hole": [None if each < 0.3 else 1 for each in r.random(ROWS)],  # its flag alone
        "hue": r.choice(["red", "blue", "New York"], ROWS).tolist(),
        "shop": [f"s{each}" for each in r.integers(0, 30, ROWS)],
        "wood": [
            None if each == "" else each for each in r.choice(["oak", "elm", ""], ROWS).tolist()
        ],
        "code": r.choice([3, 5, 7], ROWS).tolist(),
        "share": r.choice([0.5, 1.0, 12.25], ROWS).tolist(),
        "new": r.choice([True, False], ROWS).tolist(),
        "tax": r.choice(["yes", "no"], ROWS).tolist(),
        "bit": r.choice([0, 1], ROWS).tolist(),
        "town": [f"t{each % 40}" for each in range(ROWS)],
    }
    columns["wood"][7], columns["wood"][8] = "yew", "NA"  # rare ones
    columns["price"] = (
        size + 5 * (np.array(columns["hue"]) == "red") + r.normal(size=ROWS)
    ).tolist()
    columns["size2"] = (0.1 * size + r.normal(size=ROWS)).tolist()
    columns["kind"] = [["ash", "fir"][each] for each in (size > 50).astype(int)]
    columns["class"] = np.digitize(size, [45, 55]).tolist()
    return columns


TARGETS = ("price", "size2", "kind", "class")
TYPES = {"code": "category", "share": "category", "bit": "boolean", "hue": "category"}
ONE = {"valid": 0.25, "drop": ["town"]}

#: Predictors by name: the target, the columns they do without, and options.
PREDICTORS: dict[str, tuple[str | list[str], dict[str, Any]]] = {
    "numbers": ("price", ONE),
    "folds": ("price", {"fold": 3, "drop": ["town"], "also_categories": 24}),
    "two classes": ("kind", {**ONE, "threshold": 0.4, "calibrate": "sigmoid"}),
    "classes": ("class", {"fold": 3, "drop": ["town"], "task": "multiclass"}),
    "several": (["price", "size2"], ONE),
    "quantile": ("price", {**ONE, "scaling": "quantile", "target_scale": "log"}),
    "robust": ("price", {**ONE, "scaling": "robust", "missing": ["red", "?", "5"]}),
    "raw": ("price", {**ONE, "raw": True, "target_scale": "yeo-johnson"}),
    "identified": ("price", {"valid": 0.25, "id": ["town"], "weight": "tail", "group": "shop"}),
    "dates": ("price", ONE),
    "alike": ("price", {**ONE, "type": {"hue": "category:alike"}}),
    "units": ("price", ONE),
}


def predictor_of(name: str) -> tuple[Predictor, list[dict[str, Any]]]:
    """A predictor that was hardly trained, and the rows of its table."""
    target, options = PREDICTORS[name]
    columns = table()
    taken = [target] if isinstance(target, str) else target
    for each in TARGETS:
        if each not in taken:
            del columns[each]
    if name == "dates":
        columns["sold"] = [datetime.date(2024, 1, 1 + row % 28) for row in range(ROWS)]
    if name == "units":
        columns["size"] = [f"{each:.1f} kg" for each in columns["size"]]
    options = {**options, "types": {**TYPES, **options.get("type", {})}}
    options.pop("type", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = train(
            pd.DataFrame(columns), target=target, layers="4 relu", epochs=1, report=False, **options
        )
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return predictor, rows


@pytest.fixture(scope="module", params=PREDICTORS)
def trained(request: pytest.FixtureRequest) -> tuple[Predictor, list[dict[str, Any]]]:
    return predictor_of(request.param)


# -- what rows may hold ---------------------------------------------------------------------------

#: Cells that are none of the training rows'.
STRANGE: tuple[Any, ...] = (
    *(None, float("nan"), float("inf"), -0.0, 0, 1, 2.5, -3, 1e300, 1e-300, 5e-324),
    *(2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**400, float(2**53), -(2.0**60)),
    *(True, False, "", "NA", "?", "red", "RED ", " red", "New  York", "yes", "No", "NO ", "true"),
    *("on", "y", "1", "0", "1.0", "3", "3.0", "5", "07", "1,5", "5 kg", "$5", "1.234,5", "50 %"),
    *("~5", "<5", "12:30", "2024-01-05", "s1", "s99", "n", "t", "é", "x" * 60, "t4", "1e5"),
    *(np.float64(2.5), np.float64("nan"), np.int64(3), np.float32(0.1), np.int8(1), np.bool_(True)),
    *(np.str_("red"), np.uint64(2**63), decimal.Decimal("1.5"), pd.NA, pd.NaT, 1 + 2j, b"red"),
    *(datetime.date(2024, 1, 5), datetime.datetime(2024, 1, 5, 3), datetime.timedelta(1)),
    *([], [1], (1, 2), {"a": 1}, np.array(2.0), np.array([1.0]), pd.Timestamp("2024-01-05")),
)


def drawn(r: np.random.Generator, known: list[dict[str, Any]]) -> Any:
    """Some rows: cells of the training rows, in any order, with a few that are strange."""
    number = int(
        r.choice([1, 1, 1, 2, 3, 7, MOST_ROWS, MOST_ROWS + 1], p=[0.3, 0.2] + [0.08] * 5 + [0.1])
    )
    rows = []
    strange = r.choice([0.0, 0.0, 0.01, 0.05, 0.3])
    gone = {name for name in known[0] if r.random() < r.choice([0, 0, 0, 0.05])}
    odd = {name for name in known[0] if r.random() < 0.15}  # the columns with strange cells
    for _ in range(number):
        row = {name: known[int(r.integers(len(known)))][name] for name in known[0]}
        for name in odd:
            if r.random() < strange * 3:
                row[name] = STRANGE[int(r.integers(len(STRANGE)))]
        if r.random() < 0.5:
            row = {name: row[name] for name in r.permutation([*row]).tolist()}
        for name in gone | {"price"} if r.random() < 0.7 else gone:
            row.pop(name, None)
        if r.random() < 0.02:
            row[r.choice(["extra", " size", "size ", "Unnamed: 0"]).item()] = 5
        if r.random() < 0.01:
            row = {**row, 3: 5}  # type: ignore[dict-item]
        rows.append(row)
    if number == 1 and r.random() < 0.8:
        return rows[0]
    return tuple(rows) if r.random() < 0.05 else rows


def outcome(predictor: Predictor, data: Any, way: str, **more: Any) -> tuple[Any, ...]:
    """Predictions to the bit, or the error; and what was said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = getattr(predictor, way)(data, **more)
        except TrimtabError as error:  # both ways must fail alike
            result: tuple[Any, ...] = (type(error).__name__, str(error))
        else:
            plain = np.asarray(found)
            bits = plain.tolist() if plain.dtype == object else plain.tobytes()
            result = (plain.dtype.str, plain.shape, bits)
    return *result, [(each.category, str(each.message), each.filename) for each in said]


def check(
    predictor: Predictor, known: list[dict[str, Any]], cases: int, seed: int
) -> Counter[bool]:
    """Counts which rows were taken, and that both ways agree on all of them."""
    r = np.random.default_rng(seed)
    taken = Counter[bool]()
    ways = ["predict", "predict_proba"] if predictor.classifies else ["predict"]
    for _ in range(cases):
        data = drawn(r, known)
        way = ways[int(r.integers(len(ways)))]
        quick = outcome(predictor, data, way)
        assert quick == outcome(predictor, data, way, options=ReadOptions()), data
        inputs = inputs_of_few(predictor, data)
        taken[inputs is not None] += 1
    return taken


#: Predictors whose columns need more than plain values.
NEVER = ("dates", "alike", "units")


def test_both_ways_agree(trained, request):
    name = request.node.callspec.params["trained"]
    taken = check(*trained, cases=30, seed=1)
    assert taken[True] >= 10 or name in NEVER
    assert not taken[True] or name not in NEVER


@pytest.mark.slow
def test_both_ways_agree_on_many_rows(trained):
    check(*trained, cases=100, seed=2)


# -- what it hangs on -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def numbers() -> tuple[Predictor, dict[str, Any]]:
    predictor, rows = predictor_of("numbers")
    return predictor, rows[0]


def test_no_table_is_read(numbers, monkeypatch):
    predictor, row = numbers
    expected = predictor.predict(pd.DataFrame([row]))
    monkeypatch.setattr(Predictor, "_read", None)
    assert predictor.predict(row).tobytes() == expected.tobytes()
    assert predictor.predict([row, row]).tobytes() == 2 * expected.tobytes()
    assert predictor.predict_interval(row).prediction.tobytes() == expected.tobytes()
    with pytest.raises(TypeError):
        predictor.predict(row, ReadOptions())


def test_predictions_that_are_not_finite_are_named(numbers):
    predictor, row = numbers
    spoiled = pickle.loads(pickle.dumps(predictor))
    spoiled.model.set_weights([np.full_like(each, np.nan) for each in spoiled.model.get_weights()])
    with pytest.warns(PredictionWarning, match="1 prediction of 1 are not finite"):
        assert np.isnan(spoiled.predict(row)).all()


def test_what_changes_is_seen(numbers):
    predictor, row = numbers
    own = pickle.loads(pickle.dumps(predictor))
    assert inputs_of_few(own, row) is not None
    first = _FEW_ROWS[own]
    assert inputs_of_few(own, row) is not None and _FEW_ROWS[own] is first
    own.options["missing"] = [row["hue"]]  # from now on this category means missing
    assert inputs_of_few(own, row) is None
    own.options["missing"] = []
    other, _ = predictor_of("raw")
    own.preprocessor, own.schema = other.preprocessor, other.schema
    assert inputs_of_few(own, row).tobytes() == inputs_of_few(other, row).tobytes()


def test_it_is_no_part_of_the_predictor():
    predictor, rows = predictor_of("numbers")
    before = len(pickle.dumps(predictor))
    kept = len(_FEW_ROWS)
    assert inputs_of_few(predictor, rows[0]) is not None
    assert len(_FEW_ROWS) == kept + 1
    assert len(pickle.dumps(predictor)) <= before + 4_000  # ranks of a quantile scaling
    del predictor
    gc.collect()
    assert len(_FEW_ROWS) == kept
