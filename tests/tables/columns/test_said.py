"""Types that the data names are heard; what the user says wins over both."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab.tables import infer_schema, read

N = 200
GEARS = 3 + np.random.default_rng(0).integers(0, 6, N)
X = np.random.default_rng(1).normal(size=N)


def schema_of(gears, target="y", **told):
    frame = pd.DataFrame({"gear": gears, "x": X, "y": GEARS * 2.0 + X})
    return infer_schema(read(frame), target, **told)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (pd.Categorical(GEARS), "gear=numeric"),
        (pd.Categorical(GEARS, ordered=True), "gear=numeric"),
        (pd.Categorical(GEARS / 2), "gear=numeric"),
        (pd.Categorical([None, *GEARS[1:]]), "gear=numeric"),
        (pd.Categorical(GEARS + 2**60), "gear=numeric"),
        (pd.Categorical(GEARS > 5), "gear=boolean"),
        (pd.Categorical(pd.Timestamp("2020") + pd.to_timedelta(GEARS, "D")), "gear=datetime"),
        (pd.Categorical(GEARS.astype(str)), ""),
        (pd.cut(GEARS, 3), ""),
    ],
)
def test_a_categorical_is_a_category(cells, word):
    schema = schema_of(cells)
    column = schema.column("gear")
    assert (column.kind, column.role) == ("category", "feature")
    assert [f"--type {word}" in note for note in schema.notes] == ([True] if word else [])


def test_what_the_user_says_wins():
    schema = schema_of(pd.Categorical(GEARS), kinds={"gear": "numeric"})
    assert (schema.column("gear").kind, schema.notes) == ("numeric", ())
    assert schema_of(GEARS).column("gear").kind == "integer"
    assert schema_of(GEARS, kinds={"gear": "category"}).column("gear").kind == "category"


def test_a_role_wins():
    for role in ("time", "weight", "group", "ids"):
        told = {role: ("gear",) if role == "ids" else "gear"}
        assert schema_of(pd.Categorical(GEARS), **told).column("gear").kind in (
            "integer",
            "numeric",
        )


def test_nothing_to_learn_from_is_left_out_all_the_same():
    assert schema_of(pd.Categorical(np.arange(N))).column("gear").reason.startswith("identifies")
    assert schema_of(pd.Categorical([7] * N)).column("gear").reason.startswith("constant")


@pytest.mark.parametrize("kind", ["string", object])
def test_digits_given_as_text_are_categories(kind):
    column = schema_of(pd.Series(GEARS.astype(str)).astype(kind)).column("gear")
    assert (column.kind, column.numbers) == ("category", False)


def test_booleans_and_dates_keep_their_type():
    assert schema_of(GEARS > 5).column("gear").kind == "boolean"
    days = pd.Timestamp("2020") + pd.to_timedelta(np.arange(N), "D")
    assert schema_of(days).column("gear").kind == "datetime"


def test_arrow_and_polars_say_it_too(tmp_path):
    pa = pytest.importorskip("pyarrow")
    columns = {"gear": pa.array(GEARS).dictionary_encode(), "y": X}
    assert infer_schema(read(pa.table(columns)), "y").column("gear").kind == "category"
    frame = pd.DataFrame({"gear": pd.Categorical(GEARS), "y": X})
    frame.to_parquet(tmp_path / "gears.parquet")
    frame.to_feather(tmp_path / "gears.feather")
    for path in tmp_path.iterdir():
        assert infer_schema(read(path), "y").column("gear").kind == "category"
    pl = pytest.importorskip("polars")
    names = [str(gear) for gear in range(3, 9)]
    for kind in (pl.Categorical, pl.Enum(names)):
        data = pl.DataFrame({"gear": pl.Series(GEARS.astype(str), dtype=kind), "y": X})
        assert infer_schema(read(data), "y").column("gear").kind == "category"


def test_a_categorical_target_is_predicted_as_classes():
    schema = schema_of(pd.Categorical(GEARS), "gear")
    assert (schema.task, schema.classes) == ("multiclass", (3, 4, 5, 6, 7, 8))
    assert "--task regression" in schema.notes[0]
    assert schema_of(pd.Categorical(GEARS), "gear", task="regression").task == "regression"
    two = schema_of(pd.Categorical(GEARS > 5), "gear")
    assert (two.task, two.classes) == ("binary", (False, True))


def test_a_model_of_a_categorical_predicts_numbers_in_any_container():
    frame = pd.DataFrame({"gear": pd.Categorical(GEARS), "y": GEARS % 4 * 10.0 + X / 9})
    predictor = trimtab.train(frame, "y", epochs=5, effort="quick")
    rows = [3, 5, 8]
    expected = predictor.predict(pd.DataFrame({"gear": pd.Categorical(rows)}))
    assert len({*expected.round(4).ravel().tolist()}) == 3
    for cells in (rows, [3.0, 5.0, 8.0], ["3", "5.0", "8e0"], pd.array(rows, "Int64")):
        np.testing.assert_array_equal(predictor.predict({"gear": cells}), expected)
