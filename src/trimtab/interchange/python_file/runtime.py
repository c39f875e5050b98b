"""Predicts rows of a table; needs NumPy alone."""

from __future__ import annotations

import base64
import csv
import datetime
import io
import json
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

# <model>
#: What the file holds.
ABOUT: dict[str, str] = {}

#: The columns that rows must have: name, what is read, and the format of a date.
COLUMNS: tuple[tuple[str, str, str], ...] = ()

#: What is predicted: name, and the columns of a table that it makes.
OUTPUTS: dict[str, tuple[str, ...]] = {}

#: Spellings of a missing value, besides an empty cell; and those that mean one in text as well.
MISSING: frozenset[str] = frozenset()
TOLD: frozenset[str] = frozenset()

_PACKED = ""


def _graph(_in: dict[str, Any]) -> dict[str, Any]:
    return {}


# </model>

#: Rows that are computed at a time.
CHUNK = 8192

_NAT = np.iinfo(np.int64).min
_EPOCH = datetime.datetime(1970, 1, 1)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?(?: ?([AaPp])\.?[Mm]\.?)?")
_DURATION = re.compile(
    r"(?:(-?\d+) days?,? ?)?([+-])?(\d+):([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?"
)
_YES_NO = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1", "1.0"), 1.0),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0", "0.0"), 0.0),
}


def predict(rows: Any) -> Any:
    """The prediction of each row, ``(rows,)``; of several targets ``(rows, targets)``.

    Args:
        rows: a list of dicts, a dict of columns, or a dict of single values for one row.
    """
    made = outputs(rows)
    each = [made[name] for name in made if name.startswith("prediction")]
    return each[0] if len(each) == 1 else np.stack(each, axis=1)


def outputs(rows: Any) -> dict[str, Any]:
    """All outputs by name, such as ``prediction``, ``probabilities``, ``lower`` and ``upper``.

    Args:
        rows: as in :func:`predict`.

    Raises:
        KeyError: a column is missing.
        ValueError: a cell is not what its column holds.
    """
    columns = _columns(rows)
    inputs = {}
    for name, kind, form in COLUMNS:
        if name not in columns:
            raise KeyError(f"the rows have no column {name!r}. They need: {_names()}.")
        inputs[name] = _read(name, columns[name], kind, form)
    lengths = {len(cells) for cells in inputs.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns must be of one length, received {sorted(lengths)}.")
    parts = []
    with np.errstate(all="ignore"):
        for begin in range(0, max(1, lengths.pop()), CHUNK):
            chunk = {name: cells[begin : begin + CHUNK] for name, cells in inputs.items()}
            parts.append(_graph(chunk))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _names() -> str:
    return ", ".join(repr(name) for name, _, _ in COLUMNS)


def _columns(rows: Any) -> dict[str, Any]:
    if isinstance(rows, dict):
        single = all(
            isinstance(cell, str) or not hasattr(cell, "__len__") for cell in rows.values()
        )
        return {name: [cell] for name, cell in rows.items()} if single else rows
    rows = list(rows)
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("rows must be dicts of cells by column, or one dict of columns.")
    missing = [name for name, _, _ in COLUMNS if any(name not in row for row in rows)]
    if missing:
        raise KeyError(f"a row has no column {missing[0]!r}. Rows need: {_names()}.")
    return {name: [row[name] for row in rows] for name, _, _ in COLUMNS}


def _read(name: str, cells: Any, kind: str, form: str) -> Any:
    """The cells of a column as the model takes them, ``(rows, 1)``."""
    if kind == "number" and isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
        numbers = cells.astype(np.float64).reshape(-1, 1)
        return np.where(np.isinf(numbers), np.nan, numbers)
    if kind == "moment" and isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return cells.astype("datetime64[ns]").astype(np.int64).reshape(-1, 1)
    reader = _READERS[kind]
    found: list[Any] = []
    for number, cell in enumerate(cells):
        try:
            found.append(reader(cell, form))
        except (TypeError, ValueError):
            raise ValueError(
                f"column {name!r}, row {number + 1}: {cell!r} is not a {kind}. "
                "Correct the cell or leave it empty."
            ) from None
    if kind == "text":
        return np.array(found, dtype=object).reshape(-1, 1)
    dtype = np.int64 if kind in ("moment", "time of day") else np.float64
    return np.array(found, dtype).reshape(-1, 1)


def _gone(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip() in MISSING or not cell.strip()
    return cell is None or str(cell) in ("nan", "NaT", "<NA>")


def _number(cell: Any, form: str) -> float:
    if _gone(cell):
        return math.nan
    duration = _DURATION.fullmatch(cell.strip()) if isinstance(cell, str) else None
    number = float(cell) if duration is None else _seconds(duration)
    return number if math.isfinite(number) else math.nan


def _seconds(duration: re.Match[str]) -> float:
    """A duration in seconds."""
    days, sign, hours, minutes, seconds = duration.groups()
    size = 3600 * int(hours) + 60 * int(minutes) + float((seconds or "0").replace(",", "."))
    return 86400 * int(days or 0) + (-size if sign == "-" else size)


def _yes_no(cell: Any, form: str) -> float:
    if _gone(cell):
        return math.nan
    word = str(cell).strip().lower()
    if word not in _YES_NO:
        raise ValueError
    return _YES_NO[word]


def _text(cell: Any, form: str) -> str:
    if not isinstance(cell, str) and _gone(cell):
        return ""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        text = str(int(cell))
    elif isinstance(cell, (bool, np.bool_)):
        text = str(bool(cell))
    else:
        text = str(cell)
    if text in TOLD:
        return ""
    return " ".join(text.split()).casefold() if form == "alike" else text


def _moment(cell: Any, form: str) -> int:
    if _gone(cell):
        return int(_NAT)
    if isinstance(cell, np.datetime64):
        return int(cell.astype("datetime64[ns]").astype(np.int64))
    if isinstance(cell, datetime.datetime):
        moment = cell
    elif isinstance(cell, datetime.date):
        moment = datetime.datetime(cell.year, cell.month, cell.day)
    elif form == "ISO8601":
        text = str(cell).strip()
        text += "-01" * max(0, 2 - text.count("-")) if len(text) <= 7 else ""
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00").replace(",", "."))
    else:
        moment = datetime.datetime.strptime(str(cell).strip(), form)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    since = moment - _EPOCH
    return (since.days * 86400 + since.seconds) * 10**9 + since.microseconds * 1000


def _time_of_day(cell: Any, form: str) -> int:
    if _gone(cell):
        return int(_NAT)
    found = _CLOCK.fullmatch(str(cell).strip())
    if found is None:
        raise ValueError
    hours = int(found[1])
    if found[4]:
        hours = hours % 12 + 12 * (found[4] in "Pp")
    seconds = 3600 * hours + 60 * int(found[2]) + float((found[3] or "0").replace(",", "."))
    if seconds > 86400:
        raise ValueError
    return round(seconds % 86400 * 1e9)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "number": _number,
    "yes or no": _yes_no,
    "text": _text,
    "moment": _moment,
    "time of day": _time_of_day,
}


def _unpacked(packed: str) -> dict[str, Any]:
    """The arrays of the model."""
    arrays = np.load(io.BytesIO(base64.b64decode(packed)), allow_pickle=False)
    return {name: arrays[name] for name in arrays.files}


def _table(texts: Any, numbers: Any) -> dict[str, int]:
    """Numbers by text."""
    return dict(zip(json.loads(texts.tobytes()), numbers.tolist(), strict=True))


def _numbered(texts: Any, numbers: dict[str, int], other: int) -> Any:
    """The number of each text."""
    found = [numbers.get(text, other) for text in texts.reshape(-1).tolist()]
    return np.array(found, np.int64).reshape(texts.shape)


def _quotient(x: Any, y: Any) -> Any:
    """Of whole numbers, which are 0 or more or divide without rest, a whole one."""
    return x // y if x.dtype.kind == "i" else x / y


def _softmax(x: Any, axis: int) -> Any:
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: int) -> Any:
    less = x - x.max(axis=axis, keepdims=True)
    return less - np.log(np.exp(less).sum(axis=axis, keepdims=True))


def _erf(x: Any) -> Any:
    found = np.fromiter(map(math.erf, x.reshape(-1).tolist()), x.dtype, x.size)
    return found.reshape(x.shape)


def _lines(path: str) -> list[dict[str, str]]:
    """The rows of a CSV file; ``-`` is standard input."""
    if path == "-":
        return list(csv.DictReader(sys.stdin))
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _write(made: dict[str, Any]) -> None:
    """Outputs as CSV on standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column for name in made for column in OUTPUTS[name]])
    for row in zip(*(made[name] for name in made), strict=True):
        cells = [cell for each in row for cell in (each if np.ndim(each) else [each])]
        writer.writerow([cell.item() if hasattr(cell, "item") else cell for cell in cells])
    sys.stdout.flush()


def main() -> int:
    """Reads a CSV file, or standard input, and writes the outputs of each row as CSV."""
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(f"usage: {sys.argv[0]} [ROWS.csv] > predictions.csv\n\n{__doc__}")
        return 0 if len(sys.argv) == 2 else 2
    try:
        made = outputs(_lines(sys.argv[1] if sys.argv[1:] else "-"))
    except (KeyError, ValueError, OSError) as problem:
        print(f"Error: {problem.args[0] if len(problem.args) == 1 else problem}", file=sys.stderr)
        return 1
    try:
        _write(made)
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
