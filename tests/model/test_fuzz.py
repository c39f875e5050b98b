"""A predictor's file, damaged or forged in every way: one clear error, or the same predictions.

Never another error, a file written, or memory out of all proportion to the file.
"""

import copy
import io
import json
import os
import pickle
import stat
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from tests.support.close import assert_same_bits
from tests.support.predictors import houses, small_predictor
from trimtab.core import container
from trimtab.errors import FileFormatError, TrimtabError
from trimtab.predictor.loading import load, predictor_from
from trimtab.tables.files.reading import read

#: The file is small, so that all of it can be tried.
MOST_BYTES = 10_000

#: Python objects from JSON, arrays beside the bytes they came from, and the network's own.
MOST_MEMORY = 60


@pytest.fixture(scope="module")
def predictor():
    return small_predictor("multiclass", units=1, epochs=1)


@pytest.fixture(scope="module")
def table():
    return read(houses(5, seed=1, task="multiclass"))


@pytest.fixture(scope="module")
def whole(predictor, tmp_path_factory):
    data = predictor.save(tmp_path_factory.mktemp("fuzz") / "whole").read_bytes()
    assert len(data) <= MOST_BYTES
    return data


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.trimtab"


@pytest.fixture
def attempt(path, predictor, table, whole):
    """Loads some bytes; True where they are the predictor, False where they are refused."""
    good = predictor.outputs(table)
    path.write_bytes(whole)
    same = flat(container.read(path))

    def run(data: bytes) -> bool:
        path.write_bytes(data)
        try:
            if flat(container.read(path)) == same:
                return True  # what is read is all that a predictor is made of
            again = load(path)
        except FileFormatError as refusal:
            names_its_file(refusal, path)
            return False
        assert_same_bits(again.outputs(table), good)
        return True

    yield run
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def names_its_file(refusal, path):
    assert str(refusal).startswith(f"{str(path)!r} ")


def flat(contents):
    """All of it, comparable."""
    tables = {
        (name, key): (str(array.dtype), array.shape, array.tobytes())
        for name, table in contents.tables.items()
        for key, array in table.items()
    }
    return contents.kind, repr(contents.documents), tables


def payloads(data):
    """Where the members' own bytes lie: name -> (first, end)."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            names, extra = struct.unpack_from("<HH", data, entry.header_offset + 26)
            first = entry.header_offset + 30 + names + extra
            found[entry.filename] = (first, first + entry.file_size)
    return found


def test_the_whole_file_loads(attempt, whole):
    assert attempt(whole)


def test_every_truncation(attempt, whole):
    assert not any(attempt(whole[:length]) for length in range(len(whole)))


def flipped(data, place, bit):
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def outside(data):
    """Where the structure of the zip lies: all but the members' own bytes."""
    inside = np.zeros(len(data), bool)
    for first, end in payloads(data).values():
        inside[first:end] = True
    return np.flatnonzero(~inside).tolist()


def test_flips_in_the_structure_of_the_zip(attempt, whole):
    """A bit of every byte outside of the members' own."""
    for place in outside(whole):
        attempt(flipped(whole, place, place % 8))


@pytest.mark.slow
@pytest.mark.parametrize("bit", range(8))
def test_every_flip_in_the_structure_of_the_zip(attempt, whole, bit):
    for place in outside(whole):
        attempt(flipped(whole, place, bit))


def test_flips_in_the_members(attempt, whole):
    """A bit of every third byte: CRC-32 finds each single one."""
    for first, end in payloads(whole).values():
        for place in range(first, end, 3):
            assert not attempt(flipped(whole, place, place % 8))


@pytest.mark.slow
def test_a_flip_in_every_byte_of_the_members(attempt, whole):
    for first, end in payloads(whole).values():
        for place in range(first, end):
            assert not attempt(flipped(whole, place, place * 5 % 8))


# -- forged: every checksum is right --------------------------------------------------------------

HOSTILE = [
    *(None, True, -1, 0, 10**30, 2**63, 1.5, float("nan"), float("inf"), -1e308, "", "x"),
    *("../../etc/passwd", "__import__('os')", [], {}, [[]], {"a": 1}, [None]),
]


def places(value, at=()):
    """The path to every value inside."""
    yield at
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*at, key))


def replaced(value, at, new):
    if not at:
        return new
    value = copy.deepcopy(value)
    inside = value
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = new
    return value


def forged(contents):
    """(which, contents) with one value of one document being another."""
    for name, document in contents.documents.items():
        for at in places(document):
            for new in HOSTILE:
                documents = {**contents.documents, name: replaced(document, at, new)}
                yield (name, at, new), container.Contents(contents.kind, documents, contents.tables)


def try_forged(path, table, every, first):
    """Refused, or a predictor that predicts or refuses to; how often it was refused."""
    refused = 0
    frame = table.frame
    for number, (what, contents) in enumerate(forged(container.read(path))):
        if number % every != first:
            continue
        try:
            again = predictor_from(path, contents)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                again.predict(frame)
                again.evaluate(frame)
        except FileFormatError as refusal:
            names_its_file(refusal, path)
            refused += 1
        except TrimtabError:
            continue
        except Exception as problem:
            raise AssertionError(f"{what}: {problem!r}") from problem
    return refused


def test_forged_documents(path, whole, table):
    path.write_bytes(whole)
    assert try_forged(path, table, 7, 0) > 300


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 7))  # 0 is the test above
def test_every_forged_document(path, whole, table, first):
    path.write_bytes(whole)
    assert try_forged(path, table, 7, first) > 300


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members, *, manifest=None, method=zipfile.ZIP_STORED, entries=None):
    """A file of these members; the manifest's lengths follow, and so does what is said here."""
    members = dict(members)
    record = json.loads(members.pop("manifest.json"))
    record["members"] = {name: len(data) for name, data in members.items()}
    members = {"manifest.json": json.dumps({**record, **(manifest or {})}).encode(), **members}
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # names that come twice
        for name, data in [*members.items(), *(entries or [])]:
            archive.writestr(name, data)
    return out.getvalue()


def symlink(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def with_member(name, data):
    return lambda whole: zipped({**members_of(whole), name: data})


def table_of(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def with_table(header, data=b""):
    return with_member("calibration.safetensors", table_of(header, data))


def central(whole):
    """Where the records of the directory begin, by name."""
    end = whole.rindex(b"PK\x05\x06")
    place = struct.unpack_from("<I", whole, end + 16)[0]
    found = {}
    while whole[place : place + 4] == b"PK\x01\x02":
        names, extra, comment = struct.unpack_from("<HHH", whole, place + 28)
        found[whole[place + 46 : place + 46 + names].decode()] = place
        place += 46 + names + extra + comment
    return found


def patched(name, offset, layout, *values):
    """Other numbers in the directory's record of a member."""

    def change(whole):
        data = bytearray(whole)
        struct.pack_into(layout, data, central(whole)[name] + offset, *values)
        return bytes(data)

    return change


def overlapping(whole):
    """Many records for the bytes of one member: the zip bomb that needs no compression."""
    out, manifest = io.BytesIO(), json.loads(members_of(whole)["manifest.json"])
    names = [f"run/{number}.json" for number in range(2000)]
    body = b'"' + b"x" * 50_000 + b'"'
    manifest["members"] |= dict.fromkeys(names, len(body))
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members_of(whole).items():
            archive.writestr(name, json.dumps(manifest) if name == "manifest.json" else data)
        archive.writestr(names[0], body)
        first = archive.getinfo(names[0])
        for name in names[1:]:
            entry = copy.copy(first)
            entry.filename = entry.orig_filename = name
            archive.filelist.append(entry)
            archive.NameToInfo[name] = entry
        archive._didModify = True
    return out.getvalue()


def zip64(whole):
    """The end of the directory says that a 64-bit one goes before, which lies."""
    end = whole.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**40, 2**40, 2**50, 2)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    return whole[:end] + record + locator + whole[end:]


def hdf5(whole):
    return b"\x89HDF\r\n\x1a\n" + bytes(500)


def keras(whole):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return out.getvalue()


F32 = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}

REFUSED = {
    "empty": lambda whole: b"",
    "text": lambda whole: b"size,price\n1,2\n",
    "pickle": lambda whole: pickle.dumps(print),
    "hdf5": hdf5,
    "keras": keras,
    "garbage before": lambda whole: b"#!/bin/sh\n" + whole,
    "two of one name": lambda whole: zipped(members_of(whole), entries=[("schema.json", b"{}")]),
    "two manifests": lambda whole: zipped(members_of(whole), entries=[("manifest.json", b"{}")]),
    "absolute": with_member("/etc/cron.d/x.json", b"{}"),
    "upwards": with_member("../../x.json", b"{}"),
    "upwards in the run": with_member("run/../../x.py", b"import os"),
    "backslashes": with_member("..\\..\\x.json", b"{}"),
    "code": with_member("setup.py", b"import os"),
    "pickled": with_member("model.pkl", pickle.dumps(print)),
    "folder": with_member("x/", b""),
    "unlisted": lambda whole: zipped(members_of(whole), entries=[("later.json", b"{}")]),
    "symlink": lambda whole: zipped(
        {name: data for name, data in members_of(whole).items() if name != "schema.json"},
        manifest={"members": {name: len(data) for name, data in members_of(whole).items()}},
        entries=[(symlink("schema.json"), b"/etc/passwd")],
    ),
    "deflated": lambda whole: zipped(members_of(whole), method=zipfile.ZIP_DEFLATED),
    "bomb": lambda whole: zipped(
        {**members_of(whole), "run/x.json": b" " * 20_000_000 + b"{}"},
        method=zipfile.ZIP_DEFLATED,
    ),
    "lzma bomb": lambda whole: zipped(
        {**members_of(whole), "run/x.json": b" " * 20_000_000 + b"{}"}, method=zipfile.ZIP_LZMA
    ),
    "overlapping": overlapping,
    "encrypted": patched("schema.json", 8, "<H", 1),
    "size too large": patched("schema.json", 20, "<II", 2**31, 2**31),
    "size too small": patched("schema.json", 20, "<II", 3, 3),
    "size 64 bits": patched("schema.json", 20, "<II", 2**32 - 1, 2**32 - 1),
    "offset of another": lambda whole: patched("schema.json", 42, "<I", 0)(whole),
    "offset outside": patched("schema.json", 42, "<I", 2**32 - 2),
    "zip64": zip64,
    "manifest: other size": lambda whole: zipped(members_of(whole), manifest={"members": {}}),
    "manifest: list": lambda whole: zipped(members_of(whole), manifest={"members": []}),
    "manifest: newer": lambda whole: zipped(members_of(whole), manifest={"version": 2}),
    "manifest: foreign": lambda whole: zipped(members_of(whole), manifest={"format": "zip"}),
    "manifest: model": lambda whole: zipped(members_of(whole), manifest={"kind": "model"}),
    "manifest: nothing": lambda whole: zipped(members_of(whole), manifest={"kind": None}),
    "deep JSON": with_member("options.json", b"[" * 100_000 + b"]" * 100_000),
    "deep objects": with_member("options.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "huge integer": with_member("options.json", b'{"a":' + b"9" * 10_000 + b"}"),
    "NaN": with_member("options.json", b'{"a":NaN}'),
    "Infinity": with_member("options.json", b'{"a":-Infinity}'),
    "twice in an object": with_member("options.json", b'{"a":1,"a":2}'),
    "no UTF-8": with_member("options.json", b'{"a":"\xff"}'),
    "other encoding": with_member("options.json", '{"a":1}'.encode("utf-16")),
    "JSON and more": with_member("options.json", b"{}{}"),
    "no JSON": with_member("options.json", b""),
    "no table": with_member("prints.safetensors", b""),
    "long header": with_member("prints.safetensors", b"\xff" * 7 + b"\x7f{}"),
    "bfloat": with_table({"scores": {**F32, "dtype": "BF16", "shape": [2]}}, bytes(4)),
    "float8": with_table({"scores": {**F32, "dtype": "F8_E4M3", "shape": [4]}}, bytes(4)),
    "text in a table": with_table({"scores": {**F32, "dtype": "U8", "shape": [4]}}, bytes(4)),
    "huge shape": with_table({"scores": {**F32, "shape": [2**40, 2**40]}}, bytes(4)),
    "huge shape of nothing": with_table(
        {"scores": {"dtype": "F64", "shape": [0, 2**62], "data_offsets": [0, 0]}}
    ),
    "many axes": with_table({"scores": {**F32, "shape": [1] * 100}}, bytes(4)),
    "negative shape": with_table({"scores": {**F32, "shape": [-1]}}, bytes(4)),
    "hole in a table": with_table({"scores": {**F32, "data_offsets": [4, 8]}}, bytes(8)),
    "shared bytes": with_table({"scores": F32, "groups": F32}, bytes(4)),
    "huge group": with_table(
        {
            "scores": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
            "groups": {"dtype": "I64", "shape": [1], "data_offsets": [8, 16]},
        },
        bytes(8) + (2**62).to_bytes(8, "little"),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_hostile_files(attempt, path, whole, what):
    data = REFUSED[what](whole)
    load(write(path, whole))  # what is imported on the way is not the file's
    tracemalloc.start()
    try:
        loaded = attempt(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not loaded
    assert most <= 2_000_000 + MOST_MEMORY * len(data)


def write(path, data):
    path.write_bytes(data)
    return path


LOADED = {
    "garbage behind": lambda whole: whole + b"\0" * 100,
    "comment": lambda whole: whole[:-2] + struct.pack("<H", 5) + b"hello",
    "other order": lambda whole: zipped(dict(reversed(members_of(whole).items()))),
    "attributes of a link": patched("schema.json", 38, "<I", (stat.S_IFLNK | 0o777) << 16),
    "another date": patched("schema.json", 12, "<HH", 0xBF7D, 0x5A21),
}


@pytest.mark.parametrize("what", LOADED)
def test_odd_files_that_are_whole(attempt, whole, what):
    """None of this decides what is read: nothing is unpacked, so links and dates mean nothing."""
    assert attempt(LOADED[what](whole))


def test_memory_of_a_long_document(path, whole, attempt):
    """JSON of nothing but brackets is what grows most when it is read."""
    members = {**members_of(whole), "options.json": b'{"a":[' + b"{}," * 300_000 + b"{}]}"}
    data = zipped(members)
    load(write(path, whole))
    tracemalloc.start()
    try:
        load(write(path, data))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most <= MOST_MEMORY * len(data)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "link to nothing"])
def test_what_is_no_file(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to("nowhere")
        with pytest.raises(FileNotFoundError):
            load(path)
        return
    with pytest.raises(FileFormatError, match=r"is (a folder|not a regular file)"):
        load(path)
