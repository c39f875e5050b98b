"""Files that cannot be read as they stand, and what is said about each.

The reader's tests and those of the command line run the same list.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from typing import NamedTuple


class BadInput(NamedTuple):
    """A file, and parts of the one message about it."""

    name: str
    file: str
    data: bytes
    message: tuple[str, ...]


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


ROWS = "".join(f"{row},{row * 0.5},{'ab'[row % 2]}\n" for row in range(30))
GOOD = "size,weight,colour\n" + ROWS
DEEP = "size,weight,colour\n" + ROWS * 20_000

BAD_INPUTS = [
    BadInput(
        "a field too many",
        "much.csv",
        (GOOD + "1,2,a,b\n" + ROWS).encode(),
        ("much.csv, line 32: 4 fields, but there are 3 column names.", "quotes around"),
    ),
    BadInput(
        "a field too few",
        "few.csv",
        (GOOD + "1,2\n" + ROWS).encode(),
        ("few.csv, line 32: 2 fields, but there are 3 column names.", "keep its delimiter"),
    ),
    BadInput(
        "a bad row deep in the file",
        "deep.csv",
        (DEEP + "1,2\n" + ROWS).encode(),
        ("deep.csv, line 600,002: 2 fields, but there are 3 column names.",),
    ),
    BadInput(
        "a bad row behind line breaks in quotes",
        "breaks.csv",
        b'a,b\n1,"x\ny\nz"\n2,w\n3\n4,v\n5,u\n',
        ("breaks.csv, line 6: 1 field, but there are 2 column names.",),
    ),
    BadInput(
        "every row a field longer than the names",
        "shifted.csv",
        b"a,b\nr1,1,2\nr2,3,4\nr3,5,6\n",
        (
            (
                "shifted.csv, line 2: 3 fields, like every line below it, but there are only 2 "
                "column names"
            ),
            "first column has no name",
        ),
    ),
    BadInput(
        "a title above the names",
        "title.csv",
        b"Measurements of May\na,b,c\n1,2,3\n4,5,6\n7,8,9\n",
        ("title.csv: line 1 has 1 field ('Measurements of May')", "have 3", "Remove"),
    ),
    BadInput(
        "something behind the delimiter that ends other lines",
        "trailing.csv",
        ("a,b\n" + "1,2,\n" * 2000 + "1,2,3\n").encode(),
        ("trailing.csv, line 2,002: 3 fields, but there are 2 column names.", "correct"),
    ),
    BadInput(
        "a quote that is never closed",
        "unclosed.csv",
        b'a,b\n1,x\n2,"y\n3,z\n4,w\n',
        ("unclosed.csv, line 3: a quote opens in this row and is never closed.",),
    ),
    BadInput(
        "a quote that swallows rows",
        "swallowed.csv",
        b'a,b\n1,x\n2,"y\n3,z\n4,"w"\n5,v\n6,"u"\n',
        ("swallowed.csv, line 3: a quote opens in this row and is never closed.",),
    ),
    BadInput(
        "a field too many in a row over several lines",
        "long.csv",
        b'a,b\n1,x\n2,"y\nz",3\n4,w\n',
        ("long.csv, line 3: 3 fields", "The row continues to line 4: is a quote not closed?"),
    ),
    BadInput(
        "a zero byte",
        "zero.csv",
        b"a,b\n1,2\n3,4\n5,\x006\n" + b"7,8\n" * 50,
        ("zero.csv, line 4: a zero byte",),
    ),
    BadInput(
        "duplicate names",
        "twice.csv",
        b"a,b,a\n1,2,3\n4,5,6\n",
        ("twice.csv: columns 1 and 3 have the same name, 'a'.", "a different name"),
    ),
    BadInput("an empty file", "empty.csv", b"", ("empty.csv is empty.", "rows of values")),
    BadInput("blank lines only", "blank.csv", b"\n  \n\n", ("blank.csv has only blank",)),
    BadInput(
        "names and no rows",
        "names.csv",
        b"a,b,c\n",
        ("names.csv has a line of names but no rows.", "Add rows"),
    ),
    BadInput(
        "no line of names",
        "values.csv",
        b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n",
        ("values.csv: the first line (5.1, 3.5, setosa) holds values", "Add a line of names"),
    ),
    BadInput(
        "an old Excel file",
        "old.csv",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
        ("old.csv is an old Excel file (.xls)", "Save it as .xlsx"),
    ),
    BadInput(
        "a broken Excel file",
        "broken.xlsx",
        zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
        ("broken.xlsx cannot be read as an Excel file", "Save it again"),
    ),
    BadInput("a PDF", "paper.csv", b"%PDF-1.7\n%\xe2\xe3\n", ("paper.csv is a PDF document",)),
    BadInput("a picture", "x.csv", b"\x89PNG\r\n\x1a\n\0\0", ("x.csv is a PNG picture",)),
    BadInput(
        "a web page",
        "page.csv",
        b"<!DOCTYPE html>\n<html><body>Sign in</body></html>",
        ("page.csv is a web page (HTML), not a table.",),
    ),
    BadInput("XML", "x.xml", b"<?xml version='1.0'?><a/>", ("x.xml is an XML document",)),
    BadInput(
        "a JSON document",
        "rows.json",
        b'[\n  {"a": 1, "b": 2},\n  {"a": 3, "b": 4}\n]\n',
        ("rows.json is one JSON document.", "one object per line"),
    ),
    BadInput(
        "a JSON object over several lines",
        "object.json",
        b'{\n  "a": [1, 2],\n  "b": [3, 4]\n}\n',
        ("object.json is one JSON document.",),
    ),
    BadInput(
        "a broken line of JSON",
        "lines.jsonl",
        b'{"a": 1}\n{"a": 2}\n{"a": \n',
        ("lines.jsonl, line 3: not JSON",),
    ),
    BadInput(
        "a pickle",
        "x.pkl",
        b"\x80\x04\x95\x10",
        ("x.pkl is a Python pickle", "Pickles can run code"),
    ),
    BadInput(
        "bytes of no known kind",
        "noise.csv",
        bytes(range(1, 256)) * 20,
        ("noise.csv is a binary file of an unknown kind.",),
    ),
    BadInput(
        "a damaged Parquet file",
        "cut.parquet",
        b"PAR1" + b"\0" * 60,
        ("cut.parquet is damaged or truncated",),
    ),
    BadInput(
        "a gzip file that is cut off",
        "cut.csv.gz",
        gzip.compress(GOOD.encode() * 50)[:-20],
        ("cut.csv.gz is damaged or truncated", "Download it again"),
    ),
    BadInput(
        "a bzip2 file that is cut off",
        "cut.csv.bz2",
        bz2.compress(GOOD.encode() * 50)[:-20],
        ("cut.csv.bz2 is damaged or truncated",),
    ),
    BadInput(
        "an xz file with flipped bits",
        "flip.csv.xz",
        lzma.compress(GOOD.encode() * 50)[:60] + b"\xff" * 40,
        ("flip.csv.xz is damaged or truncated",),
    ),
    BadInput(
        "a zip of two files",
        "two.zip",
        zipped(**{"a.csv": b"a\n1\n", "b.csv": b"b\n2\n"}),
        ("two.zip is a zip archive of 2 files ('a.csv', 'b.csv').", "Extract the"),
    ),
    BadInput("a damaged zip", "bad.zip", b"PK\x03\x04" + b"\0" * 60, ("bad.zip is damaged",)),
]
