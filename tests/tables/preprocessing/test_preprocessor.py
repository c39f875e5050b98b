from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.close import assert_close
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables import Preprocessor, Schema, Table, Unseen, infer_schema, read
from trimtab.tables.preprocessing.preprocessor import _BLOCK

DATA = Path(__file__).parents[4] / "shared" / "data"

KINDS = {"genre": "category", "artist": "category", "sold": "datetime", "live": "boolean"}


def frame(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """A column of every sort, with gaps."""
    r = np.random.default_rng(seed)
    day = np.datetime64("2020-01-01T00:00", "ns")
    genres = np.array(["pop", "rock", "jazz", None], object)
    data = pd.DataFrame(
        {
            "size": r.normal(100, 20, rows),
            "price": np.exp(2 * r.normal(size=rows)),
            "wait": np.append(1e9, r.normal(size=rows - 1)),
            "count": r.integers(0, 9, rows),
            "genre": genres[r.choice(4, rows, p=[0.5, 0.3, 0.1, 0.1])],
            "artist": np.array([f"artist {i}" for i in range(60)], object)[r.integers(0, 60, rows)],
            "sold": day + r.integers(0, 10**9, rows).astype("timedelta64[s]"),
            "live": r.random(rows) < 0.4,
            "y": r.normal(1000, 50, rows),
        }
    )
    data.loc[::7, "size"] = np.nan
    data.loc[::11, "sold"] = pd.NaT
    return data


def fitted(data: pd.DataFrame, **options) -> tuple[Preprocessor, Table]:
    table = read(data.copy())
    schema = infer_schema(table, "y", kinds=KINDS)
    rows = np.arange(0, len(data), 2)
    return Preprocessor.fit(table, schema, rows, **options), table


@pytest.fixture(scope="module")
def case() -> tuple[Preprocessor, Table]:
    return fitted(frame())


def again(preprocessor: Preprocessor) -> Preprocessor:
    """Through JSON, as files do it."""
    document, arrays = preprocessor.record()
    document = json.loads(json.dumps(document, allow_nan=False))
    schema = Schema.from_record(json.loads(json.dumps(preprocessor.schema.record())))
    return Preprocessor.from_record(document, arrays, schema)


def test_every_column_enters_as_its_kind_says(case) -> None:
    preprocessor, table = case
    x = preprocessor.transform(table)
    assert x.shape == (len(table), preprocessor.width)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert np.isfinite(x).all()
    assert preprocessor.describe() == [
        "5 numeric columns: 2 standard, 1 quantile, 1 robust, 1 raw",
        "'genre': one-hot of 4",
        "'sold': 9 parts of a date",
        "'artist': embedding of 56",
        "2 more inputs flag missing cells",
    ]
    names = [column.name for column in preprocessor.columns]
    assert len(set(names)) == len(names)
    assert {column.source for column in preprocessor.columns} == set(table.frame.columns) - {"y"}
    assert preprocessor.embeddings == (("artist", 56),)
    assert names[-1] == "artist"
    assert x[:, -1].tolist() == (x[:, -1].astype(int)).tolist()
    assert not preprocessor.notes


def test_only_training_rows_are_looked_at() -> None:
    data = frame()
    plain, _ = fitted(data)
    other = data.copy()
    other.loc[1::2, "size"] = 1e12
    other.loc[1::2, "genre"] = "polka"
    other.loc[1::2, "artist"] = "nobody"
    other.loc[1::2, "sold"] = np.datetime64("1999-01-01")
    other.loc[1::2, "y"] = -7.0
    assert fitted(other)[0].record()[0] == plain.record()[0]


def test_a_row_has_the_same_bits_whatever_is_asked_with_it(case) -> None:
    preprocessor, table = case
    whole = preprocessor.transform(table)
    rows = np.arange(len(table))
    for parts in (np.split(rows, [1, 2, 10, 333]), [rows[::-1]], [rows[::3], rows[1:2]]):
        for part, x in zip(parts, preprocessor.transform_parts(table, parts), strict=True):
            assert x.tobytes() == whole[part].tobytes()
    for begin in range(0, len(table), 100):
        chunk = read(table.frame.iloc[begin : begin + 100].reset_index(drop=True))
        assert preprocessor.transform(chunk).tobytes() == whole[begin : begin + 100].tobytes()


def test_blocks_of_rows_are_seamless() -> None:
    r = np.random.default_rng(0)
    rows = 2 * _BLOCK + 17
    table = read({"x": r.normal(size=rows), "z": np.exp(r.normal(size=rows)), "y": r.random(rows)})
    preprocessor = Preprocessor.fit(table, infer_schema(table, "y"), np.arange(rows))
    whole = preprocessor.transform(table)
    seams = np.array([0, _BLOCK - 1, _BLOCK, 2 * _BLOCK - 1, 2 * _BLOCK, rows - 1])
    assert preprocessor.transform(table, seams).tobytes() == whole[seams].tobytes()


def test_order_of_columns_and_extra_columns_do_not_matter(case) -> None:
    preprocessor, table = case
    names = list(table.frame.columns)
    other = table.frame[names[::-1]].assign(extra=1.5, more="text")
    assert preprocessor.transform(read(other)).tobytes() == preprocessor.transform(table).tobytes()


def test_no_rows_are_no_rows(case) -> None:
    preprocessor, table = case
    assert preprocessor.transform(table, np.array([], np.int64)).shape == (0, preprocessor.width)


def test_what_was_stored_transforms_to_the_same_bits(case) -> None:
    preprocessor, table = case
    restored = again(preprocessor)
    assert restored.transform(table).tobytes() == preprocessor.transform(table).tobytes()
    assert restored.targets(table).tobytes() == preprocessor.targets(table).tobytes()
    assert restored.columns == preprocessor.columns
    assert restored.embeddings == preprocessor.embeddings
    document, arrays = restored.record()
    expected, numbers = preprocessor.record()
    assert document == expected
    assert {name: a.tobytes() for name, a in arrays.items()} == {
        name: a.tobytes() for name, a in numbers.items()
    }
    for other in (pickle.loads(pickle.dumps(preprocessor)), copy.deepcopy(preprocessor)):
        assert other.transform(table).tobytes() == preprocessor.transform(table).tobytes()


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile", "none"])
def test_scaling_on_request(scaling: str) -> None:
    preprocessor, table = fitted(frame(), scaling=scaling)
    hows = {column.name: column.how for column in preprocessor.columns}
    assert {hows[name] for name in ("size", "price", "wait", "count")} == {
        "raw" if scaling == "none" else scaling
    }
    assert hows["sold days elapsed"] == ("standard" if scaling == "none" else scaling)
    assert again(preprocessor).transform(table).tobytes() == preprocessor.transform(table).tobytes()


def test_raw_leaves_numbers_as_they_are() -> None:
    preprocessor, table = fitted(frame(), raw=True)
    x = preprocessor.transform(table)
    names = [column.name for column in preprocessor.columns]
    for name in ("price", "wait", "count"):
        assert x[:, names.index(name)].tolist() == table.frame[name].astype(np.float32).tolist()
    size = x[:, names.index("size")]
    missing = table.frame["size"].isna().to_numpy()
    assert size[~missing].tolist() == table.frame["size"][~missing].astype(np.float32).tolist()
    assert len(set(size[missing])) == 1
    assert x[:, names.index("size missing")].tolist() == missing.tolist()
    assert np.abs(x[:, names.index("sold days elapsed")]).max() <= 4


def test_targets_in_the_networks_units_and_back(case) -> None:
    preprocessor, table = case
    y = table.frame["y"].to_numpy()
    rows = np.arange(0, len(y), 2)
    scaled = preprocessor.targets(table, rows)
    assert scaled.shape == (len(rows), 1)
    assert_close([scaled.mean(), scaled.std()], [0, 1], 1e-6, scale=1.0)
    assert_close(preprocessor.to_units(scaled)[:, 0], y[rows], 1e-6)
    assert_close([preprocessor.shift, preprocessor.scale], [y[rows].mean(), y[rows].std()], 1e-12)
    plain, _ = fitted(frame(), target_scaling=False)
    assert (plain.shift, plain.scale) == (0.0, 1.0)
    assert plain.targets(table)[:, 0].tolist() == y.astype(np.float32).tolist()


def test_classes_are_numbers_of_classes() -> None:
    data = frame()
    data["y"] = np.array(["no", "yes"])[np.arange(len(data)) % 3 % 2]
    preprocessor, table = fitted(data)
    y = preprocessor.targets(table)[:, 0]
    assert y.tolist() == (data["y"] == "yes").astype(float).tolist()
    assert preprocessor.to_units([0.25]).tolist() == [0.25]


def test_weights_count_in_means_and_deviations() -> None:
    r = np.random.default_rng(0)
    table = read({"x": r.normal(size=50), "y": r.normal(size=50)})
    schema = infer_schema(table, "y")
    rows = np.arange(50)
    times = r.integers(0, 3, 50)
    weighted = Preprocessor.fit(table, schema, rows, weights=times, scaling="standard")
    repeated = Preprocessor.fit(table, schema, np.repeat(rows, times), scaling="standard")
    assert_close(weighted.transform(table), repeated.transform(table), 1e-5)
    assert_close([weighted.shift, weighted.scale], [repeated.shift, repeated.scale], 1e-12)


@pytest.mark.parametrize("goes", [1, 3, 1000])
def test_consumed_columns_leave_the_table(goes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trimtab.tables.preprocessing.preprocessor._GOES", goes)
    preprocessor, table = fitted(frame().assign(extra="one text"))
    parts = [np.arange(100), np.arange(100, 600)]
    expected = preprocessor.transform_parts(table, parts)
    found = preprocessor.transform_parts(table, parts, consume=True)
    for a, b in zip(found, expected, strict=True):
        assert a.tobytes() == b.tobytes()
    assert list(table.frame.columns) == ["y", "extra"]
    assert len(preprocessor.targets(table)) == 600


def test_what_training_rows_did_not_have_is_counted(case) -> None:
    preprocessor, table = case
    new = table.frame.head(5).copy()
    new["artist"] = ["nobody", "artist 1", None, "nobody", "anybody"]
    new["count"] = [1, None, None, 2, 3]
    unseen = Unseen()
    for begin in (0, 2):
        chunk = read(new.iloc[begin : begin + 2 + begin].reset_index(drop=True))
        assert np.isfinite(preprocessor.transform(chunk, report=unseen)).all()
    assert unseen.categories == {"artist": 3}
    assert unseen.missing == {"artist": 1, "count": 2}
    assert len(unseen.sentences()) == 3
    assert not Unseen()
    assert unseen


def test_columns_without_information_are_left_out_with_a_word() -> None:
    rows = 40
    table = read(
        {
            "x": np.arange(rows) * 0.5,
            "late": np.where(np.arange(rows) < 30, np.nan, np.arange(rows) * 1.0),
            "flat": np.where(np.arange(rows) < 30, 2.5, np.arange(rows) * 1.0),
            "one": np.where(np.arange(rows) < 30, "a", "b"),
            "y": np.arange(rows) * 1.0,
        }
    )
    schema = infer_schema(table, "y", kinds={"one": "category"})
    preprocessor = Preprocessor.fit(table, schema, np.arange(30))
    assert [column.name for column in preprocessor.columns] == ["x"]
    assert preprocessor.notes == (
        "Column 'late' is left out: it is missing in all training rows.",
        "Column 'flat' is left out: all training rows have the same value.",
        "Column 'one' is left out: all training rows have the same value.",
    )
    with pytest.raises(InvalidData, match=r"no column is left to learn from\. Column 'late' is"):
        Preprocessor.fit(table, schema.edit(roles={"x": "dropped"}), np.arange(30))


def test_a_heavy_target_is_said() -> None:
    data = frame()
    data.loc[0, "y"] = 1e6
    preprocessor, _ = fitted(data)
    assert len(preprocessor.notes) == 1
    assert "The target has heavy tails: it reaches 1,000,000" in preprocessor.notes[0]


def test_refusals() -> None:
    table = read({"x": [1.0, 2.0, 3.0, 4.0], "y": [5.0, 6.0, 8.0, 9.0]})
    schema = infer_schema(table, "y")
    rows = np.arange(4)
    with pytest.raises(InvalidArgument, match="Did you mean 'standard'"):
        Preprocessor.fit(table, schema, rows, scaling="standart")
    with pytest.raises(InvalidArgument, match="raw must be True or False"):
        Preprocessor.fit(table, schema, rows, raw="yes")
    with pytest.raises(InvalidData, match="there are no training rows"):
        Preprocessor.fit(table, schema, rows[:0])
    for weights in ([1.0, 2.0], [1.0, -1.0, 1.0, 1.0], [np.nan, 1.0, 1.0, 1.0], [0.0] * 4):
        with pytest.raises(InvalidData, match="weights must be finite numbers of 0 or more"):
            Preprocessor.fit(table, schema, rows, weights=weights)
    same = read({"x": [1.0, 2.0, 3.0, 4.0], "y": [5.0, 5.0, 8.0, 9.0]})
    with pytest.raises(
        InvalidData, match=r"all 2 training rows have the target 5\. Train on more rows"
    ):
        Preprocessor.fit(same, schema, rows[:2])


def test_bad_cells_of_a_later_table_are_missing_unless_they_are_most(case) -> None:
    preprocessor, table = case
    new = table.frame.head(3).copy()
    new["price"] = ["1.5", "cheap", "2"]
    unseen = Unseen()
    found = preprocessor.transform(read(new), report=unseen)
    unseen.check()
    assert "1 cell is not a number ('cheap' in row 2); counted as missing" in unseen.sentences()[0]
    new["price"] = ["1.5", None, "2"]
    assert np.array_equal(found, preprocessor.transform(read(new)))
    new["price"] = ["1.5", "cheap", "dear"]
    with pytest.raises(InvalidData, match=r"row 2, column 'price': 'cheap' is not a number\. 1"):
        preprocessor.transform(read(new))


@pytest.mark.parametrize("name", ["red-wine", "concrete", "breast_cancer", "wine", "digits"])
def test_tables_people_have(name: str) -> None:
    target = {"red-wine": "quality", "concrete": "CompressiveStrength"}.get(name, "target")
    if target == "target":
        table = read(getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame)
    else:
        table = read(name)
    rows = np.arange(0, len(table), 2)
    preprocessor = Preprocessor.fit(table, infer_schema(table, target), rows)
    train, rest = preprocessor.transform_parts(table, [rows, np.arange(1, len(table), 2)])
    hows = np.array([column.how for column in preprocessor.columns])
    assert set(hows) <= {"standard", "robust", "quantile"}
    # No column speaks much louder than another, in rows that were not looked at either.
    for x, most in ((train, 7.0), (rest, 14.0)):
        assert np.isfinite(x).all()
        assert np.abs(x[:, hows == "standard"]).max() <= most
        assert np.abs(x[:, hows != "standard"]).max(initial=0) <= 5.2
    scale = train[:, hows == "standard"].std(axis=0)
    assert_close(scale, np.ones(len(scale)), 1e-4)
    assert again(preprocessor).transform(table, rows).tobytes() == train.tobytes()


@pytest.mark.skipif(not DATA.exists(), reason="the data beside the project is not here")
def test_spotify() -> None:
    table = read(DATA / "spotify.csv")
    schema = infer_schema(table, "track_popularity")
    rows = np.arange(0, len(table), 2)
    preprocessor = Preprocessor.fit(table, schema, rows)
    x = preprocessor.transform(table)
    assert np.isfinite(x).all()
    numbers = [n for n, c in enumerate(preprocessor.columns) if c.how in ("standard", "robust")]
    assert np.abs(x[:, numbers]).max() <= 25
    assert again(preprocessor).transform(table).tobytes() == x.tobytes()


def _places(value, path=()):
    """Every place of a document, the whole first."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*path, key))
    elif isinstance(value, list):
        for place in range(min(len(value), 3)):
            yield from _places(value[place], (*path, place))


def _changed(document, path, change):
    if not path:
        return change(document)
    changed = copy.copy(document)
    changed[path[0]] = _changed(document[path[0]], path[1:], change)
    return changed


FITTED, _ = fitted(frame(200))
DOCUMENT, ARRAYS = FITTED.record()
SCHEMA = FITTED.schema
LATER = read(frame(50, seed=3))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["standard", "numeric", "codes", "size", 10**400, 0, 1, -1.0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_a_changed_document_is_refused_or_works(data) -> None:
    path = data.draw(st.sampled_from(list(_places(DOCUMENT))))
    how = data.draw(st.sampled_from(["replaced", "removed", "repeated", "renamed"]))
    new = data.draw(json_values)

    def change(value):
        if how == "removed" and isinstance(value, dict | list) and value:
            keys = list(value)
            return {key: value[key] for key in keys[1:]} if isinstance(value, dict) else value[1:]
        if how == "repeated" and isinstance(value, list):
            return value + value[:1]
        if how == "renamed" and isinstance(value, dict):
            return {key + "x": v for key, v in value.items()}
        return new

    _refused_or_works(_changed(DOCUMENT, path, change), ARRAYS)


array_values = st.sampled_from(
    [
        np.zeros(0),
        np.zeros(1),
        np.zeros(5),
        np.zeros(5, np.float32),
        np.zeros(5, np.int64),
        np.zeros((5, 1)),
        np.array(1.0),
        np.array([1.0, 0.0]),
        np.array([0.0, np.inf]),
        np.array([np.nan, np.nan]),
        np.zeros(5000),
        None,
        [0.0, 1.0],
    ]
)


@given(st.sampled_from(["removed", "added", "replaced"]), st.text(max_size=6), array_values)
def test_changed_arrays_are_refused_or_work(how: str, name: str, array) -> None:
    arrays = dict(ARRAYS)
    first = next(iter(arrays))
    if how == "removed":
        del arrays[first]
    elif how == "replaced":
        arrays[first] = array
    else:
        arrays[name] = array
    _refused_or_works(DOCUMENT, arrays, must_refuse=how != "replaced")


@pytest.mark.parametrize(
    "name", ["0/knots", "99/knots", "knots", "1/knots/knots", "1/", "-1/knots"]
)
def test_an_array_too_many_is_refused(name: str) -> None:
    _refused_or_works(DOCUMENT, {**ARRAYS, name: np.zeros(3)}, must_refuse=True)


def _refused_or_works(document, arrays, must_refuse: bool = False) -> None:
    try:
        preprocessor = Preprocessor.from_record(document, arrays, SCHEMA)
    except (ValueError, TypeError, KeyError):
        return
    assert not must_refuse
    x = preprocessor.transform(LATER)
    assert x.shape == (50, preprocessor.width)
    assert np.isfinite(x).all()
    assert np.isfinite(preprocessor.to_units([0.5])).all()
    for place, (_, size) in enumerate(reversed(preprocessor.embeddings)):
        codes = x[:, preprocessor.width - 1 - place]
        assert ((codes >= 0) & (codes < size)).all()


def test_a_document_for_another_schema_is_refused() -> None:
    others = (
        SCHEMA.edit(kinds={"count": "category"}),
        SCHEMA.edit(kinds={"artist": "text"}),
        SCHEMA.edit(roles={"size": "dropped"}),
        Schema(SCHEMA.columns[:2]),
    )
    Preprocessor.from_record(DOCUMENT, ARRAYS, SCHEMA)
    for schema in others:
        with pytest.raises(ValueError, match=r"of the schema|cannot be for"):
            Preprocessor.from_record(DOCUMENT, ARRAYS, schema)


def test_numbers_that_are_equal_as_floats_are_not_called_the_same() -> None:
    table = read({"t": 2**60 + np.arange(40), "x": np.arange(40) % 7, "y": np.arange(40) * 0.5})
    schema = infer_schema(table, "y", kinds={"t": "numeric"})
    (note,) = Preprocessor.fit(table, schema, np.arange(40)).notes
    assert note == (
        "Column 't' is left out: its numbers, 1152921504606846976 to 1152921504606847015, differ "
        "only in digits that a network does not see. Subtract a common number from them if they "
        "matter."
    )
