"""Outcomes on disk as they end: lines of JSON, each safe before the next trial is taken."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from trimtab.core.words import brief, listed
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.trials.trial import BASE, Outcome, Trial

try:
    import fcntl
except ImportError:  # not a POSIX system: no locks
    fcntl = None  # type: ignore[assignment]

__all__ = ["Stream", "read_outcomes"]

FORMAT = "trimtab trials"
VERSION = 1


class Stream:
    """A file that a comparison appends to, or none.

    The first line says what is compared; a file of another comparison is refused. A last line that
    was cut off by a killed process is removed, and its trial runs again.

    Args:
        path: the file; None: nothing is written.
        comparison: fingerprints of data and splits by name, plain data.
        variants: name -> fingerprint; a file may lack some.

    Attributes:
        known: outcomes that the file had.

    Raises:
        InvalidArgument: the file is of another comparison, or another process writes it.
        FileFormatError: it is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        comparison: Mapping[str, Any],
        variants: Mapping[str, str],
    ) -> None:
        self.known: dict[Trial, Outcome] = {}
        self._file: IO[bytes] | None = None
        if path is None:
            return
        place = Path(path)
        if not place.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {str(place.parent)!r}. Make it first.")
        known: dict[str, str] = {}
        if place.exists() and place.stat().st_size:
            whole = _repaired(place)
            header, known, outcomes = _contents(place, whole)
            if header is not None:
                _same(place, header, comparison, known, variants)
            self.known = {  # what failed runs again: the reason may be gone
                each.trial: each
                for each in outcomes
                if each.trial.variant in (BASE, *variants) and not each.failed
            }
        self._file = open(place, "ab")  # noqa: SIM115 - open as long as the comparison runs
        self._lock(place)
        if not known:
            begin = {"format": FORMAT, "version": VERSION, "comparison": dict(comparison)}
            self._line({**begin, "variants": dict(variants)})
        elif variants.keys() - known.keys():
            self._line({"variants": {n: d for n, d in variants.items() if n not in known}})

    def add(self, outcome: Outcome) -> None:
        """Writes an outcome; it survives whatever happens next."""
        self._line(outcome.record())

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _line(self, record: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        self._file.write(json.dumps(record, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _lock(self, place: Path) -> None:
        assert self._file is not None
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise InvalidArgument(
                f"another comparison is writing {str(place)!r}. Wait for it, or use another file: "
                f"{_another(place)}."
            ) from None
        except OSError:  # a file system without locks
            return


def read_outcomes(path: str | os.PathLike[str]) -> list[Outcome]:
    """The outcomes in a file of results.

    Raises:
        FileFormatError: it is damaged, or no such file.
    """
    place = Path(path)
    text = place.read_bytes()
    return _contents(place, text[: text.rfind(b"\n") + 1])[2]


def _repaired(place: Path) -> bytes:
    """The whole lines of a file; a last one without an end is cut off, there too."""
    content = place.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        if not (whole or content.startswith(b'{"format": "trimtab trials"'[: len(content)])):
            raise _foreign(place)
        with open(place, "r+b") as file:
            file.truncate(len(whole))
            os.fsync(file.fileno())
    return whole


def _contents(
    place: Path, whole: bytes
) -> tuple[dict[str, Any] | None, dict[str, str], list[Outcome]]:
    header: dict[str, Any] | None = None
    variants: dict[str, str] = {}
    outcomes: list[Outcome] = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            record = json.loads(line)
            if number == 1:
                if record.get("format") != FORMAT:
                    raise _foreign(place)
                header = record
            if "variants" in record:
                variants |= record["variants"]
            elif number > 1:
                outcomes.append(Outcome.from_record(record))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            if isinstance(problem, FileFormatError):
                raise
            if number == 1:
                raise _foreign(place) from None
            text = line.decode(errors="replace")
            raise FileFormatError(
                f"{place}, line {number} is no outcome of a trial: {brief(text)}. "
                "Remove the line; its trial runs again."
            ) from None
    return header, variants, outcomes


def _foreign(place: Path) -> FileFormatError:
    return FileFormatError(
        f"{place} is no file of trials. It stays as it is; name another one, "
        "results='trials.jsonl' (--results trials.jsonl)."
    )


def _another(place: Path) -> str:
    name = f"{place.stem}-2{place.suffix}"
    return f"results={name!r} (--results {name})"


def _same(
    place: Path,
    header: Mapping[str, Any],
    comparison: Mapping[str, Any],
    known: Mapping[str, str],
    variants: Mapping[str, str],
) -> None:
    """Refuses a file of another comparison."""
    if header.get("version") != VERSION:
        raise FileFormatError(
            f"{place} is of version {header.get('version')}, this is {VERSION}. Use another file."
        )
    before = header["comparison"]
    differing = [name for name in comparison if before.get(name) != comparison[name]]
    differing += [
        f"the variant {name!r}"
        for name, found in variants.items()
        if name in known and known[name] != found
    ]
    if differing:
        raise InvalidArgument(
            f"{place} is of another comparison: it differs in {listed(differing)}. Use another "
            f"file, {_another(place)}, or the same comparison to continue it."
        )
