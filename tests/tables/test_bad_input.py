"""Every file that cannot be read is refused with one message that says where and what to do."""

import io
import sys

import pytest

from tests.tables.bad_inputs import BAD_INPUTS
from trimtab.errors import TrimtabError
from trimtab.tables import read, read_chunks

CASES = pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.name.replace(" ", "-"))


def refusal(act) -> str:
    with pytest.raises(TrimtabError) as caught:
        act()
    return str(caught.value)


@CASES
def test_read_refuses(case, tmp_path):
    path = tmp_path / case.file
    path.write_bytes(case.data)
    message = refusal(lambda: read(path))
    for part in case.message:
        assert part in message
    assert message.startswith(case.file) and "\n" not in message


@CASES
def test_chunks_refuse_in_the_same_words(case, tmp_path):
    path = tmp_path / case.file
    path.write_bytes(case.data)
    said = refusal(lambda: [*read_chunks(path, rows=1000)])
    assert said == refusal(lambda: read(path))


@pytest.mark.parametrize("case", BAD_INPUTS[:3], ids=lambda case: case.name.replace(" ", "-"))
def test_standard_input_is_named(case, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(case.data)))
    message = refusal(lambda: read("-"))
    assert message.startswith(case.message[0].replace(case.file, "standard input"))


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "wine.csv").write_text("a,b\n1,2\n")
    message = refusal(lambda: read(tmp_path / "wines.csv"))
    assert "there is no file" in message and "Did you mean 'wine.csv'?" in message
    assert "Did you mean 'red-wine'?" in refusal(lambda: read("red-win"))
    for other in ("bus.csv", "heat.csv", "x.csv"):  # alike by their ending only
        assert "Did you mean" not in refusal(lambda name=other: read(tmp_path / name)), other
    assert "Download the file" in refusal(lambda: read("https://example.org/wine.csv"))


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(lambda: read(tmp_path))


def test_rows_before_the_bad_one_are_given(tmp_path):
    case = next(case for case in BAD_INPUTS if "deep" in case.name)
    path = tmp_path / case.file
    path.write_bytes(case.data)
    parts = read_chunks(path, rows=1000)
    assert sum(len(next(parts)) for _ in range(300)) >= 100_000
    refusal(lambda: [*parts])
