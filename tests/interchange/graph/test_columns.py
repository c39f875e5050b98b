"""Columns as inputs of a network: the steps' own numbers, at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from trimtab.interchange.graph.columns.categories import categories
from trimtab.interchange.graph.columns.dates import MISSING, dates
from trimtab.interchange.graph.columns.numbers import Parts, numbers, placed
from trimtab.interchange.graph.columns.scaling import scaled
from trimtab.interchange.graph.graph import Graph
from trimtab.interchange.python_file.writing import computed
from trimtab.tables.preprocessing import Unseen
from trimtab.tables.preprocessing.categories import Codes, OneHot, Vocabulary
from trimtab.tables.preprocessing.dates import CLOCK, PARTS, Moment
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.scaling import Quantile, Robust, Standard, Unscaled


def own(step, values):
    out = np.empty((len(values), len(step.columns)), np.float32)
    step.transform(values, out, Unseen())
    return out


@pytest.mark.parametrize(
    "scaling",
    [
        *(Standard(3.0, 2.0, 4.0), Robust(1.0, 0.5), Unscaled()),
        Quantile(np.array([0.0, 0.0, 0.0, 7.0])),
        Quantile(np.array([-1.0, 0.0, 0.0, 2.0, 5.0, 5.0])),
    ],
)
def test_scalings(scaling):
    graph = Graph()
    x = graph.input("x", "float64")
    graph.output("y", scaled(graph, x, [scaling]), "float64", 1)
    values = np.array([-1e308, -1e300, -5.0, -1.0, -1e-9, 0, 1e-9, 1, 2, 4.999, 5, 7, 8, 1e308])
    found = computed(graph, {"x": values[:, None]})["y"][:, 0]
    assert np.abs(found - scaling.apply(values)).max() <= 1e-14 * np.abs(found).max()


def test_gaps_and_infinities():
    step = Numeric("x", 2.0, True, Standard(1.0, 2.0, 9.0))
    graph, parts = Graph(), Parts()
    x = graph.input("x", "float64")
    numbers(graph, [(step, 0, "float64")], parts)
    ((value, scalings, places),) = parts.to_scale
    parts.made.append((graph.cast(scaled(graph, value, scalings), "float32"), places))
    graph.output("y", placed(graph, parts.made), "float32", 2)
    cells = np.array([1.0, np.nan, np.inf, -np.inf, 1e300])
    found = computed(graph, {"x": cells[:, None]})["y"]
    reading = np.where(np.isinf(cells), np.nan, cells)
    assert found.tolist() == own(step, reading).tolist()
    assert x == "x"


def test_dates_from_end_to_end_of_what_nanoseconds_reach():
    scalings = {name: Unscaled() for name in PARTS}
    step = Moment("x", 5, 10**18, True, scalings)
    days = np.arange("1677-09-22", "2262-04-11", 11, "datetime64[D]")
    edges = [f"{year}-{day}" for year in range(1896, 2105) for day in ("02-28", "03-01", "12-31")]
    moments = np.concatenate([days, np.array(edges, "datetime64[D]")]).astype("datetime64[ns]")
    seconds = np.random.default_rng(0).integers(0, 86_400, len(moments))
    moments = moments + seconds.astype("timedelta64[s]")
    check(step, np.append(moments, np.datetime64("NaT", "ns")))


def test_times_of_day():
    step = Moment("x", 5, 0, False, {name: Unscaled() for name in CLOCK})
    check(step, (np.arange(86_400) * 10**9).view("datetime64[ns]"))


def check(step, moments):
    graph, parts = Graph(), Parts()
    graph.input("x", "int64")
    dates(graph, [(step, 0)], parts)
    ((value, scalings, places),) = parts.to_scale
    parts.made.append((graph.cast(scaled(graph, value, scalings), "float32"), places))
    graph.output("y", placed(graph, parts.made), "float32", len(step.columns))
    nanoseconds = moments.view(np.int64)[:, None]
    assert np.isnat(moments).any() == (nanoseconds == MISSING).any()
    found = computed(graph, {"x": nanoseconds})["y"]
    assert (np.abs(found - own(step, moments)) <= 1e-7).all()  # whole numbers: not at all


@pytest.mark.parametrize("missing", ["own", "rare", "never"])
@pytest.mark.parametrize("kind", [OneHot, Codes])
def test_categories(kind, missing):
    step = kind(Vocabulary("x", ("1", "2", "10"), ("7",), missing, True))
    graph, parts = Graph(), Parts()
    graph.input("x", "str")
    categories(graph, [(step, 0)], ("none",), parts)
    graph.output("y", placed(graph, parts.made), "float32", len(step.columns))
    texts = ["1", "2", "10", "1.0", "10.0", "7", "7.0", "true", "3", "x", "", "none"]
    found = computed(graph, {"x": np.array(texts, object)[:, None]})["y"]
    reading = np.array([None if text in ("", "none") else text for text in texts], object)
    assert found.tolist() == own(step, reading).tolist()
