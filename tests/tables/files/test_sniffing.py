"""What a file is and how it is laid out, found from its content."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile

import pytest

from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables import ReadOptions, read
from trimtab.tables.files import text_blocks

ROWS = [(1, 2.5, "red"), (2, 3.25, "green"), (-3, 4.125, "blue")]


def written(delimiter=",", mark=".", end="\n"):
    lines = [delimiter.join(("size", "weight", "colour"))]
    lines += [
        delimiter.join((str(size), str(weight).replace(".", mark), colour))
        for size, weight, colour in ROWS
    ]
    return end.join(lines) + end


def guesses(table):
    return {guess.what: guess.value for guess in table.guesses}


@pytest.fixture
def save(tmp_path):
    def save(data, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return save


def check(table):
    assert table.frame["size"].tolist() == [1, 2, -3]
    assert table.frame["weight"].tolist() == [2.5, 3.25, 4.125]
    assert table.frame["colour"].tolist() == ["red", "green", "blue"]
    assert list(table.frame.columns) == ["size", "weight", "colour"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("delimiter", "mark", "said"),
    [
        (",", ".", "',' (comma)"),
        (";", ".", "';' (semicolon)"),
        (";", ",", "';' (semicolon)"),
        ("\t", ".", "'\\t' (tab)"),
        ("\t", ",", "'\\t' (tab)"),
        ("|", ".", "'|' (bar)"),
        ("   ", ".", "runs of blanks"),
    ],
)
def test_delimiter_and_decimal_mark(save, delimiter, mark, end, said):
    table = read(save(written(delimiter, mark, end)))
    check(table)
    assert guesses(table)["delimiter"] == said
    assert guesses(table)["decimal mark"].startswith(f"'{mark}'")
    assert table.decimal == mark


def test_a_comma_that_might_separate_thousands_is_said_with_an_example(save):
    table = read(save("a;b\n1,234;1\n5,678;2\n"))
    assert table.frame["a"].tolist() == [1.234, 5.678]
    assert guesses(table)["decimal mark"] == "',' ('1,234' is read as 1.234)"


def test_points_and_commas_in_one_file_are_not_guessed_away(save):
    table = read(save("a;b;c\n1.5;1,5;x\n2.5;2,5;y\n"))
    assert table.frame["a"].tolist() == [1.5, 2.5]
    assert table.frame["b"].tolist() == [1.5, 2.5]
    assert table.notes == ["Column 'b' is read as numbers: '1,5' is 1.5."]


def test_quoted_commas_beside_a_comma_separate_thousands_and_are_said(save):
    table = read(save('a,b\n"1,234",1\n"5,678",2\n'))
    assert table.frame["a"].tolist() == [1234, 5678]
    assert "It could also be 1.234; if it is, use --type a=numeric:1234,5." in table.notes[0]


def test_commas_in_quotes_do_not_outvote_the_delimiter(save):
    table = read(save('name;n\n"a, b, c";1\n"d, e, f";2\n"g, h, i";3\n'))
    assert table.frame["name"].tolist() == ["a, b, c", "d, e, f", "g, h, i"]


def test_one_column(save):
    table = read(save("name\nSmith\nMiller, John\nCooper\n"))
    assert table.frame["name"].tolist() == ["Smith", "Miller, John", "Cooper"]
    assert read(save("n\n1\n\n3\n")).frame["n"].tolist() == [1, 3]
    assert read(save("full name\nAnn Lee\nBob Ray\n")).frame.shape == (2, 1)


@pytest.mark.parametrize(
    ("told", "text"), [(";", "a;b\n1;2\n"), ("tab", "a\tb\n1\t2\n"), (":", "a:b\n1:2\n")]
)
def test_a_told_delimiter(save, told, text):
    table = read(save(text), ReadOptions(delimiter=told))
    assert table.frame.to_dict("list") == {"a": [1], "b": [2]}
    assert next(guess for guess in table.guesses if guess.what == "delimiter").told


def test_the_delimiter_that_a_first_line_states(save):
    table = read(save("sep=;\na;b\n1,5;2\n"))
    assert table.frame.to_dict("list") == {"a": [1.5], "b": [2]}
    assert table.place(0) == "line 3"
    assert table.notes == ["The first line, which states the delimiter ';', is left out."]


def test_blanks_after_delimiters(save):
    table = read(save('size, colour\n1, "red, dark"\n2, NA\n3, blue\n'))
    assert table.frame["colour"].tolist() == ["red, dark", "NA", "blue"]
    assert "A blank follows every delimiter" in table.notes[0]


def test_aligned_columns_with_quotes(save):
    table = read(
        save("  name      n\n 'Al B'    1\n 'Cy'     22\n", "x.txt"), ReadOptions(quote="'")
    )
    assert table.frame.to_dict("list") == {"name": ["Al B", "Cy"], "n": [1, 22]}


def test_single_quotes(save):
    table = read(save("'a','b'\n'x, y',1\n'z',2\n"))
    assert table.frame.to_dict("list") == {"a": ["x, y", "z"], "b": [1, 2]}
    apostrophes = read(save("a,b\n'tis,1\nit's,2\n"))
    assert apostrophes.frame["a"].tolist() == ["'tis", "it's"]


def test_no_quotes_when_told(save):
    table = read(save('a,b\n"x,1\ny",2\n'), ReadOptions(quote="none"))
    assert table.frame["a"].tolist() == ['"x', 'y"']


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
        ("latin-1", b"", "latin-1"),
    ],
)
def test_encoding(save, encoding, mark, said):
    accent = "\x81é" if said == "latin-1" else "café"
    table = read(save(mark + f"naïve,n\n{accent},1\nthé,2\n".encode(encoding)))
    assert table.frame["naïve"].tolist() == [accent, "thé"]
    assert guesses(table)["encoding"].partition(" ")[0] == said


def test_encoding_that_shows_late(save):
    data = b"name,n\n" + b"x,1\n" * 200_000 + "café,2\n".encode("cp1252")
    table = read(save(data))
    assert table.frame["name"].iloc[-1] == "café"
    assert guesses(table)["encoding"] == "cp1252 (a later line is not UTF-8)"
    with pytest.raises(
        InvalidData, match=r"line 200,002: not utf-8 text .* Use the right encoding"
    ):
        read(save(data), ReadOptions(encoding="utf-8"))


@pytest.mark.parametrize("block", [*range(1, 9), 1000])
def test_a_character_on_the_border_of_two_blocks(save, monkeypatch, block):
    monkeypatch.setattr(text_blocks, "BLOCK", block)
    table = read(save("name,n\nabcdé,1\nlong€,2\n𝕊x,3\nplain,4\n"))
    assert table.frame["name"].tolist() == ["abcdé", "long€", "𝕊x", "plain"]


def zipped(data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("__MACOSX/._rows.csv", b"notes")
        archive.writestr("folder/rows.csv", data)
    return file.getvalue()


def zstd(data):
    pa = pytest.importorskip("pyarrow")
    return pa.compress(data, codec="zstd", asbytes=True)


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bz2"),
        (lzma.compress, "xz"),
        (zipped, "zip"),
        (zstd, "zstd"),
    ],
)
def test_compression(save, pack, said):
    table = read(save(pack(written().encode()), "rows"))
    check(table)
    assert guesses(table)["compression"] == said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "csvv"}, "format must be one of .* Did you mean 'csv'?"),
        ({"compression": "rar"}, "compression must be one of"),
        ({"encoding": "utf-9"}, "encoding must be one that Python knows, received 'utf-9'"),
        ({"missing": "x"}, r"missing must be a list of spellings.*missing=\('x',\)"),
    ],
)
def test_options_that_nobody_knows(options, message):
    with pytest.raises(InvalidArgument, match=message):
        ReadOptions(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ",,"}, "delimiter must be one ASCII character"),
        ({"delimiter": "a"}, "delimiter must be one ASCII character"),
        ({"decimal": "x"}, "decimal must be '.' or ','"),
        (
            {"decimal": ",", "delimiter": ","},
            ("decimal and delimiter must differ, received ',' for both"),
        ),
        ({"quote": "ab"}, "quote must be one ASCII punctuation mark or 'none'"),
    ],
)
def test_options_that_no_text_has(save, options, message):
    with pytest.raises(InvalidData, match=message):
        read(save(written()), ReadOptions(**options))
