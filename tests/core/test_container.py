"""The file: written whole or not at all, read with distrust."""

import errno
import io
import json
import math
import os
import signal
import stat
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save as safetensors

from tests.support.refusals import assert_refused
from trimtab.core import container
from trimtab.core.container import Contents, checked_path, read
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.model.contents import write

TABLE = {"a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}


def contents(value=1):
    return Contents("model", {"model": {"value": value}}, {"weights": TABLE})


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "m.trimtab"
    write(path, contents())
    return path


def names(path):
    return sorted(p.name for p in path.parent.iterdir())


def test_round_trip(path):
    back = read(path)
    assert back.kind == "model" and back.documents == {"model": {"value": 1}}
    np.testing.assert_array_equal(back.tables["weights"]["a/kernel"], TABLE["a/kernel"])
    assert names(path) == ["m.trimtab"]


def test_any_zip_tool_reads_it(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["manifest.json", "model.json", "weights.safetensors"]
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["format"] == "trimtab" and manifest["version"] == 1
        assert archive.testzip() is None


def test_numbers_that_json_lacks(tmp_path):
    values = [math.inf, -math.inf, 0.1, 1e-320, -0.0, 2**63, None, True, {"float": 1.0}]
    write(tmp_path / "m", Contents("model", {"d": {"v": values, "n": [math.nan]}}))
    back = read(tmp_path / "m").documents["d"]
    assert back["v"] == values and math.isnan(back["n"][0])
    assert math.copysign(1, back["v"][4]) == -1


def test_same_contents_same_bytes(tmp_path):
    write(tmp_path / "a", contents())
    write(tmp_path / "b", contents())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("m", "m.trimtab"),
        ("m.trimtab", "m.trimtab"),
        ("m.zip", "m.zip"),
        ("m-0.25", "m-0.25.trimtab"),
        ("m.", "m..trimtab"),
        (".hidden", ".hidden.trimtab"),
    ],
)
def test_extension(given, name):
    assert checked_path(given).name == name


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("m.keras", "Keras' format, which holds one network and nothing of its table."),
        (
            "a/m.weights.h5",
            "Keras' format of weights alone, which model.save_weights() writes.",
        ),
        *(
            (name, "Keras' old format, which trimtab does not write; Keras 3 reads 'm.keras'.")
            for name in ("m.H5", "m.hdf5")
        ),
    ],
)
def test_extensions_of_keras(given, what):
    name = given.rsplit("/", 1)[-1]
    assert_refused(
        InvalidArgument,
        f"{name!r} names {what} Use 'm.trimtab'.",
        lambda: checked_path(given),
    )


# -- written whole or not at all ---------------------------------------------------------------


def fail(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["os.fsync", "os.replace", "os.open", "zipfile.ZipFile.writestr"])
def test_a_failed_save_leaves_the_old_file(path, monkeypatch, call):
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(call, fail)
        with pytest.raises(OSError, match="No space left"):
            write(path, contents(2))
    assert path.read_bytes() == before and names(path) == ["m.trimtab"]


def test_every_write_can_fail(path, monkeypatch):
    """Whichever write of the file it is that fails."""
    before = path.read_bytes()
    real = os.fdopen

    for last in range(100):

        class Tired(io.FileIO):
            def write(self, data, last=last):
                self.count = getattr(self, "count", -1) + 1
                if self.count == last:
                    fail()
                return super().write(data)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdopen", lambda fd, mode, kind=Tired: kind(fd, mode))
            try:
                write(path, contents(2))
            except OSError:
                assert path.read_bytes() == before and names(path) == ["m.trimtab"]
                continue
        break
    assert last > 3  # several writes were made to fail
    assert read(path).documents["model"] == {"value": 2}
    assert os.fdopen is real


def test_ctrl_c_leaves_the_old_file(path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write(path, contents(2))
    assert path.read_bytes() == before and names(path) == ["m.trimtab"]


KILLED = """
    import sys
    from pathlib import Path
    import numpy as np
    from trimtab.core.container import Contents
    from trimtab.model.contents import write
    print("ready", flush=True)
    count = 0
    while True:
        count += 1
        table = {"w": np.full(300_000, count, np.float32)}
        write(Path(sys.argv[1]), Contents("model", {"count": count}, {"weights": table}))
        print(count, flush=True)
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path):
    path = tmp_path / "m.trimtab"
    for saves in (1, 2, 4):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(1 + saves):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        back = read(path)
        count = back.documents["count"]
        np.testing.assert_array_equal(
            back.tables["weights"]["w"], np.full(300_000, count, np.float32)
        )
        assert count >= saves
    write(path, contents())
    assert names(path) == ["m.trimtab"]


def test_a_link_stays_a_link_and_permissions_stay(path):
    link = path.parent / "link.trimtab"
    link.symlink_to(path.name)
    path.chmod(0o640)
    write(link, contents(3))
    assert link.is_symlink() and read(path).documents["model"] == {"value": 3}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_new_files(path):
    other = path.parent / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "no" / "m.trimtab", contents())


# -- read with distrust ------------------------------------------------------------------------


def rewritten(path, change, *, manifest=None, compression=zipfile.ZIP_STORED, extra=()):
    """The file with members changed; the manifest's lengths follow unless one is given."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    record = json.loads(members.pop("manifest.json"))
    record["members"] = {name: len(data) for name, data in members.items()}
    record.update(manifest or {})
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("manifest.json", json.dumps(record))
        for name, data in members.items():
            archive.writestr(name, data)
        for name, data in extra:
            archive.writestr(name, data)
    return path


AGAIN = "Save the model again with model.save()."


def refused(path, problem, advice=AGAIN):
    assert_refused(FileFormatError, f"{str(path)!r} {problem}. {advice}", lambda: read(path))


def test_missing(tmp_path):
    assert_refused(
        FileNotFoundError,
        f"there is no file {str(tmp_path / 'no')!r}.",
        lambda: read(tmp_path / "no"),
    )
    refused(tmp_path, "is a folder, not a model file")


def test_extension_may_be_left_out(path):
    assert read(path.with_suffix("")).kind == "model"


@pytest.mark.parametrize("start", [b"hello, world", b"\x80\x04\x95", b"{}", b"\x00" * 100])
def test_foreign(tmp_path, start):
    path = tmp_path / "m"
    path.write_bytes(start)
    refused(path, "is not a trimtab file", "Pass a file written by trimtab train or model.save().")


def test_empty(tmp_path):
    path = tmp_path / "m"
    path.touch()
    refused(path, "is empty")


def test_keras_files(tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    advice = "Load it in Keras 3 and save it as .keras; files of weights alone end in .weights.h5."
    refused(path, "is an HDF5 file, the format of Keras' .h5", advice)
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    advice = "Use trimtab.load_model() on a name that ends in .keras."
    refused(path, "is a .keras file, a network without a table", advice)


def test_other_zip(tmp_path):
    path = tmp_path / "m"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "hello")
    refused(path, "is not a trimtab file", "Pass a file written by trimtab train or model.save().")


def test_truncated_anywhere(path):
    whole = path.read_bytes()
    for length in range(1, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match=r"m\.trimtab"):
            read(path)


def test_a_flipped_byte_anywhere_is_found_or_harmless(path):
    """CRC-32 guards every member; outside of members nothing decides what is read."""
    whole = path.read_bytes()
    good = read(path)
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1 :])
        try:
            back = read(path)
        except FileFormatError:
            continue
        assert back.documents == good.documents
        np.testing.assert_array_equal(
            back.tables["weights"]["a/kernel"], good.tables["weights"]["a/kernel"]
        )


def test_newer(path):
    rewritten(path, lambda members: None, manifest={"version": 2})
    refused(
        path,
        "was written by a newer trimtab (format 2; this one reads up to 1)",
        "Update with: pip install --upgrade trimtab.",
    )


@pytest.mark.parametrize("version", ["1", None, True, 0, 1.0])
def test_no_version(path, version):
    rewritten(path, lambda members: None, manifest={"version": version})
    refused(path, f"has the unknown format version {version!r}")


def test_extra_member(path):
    rewritten(path, lambda members: None, extra=[("code.py", "import os")])
    refused(path, "has other members than its manifest lists")


def test_listed_extra_member(path):
    rewritten(path, lambda members: members.update({"code.py": b"import os"}))
    refused(path, "holds 'code.py', which is neither JSON nor safetensors")


def test_missing_member(path):
    rewritten(path, lambda members: None, manifest={"members": {"model.json": 11, "x.json": 3}})
    refused(path, "has other members than its manifest lists")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_member_twice(path):
    rewritten(path, lambda members: None, extra=[("model.json", "{}")])
    refused(path, "has two members of the same name")


def test_compressed_member(path):
    def grow(members):
        members["model.json"] = b" " * 100_000 + b"{}"

    rewritten(path, grow, compression=zipfile.ZIP_DEFLATED)
    refused(path, "holds 'manifest.json' compressed or encrypted, which trimtab never writes")


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_documents_that_are_not_json(path, text):
    rewritten(path, lambda members: members.update({"model.json": text}))
    with pytest.raises(FileFormatError, match="does not match its manifest"):
        read(path)


def header(**tensors):
    text = json.dumps(tensors).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        b"\xff" * 7 + b"\x7f" + b"{}",
        header(w={"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}) + bytes(4),
        header(w={"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}) + bytes(4),
        header(w={"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}) + bytes(4),
        header(w={"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}),
        header(w={"dtype": "XX", "shape": [1], "data_offsets": [0, 4]}) + bytes(4),
        header(
            w={"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            v={"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        )
        + bytes(4),
    ],
)
def test_tables_that_are_damaged(path, data):
    rewritten(path, lambda members: members.update({"weights.safetensors": data}))
    with pytest.raises(FileFormatError, match=r"holds 'weights.safetensors', which is damaged"):
        read(path)


def test_tables_of_other_numbers(path):
    table = safetensors({"w": np.ones(2)})
    rewritten(path, lambda members: members.update({"weights.safetensors": table}))
    refused(path, "holds 'w' as float64 instead of float32")


def test_a_huge_manifest(path):
    rewritten(
        path, lambda members: None, manifest={"note": "x" * (container._LARGEST_MANIFEST + 1)}
    )
    refused(path, "has a manifest that is too large")


def test_a_member_larger_than_the_file(path):
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"weights.safetensors") - 46  # its record in the central directory
    data[entry + 20 : entry + 28] = b"\xff\xff\xff\x7f" * 2
    path.write_bytes(bytes(data))
    with pytest.raises(FileFormatError):
        read(path)
