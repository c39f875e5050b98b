"""Committees in files: what comes back, and what is refused."""

import json
import zipfile

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Committee, load_model
from trimtab.core.container import Contents, read
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.insight.uncertainty import Calibration, calibrate
from trimtab.model.contents import write

AGAIN = "Save the model again with model.save()."


@pytest.fixture(scope="module")
def committee():
    x, y = small_data()

    def build(seed):
        return small_model(seed=seed, metrics=["mse"])

    return Committee.fit(build, x, y, seeds=[1, 2, 3], epochs=2)


@pytest.fixture
def path(tmp_path, committee):
    committee.save(tmp_path / "c")
    return tmp_path / "c.trimtab"


@pytest.mark.parametrize("load", [load_model, Committee.load])
def test_round_trip(path, committee, load):
    again = load(path)
    assert isinstance(again, Committee) and again.name == committee.name
    x, y = small_data()
    assert_same_bits(again.predict_members(x), committee.predict_members(x))
    assert_same_bits(again.predict(x), committee.predict(x))
    assert again.evaluate(x, y, verbose=0) == committee.evaluate(x, y, verbose=0)
    for one, other in zip(again.members, committee.members, strict=True):
        assert_same_state(one, other)
        assert one.history.history == other.history.history
        one.fit(x, y, initial_epoch=2, epochs=3, verbose=0)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[:2] == ["manifest.json", "committee.json"]
        assert "2/weights.safetensors" in archive.namelist()


def test_a_calibration_goes_on_with_what_was_loaded(path, committee):
    x, y = small_data(60, seed=3)
    calibration = calibrate(committee, x, y)
    again = Calibration.from_config(calibration.get_config(), load_model(path))
    assert_same_bits(again.predict(x).upper, calibration.predict(x).upper)


def test_metrics_that_are_functions_are_said_where_it_was_loaded(tmp_path):
    def spread(y_true, y_pred):
        return np.abs(y_pred).max(axis=1)

    x, y = small_data()
    members = [small_model(seed=seed, metrics=[spread]) for seed in (1, 2)]
    Committee(members).save(tmp_path / "c")
    for load in (load_model, Committee.load):
        with pytest.warns(UserWarning, match="metrics that are Python functions") as caught:
            load(tmp_path / "c")
        assert [each.filename for each in caught] == [__file__] * len(caught)
        again = load(tmp_path / "c", custom_objects={"spread": spread})
        assert again.evaluate(x, y, verbose=0) == Committee(members).evaluate(x, y, verbose=0)


def test_the_same_file_twice(path, committee, tmp_path):
    committee.save(tmp_path / "d.trimtab")
    assert (tmp_path / "d.trimtab").read_bytes() == path.read_bytes()
    load_model(path).save(tmp_path / "e")
    assert (tmp_path / "e.trimtab").read_bytes() == path.read_bytes()


def changed(path, change):
    """The file with its contents changed."""
    contents = read(path)
    change(contents)
    write(path, contents)
    return path


def without(prefix):
    def change(contents):
        for part in (contents.documents, contents.tables):
            for name in [name for name in part if name.startswith(prefix)]:
                del part[name]

    return change


def edited(name, edit):
    return lambda contents: edit(contents.documents[name])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (without("committee"), f"lacks its part 'committee'. {AGAIN}"),
        (
            edited("committee", lambda record: record.update(name=3)),
            f"lacks its part 'committee'. {AGAIN}",
        ),
        (
            edited("committee", lambda record: record.update(members=2)),
            f"holds another number of members than it says. {AGAIN}",
        ),
        (without("2/"), f"holds another number of members than it says. {AGAIN}"),
        (
            lambda contents: (
                without("0/")(contents),
                without("1/")(contents),
                without("2/")(contents),
            ),
            f"holds another number of members than it says. {AGAIN}",
        ),
        (without("1/"), f"numbers its members otherwise than 0, 1, 2, .... {AGAIN}"),
        (
            lambda contents: contents.documents.update(notes={}),
            f"holds 'notes', which is no member's. {AGAIN}",
        ),
        (without("1/model"), f"lacks its part 'model'. {AGAIN}"),
        (without("1/weights"), f"lists other weights than it holds. {AGAIN}"),
        (
            edited("committee", lambda record: record.update(name="a/b")),
            "holds models that are no committee (name of a committee must be a text without '/', "
            "received 'a/b'.). Save the committee again with committee.save().",
        ),
        (
            lambda contents: contents.documents.update({"1/compile": None}),
            None,
        ),
    ],
)
def test_malformed(path, change, problem):
    changed(path, change)
    if problem is None:
        with pytest.raises(FileFormatError, match=r"no committee .*is not compiled"):
            load_model(path)
        return
    assert_refused(FileFormatError, f"{str(path)!r} {problem}", lambda: load_model(path))


def test_damaged(path):
    whole = path.read_bytes()
    for kept in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(FileFormatError):
            load_model(path)
    generator = np.random.default_rng(0)
    for place in generator.integers(0, len(whole), size=30):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        try:
            loaded = load_model(path)
        except FileFormatError:
            continue
        x, _ = small_data()  # a byte that nothing reads, such as a date
        assert len(loaded) == 3 and loaded.predict(x).shape == (50, 1)


def test_refusals(path, committee, tmp_path):
    assert_refused(
        InvalidArgument,
        f"{str(path)!r} exists already. Use overwrite=True to replace it.",
        lambda: committee.save(path, overwrite=False),
    )
    assert_refused(
        InvalidArgument,
        f"{str(path)!r} holds a committee, which needs its members' loss to know what they "
        "predict. Leave compile=False out.",
        lambda: load_model(path, compile=False),
    )
    model = small_model()
    model.save(tmp_path / "m")
    single = tmp_path / "m.trimtab"
    assert_refused(
        FileFormatError,
        f"{str(single)!r} holds a model, no committee. Use trimtab.load_model().",
        lambda: Committee.load(single),
    )
    with pytest.raises(FileFormatError):
        model.load_weights(path)
    write(tmp_path / "w", Contents("committee", json.loads("{}")))
    assert_refused(
        FileFormatError,
        f"{str(tmp_path / 'w')!r} lacks its part 'committee'. {AGAIN}",
        lambda: load_model(tmp_path / "w"),
    )
