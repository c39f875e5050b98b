"""Measures the house: rooms, imports that go up, circles, lengths of files.

    python tools/house.py [ROOT]

``import-linter`` checks the contracts in pyproject.toml over the imports that Python's grammar
shows, those inside functions and for type checking included. This adds the imports that laziness
hides in strings (``importlib.import_module("trimtab.model")``, tables of module names), looks for
circles among single files, and counts. A limit that is broken is named, and the exit status is 1.
"""

from __future__ import annotations

import ast
import statistics
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "trimtab"
MOST_ROOMS = 25
MOST_LINES = 600
MOST_IN_THE_MIDDLE = 130


@dataclass(frozen=True)
class House:
    """What was measured.

    Attributes:
        rooms: folders and files at the top that are more than a thin face for a public name.
        faces: those that only pass names on.
        upward: imports from a lower room into a higher one, ``a -> b``.
        circles: files that import each other in a circle.
        long: files of more than ``MOST_LINES`` lines.
        median: of the lines of a file.
    """

    rooms: list[str]
    faces: list[str]
    upward: list[str]
    circles: list[list[str]]
    long: list[str]
    median: float

    def broken(self) -> list[str]:
        """The limits that do not hold, one sentence each."""
        found = [f"an import goes up: {each}" for each in self.upward]
        found += [f"files import each other: {', '.join(circle)}" for circle in self.circles]
        found += [f"more than {MOST_LINES} lines: {each}" for each in self.long]
        if len(self.rooms) > MOST_ROOMS:
            found.append(f"{len(self.rooms)} rooms, {MOST_ROOMS} at most")
        if not self.median <= MOST_IN_THE_MIDDLE:
            found.append(f"the median is {self.median:g} lines, {MOST_IN_THE_MIDDLE} at most")
        return found


def measure(root: Path) -> House:
    """The house under ``root/src``."""
    source = root / "src"
    files = {module_of(path, source): path for path in sorted((source / PACKAGE).rglob("*.py"))}
    imports = imported(source) | set(named(files))
    lines = {name: len(path.read_text().splitlines()) for name, path in files.items()}
    floors = floors_of(root / "pyproject.toml")
    top = sorted({name.split(".")[1] for name in files if "." in name})
    faces = [room for room in top if is_face(files[f"{PACKAGE}.{room}"])]
    upward = [
        f"{a} -> {b}"
        for a, b in sorted(imports)
        if "." in a and "." in b and floors[a.split(".")[1]] < floors[b.split(".")[1]]
    ]
    return House(
        rooms=[room for room in [*top, "__init__"] if room not in faces],
        faces=faces,
        upward=upward,
        circles=circles(imports),
        long=[f"{name} ({count})" for name, count in lines.items() if count > MOST_LINES],
        median=statistics.median(lines.values()),
    )


def module_of(path: Path, source: Path) -> str:
    """``trimtab.nn.layers`` for ``src/trimtab/nn/layers/__init__.py``."""
    return ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")


def imported(source: Path) -> set[tuple[str, str]]:
    """Who imports whom, as the grammar shows it."""
    sys.path.insert(0, str(source))
    try:
        graph = grimp.build_graph(PACKAGE, cache_dir=None)
    finally:
        sys.path.remove(str(source))
    return {
        (importer, other)
        for importer in graph.modules
        for other in graph.find_modules_directly_imported_by(importer)
    }


def named(files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Who names whom in a string that is no docstring: what ``importlib`` is given."""
    for name, path in files.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                other = node.value
                if other in files and other != name and other != PACKAGE:
                    yield name, other


def floors_of(pyproject: Path) -> dict[str, int]:
    """Room -> its floor, from the contract in pyproject.toml; 0 is the ground."""
    settings = tomllib.loads(pyproject.read_text())
    (contract,) = (
        each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers"
    )
    floors: dict[str, int] = {}
    for floor, rooms in enumerate(reversed(contract["layers"])):
        floors |= {room.strip(): floor for room in rooms.replace("\\\n", "").split("|")}
    return floors


def is_face(path: Path) -> bool:
    """Whether a module only passes names on, or finds modules by their old names."""
    if path.stem == "moved":
        return True
    body = ast.parse(path.read_text()).body[1:]  # behind the docstring
    stars = [
        node for node in body if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]
    return bool(stars) and all(isinstance(node, ast.ImportFrom) for node in body)


def circles(imports: set[tuple[str, str]]) -> list[list[str]]:
    """Groups of files of which each reaches all others."""
    names = sorted({name for pair in imports for name in pair})
    place = {name: number for number, name in enumerate(names)}
    rows, columns = zip(*((place[a], place[b]) for a, b in imports), strict=True)
    graph = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(graph, connection="strong")
    groups = [[name for name in names if group[place[name]] == each] for each in set(group)]
    return sorted(members for members in groups if len(members) > 1)


def main() -> int:
    house = measure(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
    print(f"rooms             {len(house.rooms)}   {', '.join(house.rooms)}")
    print(f"thin faces        {len(house.faces)}   {', '.join(house.faces)}")
    print(f"upward imports    {len(house.upward)}")
    print(f"circles of files  {len(house.circles)}")
    print(f"over {MOST_LINES} lines    {len(house.long)}")
    print(f"median lines      {house.median:g}")
    problems = house.broken()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
