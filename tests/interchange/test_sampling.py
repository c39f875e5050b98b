"""Rows that files are compared on: what they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.interchange.test_exporting import trained
from trimtab.interchange import sampling
from trimtab.interchange.graph.predictors import graph_of
from trimtab.interchange.sampling import UNSEEN, sampled


def test_each_column_is_missing_unseen_and_far_out():
    predictor = trained("numbers")
    ports = graph_of(predictor, None, gaps=True).inputs
    frame = sampled(predictor, ports, 400)
    assert len(frame) == 400 and list(frame) == [c.name for c in predictor.schema.features]
    assert frame.drop(columns="grade").isna().any().all()
    assert (frame[["hue", "many", "gone"]] == UNSEEN).any().all()
    assert (frame["size"].abs() == 1e300).any() and (frame["tail"].abs() == 1e300).any()
    assert frame["sold"].min().year < 1700 and frame["sold"].max().year > 2250
    # A row at an edge is otherwise like the others.
    row = int(np.flatnonzero(frame["size"] == 1e300)[0])
    assert abs(frame.loc[row, "rooms"]) < 100
    pd.testing.assert_frame_equal(frame, sampled(predictor, ports, 400))
    assert not frame.equals(sampled(predictor, ports, 400, seed=1))


def test_what_cannot_be_missing_is_not():
    predictor = trained("numbers")
    ports = graph_of(predictor, None, gaps=False).inputs
    frame = sampled(predictor, ports, 100)
    assert frame["rooms"].dtype == np.int64 and frame["yes"].dtype == bool
    assert frame["maybe"].isna().any()


def test_wide_tables_have_several_edges_a_row(monkeypatch):
    predictor = trained("numbers")
    ports = graph_of(predictor, None, gaps=True).inputs
    monkeypatch.setattr(sampling, "_FORCED", 20)
    frame = sampled(predictor, ports, 5)
    assert len(frame) == 20 and (frame["hue"] == UNSEEN).any()
