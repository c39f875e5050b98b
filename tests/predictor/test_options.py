"""The options of train: each one once, with its rule; as keywords, as texts and as TOML."""

import dataclasses
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.cli.options import given as given_at_the_command_line
from trimtab.core.durations import seconds_in
from trimtab.errors import FileFormatError, InvalidArgument, InvalidData
from trimtab.predictor.training import defaults
from trimtab.predictor.training.options import (
    OPTIONS,
    TrainOptions,
    from_toml,
    read_toml,
    to_toml,
)
from trimtab.tables import ReadOptions, read

#: One value for each option, none of them its default: as Python has it, and as it is typed.
VALUES = {
    "format": ("csv", ["csv"]),
    "delimiter": (";", [";"]),
    "decimal": (",", [","]),
    "encoding": ("cp1252", ["cp1252"]),
    "compression": ("gzip", ["gzip"]),
    "quote": ("'", ["'"]),
    "sheet": ("Sheet 2", ["Sheet 2"]),
    "missing": (("-", "none"), ["-", "none"]),
    "target": ("price", ["price"]),
    "task": ("binary", ["binary"]),
    "types": ({"year": "category", "a=b": "text"}, ["year=category", "a=b=text"]),
    "drop": (("row",), ["row"]),
    "id": (("key", "name"), ["key", "name"]),
    "weight": ("w", ["w"]),
    "valid": (0.5, ["0.5"]),
    "test": ("more/test.csv", ["more/test.csv"]),
    "group": ("artist", ["artist"]),
    "time": ("day", ["day"]),
    "fold": (5, ["5"]),
    "stratify": (False, False),
    "copies": ("apart", ["apart"]),
    "totals": ("keep", ["keep"]),
    "raw": (True, True),
    "scaling": ("robust", ["robust"]),
    "target_scaling": (False, False),
    "target_scale": ("log", ["log"]),
    "also_categories": (24, ["24"]),
    "class_weight": ("balanced", ["balanced"]),
    "positive": ("yes", ["yes"]),
    "threshold": (0.3, ["30%"]),
    "cost": ({"fraud": 50.0, "a=b": 2.5}, ["fraud=50", "a=b=2.5"]),
    "calibrate": ("sigmoid", ["sigmoid"]),
    "layers": ("64 relu, 8 relu", ["64 relu, 8 relu"]),
    "dropout": (0.25, ["0.25"]),
    "batch_norm": (False, False),
    "epochs": (7, ["7"]),
    "batch_size": (128, ["128"]),
    "lr": (0.01, ["0.01"]),
    "weight_decay": (0.0, ["0"]),
    "loss": ("mse", ["mse"]),
    "optimize": ("rmse", ["rmse"]),
    "metric": (("mae", "rmse"), ["mae", "rmse"]),
    "average_weights": (0.8, ["0.8", "80%"]),
    "patience": (3, ["3"]),
    "schedule": ("cosine", ["cosine"]),
    "beta_2": (0.95, ["0.95"]),
    "decay_all": (False, False),
    "label_smoothing": (0.1, ["10%"]),
    "seed": (2**32 - 1, [str(2**32 - 1)]),
    "effort": ("best", ["best"]),
    "committee": (4, ["4"]),
    "members": (8, ["8"]),
    "time_limit": (5400.0, ["1h30m"]),
    "threads": (1, ["1"]),
    "engine": ("native", ["native"]),
}


def typed(name):
    texts = VALUES[name][1]
    return texts if isinstance(texts, bool) or OPTIONS[name].many else texts[0]


def test_every_option_is_tried_here():
    assert list(VALUES) == list(OPTIONS) == [each.name for each in dataclasses.fields(TrainOptions)]


@pytest.mark.parametrize("name", VALUES)
def test_an_option_as_keyword_text_and_toml(name):
    value = VALUES[name][0]
    options = TrainOptions(**{name: value})
    assert options.changed() == {name: value}
    assert TrainOptions.of({name: value}) == options
    assert TrainOptions.of(given_at_the_command_line({name: typed(name)})) == options
    assert TrainOptions.of(from_toml(to_toml(options, "."), ".", "x.toml")) == options
    assert TrainOptions.from_record(options.record()) == options


def test_texts_that_were_not_given_are_not_there():
    nothing = {name: [] if option.many else None for name, option in OPTIONS.items()}
    assert given_at_the_command_line(nothing) == {}


def test_toml_has_every_option_once_in_its_section():
    document = tomllib.loads(to_toml(TrainOptions(), ".", title="trimtab train x.csv"))
    text = to_toml(TrainOptions(), ".", title="trimtab train x.csv")
    assert text.startswith("# trimtab train x.csv\n\n[Reading]\n")
    assert list(document) == list(dict.fromkeys(option.group for option in OPTIONS.values()))
    for name, option in OPTIONS.items():
        set_here = name in document[option.group]
        assert set_here != (f"# {name} is not set: {option.unset}" in text)
        assert set_here == (getattr(TrainOptions(), name) is not None)


awkward = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@settings(max_examples=60)
@given(
    target=awkward,
    drop=st.lists(awkward, max_size=3),
    types=st.dictionaries(awkward, st.sampled_from(["category", "numeric"]), max_size=3),
    missing=st.lists(st.text(st.characters(codec="utf-8"), max_size=4), max_size=3),
    lr=st.floats(1e-12, 1e12),
    valid=st.floats(0, 1, exclude_min=True, exclude_max=True),
)
def test_toml_round_trip(target, drop, types, missing, lr, valid):
    options = TrainOptions(
        target=target, drop=drop, types=types, missing=missing, lr=lr, valid=valid
    )
    text = to_toml(options, "elsewhere")
    again = TrainOptions.of(from_toml(text, "elsewhere", "x.toml"))
    assert again == options
    assert to_toml(again, "elsewhere") == text


def test_a_column_spelled_twice_is_dropped_once():
    assert TrainOptions(target="y", drop=["price", "price\x1f", "price\n"]).drop == ("price",)


def test_paths_in_toml_lie_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = TrainOptions(valid=str(Path("data", "valid.csv")), test=str(tmp_path / "test.csv"))
    text = to_toml(options, Path("models"))
    assert 'valid = "../data/valid.csv"' in text
    Path("models").mkdir()
    Path("models", "x.toml").write_text(text, "utf-8")
    assert TrainOptions.of(read_toml(Path("models", "x.toml"))) == options
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    found = read_toml(Path(os.pardir, "models", "x.toml"))
    assert found["valid"] == os.path.join(os.pardir, "data", "valid.csv")


def test_keys_of_toml_need_no_section():
    found = from_toml('target = "y"\n[Training]\nepochs = 3\n', ".", "x.toml")
    assert found == {"target": "y", "epochs": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = ", "x.toml is not a TOML file: Invalid value (at end of document). Lines read "),
        (
            "epoch = 3",
            "x.toml has an unknown section or key 'epoch'. Did you mean 'epochs'?",
        ),
        ("[Trainin]\nepochs = 3", "Did you mean 'Training'?"),
        ("[Zzz]\n", "The sections are 'Reading', 'Columns',"),
        ("[Training]\nepoch = 3", "x.toml has no argument 'epoch'. Did you mean 'epochs'?"),
        ("[Training]\nlearning_rate = 3", "x.toml has no argument 'learning_rate'. Use lr."),
        ("Training = 3", "Training in x.toml must be a section, received 3. Write [Training]."),
        ("epochs = 3\n[Training]\nepochs = 3", "x.toml sets epochs twice. Keep one of them."),
        (
            "epochs = 0",
            "epochs in x.toml must be a positive integer, received 0.",
        ),
        ("target = 1979-05-27", "target in x.toml must be a column name, received"),
    ],
)
def test_toml_refusals(text, message):
    with pytest.raises((InvalidArgument, FileFormatError)) as refusal:
        from_toml(text, ".", "x.toml")
    assert message in str(refusal.value)


def test_toml_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileFormatError, match=r"none\.toml does not exist\."):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(FileFormatError, match=r"cannot be read: \w"):
        read_toml(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FileFormatError, match="cannot be read: it is not UTF-8 text"):
        read_toml(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("format", "", "must be a non-empty string"),
        ("delimiter", "ab", "must be one character, 'tab' or 'space', received 'ab'"),
        ("delimiter", "\n", "must be one character, 'tab' or 'space'"),
        ("quote", "no", "must be one character or 'none', received 'no'"),
        ("decimal", ";", "must be one of '.', ','"),
        ("missing", 3, "must be a list of strings, received 3"),
        ("missing", [3], "must be a list of strings"),
        ("missing", {"a": "b"}, "must be a list of strings"),
        ("target", [None], "must be a column name, received None"),
        ("task", "classification", "must be one of 'regression', 'binary', 'multiclass'"),
        ("types", ["year"], "must map column names to types"),
        ("types", {"year": "categry"}, "Did you mean 'category'?"),
        ("types", {"year": 3}, "received 3"),
        ("types", {"": "text"}, "must be a column name"),
        ("drop", [""], "must be a column name"),
        ("valid", -0.1, "must be a share of the rows, at least 0 and below 1, or a file"),
        ("valid", 1, "at least 0 and below 1"),
        ("valid", True, "at least 0 and below 1"),
        ("valid", float("nan"), "at least 0 and below 1"),
        ("valid", "", "at least 0 and below 1"),
        ("test", -0.1, "at least 0 and below 1"),
        ("fold", 1, "must be an integer from 2 to 1000"),
        ("stratify", 1, "must be True or False, received 1"),
        ("copies", "aside", "must be one of 'auto', 'together', 'apart'"),
        ("totals", "warn", "must be one of 'drop', 'keep'"),
        ("raw", "yes", "must be True or False, received 'yes'"),
        ("target_scale", "root", "target_scale must be one of"),
        ("optimize", "acuracy", "Did you mean 'accuracy'"),
        ("scaling", "log", "must be one of 'auto', 'standard', 'robust', 'quantile', 'none'"),
        ("also_categories", 2, "must be an integer from 3 to 64, received 2"),
        ("schedule", "cosin", "must be one of 'flat', 'cosine', 'warmup', 'cycles', 'constant'"),
        ("beta_2", 1.0, "beta_2 must be"),
        ("average_weights", 1.0, "average_weights must be a float of at least 0 and below 1"),
        ("label_smoothing", 1.0, "must be below 1, received 1.0. Use label_smoothing=0.1"),
        ("class_weight", "even", "must be one of 'balanced'"),
        ("layers", "256 drpout:0.2", "Did you mean 'dropout'?"),
        ("dropout", 30, "must be a float between 0 and 1, received 30. Use dropout=0.3"),
        ("dropout", 1.0, "must be below 1, received 1.0"),
        ("epochs", 0, "must be a positive integer, received 0"),
        ("epochs", 2.5, "must be a positive integer, received 2.5"),
        ("epochs", True, "must be a positive integer"),
        ("batch_size", "big", "must be a positive integer, received 'big'"),
        ("lr", 0, "must be a number above 0, received 0"),
        ("lr", float("inf"), "must be a number above 0"),
        ("weight_decay", -1, "must be a number of 0 or more"),
        ("loss", "mea", "no loss is called 'mea'"),
        ("metric", ["acurracy"], "metric has no 'acurracy'. Did you mean 'accuracy'? For numbers"),
        ("positive", ["a"], "must be one of the classes, received ['a']"),
        ("threshold", 1.5, "must be a probability between 0 and 1, or what to choose it for"),
        ("threshold", "balancd", "'balanced', 'f1', received 'balancd'"),
        ("cost", 50, "must map a class to what a row of it costs"),
        ("cost", {"fraud": 0}, "cost of 'fraud' must be a number above 0, received 0"),
        ("calibrate", "platt", "must be one of 'isotonic', 'sigmoid', received 'platt'"),
        ("patience", -1, "must be a positive integer"),
        ("seed", -1, "must be an integer from 0 to 4294967295"),
        ("effort", "bst", "must be one of 'quick', 'default', 'best', received 'bst'"),
        ("committee", 0, "must be a positive integer"),
        ("members", 0, "must be a positive integer"),
        (
            "time_limit",
            "soon",
            "must be a positive number of seconds or a duration (90s, 10m, 1h30m)",
        ),
        ("time_limit", 0, "must be a positive number of seconds"),
        ("threads", 0, "must be a positive integer"),
        ("engine", "gpu", "engine must be 'auto' or one of native, jax, received 'gpu'"),
    ],
)
def test_a_rule_that_is_broken(name, value, rule):
    with pytest.raises(InvalidArgument) as refusal:
        TrainOptions(**{name: value})
    assert rule in str(refusal.value)


def test_quotes_may_mean_nothing(tmp_path):
    path = tmp_path / "inches.csv"
    path.write_text('size,price\n"5,1\n6,2\n')
    with pytest.raises(InvalidData, match="quote='none'"):
        read(path)
    assert read(path, TrainOptions(quote="none").read_options()).frame["price"].tolist() == [1, 2]


def test_every_rule_is_broken_above():
    marks = [each for each in test_a_rule_that_is_broken.pytestmark if each.name == "parametrize"]
    broken = {name for name, _, _ in marks[0].args[1]}
    # What another rule of the table stands for: the same function judges them.
    broken |= {"encoding", "compression", "sheet", "id", "weight", "group", "time"}
    assert broken | {"target_scaling", "batch_norm", "decay_all"} == set(OPTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "8", "dropout": 0.2}, "Remove dropout and write dropout:0.2 into layers."),
        ({"layers": "8", "batch_norm": True}, "Remove batch_norm and write bn into layers."),
        ({"raw": True, "scaling": "robust"}, "raw turns scaling off, but scaling='robust' is set."),
        ({"fold": 5, "valid": "v.csv"}, "fold splits one table, but valid='v.csv' is another."),
        ({"stratify": True, "group": "g"}, "needs a random split, but group='g' is set."),
        ({"stratify": True, "time": "t"}, "needs a random split, but time='t' is set."),
        ({"copies": "together", "group": "g"}, "needs a random split, but group='g' is set."),
        ({"copies": "together", "time": "t"}, "needs a random split, but time='t' is set."),
    ],
)
def test_options_that_contradict_each_other(options, message):
    with pytest.raises(InvalidArgument) as refusal:
        TrainOptions(**options)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("epoch", "Did you mean 'epochs'?"),
        ("learning_rate", "Use lr."),
        ("validation_split", "Use valid."),
        ("random_state", "Use seed."),
        ("folds", "Did you mean 'fold'?"),
    ],
)
def test_unknown_options(name, hint):
    with pytest.raises(InvalidArgument) as refusal:
        TrainOptions.of({name: 1})
    assert str(refusal.value) == f"train has no argument {name!r}. {hint}"


def test_refusals_name_what_was_typed():
    with pytest.raises(InvalidArgument, match=r"^--batch-size must be a positive integer"):
        given_at_the_command_line({"batch_size": "0"})
    with pytest.raises(InvalidArgument, match=r"^--type must be COLUMN=KIND, received 'year'"):
        given_at_the_command_line({"types": ["year"]})
    with pytest.raises(InvalidArgument, match=r"^--layers has an unknown word"):
        given_at_the_command_line({"layers": "foo"})


@pytest.mark.parametrize("record", [None, [], {"epochs": "x"}, {"nothing": 1}])
def test_records_that_are_nonsense(record):
    with pytest.raises(ValueError, match=r"\w"):
        TrainOptions.from_record(record)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(90, 90), (0.5, 0.5), ("90", 90), ("90s", 90), ("1.5m", 90), ("10 min", 600), ("2h", 7200)],
)
def test_times(value, seconds):
    assert seconds_in("time_limit", value) == seconds


@pytest.mark.parametrize("value", ["", " ", "m", "1d", "-3", "1h 2h", "nan", True, None, [1]])
def test_times_that_are_none(value):
    with pytest.raises(InvalidArgument, match="must be a positive number of seconds"):
        seconds_in("time_limit", value)


def test_what_reading_and_splitting_take():
    options = TrainOptions(
        delimiter=";", missing=["-"], valid="v.csv", test=0.25, seed=7, fold=None
    )
    reading = options.read_options()
    assert (reading.delimiter, reading.missing, reading.encoding) == (";", ("-",), None)
    plan = options.split_plan()
    assert (plan.valid, plan.test, plan.seed, plan.folds) == (0.0, 0.25, 7, None)


def test_what_help_says_of_decisions_is_what_is_decided():
    rates = defaults.LEARNING_RATE
    assert rates["binary"] == rates["multiclass"]
    said = f"{rates['regression']:g}; {rates['binary']:g} for classification"
    assert OPTIONS["lr"].unset == said
    assert OPTIONS["dropout"].unset == f"{defaults.DROPOUT:g}"
    assert OPTIONS["average_weights"].unset == (
        f"{defaults.average_memory(100):g}; less for fewer than 100 epochs"
    )
    assert defaults.average_memory(99) <= defaults.average_memory(100) == 0.8
    assert defaults.average_memory(20) == 0
    assert OPTIONS["weight_decay"].unset == f"{defaults.WEIGHT_DECAY:g}"
    assert (defaults.DEPTH, OPTIONS["layers"].unset) == (2, f"two of {defaults.UNITS} units")
    assert defaults.PATIENCE == 1 / 4
    assert OPTIONS["patience"].unset == (
        f"a quarter of the epochs, at least {defaults.LEAST_PATIENCE}"
    )


def test_each_part_takes_its_own_options():
    options = TrainOptions(target="y", types={"zip": "category"}, id="key", group="g", weight="w")
    told = options.told()
    assert (told.target, told.kinds, told.ids) == ("y", {"zip": "category"}, ("key",))
    assert (told.group, told.time, told.weight, told.drop) == ("g", None, "w", ())
    assert type(options.read_options()) is ReadOptions
