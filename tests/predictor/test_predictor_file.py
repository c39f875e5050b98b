"""Predictors in files: what comes back, and what is refused."""

import copy
import math
import zipfile

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_same_bits
from tests.support.predictors import TARGETS, houses, small_predictor
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_model
from trimtab import Committee, load_model
from trimtab.core.container import Contents, read
from trimtab.errors import FileFormatError
from trimtab.model.contents import write
from trimtab.predictor import Predictor, Remarks
from trimtab.predictor.loading import load, load_any
from trimtab.predictor.unfinished import Unfinished

AGAIN = "Save it again with predictor.save()."


@pytest.fixture(scope="module", params=[*TARGETS, "committee"])
def task(request):
    return request.param


@pytest.fixture(scope="module")
def predictor(task):
    if task == "committee":
        return small_predictor(members=2, units=2)
    return small_predictor(task, units=2)


@pytest.fixture(scope="module")
def prices():
    return small_predictor(units=2)


@pytest.fixture
def path(tmp_path, predictor):
    return predictor.save(tmp_path / "p")


def plain(predictor):
    """All that is not the network, as plain data."""
    return {
        "schema": predictor.schema.record(),
        "preprocessing": predictor.preprocessor.record()[0],
        "history": predictor.history.history,
        "epoch": predictor.history.epoch,
        "scores": {part: scores.record() for part, scores in predictor.scores.items()},
        "baseline": predictor.baseline,
        "options": predictor.options,
        "split": predictor.split,
        "provenance": predictor.provenance,
        "prints": {part: prints.record()[0] for part, prints in predictor.prints.items()},
        "calibration": predictor.calibration.record()[0],
    }


# -- what comes back ------------------------------------------------------------------------------


def test_round_trip(path, predictor, task):
    assert path.name == "p.trimtab"
    again = load(path)
    assert isinstance(again, Predictor)
    assert repr(plain(again)) == repr(plain(predictor))
    frame = houses(30, seed=1, task="regression" if task == "committee" else task)
    assert again.predict(frame).tolist() == predictor.predict(frame).tolist()
    table = trimtab.tables.read(frame)
    assert_same_bits(again.outputs(table), predictor.outputs(table))
    assert repr(again.predict_interval(frame)) == repr(predictor.predict_interval(frame))
    told = Remarks(), Remarks()
    assert again.evaluate(frame, remarks=told[0]) == predictor.evaluate(frame, remarks=told[1])
    assert told[0].sentences() == told[1].sentences()
    for part, prints in predictor.prints.items():
        assert_same_bits(again.prints[part].prints, prints.prints)
    assert again.unfinished is None


def test_the_same_file_twice(path, predictor, tmp_path):
    other = predictor.save(tmp_path / "q")
    assert other.read_bytes() == path.read_bytes()
    assert load(path).save(tmp_path / "r").read_bytes() == path.read_bytes()


def test_its_network_alone(path, predictor, task):
    network = load_model(path)
    assert type(network) is type(predictor.model)
    for one, other in zip(
        getattr(network, "members", [network]),
        getattr(predictor.model, "members", [predictor.model]),
        strict=True,
    ):
        assert_same_state(one, other)
        assert one.history.history == other.history.history


def test_without_a_calibration(prices, tmp_path):
    bare = copy.copy(prices)
    bare.calibration = None
    assert load(bare.save(tmp_path / "p")).calibration is None


def test_the_state_of_a_run_that_is_not_over(prices, tmp_path):
    tables = {"0/best": {"w": np.arange(3, dtype=np.float32)}, "empty": {}}
    run = Unfinished({"run": {"reason": "time", "x": math.inf}, "0/model": [1]}, tables)
    going = copy.copy(prices)
    going.unfinished = run
    again = load(going.save(tmp_path / "p")).unfinished
    assert again.documents == run.documents and again.reason == "time"
    assert again.tables.keys() == tables.keys()
    assert_same_bits(again.tables["0/best"]["w"], tables["0/best"]["w"])


def test_any_zip_tool_reads_it(path, task):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    inner = "network/0/model.json" if task == "committee" else "network/model.json"
    assert {"manifest.json", "schema.json", "preprocessing.safetensors", inner} <= set(names)


def test_what_is_in_a_file(path, predictor, tmp_path):
    assert isinstance(load_any(path), Predictor)
    model = small_model()
    model.save(tmp_path / "m")
    Committee([model]).save(tmp_path / "c")
    model.save_weights(tmp_path / "w")
    assert isinstance(load_any(tmp_path / "m"), trimtab.Sequential)
    assert isinstance(load_any(tmp_path / "c"), Committee)
    with pytest.raises(FileFormatError, match="holds weights only"):
        load_any(tmp_path / "w")


# -- refusals -------------------------------------------------------------------------------------


def test_files_without_a_table(tmp_path):
    model = small_model()
    model.save(tmp_path / "m.trimtab")
    Committee([model]).save(tmp_path / "c.trimtab")
    for name, kind in (("m", "model"), ("c", "committee")):
        path = tmp_path / f"{name}.trimtab"
        assert_refused(
            FileFormatError,
            f"{str(path)!r} holds a {kind}, not a predictor with its table. "
            "Use trimtab.load_model().",
            lambda path=path: load(path),
        )


def test_files_with_more_than_one_expects(path, task):
    if task != "committee":
        with pytest.raises(FileFormatError, match="holds a predictor, no committee"):
            Committee.load(path)
    assert_refused(
        FileFormatError,
        f"{str(path)!r} holds a predictor, not the weights of one model. Use "
        "trimtab.load_model() and the weights of the model you mean.",
        lambda: small_model().load_weights(path),
    )


def changed(path, change):
    """The file with its contents changed."""
    contents = read(path)
    change(contents)
    write(path, contents)
    return path


def put(name, *place, value):
    def change(contents):
        at = contents.documents[name]
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = value

    return change


def without(name):
    def change(contents):
        contents.documents.pop(name, None)
        contents.tables.pop(name, None)

    return change


def network_of(task, units=2):
    """Another network in the place of this one."""

    def change(contents):
        from trimtab.model.contents import model_contents

        contents.nest("network", model_contents(small_predictor(task, units=units).model))

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        *(
            (without(name), f"lacks its part {name!r}")
            for name in (
                *("predictor", "schema", "history", "scores", "baseline", "split", "options"),
                "provenance",
            )
        ),
        (put("predictor", "network", value="weights"), "lacks its part 'predictor'"),
        (without("preprocessing"), "lacks its part 'preprocessing'"),
        (without("prints"), "lacks its part 'prints'"),
        (
            lambda contents: contents.tables["prints"].pop("valid"),
            "lists row prints that it does not hold",
        ),
        (
            lambda contents: contents.documents.update(extra={}),
            "holds 'extra', which does not belong in a predictor",
        ),
        (
            lambda contents: contents.tables.update(extra={}),
            "holds 'extra', which does not belong in a predictor",
        ),
        (
            lambda contents: contents.documents["scores"].update(
                later=contents.documents["scores"]["valid"]
            ),
            "holds something for unknown rows 'later'",
        ),
        (
            put("options", "missing", value="NA"),
            "holds an invalid option 'missing'",
        ),
        (
            put("options", "missing", value=[1]),
            "holds an invalid option 'missing'",
        ),
        (
            network_of("multiclass"),
            "holds parts that do not belong together: the network has 3 outputs for multiclass, "
            "and the target has no classes",
        ),
        (
            put("baseline", "task", value="binary"),
            None,
        ),
    ],
)
def test_malformed(prices, tmp_path, change, problem):
    path = changed(prices.save(tmp_path / "p"), change)
    if problem is None:
        with pytest.raises(FileFormatError):
            load(path)
        return
    assert_refused(FileFormatError, f"{str(path)!r} {problem}. {AGAIN}", lambda: load(path))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("schema", "task", "ranking"),
        ("schema", "classes", ["a"]),
        ("preprocessing", "steps", []),
        ("history", "epoch", ["first"]),
        ("scores", "valid", {}),
        ("baseline", "mean", "high"),
        ("prints", "valid", {"salt": -1, "share": 1}),
        ("calibration", "part", "guessed"),
        ("split", "plan", {"valid": 2}),
        ("split", "plan", [1]),
    ],
)
def test_parts_that_say_nonsense(prices, tmp_path, part, key, value):
    path = changed(prices.save(tmp_path / "p"), put(part, key, value=value))
    with pytest.raises(FileFormatError, match=r"p\.trimtab' holds .* that cannot be used \("):
        load(path)


def test_parts_of_different_files(tmp_path):
    """Each part is sound, and they are not of one file."""
    other = read(small_predictor("multiclass", units=2).save(tmp_path / "other"))
    prices = small_predictor(units=2).save(tmp_path / "p")

    def take(*names):
        def change(contents):
            for name in names:
                for own, others in (
                    (contents.documents, other.documents),
                    (contents.tables, other.tables),
                ):
                    if name in others:
                        own[name] = others[name]

        return change

    for names, problem in [
        (("baseline",), "scores are not for regression"),
        (("scores",), "scores are not for regression"),
        (("calibration",), "the calibration is not for regression"),
    ]:
        prices = small_predictor(units=2).save(tmp_path / "p")
        changed(prices, take(*names))
        with pytest.raises(FileFormatError, match=f"do not belong together: {problem}"):
            load(prices)
    changed(prices, take("preprocessing", "baseline", "scores", "calibration"))
    with pytest.raises(FileFormatError):
        load(prices)


def test_a_network_of_another_width(prices, tmp_path):
    def widen(contents):
        from tests.support.predictors import network
        from trimtab.model.contents import model_contents

        contents.nest("network", model_contents(network(9, "regression")))

    path = changed(prices.save(tmp_path / "p"), widen)
    assert_refused(
        FileFormatError,
        f"{str(path)!r} holds parts that do not belong together: 6 inputs are prepared, and the "
        f"network takes 9. {AGAIN}",
        lambda: load(path),
    )


def test_a_network_that_embeds_what_is_not_prepared(prices, tmp_path):
    def embed(contents):
        from trimtab import Sequential
        from trimtab.model.contents import model_contents
        from trimtab.nn import layers

        model = Sequential([layers.CategoryEmbedding([5]), layers.Dense(1)], name="network")
        model.build(6)
        model.compile("sgd", "mse")
        contents.nest("network", model_contents(model))

    path = changed(prices.save(tmp_path / "p"), embed)
    with pytest.raises(FileFormatError, match="embeds categories other than those prepared"):
        load(path)


@pytest.mark.parametrize("name", ["preprocessing", "prints", "calibration"])
@pytest.mark.parametrize(
    "edit",
    [
        lambda array: array * np.float64(np.nan),
        lambda array: array[..., None],
        lambda array: array[:-1] if len(array) > 1 else array[:0],
        lambda array: array.astype(np.float32),
        lambda array: array.astype(np.int64) - 2**40,
    ],
)
def test_arrays_that_do_not_fit(prices, tmp_path, name, edit):
    """Refused or of use: never another error, neither now nor when it predicts."""
    path = prices.save(tmp_path / "p")
    whole = read(path)
    for key, array in whole.tables[name].items():
        contents = copy.deepcopy(whole)
        with np.errstate(invalid="ignore"):
            contents.tables[name][key] = np.ascontiguousarray(edit(array))
        write(path, contents)
        try:
            again = load(path)
        except FileFormatError:
            continue
        assert again.predict(houses(5)).shape == (5,)


def test_numbers_of_a_kind_that_a_table_never_has(prices, tmp_path):
    path = prices.save(tmp_path / "p")

    def widen(contents):
        weights = contents.tables["network/weights"]
        name = next(iter(weights))
        weights[name] = weights[name].astype(np.float64)

    changed(path, widen)
    with pytest.raises(FileFormatError, match="as float64 instead of float32"):
        load(path)
    path = prices.save(tmp_path / "p")

    def halve(contents):
        contents.tables["prints"]["train"] = contents.tables["prints"]["train"].astype(np.int32)

    changed(path, halve)
    with pytest.raises(FileFormatError, match="holds 'train' as int32 instead of uint64"):
        load(path)


def test_not_compiled(prices, tmp_path):
    path = changed(
        prices.save(tmp_path / "p"),
        lambda contents: contents.documents.update({"network/compile": None}),
    )
    with pytest.raises(FileFormatError, match="is not compiled"):
        load(path)


def test_a_newer_kind_is_named(tmp_path):
    write(tmp_path / "p", Contents("forest"))
    for action in (load, load_model, load_any):
        with pytest.raises(FileFormatError, match=r"holds (a )?forest"):
            action(tmp_path / "p")
