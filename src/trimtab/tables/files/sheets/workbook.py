"""What a workbook says about a sheet besides its values: merged cells, formulas without results.

The values come from openpyxl, which in its mode for large files does not tell these.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple
from xml.etree import ElementTree

__all__ = ["Block", "Facts", "facts_of"]

_PLACE = re.compile(r"([A-Z]+)(\d+)")
_BLOCK = 1 << 20


class Block(NamedTuple):
    """A block of merged cells: its first and last row and column, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Facts:
    """What is known of a sheet.

    Attributes:
        merged: Its blocks of merged cells.
        lost: Row and column -> the formula there, whose result is not stored.
    """

    merged: list[Block] = field(default_factory=list)
    lost: dict[tuple[int, int], str] = field(default_factory=dict)


def facts_of(file: IO[bytes], sheet: str) -> Facts:
    """Looks at a sheet.

    Args:
        file: The workbook.
        sheet: The name of the sheet.

    Raises:
        zipfile.BadZipFile, KeyError, ElementTree.ParseError: The workbook is damaged.
    """
    facts = Facts()
    with zipfile.ZipFile(file) as archive:
        part = _part_of(archive, sheet)
        if part is None or not _worth_it(archive, part):
            return facts
        with archive.open(part) as opened:
            for element in _elements(opened):
                name = _local(element.tag)
                if name == "c":
                    _cell(element, facts)
                elif name == "mergeCell":
                    facts.merged += _block(element.get("ref", ""))
    return facts


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The file in the archive that holds a sheet."""
    book = _main_part(archive)
    folder, _, name = book.rpartition("/")
    targets = _targets(archive, f"{folder}/_rels/{name}.rels")
    for element in ElementTree.fromstring(archive.read(book)).iter():
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            link = next(value for key, value in element.items() if _local(key) == "id")
            target = targets[link]
            return target[1:] if target.startswith("/") else f"{folder}/{target}"
    return None


def _main_part(archive: zipfile.ZipFile) -> str:
    for kind, target in _kinds(archive, "_rels/.rels"):
        if kind.endswith("/officeDocument"):
            return target.removeprefix("/")
    return "xl/workbook.xml"


def _targets(archive: zipfile.ZipFile, links: str) -> dict[str, str]:
    root = ElementTree.fromstring(archive.read(links))
    return {element.get("Id", ""): element.get("Target", "") for element in root}


def _kinds(archive: zipfile.ZipFile, links: str) -> list[tuple[str, str]]:
    root = ElementTree.fromstring(archive.read(links))
    return [(element.get("Type", ""), element.get("Target", "")) for element in root]


def _worth_it(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether the sheet has formulas or merged cells at all; most have none."""
    tail = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            seen = tail + block
            if re.search(rb"<(\w+:)?(f[ >/]|mergeCell )", seen):
                return True
            tail = seen[-20:]
    return False


def _elements(file: IO[bytes]) -> Iterator[ElementTree.Element]:
    """The cells and blocks of a sheet; rows are let go once they are read."""
    for _, element in ElementTree.iterparse(file):
        name = _local(element.tag)
        if name in ("c", "mergeCell"):
            yield element
        if name in ("row", "mergeCell"):
            element.clear()


def _cell(element: ElementTree.Element, facts: Facts) -> None:
    formula = value = None
    for child in element:
        name = _local(child.tag)
        formula = child if name == "f" else formula
        value = child.text if name == "v" else value
    # The result of a formula may be empty text.
    if formula is not None and not value and element.get("t") != "str":
        place = _PLACE.fullmatch(element.get("r", ""))
        if place is not None:
            key = (int(place[2]), _column_number(place[1]))
            facts.lost[key] = f"={formula.text or '...'}"


def _block(reference: str) -> list[Block]:
    first, _, last = reference.partition(":")
    ends = [_PLACE.fullmatch(end) for end in (first, last)]
    if ends[0] is None or ends[1] is None:
        return []
    (left, top), (right, bottom) = ends[0].groups(), ends[1].groups()
    return [Block(int(top), _column_number(left), int(bottom), _column_number(right))]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _local(tag: str) -> str:
    """A name without its namespace, of which there are two."""
    return tag.rpartition("}")[2]
