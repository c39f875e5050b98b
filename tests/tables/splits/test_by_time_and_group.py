"""Split by time with groups apart: nothing of what scores the model was seen, or came before."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab import tables
from trimtab.errors import InvalidData
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.splits.plan import SplitPlan, make_split


def visits(persons=60, *, stay=5, seed=0):
    """Persons who come over a few days after each other, shuffled."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(persons), stay)
    day = person + random.integers(0, 8, len(person))
    frame = pd.DataFrame({"person": person, "day": pd.Timestamp("2024-01-01")})
    frame["day"] += pd.to_timedelta(day, unit="D")
    frame["x"] = random.normal(size=len(frame))
    frame["y"] = frame["x"] + random.normal(size=len(frame))
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def divided(frame, **plan):
    table = tables.read(frame)
    schema = infer_schema(table, "y", group="person", time="day")
    return make_split(table, schema, SplitPlan(**{"group": "person", "time": "day"} | plan))


def check_apart(frame, train, *later):
    """Each part is later than those before it, and shares no person with them."""
    assert len(train) >= 10
    before = train
    for part in later:
        assert len(part)
        assert frame["day"].iloc[before].max() < frame["day"].iloc[part].min()
        assert not set(frame["person"].iloc[before]) & set(frame["person"].iloc[part])
        before = np.concatenate([before, part])


@pytest.mark.parametrize("test", [0.0, 0.2])
def test_later_rows_of_other_groups(test):
    frame = visits()
    parts = divided(frame, valid=0.25, test=test)
    later = [parts.valid, parts.test] if test else [parts.valid]
    check_apart(frame, parts.train, *later)
    left_out = len(frame) - sum(map(len, (parts.train, *later)))
    assert 0 < left_out < 60
    assert f"{left_out} earlier rows left out" in parts.how
    if not test:  # the rows that score are those of a split by time alone
        by_time = divided(frame, valid=0.25, group=None)
        assert np.array_equal(parts.valid, by_time.valid)


def test_the_schema_may_name_both():
    frame = visits()
    named = divided(frame, group=None, time=None)
    assert np.array_equal(named.train, divided(frame).train)


def test_nothing_is_left_out_where_groups_do_not_come_again():
    frame = visits(stay=5)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["person"], unit="D")
    parts = divided(frame)
    check_apart(frame, parts.train, parts.valid)
    assert len(parts.train) + len(parts.valid) == len(frame)
    assert "no group of 'person' is in two parts" in parts.how


def test_in_folds():
    frame = visits()
    parts = divided(frame, folds=4)
    for train, valid in parts.folds:
        check_apart(frame, train, valid)


def test_groups_that_come_again_until_the_end_are_refused():
    frame = visits()
    frame["person"] = np.arange(len(frame)) % 5
    with pytest.raises(
        InvalidData, match=r"leaves 0 of 300 rows to train on.*Leave group='person'"
    ):
        divided(frame)


def test_training_from_end_to_end(tmp_path):
    visits().to_csv(tmp_path / "visits.csv", index=False)
    predictor = trimtab.train(
        tmp_path / "visits.csv", "y", group="person", time="day", test=0.2, epochs=20
    )
    assert "left out" in predictor.split["how"]
    assert {"person", "day"}.isdisjoint(column.source for column in predictor.preprocessor.columns)
    scores = predictor.scores["test"].record()
    assert scores["metrics"]["mae"][0] < scores["baseline"]["mae"][0]
    assert scores["groups"] > 5
