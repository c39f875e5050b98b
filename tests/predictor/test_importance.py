"""Permutation importance: by hand, beside scikit-learn's, and its standard errors by simulation."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance as reference

from tests.support.close import assert_close
from tests.support.predictors import TARGETS, houses, small_predictor
from trimtab import tables
from trimtab.core.random import Stream, derive, permutation
from trimtab.errors import InvalidArgument, InvalidData, PredictionWarning
from trimtab.predictor import Remarks, alike, importance
from trimtab.predictor.draws import Draws, row_losses
from trimtab.predictor.importance import permutation_importance

TASKS = tuple(TARGETS)


@pytest.fixture(scope="module", params=TASKS)
def case(request):
    """A predictor, its table and all its rows."""
    frame = houses(300, task=request.param)
    predictor = small_predictor(request.param, frame, epochs=30)
    return predictor, tables.read(frame), np.arange(300)


@pytest.fixture(scope="module")
def regression():
    frame = houses(300)
    return small_predictor(frame=frame, epochs=30), frame


def by_name(found):
    return {each.column: each.increase for each in found.columns}


def test_shuffling_inputs_is_shuffling_the_tables_cells(case):
    """Inputs are shuffled, all that come from a column: the same as preparing shuffled cells."""
    predictor, table, rows = case
    found = by_name(permutation_importance(predictor, table, rows, repeats=3, seed=5))
    assert set(found) == {"size", "rooms", "town"}
    y = predictor.schema.targets(table)
    before = row_losses(predictor.task, y, predictor.outputs(table))
    for number, column in enumerate(["size", "rooms", "town"]):
        increases = []
        for repeat in range(3):
            key = derive(5, Stream.IMPORTANCE, 1 + number)
            order = permutation(key, Stream.IMPORTANCE, repeat, 300)
            cells = table.frame[column].iloc[order].reset_index(drop=True)
            shuffled = tables.read(table.frame.assign(**{column: cells}))
            losses = row_losses(predictor.task, y, predictor.outputs(shuffled))
            increases.append((losses - before).mean())
        assert_close(found[column].value, np.mean(increases), 1e-12, scale=before.mean())


def test_scikit_learn_finds_the_same(case):
    predictor, table, rows = case
    found = by_name(permutation_importance(predictor, table, rows, repeats=30))

    class Adapter(BaseEstimator):
        def fit(self, x, y):
            return self

        def score(self, x, y):
            outputs = predictor.outputs(tables.read(x.reset_index(drop=True)))
            return -row_losses(predictor.task, y, outputs).mean()

    frame = table.frame[["size", "rooms", "town"]]
    expected = reference(
        Adapter(), frame, predictor.schema.targets(table), n_repeats=30, random_state=0
    )
    for column, mean, spread in zip(
        frame.columns, expected.importances_mean, expected.importances_std, strict=True
    ):
        # Both are means over 30 permutations of the same rows.
        assert abs(found[column].value - mean) <= 5 * spread * np.sqrt(2 / 30)


def test_what_matters_comes_first(regression):
    predictor, frame = regression
    found = predictor.explain(frame)
    assert [each.column for each in found.columns] == ["size", "town", "rooms"]
    assert (found.part, found.rows, found.repeats) == ("validation rows", 75, 10)
    assert (found.metric, found.target) == ("mae", "price")
    assert found.loss == predictor.evaluate(frame, part="valid").metrics["mae"]
    size, town, rooms = by_name(found).values()
    assert 0 < 3 * size.error < size.value
    assert 0 < 3 * town.error < town.value
    assert abs(rooms.value) <= 4 * rooms.error


def test_same_seed_same_numbers_whatever_columns_are_asked_for(regression):
    predictor, frame = regression
    one, again = (predictor.explain(frame, repeats=2, seed=4) for _ in range(2))
    assert one == again
    assert one != predictor.explain(frame, repeats=2, seed=5)
    some = predictor.explain(frame, repeats=2, seed=4, columns=["town", "rooms", "town"])
    assert by_name(some) == {name: each for name, each in by_name(one).items() if name != "size"}


@pytest.mark.parametrize("kind", ["rows", "groups", "weights"])
@pytest.mark.parametrize("repeats", [1, 10])
def test_standard_errors_are_the_spread_over_other_rows(kind, repeats):
    """A product of a column that is shuffled and one that stays: receivers and givers matter."""
    values, errors = [], []
    for seed in range(500):
        generator = np.random.default_rng(seed)
        groups = np.arange(120) % 30 if kind == "groups" else None
        weights = np.where(np.arange(120) % 3 == 0, 3.0, 0.5) if kind == "weights" else np.ones(120)
        shared = 0 if groups is None else generator.normal(size=30)[groups]
        stays, moved = generator.normal(size=120) + shared, generator.exponential(size=120) + shared
        y = stays * moved + generator.normal(size=120)
        before = np.abs(y - stays * moved)
        found = importance._Shuffled(Draws(weights, groups), groups, repeats)
        for _ in range(repeats):
            order = generator.permutation(120)
            found.add(np.abs(y - stays * moved[order]) - before, order)
        values.append(found.score().value)
        errors.append(found.score().error)
    said = np.sqrt(np.mean(np.square(errors)))
    # 500 draws: 3 %; with groups, rows of 30 draws are few for first-order influences.
    assert abs(said / np.std(values) - 1) <= 0.15, (said, np.std(values))


def test_one_column_that_becomes_many_inputs_is_shuffled_as_one(regression):
    predictor, _ = regression
    sources = [column.source for column in predictor.preprocessor.columns]
    assert sources.count("town") > 1 and sources.count("size") == 2  # with the missing flag
    assert alike.inputs_of(predictor, "town").tolist() == [
        place for place, source in enumerate(sources) if source == "town"
    ]


# -- rows -----------------------------------------------------------------------------------------


def test_another_table_is_used_as_it_is(regression):
    predictor, _ = regression
    remarks = Remarks()
    found = predictor.explain(houses(90, seed=3), remarks=remarks)
    assert (found.rows, found.part) == (90, "rows of the data frame")
    assert (
        "the data frame does not hold the model's validation rows: all 90 rows with a target are "
        "used."
    ) in remarks.sentences()


def test_without_prints_all_rows_are_used_and_those_trained_on_are_told(regression):
    predictor, frame = regression
    prints = {"train": predictor.prints["train"]}
    other = dataclasses.replace(predictor, prints=prints)
    remarks = Remarks()
    found = other.explain(frame, remarks=remarks)
    assert found.rows == 300
    sentences = remarks.sentences()
    assert "The model has no validation rows: all 300 rows with a target are used." in sentences
    assert any("225 of 300 rows" in sentence for sentence in sentences), sentences


def test_remarks_are_warned_of_where_nobody_collects_them(regression):
    predictor, frame = regression
    with pytest.warns(PredictionWarning, match="'colour'"):
        predictor.explain(frame.assign(colour="red"), repeats=1)


def test_of_many_rows_some_are_drawn(regression, monkeypatch):
    predictor, frame = regression
    monkeypatch.setattr(importance, "MOST_ROWS", 40)
    remarks = Remarks()
    found = predictor.explain(frame, remarks=remarks)
    assert found.rows == 40
    assert "Uses a random 40 of 75 validation rows (seed 0)." in remarks.sentences()


def test_groups_and_weights_count(regression):
    frame = houses(120)
    frame["street"] = [f"street {number % 12}" for number in range(120)]
    frame["share"] = np.where(np.arange(120) % 2, 2.0, 0.0)
    predictor, table = small_predictor(frame=frame), tables.read(frame)
    plain = permutation_importance(predictor, table, np.arange(120), columns=["size"])
    predictor.schema = predictor.schema.edit(roles={"street": "group"})
    grouped = permutation_importance(predictor, table, np.arange(120), columns=["size"])
    assert grouped.columns[0].increase.value == plain.columns[0].increase.value
    assert grouped.columns[0].increase.error != plain.columns[0].increase.error
    predictor.schema = predictor.schema.edit(roles={"share": "weight"})
    y, outputs = predictor.schema.targets(table), predictor.outputs(table)
    weighted = permutation_importance(predictor, table, np.arange(120), columns=["size"])
    assert_close(weighted.loss.value, np.abs(y - outputs)[1::2].mean(), 1e-12)


# -- texts, records, pictures ---------------------------------------------------------------------


def test_texts(regression):
    predictor, frame = regression
    found = predictor.explain(frame, repeats=1)
    assert found.sentence() == (
        "Increase of the mean absolute error of price when a column is shuffled, mean of 1 shuffle "
        f"on 75 validation rows. Without shuffling it is {found.loss}."
    )
    assert repr(found).splitlines() == [found.sentence(), "", *found.lines()]
    lines = found.lines()
    assert lines[0] == "column  increase"
    assert [line.split()[0] for line in lines[1:]] == ["size", "town", "rooms"]
    assert len({line.index("±") for line in lines[1:]}) == 1
    assert found.caveat() == (
        "Columns are shuffled one at a time, so redundant columns hide each other's importance."
    )


def test_columns_that_are_alike_are_named():
    frame = houses(120)
    frame.insert(2, "feet", -frame["size"] * 10.76 + np.random.default_rng(0).normal(size=120))
    predictor = small_predictor(frame=frame)
    found = predictor.explain(frame, repeats=1)
    (pair,) = found.alike
    assert set(pair.columns) == {"size", "feet"} and -1 <= pair.correlation <= -0.9
    assert found.caveat().endswith(
        f" Most similar here, by correlation: 'size' and 'feet' ({pair.correlation:+.2f})."
    )
    assert found.record()["alike"] == [
        {"columns": ["size", "feet"], "measure": "correlation", "value": pair.correlation}
    ]
    assert predictor.explain(frame, repeats=1, columns=["rooms"]).alike == ()


def test_categories_that_are_alike_are_named():
    frame = houses(120)
    codes = {"Ulm": "U", "Bonn": "B", "Köln": "K"}
    frame["plate"] = [codes[town] if n % 8 else "U" for n, town in enumerate(frame["town"])]
    found = small_predictor(frame=frame).explain(frame, repeats=1)
    (pair,) = found.alike
    assert set(pair.columns) == {"town", "plate"} and 0.6 <= pair.correlation < 1
    assert "Most similar here, by Cramér's V: 'town' and 'plate' (0." in found.caveat()
    assert found.record()["alike"][0]["measure"] == "cramers_v"


def test_cramers_v():
    generator = np.random.default_rng(0)
    one = generator.integers(0, 40, 400)
    assert abs(alike.cramers_v(one, one) - 1) <= 1e-12
    assert abs(alike.cramers_v(one, (one * 7 + 3) % 40) - 1) <= 1e-12
    # 1,600 cells for 400 rows: uncorrected it would be 0.3 and more.
    assert alike.cramers_v(one, generator.integers(0, 40, 400)) <= 0.1
    assert alike.cramers_v(one, np.zeros(400, np.int64)) == 0
    assert alike.cramers_v(np.arange(400), np.arange(400)) == 0  # all by themselves: no say


def test_record(case):
    predictor, table, rows = case
    found = permutation_importance(predictor, table, rows, repeats=2)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["columns"][0] == {
        "column": found.columns[0].column,
        "value": found.columns[0].increase.value,
        "error": found.columns[0].increase.error,
    }
    assert record["metric"] == ("mae" if predictor.task == "regression" else "log_loss")


def test_picture(regression, tmp_path):
    predictor, frame = regression
    found = predictor.explain(frame, repeats=1)
    found.draw(tmp_path / "importance.png", "a title")
    assert (tmp_path / "importance.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert [path.name for path in tmp_path.iterdir()] == ["importance.png"]


def test_many_columns_with_long_and_strange_names_are_drawn(tmp_path):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(80, 45)))
    frame.columns = [f"${number}$ {'long ' * (number % 12)}_^{{name" for number in range(45)]
    frame["price"] = frame.iloc[:, 0] + generator.normal(size=80)
    frame["house"], frame["town"] = [f"h{number}" for number in range(80)], "Ulm"
    frame.loc[::2, "town"] = "Bonn"
    found = small_predictor(frame=frame, epochs=1).explain(frame, repeats=1)
    assert len(found.columns) == 46
    found.draw(tmp_path / "importance.png")
    assert (tmp_path / "importance.png").stat().st_size > 10_000


# -- refusals -------------------------------------------------------------------------------------


def test_refusals(regression):
    predictor, frame = regression
    table = tables.read(frame)

    def refusal(error, data=frame, **options):
        with pytest.raises(error) as raised:
            predictor.explain(data, **options)
        return str(raised.value)

    assert refusal(InvalidArgument, columns=["sise"]) == (
        "column must be one of 'size', 'rooms', 'town', received 'sise'. Did you mean 'size'?"
    )
    assert refusal(InvalidArgument, columns=["house"]) == (
        "the model does not use column 'house', so its importance cannot be measured. It uses "
        "'size', 'rooms', 'town'."
    )
    assert refusal(InvalidArgument, repeats=0) == (
        "repeats must be a positive integer, received 0."
    )
    assert refusal(InvalidData, frame.assign(price=np.nan)) == (
        "the data frame: no row has a target in column 'price'. Pass rows whose target is known."
    )
    assert "lacks" in refusal(InvalidData, frame.drop(columns="size"))
    with pytest.raises(InvalidData) as raised:
        permutation_importance(predictor, table, np.array([3]))
    assert str(raised.value) == (
        "shuffling needs at least 2 rows, received 1. Pass more rows with a target."
    )


def test_predictions_that_are_not_finite(regression):
    frame = houses(60)
    predictor = small_predictor(frame=frame, epochs=1)
    predictor.model.set_weights([w * np.nan for w in predictor.model.get_weights()])
    with pytest.raises(InvalidData) as raised:
        predictor.explain(frame)
    assert str(raised.value) == (
        "predictions for these rows are not finite, so importance cannot be measured. Check "
        "whether training diverged."
    )
