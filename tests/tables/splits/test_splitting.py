"""Which rows train: sizes, classes, groups, moments, folds, and every refusal."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from trimtab import tables
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.splits.plan import COPIES, SplitPlan, make_split

SPOTIFY = Path(__file__).parents[3].parent / "shared" / "data" / "spotify.csv"


def table(rows=100, *, classes=None, seed=0, without=(), **columns):
    """Numbers to predict, or classes of so many rows each; rows ``without`` have no target."""
    generator = np.random.default_rng(seed)
    if classes is not None:
        labels = [label for label, count in classes.items() for _ in range(count)]
        y = generator.permutation(labels)
        rows = len(y)
    else:
        y = generator.normal(size=rows)
    frame = pd.DataFrame({"x": generator.normal(size=rows), **columns, "y": y})
    frame.loc[list(without), "y"] = None
    return tables.read(frame)


def split(of, *, kinds=None, schema=None, **plan):
    schema = schema or infer_schema(of, "y", kinds=kinds or {})
    return make_split(of, schema, SplitPlan(**plan))


def check(parts, rows):
    """Parts are sorted, have nothing in common and are these rows together."""
    for part in (parts.train, parts.valid, parts.test):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
    together = np.concatenate([parts.train, parts.valid, parts.test])
    assert np.sort(together).tolist() == list(rows)


# -- at random ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "valid", "test", "sizes"),
    [
        (1000, 0.25, 0.0, (750, 250, 0)),
        (1000, 0.25, 0.25, (500, 250, 250)),  # shares of all rows, not of the rest
        (1599, 0.3, 0.0, (1119, 480, 0)),
        (1599, 0.25, 0.15, (959, 400, 240)),  # 399.75 and 239.85
        (20, 0.25, 0.0, (15, 5, 0)),
        (30, 0.25, 0.0, (22, 8, 0)),  # 7.5
        (100, 0.0, 0.1, (90, 0, 10)),
        (100, 0.0, 0.0, (100, 0, 0)),
    ],
)
def test_sizes_are_shares_of_all_rows(rows, valid, test, sizes):
    parts = split(table(rows), valid=valid, test=test)
    assert (len(parts.train), len(parts.valid), len(parts.test)) == sizes
    check(parts, range(rows))
    assert parts.groups is None and parts.folds == ()
    assert parts.how == ("All train." if not valid + test else "Drawn at random (seed 0).")


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_the_split_is_scikit_learns(seed):
    train, valid = train_test_split(np.arange(1599), test_size=480, random_state=seed)
    parts = split(table(1599), valid=0.3, seed=seed)
    assert parts.train.tolist() == sorted(train)
    assert parts.valid.tolist() == sorted(valid)


@pytest.mark.parametrize("seed", [3, 2**32 + 3, 2**64 - 1])
def test_same_seed_same_split(seed):
    one, again = (split(table(), seed=seed, test=0.2) for _ in range(2))
    other = split(table(), seed=seed - 1, test=0.2)
    assert one.valid.tolist() == again.valid.tolist() != other.valid.tolist()
    assert one.test.tolist() == again.test.tolist() != other.test.tolist()
    low = split(table(), seed=3, test=0.2)
    assert (one.test.tolist() == low.test.tolist()) == (seed == 3)


def test_rows_without_a_target_are_in_no_part():
    without, kept = range(10, 30), [*range(10), *range(30, 100)]
    for plan in ({"test": 0.2}, {"folds": 4}):
        check(split(table(without=without), **plan), kept)
    check(split(table(classes={"a": 50, "b": 50}, without=without), test=0.2), kept)


# -- by class -------------------------------------------------------------------------------------


def counts(of, rows):
    return of.frame["y"].iloc[rows].value_counts().to_dict()


def test_classes_keep_their_shares():
    of = table(classes={"a": 80, "b": 40, "c": 40})
    parts = split(of, valid=0.25, test=0.25)
    check(parts, range(160))
    for part, size in ((parts.train, 80), (parts.valid, 40), (parts.test, 40)):
        assert counts(of, part) == {"a": size // 2, "b": size // 4, "c": size // 4}
    assert parts.how == "Drawn at random (seed 0), each part with its share of every class."
    train, valid = train_test_split(
        np.arange(160), test_size=40, random_state=5, stratify=of.frame["y"]
    )
    assert split(of, seed=5).valid.tolist() == sorted(valid)
    assert split(of, seed=5).train.tolist() == sorted(train)


def test_without_regard_to_class_on_request():
    of = table(classes={"a": 150, "b": 10})
    plain = split(of, stratify=False)
    numbers = split(table(160))
    assert plain.valid.tolist() == numbers.valid.tolist()
    assert plain.how == "Drawn at random (seed 0)."


def test_a_class_with_one_row_trains():
    of = table(classes={"a": 60, "b": 39, "c": 1})
    for seed in range(5):
        parts = split(of, seed=seed, test=0.2)
        check(parts, range(100))
        assert (len(parts.train), len(parts.valid), len(parts.test)) == (55, 25, 20)
        assert counts(of, parts.train)["c"] == 1
        assert counts(of, parts.valid) == {"a": 15, "b": 10}
    assert parts.how == (
        "Drawn at random (seed 0), each part with its share of every class. A class with a "
        "single row stays in the training part."
    ).replace("seed 0", "seed 4")


def test_more_classes_than_rows_in_a_part():
    of = table(classes={f"class {k}": 4 for k in range(25)})
    parts = split(of, valid=0.1)
    assert (len(parts.train), len(parts.valid)) == (90, 10)
    assert parts.how == (
        "Drawn at random (seed 0). 10 rows are too few for 25 classes: they were drawn "
        "without stratification."
    )


# -- by group -------------------------------------------------------------------------------------


def test_no_group_on_both_sides():
    artist = np.random.default_rng(1).permutation([f"artist {k % 20}" for k in range(300)])
    of = table(300, artist=artist)
    parts = split(of, kinds={"artist": "category"}, group="artist", valid=0.2, test=0.1)
    check(parts, range(300))
    groups = [set(artist[part]) for part in (parts.train, parts.valid, parts.test)]
    assert [len(each) for each in groups] == [14, 4, 2]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    assert parts.how == ("Whole groups by 'artist', drawn at random (seed 0): 14, 4 and 2 groups.")
    splitter = GroupShuffleSplit(1, test_size=2, random_state=0)
    _, test = next(splitter.split(artist, groups=pd.factorize(artist)[0]))
    assert parts.test.tolist() == sorted(test)
    for name in np.unique(artist):
        assert len(np.unique(parts.groups[artist == name])) == 1
    assert len(np.unique(parts.groups)) == 20


def test_the_schema_may_name_the_group():
    of = table(100, artist=[f"artist {k % 20}" for k in range(100)])
    schema = infer_schema(of, "y", group="artist")
    parts = split(of, schema=schema)
    assert parts.how.startswith("Whole groups by 'artist'")


def test_numbers_and_dates_are_groups_too():
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(100) % 10, "D")
    for column in (np.arange(100) % 10, day):
        parts = split(table(100, g=column), group="g")
        values = np.asarray(column)
        assert not set(values[parts.train]) & set(values[parts.valid])


def test_rows_without_a_group_are_one():
    artist = np.array([f"artist {k % 20}" for k in range(100)], dtype=object)
    artist[[3, 50, 77]] = None
    for seed in range(8):
        parts = split(
            table(100, artist=artist), kinds={"artist": "category"}, group="artist", seed=seed
        )
        assert len({bool(np.isin(row, parts.train)) for row in (3, 50, 77)}) == 1
    assert parts.how.endswith("3 rows without 'artist' count as one group.")


# -- by time --------------------------------------------------------------------------------------


def test_training_on_the_past():
    day = np.random.default_rng(0).permutation(
        pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(100), "D")
    )
    parts = split(table(100, day=day), time="day", valid=0.2, test=0.1)
    check(parts, range(100))
    assert (len(parts.train), len(parts.valid), len(parts.test)) == (70, 20, 10)
    assert day[parts.train].max() < day[parts.valid].min()
    assert day[parts.valid].max() < day[parts.test].min()
    assert parts.how == ("By 'day': up to 2020-03-10, then from 2020-03-11 and from 2020-03-31.")


def test_rows_of_one_moment_stay_together():
    year = np.repeat([2001, 2002, 2003, 2004], [30, 30, 21, 19])
    parts = split(table(100, year=year), time="year", valid=0.3)
    # 30 rows were asked for; from 2003 on there are 40, from 2004 on 19.
    assert year[parts.valid].min() == 2003
    assert len(parts.valid) == 40
    assert parts.how == "By 'year': up to 2002, then from 2003."


def test_times_of_day_are_said_where_they_matter():
    hour = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(100), "h")
    parts = split(table(100, hour=hour), time="hour")
    assert parts.how == "By 'hour': up to 2020-01-04 02:00:00, then from 2020-01-04 03:00:00."


# -- copies ---------------------------------------------------------------------------------------


def copied(rows=100, copies=20, *, classes=False, seed=0):
    """Rows of which so many are there once more, the table shuffled, and the original of each."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": generator.normal(size=rows), "z": generator.choice([*"ab"], rows)})
    frame["y"] = generator.permutation(["p", "q"] * (rows // 2)) if classes else frame["x"] ** 2
    numbers = generator.permutation(np.append(np.arange(rows), generator.choice(rows, copies)))
    return tables.read(frame.iloc[numbers].reset_index(drop=True)), numbers


def sides(parts, numbers):
    """On how many sides the copies of each row stand."""
    places = np.empty(len(numbers), np.int64)
    for side, rows in enumerate((parts.train, parts.valid, parts.test)):
        places[rows] = side
    return pd.Series(places).groupby(numbers).nunique()


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_row_and_its_copies_stay_on_one_side(classes, seed):
    of, numbers = copied(classes=classes, seed=seed)
    parts = split(of, test=0.2, seed=seed)
    check(parts, range(120))
    assert (sides(parts, numbers) == 1).all()
    # Shares are those of the 100 distinct rows.
    assert [len(set(numbers[rows])) for rows in (parts.train, parts.valid, parts.test)] == [
        *(55, 25, 20)
    ]
    assert parts.how.endswith("20 rows repeat another; a row and its copies stay on one side.")
    apart = split(of, test=0.2, seed=seed, copies="apart")
    assert (sides(apart, numbers) > 1).any()


def test_classes_keep_their_shares_among_distinct_rows():
    of, numbers = copied(classes=True)
    parts = split(of)
    distinct = pd.DataFrame({"number": numbers, "y": of.frame["y"]}).iloc[parts.valid]
    assert distinct.drop_duplicates()["y"].value_counts().to_dict() in (
        {"p": 13, "q": 12},
        {"p": 12, "q": 13},
    )
    assert parts.how == (
        "Drawn at random (seed 0), each part with its share of every class. 20 rows repeat "
        "another; a row and its copies stay on one side."
    )


@pytest.mark.parametrize("classes", [False, True])
def test_no_fold_trains_on_a_copy_of_what_it_validates(classes):
    of, numbers = copied(classes=classes)
    parts = split(of, folds=5, test=0.2)
    check_folds(parts, range(120))
    assert len(parts.folds) == 5
    for train, valid in parts.folds:
        assert not set(numbers[train]) & set(numbers[valid])
        assert len(set(numbers[valid])) == 16
    assert not set(numbers[parts.train]) & set(numbers[parts.test])


def test_without_copies_it_does_not_matter_what_is_done_with_them():
    ways = [split(table(classes={"a": 50, "b": 50}), copies=each) for each in COPIES]
    assert all(way.valid.tolist() == ways[0].valid.tolist() for way in ways)
    assert all(way.how == ways[0].how for way in ways)


def test_red_wine():
    of = tables.read("red-wine")
    frame = of.frame
    parts = split(of, schema=infer_schema(of, "quality"), test=0.2)
    both = [set(map(tuple, frame.iloc[rows].to_numpy())) for rows in (parts.train, parts.valid)]
    assert not both[0] & both[1]
    apart = split(of, schema=infer_schema(of, "quality"), copies="apart")
    training = set(map(tuple, frame.iloc[apart.train].to_numpy()))
    equal = sum(tuple(row) in training for row in frame.iloc[apart.valid].to_numpy())
    assert apart.how == f"Drawn at random (seed 0). {equal} validation rows equal a training row."


def test_only_what_is_learned_from_makes_a_copy():
    of, _ = copied()
    with_key = tables.read(of.frame.assign(key=[f"k{row}" for row in range(120)]))
    schema = infer_schema(with_key, "y")
    assert schema.column("key").role == "dropped"
    assert "20 rows repeat another" in split(with_key, schema=schema).how
    as_feature = tables.read(of.frame.assign(row=np.random.default_rng(0).normal(size=120)))
    assert split(as_feature).how == "Drawn at random (seed 0)."


def test_equal_rows_of_a_table_of_few_categories_are_different_cases():
    generator = np.random.default_rng(0)
    of = tables.read(pd.DataFrame(generator.choice([*"abc"], (300, 3)), columns=["x", "z", "y"]))
    parts = split(of, valid=0.2)
    assert (len(parts.train), len(parts.valid)) == (240, 60)
    assert parts.valid.tolist() == split(of, valid=0.2, copies="apart").valid.tolist()
    start, rest = parts.how.split("Most rows")
    assert start == "Drawn at random (seed 0), each part with its share of every class. "
    assert rest == (
        " equal another, as different cases do in tables of few categories: copies are not "
        "kept together. 60 validation rows equal a training row."
    )
    together = split(of, valid=0.2, copies="together")
    kinds = [set(map(tuple, of.frame.iloc[rows].to_numpy())) for rows in (together.train,)]
    kinds += [set(map(tuple, of.frame.iloc[rows].to_numpy())) for rows in (together.valid,)]
    assert not kinds[0] & kinds[1]
    folds = split(of, folds=3, test=0.1)
    assert folds.how.endswith(
        "270 rows equal a training row of their fold. 30 test rows equal a training row."
    )


def test_few_distinct_rows_are_divided_like_any_others():
    of, _ = copied(rows=18, copies=4)
    assert "Fewer than 20 rows are distinct: copies are not kept together." in split(of).how
    with pytest.raises(InvalidData) as refusal:
        split(of, copies="together", valid=0.5)
    assert str(refusal.value) == (
        "only 9 of 18 distinct rows would be left to train on; at least 10 are needed. Use "
        "smaller shares for the other parts, such as valid=0.2."
    )


def test_groups_and_times_go_before_copies_and_say_what_is_equal():
    of, numbers = copied()
    generator = np.random.default_rng(0)
    of.frame["g"] = generator.integers(0, 30, 120)
    parts = split(of, schema=infer_schema(of, "y", group="g"))
    equal = len([row for row in parts.valid if numbers[row] in set(numbers[parts.train])])
    assert equal > 1
    assert parts.how.endswith(f"groups. {equal} validation rows equal a training row.")
    schema = infer_schema(of, "y", time="g")
    later = split(of, schema=schema, valid=0.2, test=0.2)
    counted = [
        sum(numbers[row] in set(numbers[later.train]) for row in rows)
        for rows in (later.valid, later.test)
    ]
    assert f" {counted[0]} validation row" in later.how and f" {counted[1]} test row" in later.how


# -- folds ----------------------------------------------------------------------------------------


def check_folds(parts, rows):
    """Every row is validated once, by a network that did not train on it."""
    check(parts, rows)
    assert len(parts.valid) == 0
    for train, valid in parts.folds:
        assert np.sort(np.concatenate([train, valid])).tolist() == parts.train.tolist()
        assert (np.diff(train) > 0).all() and (np.diff(valid) > 0).all()
    validated = np.concatenate([valid for _, valid in parts.folds])
    assert np.sort(validated).tolist() == parts.train.tolist()


def test_folds_at_random():
    parts = split(table(103), folds=5, test=0.1)
    check_folds(parts, range(103))
    assert len(parts.test) == 10
    assert sorted(len(valid) for _, valid in parts.folds) == [18, 18, 19, 19, 19]
    assert parts.how == "5 folds, drawn at random (seed 0)."
    again, other = split(table(103), folds=5, test=0.1), split(table(103), folds=5, seed=1)
    assert again.folds[0][1].tolist() == parts.folds[0][1].tolist()
    assert other.folds[0][1].tolist() != parts.folds[0][1].tolist()


def test_folds_by_class():
    of = table(classes={"a": 60, "b": 40})
    parts = split(of, folds=5)
    check_folds(parts, range(100))
    assert all(counts(of, valid) == {"a": 12, "b": 8} for _, valid in parts.folds)
    assert parts.how == (
        "5 folds, drawn at random (seed 0), each part with its share of every class."
    )
    small = split(table(classes={"a": 60, "b": 37, "c": 3}), folds=5)
    check_folds(small, range(100))
    assert small.how.endswith("A class with fewer than 5 rows is missing from some folds.")
    many = split(table(classes={f"class {k}": 4 for k in range(25)}), folds=5)
    check_folds(many, range(100))
    assert many.how == (
        "5 folds, drawn at random (seed 0). No class has 5 rows: the folds are not stratified."
    )


def test_folds_by_group():
    artist = np.array([f"artist {k % 20}" for k in range(100)])
    of = table(100, artist=artist)
    parts = split(of, kinds={"artist": "category"}, folds=5, group="artist")
    check_folds(parts, range(100))
    for train, valid in parts.folds:
        assert not set(artist[train]) & set(artist[valid])
        assert len(set(artist[valid])) == 4
    assert parts.how == "5 folds, whole groups by 'artist', drawn at random (seed 0)."
    other = split(of, kinds={"artist": "category"}, folds=5, group="artist", seed=1)
    assert set(artist[other.folds[0][1]]) != set(artist[parts.folds[0][1]])


def test_folds_by_time():
    year = np.repeat(np.arange(2000, 2020), 5)
    parts = split(table(100, year=year), folds=4, time="year")
    check(parts, range(100))
    assert len(parts.folds) == 4
    for train, valid in parts.folds:
        assert year[train].max() < year[valid].min()
        assert len(valid) == 20
    assert parts.how == (
        "4 folds, by 'year': each fold is later than the rows its network trains on."
    )


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            {"valid": 20},
            "valid must be a share of the rows, at least 0 and below 1, received 20. Use "
            "valid=0.2 for 20 %.",
        ),
        (
            {"test": -0.1},
            "test must be a share of the rows, at least 0 and below 1, received -0.1. Use "
            "test=0.25.",
        ),
        (
            {"valid": float("nan")},
            "valid must be a share of the rows, at least 0 and below 1, received nan. Use "
            "valid=0.25.",
        ),
        (
            {"valid": "half"},
            "valid must be a share of the rows, at least 0 and below 1, received 'half'. Use "
            "valid=0.25.",
        ),
        (
            {"valid": 0.6, "test": 0.4},
            "valid and test must add up to less than 1, received valid=0.6 and test=0.4. Use "
            "valid=0.2, test=0.2.",
        ),
        ({"folds": 1}, "fold must be an integer from 2 to 1000, received 1."),
        ({"stratify": "yes"}, "stratify must be True or False, received 'yes'."),
        ({"seed": None}, "seed of a split must be an integer, received None. Use seed=0."),
        (
            {"seed": -1},
            "seed must be None or an integer from 0 to 2**64 - 1, received -1.",
        ),
        (
            {"copies": "aside"},
            "copies must be one of 'auto', 'together', 'apart', received 'aside'.",
        ),
        (
            {"time": "a", "copies": "together"},
            "copies='together' needs rows drawn one by one, but 'a' keeps some together. "
            "Leave one of the two out.",
        ),
        (
            {"group": "a", "stratify": True},
            "stratify=True needs rows drawn one by one, but 'a' keeps some together. Leave "
            "one of the two out.",
        ),
    ],
)
def test_plans_that_are_refused(plan, message):
    with pytest.raises(InvalidArgument) as refusal:
        SplitPlan(**plan)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("rows", "columns", "plan", "message"),
    [
        (
            19,
            {},
            {},
            ("training needs at least 20 rows with a target, but the data frame has 19. Add rows."),
        ),
        (
            20,
            {},
            {"valid": 0.05},
            "valid=0.05 of 20 rows is 1, but a part needs at least 2. Use valid=0.25.",
        ),
        (
            20,
            {},
            {"valid": 0.45, "test": 0.1},
            (
                "only 9 of 20 rows would be left to train on; at least 10 are needed. Use smaller "
                "shares for the other parts, such as valid=0.2."
            ),
        ),
        (
            20,
            {},
            {"folds": 2, "test": 0.2},
            (
                "only 8 of 20 rows would be left to train on; at least 10 are needed. Use smaller "
                "shares for the other parts, such as valid=0.2."
            ),
        ),
        (
            20,
            {},
            {"folds": 21},
            "fold=21 needs at least 21 rows, but there are 20. Use fewer folds.",
        ),
        (
            20,
            {},
            {"folds": 15},
            "fold=15 of 20 rows leaves 1 in a fold; at least 2 are needed. Use fewer folds.",
        ),
        (
            20,
            {},
            {"stratify": True},
            "stratify=True needs classes, but the target is a number. Leave stratify out.",
        ),
        (
            20,
            {"g": ["one"] * 20},
            {"group": "g"},
            "all rows of the data frame have the same 'g', but a split by group needs at "
            "least two groups. Name another column, or leave the group out.",
        ),
        (
            20,
            {"g": ["one", "two"] * 10},
            {"group": "g", "valid": 0.2},
            "valid=0.2 of the 2 groups of 'g' is 0, but each part needs at least one. Use "
            "another share, or a column with more groups.",
        ),
        (
            20,
            {"g": ["one", "two"] * 10},
            {"group": "g", "valid": 0.9},
            "valid=0.9 of the 2 groups of 'g' is 2, but each part needs at least one. Use "
            "another share, or a column with more groups.",
        ),
        (
            21,
            {"g": np.arange(21)},
            {"group": "g", "valid": 0.05},
            "valid=0.05: the drawn groups of 'g' have 1 row, but a part needs at least 2. Use "
            "a larger share.",
        ),
        (
            20,
            {"g": ["one", "two"] * 10},
            {"group": "g", "folds": 3},
            "fold=3 needs at least 3 groups of 'g', but there are 2. Use fewer folds.",
        ),
        (
            20,
            {"t": [2001] * 20},
            {"time": "t"},
            "all rows of the data frame have the same 't', but a split by time needs at least "
            "two moments. Name another column, or leave the time out.",
        ),
        (
            20,
            {"t": [2001] * 19 + [2002]},
            {"time": "t"},
            "valid=0.25: 't' allows no cut with 2 rows after it. Use a column with finer "
            "times, or leave the time out.",
        ),
        (
            20,
            {"t": [2001, 2002] * 10},
            {"time": "t", "folds": 2},
            "fold=2 by time needs at least 3 moments of 't', but there are 2. Use fewer folds.",
        ),
        (
            20,
            {"t": [2001.0, 2002.0] * 9 + [2001.0, np.nan]},
            {"time": "t"},
            "the data frame, row 20, column 't': the time is missing (1 row in all). Fill it "
            "in, or leave those rows out.",
        ),
        (
            20,
            {"t": ["then", "now"] * 10},
            {"time": "t"},
            "a split by time needs a column of dates or numbers, but 't' is category. If it "
            "holds dates, use types={'t': 'datetime'}.",
        ),
    ],
)
def test_splits_that_are_refused(rows, columns, plan, message):
    of = table(rows, **columns)
    kinds = {name: "category" for name in columns if isinstance(columns[name][0], str)}
    kinds |= {name: "numeric" for name in columns if name not in kinds}
    schema = infer_schema(table(rows), "y")
    schema = type(schema)(
        (
            *schema.columns,
            *(tables.Column(name, kind, "feature") for name, kind in kinds.items()),
        ),
        schema.task,
    )
    with pytest.raises((InvalidArgument, InvalidData)) as refusal:
        make_split(of, schema, SplitPlan(**plan))
    assert str(refusal.value) == message


@pytest.mark.skipif(not SPOTIFY.exists(), reason="the Spotify table is not here")
def test_spotify_by_artist_is_the_lessons_split():
    from trimtab.lesson import LESSONS

    lesson = LESSONS["spotify"]
    expected = lesson.split(lesson.table(SPOTIFY))
    of = tables.read(SPOTIFY)
    schema = infer_schema(of, "track_popularity", group="track_artist")
    parts = make_split(of, schema, SplitPlan(group="track_artist"))
    artist = of.frame["track_artist"]
    assert not set(artist.iloc[parts.train].dropna()) & set(artist.iloc[parts.valid].dropna())
    share = len(parts.valid) / (len(parts.train) + len(parts.valid))
    lesson_share = len(expected.y_valid) / (len(expected.y_train) + len(expected.y_valid))
    assert abs(share - lesson_share) <= 0.03
