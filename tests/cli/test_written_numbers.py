"""What the command says about written numbers and ambiguities works when typed."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest

N = 240
ROWS = np.arange(N)
#: What is wrong or ambiguous in column c, and what its remedy says
SAID = {
    "thousands or decimals": ([f"{1 + i % 9},{100 + i}" for i in ROWS], "--type c=numeric:1234,5"),
    "currencies": ([f"{'$€'[i % 2]}{i}" for i in ROWS], "--type c=category"),
    "a unit in some cells": ([f"{i}{' kg' * (i % 2)}" for i in ROWS], "--type c=category"),
    "a few cells": ([f"{i},000.5" if i % 50 else "soon" for i in ROWS], "--missing soon"),
    "more cells": ([f"{i + 1},000.5" if i % 9 else "none yet" for i in ROWS], "--missing"),
    "capitals": ([("Oak", "oak ", "elm")[i % 3] for i in ROWS], "--type c=category:alike"),
    "yes and no": ([("Yes", "yes", "NO ", "n")[i % 4] for i in ROWS], "--type c=category"),
    "Namibia": ([("NA", "DE", "FR")[i % 3] for i in ROWS], "--missing NA"),
    "zeros": ([f"{i % 7:03}" for i in ROWS], "--type c=numeric"),
}
OPTION = re.compile(r"--(?:type|missing|decimal) (?:'[^']*'|\S+)")


@pytest.fixture
def table(trimtab):
    def write(cells):
        frame = pd.DataFrame({"c": cells, "x": ROWS % 7, "y": ROWS * 1.5})
        frame.to_csv(trimtab.folder / "t.csv", index=False)

    return write


@pytest.mark.parametrize("case", SAID)
def test_remedies_that_are_said_work_when_typed(trimtab, table, case):
    cells, wanted = SAID[case]
    table(cells)
    said = trimtab("inspect", "t.csv", "--target", "y").out
    lines = [line for line in said.splitlines() if wanted in line]
    assert lines, said
    remedy = shlex.split(OPTION.findall(lines[0])[-1].rstrip(".,;"))
    again = trimtab("inspect", "t.csv", "--target", "y", *remedy).out
    assert lines[0] not in again.splitlines()
    done = trimtab("train", "t.csv", "--target", "y", *remedy, "--epochs", "1", "--quiet")
    assert done.status == 0, done.err


def test_a_point_between_thousands(trimtab):
    path = trimtab.folder / "t.csv"
    path.write_text("c;y\n" + "".join(f"{i % 9 + 1}.{100 + i};{i % 5}\n" for i in range(60)))
    said = trimtab("inspect", "t.csv").out
    assert "If the point separates thousands, use --decimal ,." in said
    assert "1,100 to" in trimtab("inspect", "t.csv", "--decimal", ",").out


def test_show_says_how_numbers_are_written(trimtab, table):
    table([f"${i:,}.50" for i in ROWS])
    assert trimtab("train", "t.csv", "--target", "y", "--epochs", "1", "--quiet").status == 0
    assert "written like $1234.5" in trimtab("show", "t.trimtab").out


@pytest.mark.parametrize("cells", [[f"{row}.5" for row in range(40)], [*map(str, range(3, 43))]])
def test_plain_numbers_beside_a_bad_cell_are_no_writing_of_their_own(trimtab, cells):
    rows = ["c,y", *(f"{cell},{row % 9}" for row, cell in enumerate([*cells, "unknown"]))]
    (trimtab.folder / "t.csv").write_text("\n".join(rows) + "\n")
    out = trimtab("inspect", "t.csv", "--target", "y").out
    assert "Column 'c': 1 cell is not a number and counts as missing: 'unknown' (line 42)." in out
    assert "is read as numbers" not in out
