"""Tables of many columns with one flaw: what is said stays short."""

import random

import pytest

from tests.support.commands import trimtab
from trimtab.errors import InvalidData

__all__ = ["trimtab"]

#: Columns with the flaw.
MANY = 150
ROWS = 90


def _day(row, column):
    return f"2021-{1 + column % 12:02d}-{1 + (row * 7 + column) % 28:02d}"


def _value(row, column):
    return f"{(row * (column + 3)) % 17}.5"


def _but(cell, row, column):
    """A number but for one row of each column."""
    return cell if row == column % ROWS else _value(row, column)


#: Flaw -> a cell by its row and column.
FLAWS = {
    "constant": lambda row, column: str(column),
    "empty": lambda row, column: "",
    "one value and gaps": lambda row, column: "7" if row % 2 else "",
    "free text": lambda row, column: f"the {row} th of {column} notes, {random.random()}",
    "identifiers": lambda row, column: f"k{column}-{row * 7919 % 10007}",
    "counters": lambda row, column: str(row + column),
    "leaks": lambda row, column: str(3 * _answer(row) + column),
    "copies": lambda row, column: _value(row, 1),
    "one broken number": lambda row, column: (
        "oops" if row == column % ROWS else _value(row, column)
    ),
    "infinite": lambda row, column: "inf" if row == 5 else _value(row, column),
    "huge": lambda row, column: _but("1e30", row, column),
    "words for missing": lambda row, column: "?" if row % 9 == 4 else _value(row, column),
    "percent": lambda row, column: f"{_value(row, column)}%",
    "mixed currencies": lambda row, column: ("$" if row % 2 else "€") + _value(row, column),
    "thousands": lambda row, column: f"1,{(row * 7 + column) % 1000:03d}",
    "broken dates": lambda row, column: "0000-00-00" if row == 7 else _day(row, column),
    "days or months": lambda row, column: f"0{1 + (row + column) % 9}/0{1 + row * 2 % 9}/2021",
    "yes and no": lambda row, column: ("Yes", "yes", "NO ", "n")[(row + column) % 4],
    "rare categories": lambda row, column: "abcd"[row % 4] if row % 3 else f"z{row}",
    "codes": lambda row, column: f"{(row * 37 + column) % 80:05d}",
    "blanks": lambda row, column: f" {'ab'[row % 2]} ",
}


def _answer(row):
    return row % 9 + row % 2


def _write(path, cell, head="column {}".format):
    names = ["x", *(head(column) for column in range(MANY)), "y"]
    lines = [names]
    for row in range(ROWS):
        cells = [cell(row, column) for column in range(MANY)]
        lines.append([str(row % 7), *(f'"{each}"' for each in cells), str(_answer(row))])
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")


def _is_short(out, lines):
    said = out.splitlines()
    assert 8 < len(said) < lines, len(said)
    assert max(map(len, said)) <= 700, max(said, key=len)[:200]


@pytest.mark.slow
@pytest.mark.parametrize("flaw", FLAWS)
def test_training_says_it_in_few_lines(trimtab, flaw):
    random.seed(0)
    _write(trimtab.folder / "wide.csv", FLAWS[flaw])
    _train(trimtab)


@pytest.mark.slow
@pytest.mark.parametrize(
    "head",
    [lambda column: "", lambda column: f'" c{column} "', lambda column: f"c{column}" + "x" * 300],
    ids=["nameless", "blanks around", "long"],
)
def test_names_of_columns(trimtab, head):
    _write(trimtab.folder / "wide.csv", lambda row, column: str(column), head)
    _train(trimtab)


def _train(trimtab):
    result = trimtab(
        "train", "wide.csv", "--target", "y", "--epochs", 1, "--layers", "4", "--out", "m.trimtab"
    )
    if result.status == 2:  # mixed cells are refused with a word
        assert len(result.err.splitlines()) < 5 and max(map(len, result.err.splitlines())) <= 700
    else:
        assert result.status == 0, result.err
        _is_short(result.out + result.err, 40)


@pytest.mark.slow
def test_a_message_in_python_is_short_too(tmp_path):
    import trimtab

    _write(tmp_path / "wide.csv", FLAWS["constant"])
    for target in ("nothere", "colum 1"):
        with pytest.raises(InvalidData) as caught:
            trimtab.train(tmp_path / "wide.csv", target, epochs=1, effort="quick")
        assert len(str(caught.value)) <= 700
