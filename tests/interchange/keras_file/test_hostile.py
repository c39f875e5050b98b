"""Files made to do harm, and files that bits fell over in: one clear error, or a whole model."""

from __future__ import annotations

import io
import json
import os
import resource
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.errors import FileFormatError

Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of a whole file."""
    path = tmp_path_factory.mktemp("whole") / "m.keras"
    x = layers.Input((3,), name="x")
    inner = trimtab.Sequential([layers.Input((3,)), layers.Dense(2, name="in")], name="inner")
    ends = layers.Dense(1, name="end")(layers.Concatenate(name="all")([x, inner(x)]))
    model = trimtab.Model(x, ends)
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.eye(3), [0.0, 1.0, 2.0], verbose=0)
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return path


def refused(path: Path, *words: str) -> str:
    """Loads a file, which has to be refused in bounded time, with one message that names it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(FileFormatError) as info:
        trimtab.load_model(path)
    text = str(info.value)
    assert time.process_time() - start < 5
    # kilobytes on Linux, bytes on macOS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < (400 << 20)
    assert text.startswith(repr(str(path))) and len(text) < 1500
    for word in words:
        assert word in text, text
    return text


# -- the archive ----------------------------------------------------------------------------------


def test_a_whole_file_is_read(whole: dict[str, bytes], tmp_path: Path) -> None:
    assert trimtab.load_model(written(tmp_path / "m.keras", whole)).runner.step == 1


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "C:\\outside"])
def test_members_that_point_outside(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    path = written(tmp_path / "m.keras", {**whole, name: b"x"})
    refused(path, "holds a member that points outside")
    assert [each.name for each in tmp_path.iterdir()] == ["m.keras"]


def test_zip_bombs(whole: dict[str, bytes], tmp_path: Path) -> None:
    big = {**whole, "model.weights.h5": bytes(1 << 24)}
    path = written(tmp_path / "m.keras", big, zipfile.ZIP_DEFLATED)
    refused(path, "compressed or encrypted, which Keras never writes")
    data = bytearray(written(path, whole).read_bytes())
    at = data.rindex(b"config.json") - 46  # in the directory at the end
    data[at + 20 : at + 28] = (1 << 31).to_bytes(4, "little") * 2
    path.write_bytes(data)
    refused(path)


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_part_that_is_missing_or_twice(
    name: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "m.keras"
    refused(
        written(path, {key: value for key, value in whole.items() if key != name}),
        f"lacks {name!r}, so it is no model of Keras 3",
    )
    written(path, whole)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, whole[name])
    refused(path, "has two members of the same name")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged"),
        (b"hello", "is damaged"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file, the format of Keras' .h5"),
        (b"PK\x05\x06" + bytes(18), "lacks 'config.json'"),
    ],
)
def test_other_files(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(content)
    refused(tmp_path / "m.keras", words)


def test_no_file_a_folder_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        trimtab.load_model(tmp_path / "m.keras")
    (tmp_path / "a.keras").mkdir()
    refused(tmp_path / "a.keras", "is a folder, not a file")
    os.mkfifo(tmp_path / "b.keras")
    refused(tmp_path / "b.keras", "is not a regular file")


def test_files_of_other_versions(whole: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    for version, words in (("2.15.0", "was written by Keras '2.15.0'"), (3, "does not say which")):
        metadata = json.dumps({"keras_version": version}).encode()
        refused(written(path, {**whole, "metadata.json": metadata}), words)
    trimtab.Sequential([layers.Input((2,)), layers.Dense(1)]).save(tmp_path / "n.trimtab")
    (tmp_path / "n.trimtab").rename(tmp_path / "n.keras")
    refused(tmp_path / "n.keras", "is a file of trimtab under the name of Keras' format")


# -- the configuration ----------------------------------------------------------------------------


def edited(whole: dict[str, bytes], path: Path, edit: Edit) -> Path:
    config = json.loads(whole["config.json"])
    config = edit(config) or config
    return written(path, {**whole, "config.json": json.dumps(config).encode()})


def layer(config: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in config["config"]["layers"] if each["name"] == name
    )
    return found


def deep(config: dict[str, Any]) -> Any:
    record: Any = {"class_name": "Sequential", "config": {"name": "a", "layers": []}}
    for number in range(150):
        record = {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": f"m{number}", "layers": [record]},
        }
    return record


def circle(config: dict[str, Any]) -> None:
    node = layer(config, "all")["inbound_nodes"][0]
    node["args"][0][0]["config"]["keras_history"] = ["end", 0, 0]


def _set(which: str, **values: Any) -> Edit:
    return lambda config: layer(config, which).update(values)


def _option(which: str, **values: Any) -> Edit:
    return lambda config: layer(config, which)["config"].update(values)


CODE = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
CONFIGS: dict[str, tuple[Edit, str]] = {
    "lambda layer": (
        _set("end", class_name="Lambda", config={"name": "end", "function": CODE}),
        "holds Python code",
    ),
    "lambda for an activation": (_option("end", activation=CODE), "holds Python code (a lambda)"),
    "module of the system": (
        _set("end", module="os", class_name="system", config={"command": "touch hacked"}),
        "'system' is not registered in this process",
    ),
    "function of Python": (
        _option(
            "end", activation={"module": "builtins", "class_name": "function", "config": "eval"}
        ),
        "no activation is called 'eval'",
    ),
    "initializer of another module": (
        _option("end", kernel_initializer={"module": "subprocess", "class_name": "Popen"}),
        "'Popen' is not registered",
    ),
    "class without a name": (_set("end", class_name=["Dense"]), "without the name of a class"),
    "unknown class": (_set("end", class_name="Densest"), "no layer is called 'Densest'"),
    "no configuration": (_set("end", config=None), "holds a model that trimtab cannot make"),
    "huge layer": (_option("end", units=10**15), "units must be a positive integer"),
    "wrong type": (_option("end", units={"a": 1}), "units must be a positive integer"),
    "unknown argument": (_option("end", evil=1), "'end', a 'Dense', that trimtab cannot make"),
    "circle": (circle, "which reads what is never computed"),
    "deep": (deep, "holds models inside models, more than 16 deep"),
    "no layers": (lambda config: config["config"].pop("layers") and None, "cannot make (KeyError"),
    "layers of numbers": (lambda config: config["config"].update(layers=[1, 2]), "cannot make"),
    "two of one name": (_set("all", name="end"), "two layers of one name"),
    "unknown input": (
        lambda config: config["config"].update(input_layers=[["nobody", 0, 0]]),
        "no layer 'nobody'",
    ),
    "call that is none": (
        lambda config: config["config"].update(output_layers=["end", 7, 0]),
        "no call 7 of 'end'",
    ),
    "many layers": (
        lambda config: config["config"].update(layers=[{"name": "a"}] * 20_000),
        "20,000 layers, and trimtab reads 2,000 at most",
    ),
    "subclass": (
        lambda config: config.update(class_name="MyModel", registered_name=None),
        "holds a 'MyModel', and trimtab reads Sequential and functional models",
    ),
    "loss": (
        lambda config: config["compile_config"].update(loss="no_such_loss"),
        "is compiled with what trimtab cannot use",
    ),
    "compilation": (
        lambda config: config["compile_config"].update(optimizer=[1]),
        "compile=False",
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    edit, words = CONFIGS[name]
    refused(edited(whole, tmp_path / "m.keras", edit), words)
    assert [each.name for each in tmp_path.iterdir()] == ["m.keras"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "is damaged"),
        (b'{"a":' * 50_000, "is damaged"),
        (b"[1]", "which is no record"),
        (b"{", "which is not JSON"),
        (b"\xff\xfe", "which is not JSON"),
        (b'{"a": [' + b"[]," * 120_000 + b"1]}", "with more than 100,000 parts"),
        (b" " * ((1 << 23) + 1), "of more than 8 MiB"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "which is not JSON"),
    ],
)
def test_json(text: bytes, words: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    refused(written(tmp_path / "m.keras", {**whole, "config.json": text}), words)


# -- the weights ----------------------------------------------------------------------------------


def reweighted(whole: dict[str, bytes], path: Path, change: Callable[[Any], None]) -> Path:
    memory = io.BytesIO(whole["model.weights.h5"])
    with h5py.File(memory, "r+") as file:
        change(file)
    return written(path, {**whole, "model.weights.h5": memory.getvalue()})


END = "layers/dense/vars"
KERNEL = f"{END}/0"


def replaced(make: Callable[[Any], Any]) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[KERNEL]
        make(file)

    return change


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(5, 1), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", shape=(5, 1))
    file.create_virtual_dataset(KERNEL, layout)


WEIGHTS: dict[str, tuple[Callable[[Any], None], str]] = {
    "external link": (
        replaced(lambda file: file.__setitem__(KERNEL, h5py.ExternalLink("/etc/passwd", "a"))),
        "a link that points elsewhere",
    ),
    "external group": (
        lambda file: (
            file.__delitem__("layers/dense"),
            file.__setitem__("layers/dense", h5py.ExternalLink("other.h5", "a")),
        )[0],
        "a link that points elsewhere",
    ),
    "soft link": (
        replaced(lambda file: file.__setitem__(KERNEL, h5py.SoftLink(f"/{END}/1"))),
        "a link that points elsewhere",
    ),
    "soft link in a circle": (
        lambda file: (
            file.__delitem__("layers/dense"),
            file.__setitem__("layers/dense", h5py.SoftLink("/layers")),
        )[0],
        "a link that points elsewhere",
    ),
    "virtual": (replaced(_virtual), "in another form than Keras writes"),
    "in other files": (
        replaced(
            lambda file: file.create_dataset(
                KERNEL, (5, 1), "f4", external=[("/etc/passwd", 0, 20)]
            )
        ),
        "in another form than Keras writes",
    ),
    "compressed": (
        replaced(
            lambda file: file.create_dataset(
                KERNEL, (20_000, 1000), "f4", compression="gzip", fillvalue=0
            )
        ),
        "in another form than Keras writes",
    ),
    "declared": (
        replaced(lambda file: file.create_dataset(KERNEL, (2**40, 8), "f4", chunks=(64, 8))),
        "in another form than Keras writes",
    ),
    "never written": (
        replaced(lambda file: file.create_dataset(KERNEL, (2**30, 2**30), "f4")),
        "in another form than Keras writes",
    ),
    "texts": (
        replaced(lambda file: file.create_dataset(KERNEL, data=np.array([b"a"] * 5))),
        "in another form than Keras writes",
    ),
    "objects": (
        replaced(lambda file: file.create_dataset(KERNEL, (5,), h5py.string_dtype())),
        "in another form than Keras writes",
    ),
    "nothing": (
        replaced(lambda file: file.create_dataset(KERNEL, data=h5py.Empty("f4"))),
        "in another form than Keras writes",
    ),
    "a group": (replaced(lambda file: file.create_group(KERNEL)), "has a group in place of"),
    "an array for a group": (
        lambda file: (
            file.__delitem__("layers/dense"),
            file.__setitem__("layers/dense", np.zeros(3, np.float32)),
        )[0],
        "has an array in place of the group",
    ),
    "another shape": (
        replaced(lambda file: file.__setitem__(KERNEL, np.zeros((1, 5), np.float32))),
        "holds kernel of the layer 'end' with shape (1, 5), and the layer has (5, 1)",
    ),
    "one too many": (
        lambda file: file.__setitem__(f"{END}/2", np.zeros(3, np.float32)),
        "holds 3 weights of the layer 'end', which has 2",
    ),
    "unknown names": (
        lambda file: file.__setitem__(f"{END}/kernel", np.zeros(3, np.float32)),
        "has weights of unknown names in 'layers/dense'",
    ),
    "none": (lambda file: file.__delitem__("layers"), "holds 0 weights of the layer"),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    change, words = WEIGHTS[name]
    refused(reweighted(whole, tmp_path / "m.keras", change), words)


def test_an_optimizer_of_other_weights_starts_anew(whole: dict[str, bytes], tmp_path: Path) -> None:
    path = reweighted(
        whole, tmp_path / "m.keras", lambda file: file.__delitem__("optimizer/vars/5")
    )
    refused(path, "has weights of unknown names in 'optimizer'")
    for change in (
        lambda file: file.__delitem__("optimizer/vars/9"),
        lambda file: file.__delitem__("optimizer"),
        lambda file: file["optimizer/vars/0"].write_direct(np.array(-4, np.int32)),
    ):
        path = reweighted(whole, tmp_path / "m.keras", change)
        with pytest.warns(UserWarning, match="so the optimizer starts anew"):
            assert trimtab.load_model(path).runner.step == 0


# -- bits that fell over --------------------------------------------------------------------------


def _names(refusal: FileFormatError, path: Path) -> bool:
    assert repr(str(path)) in str(refusal)
    return False


def _loads(path: Path) -> bool:
    """Whether a damaged file is refused in one message; or else the model predicts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = trimtab.load_model(path)
        except FileFormatError as refusal:
            return _names(refusal, path)
        assert model.predict(np.eye(3), verbose=0).shape[0] == 3
        return True


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits(seed: int, whole: dict[str, bytes], tmp_path: Path) -> None:
    draw = np.random.default_rng(seed)
    path = tmp_path / "m.keras"
    for _ in range(40):
        name = list(whole)[int(draw.integers(3))]
        member = bytearray(whole[name])
        # Most of an HDF5 file's structure lies in front.
        reach = len(member) if draw.random() < 0.5 else min(len(member), 4096)
        for _ in range(int(draw.integers(1, 4))):
            member[int(draw.integers(reach))] ^= 1 << int(draw.integers(8))
        _loads(written(path, {**whole, name: bytes(member)}))
    data = written(path, whole).read_bytes()
    for _ in range(20):
        cut = bytearray(data)
        cut[int(draw.integers(len(cut)))] ^= 1 << int(draw.integers(8))
        path.write_bytes(cut[: int(draw.integers(len(cut)))] if draw.random() < 0.3 else cut)
        _loads(path)
