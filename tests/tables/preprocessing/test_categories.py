from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from trimtab.core.records import from_record
from trimtab.errors import InvalidArgument
from trimtab.tables.preprocessing.categories import (
    Codes,
    OneHot,
    Vocabulary,
    fewest_rows,
    fit_category,
)
from trimtab.tables.preprocessing.step import Unseen


def texts(*cells: str | None) -> np.ndarray:
    return np.array(cells, object)


def drawn(names: int, rows: int, *, missing: float = 0.0, seed: int = 0) -> np.ndarray:
    r = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, names + 1)
    cells = np.array([f"n{i}" for i in range(names)], object)[
        r.choice(names, rows, p=share / share.sum())
    ]
    cells[r.random(rows) < missing] = None
    return cells


def run(step, values, unseen: Unseen | None = None) -> np.ndarray:
    out = np.full((len(values), len(step.columns)), np.nan, np.float32)
    step.transform(values, out, Unseen() if unseen is None else unseen)
    return out


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("names", [3, 12])
def test_one_hot_is_scikit_learns(names: int, missing: float) -> None:
    values = drawn(names, 400, missing=missing)
    values[:2] = "rare"
    later = np.append(drawn(names, 200, missing=missing, seed=1), texts("rare", "never seen"))
    step = fit_category("genre", values)
    assert isinstance(step, OneHot)
    encoder = OneHotEncoder(
        min_frequency=fewest_rows(400), handle_unknown="infrequent_if_exist", sparse_output=False
    ).fit(values.reshape(-1, 1))
    assert run(step, later).tolist() == encoder.transform(later.reshape(-1, 1)).tolist()
    expected = [str(name) for name in encoder.get_feature_names_out(["genre"])]
    found = [column.name.replace(" = ", "_") for column in step.columns]
    named = {"genre missing": "genre_None", "genre other": "genre_infrequent_sklearn"}
    assert [named.get(name, name) for name in found] == expected


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_codes_are_scikit_learns_with_the_rare_ones_in_front(missing: float) -> None:
    values = drawn(60, 3000, missing=missing)
    later = drawn(60, 500, missing=missing, seed=1)
    step = fit_category("artist", values)
    assert isinstance(step, Codes)
    encoder = OrdinalEncoder(min_frequency=5, encoded_missing_value=-2).fit(values.reshape(-1, 1))
    theirs = encoder.transform(later.reshape(-1, 1))[:, 0]
    frequent = len(step.vocabulary.categories)
    if missing:
        # Theirs is a number apart; here it comes last.
        theirs = np.where(theirs == -2, frequent, theirs + (theirs > frequent))
    rare = theirs == frequent + (missing > 0) if step.vocabulary.rare else np.zeros(500, bool)
    if missing and step.vocabulary.rare:
        rare = theirs > frequent
    expected = np.where(rare, 0, theirs + 1)
    assert run(step, later)[:, 0].tolist() == expected.tolist()
    assert step.size == frequent + 1 + (missing > 0)


def test_more_than_sixteen_categories_are_embedded() -> None:
    for names, cls in ((16, OneHot), (17, Codes)):
        values = np.repeat(np.array([f"n{i:02d}" for i in range(names)], object), 30)
        step = fit_category("x", values)
        assert isinstance(step, cls)
        assert len(step.vocabulary.categories) == names
        assert step.vocabulary.categories == tuple(sorted(step.vocabulary.categories))


def test_categories_stand_in_the_order_of_their_text_whatever_the_rows_order() -> None:
    values = drawn(40, 3000, missing=0.1)
    order = np.random.default_rng(3).permutation(3000)
    assert fit_category("x", values) == fit_category("x", values[order])


def test_unknown_categories_go_where_the_rare_ones_are_and_are_counted() -> None:
    step = fit_category("x", texts(*["a"] * 5, *["b"] * 5, "c"))
    unseen = Unseen()
    found = run(step, texts("c", "new", "a", "newer"), unseen)
    assert found.tolist() == [[0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert unseen.categories == {"x": 2}
    assert unseen.sentences() == [
        "Column 'x': 2 cells have a category that is not in the training rows (first 'new'); "
        "counted as unknown."
    ]


def test_without_rare_ones_unknown_categories_have_no_column() -> None:
    step = fit_category("x", texts(*["a"] * 5, *["b"] * 5))
    unseen = Unseen()
    assert run(step, texts("new", "b"), unseen).tolist() == [[0, 0], [0, 1]]
    assert unseen.categories == {"x": 1}
    assert "1 cell has" in unseen.sentences()[0]


def test_missing_cells_are_a_category_if_training_rows_had_some() -> None:
    own = fit_category("x", texts(*["a"] * 5, *["b"] * 5, None, None))
    rare = fit_category("x", texts(*["a"] * 5, *["b"] * 5, None))
    never = fit_category("x", texts(*["a"] * 5, *["b"] * 5))
    assert (own.vocabulary.missing, rare.vocabulary.missing) == ("own", "rare")
    for step, last, counted in ((own, [0, 0, 1], 0), (rare, [0, 0, 1], 0), (never, [0, 0], 1)):
        unseen = Unseen()
        assert run(step, texts(None), unseen).tolist() == [last]
        assert unseen.missing.get("x", 0) == counted
        assert not unseen.categories
    assert unseen.sentences() == [
        "Column 'x': 1 cell is missing, but none in the training rows; counted as unknown."
    ]


def test_a_column_of_one_category_makes_no_step() -> None:
    for values in (texts(*"aaaa"), texts(None, None), texts("a", "b", "c", "d")):
        assert fit_category("x", values) is None


def test_ten_thousand_categories_and_texts_of_all_sorts() -> None:
    names = [f"Künstler {i}" for i in range(10_000)]
    names[:6] = ["", " ", "NA", "nan", "None", "\U0001f3b5"]
    values = np.tile(np.array(names, object), 5)
    step = fit_category("x", values)
    assert step.size == 10_001
    unseen = Unseen()
    found = run(step, np.array(names, object), unseen)[:, 0]
    assert not unseen
    assert sorted(found) == list(range(1, 10_001))
    assert (np.array(step.vocabulary.categories, object)[found.astype(int) - 1] == names).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"source": None},
        {"categories": "ab"},
        {"categories": ["a", 1]},
        {"categories": ["a", "a"]},
        {"rare": ["a"]},
        {"rare": {"c": 1}},
        {"missing": "sometimes"},
        {"missing": True},
        {"categories": [str(i) for i in range(100_001)]},
    ],
)
def test_what_is_no_vocabulary_is_refused(arguments) -> None:
    good = {"source": "x", "categories": ["a", "b"], "rare": ["c"], "missing": "never"}
    from_record(Vocabulary, good)
    with pytest.raises(InvalidArgument):
        from_record(Vocabulary, good | arguments)


def test_steps_of_no_use_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two columns"):
        OneHot(Vocabulary("x", ("a",), (), "never"))
    with pytest.raises(ValueError, match="at most 16 categories"):
        OneHot(Vocabulary("x", tuple(map(str, range(17))), (), "never"))
    with pytest.raises(ValueError, match="at least two categories"):
        Codes(Vocabulary("x", (), ("a",), "never"))
