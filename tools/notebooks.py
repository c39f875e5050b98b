"""Runs the notebooks and writes a page of each for the site.

    python tools/notebooks.py             # all of examples/notebooks that can run here
    python tools/notebooks.py coach       # one
    python tools/notebooks.py --check     # runs nothing; fails if a page has other cells

A notebook keeps no outputs; its page ``docs/notebooks/NAME.md`` has them, with pictures in
``docs/images/notebooks``. They run in a new folder that also holds the examples and, where it is at
hand, the Spotify table.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "examples" / "notebooks"
PAGES = ROOT / "docs" / "notebooks"
PICTURES = ROOT / "docs" / "images" / "notebooks"

#: What a notebook needs that does not come with trimtab: its name there -> where it may lie.
DATA = {"spotify": ("spotify_songs.csv", ROOT.parent / "shared" / "data" / "spotify.csv")}

QUICK = re.compile(r"\b(epochs|trials)=\d+")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
WARNING = re.compile(r"^\S*ipykernel_\S+:\d+: (\w+: .*\n).*\n?", re.MULTILINE)


def names() -> list[str]:
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def missing(name: str) -> str | None:
    """The file without which a notebook cannot run here."""
    wanted, place = DATA.get(name, ("", ROOT))
    return None if place.exists() else wanted


def read(name: str) -> Any:
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))


def run(name: str, quick: bool = False) -> Any:
    """The notebook with its outputs.

    Args:
        name: of the file.
        quick: with a few epochs and trials, for tests.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    from nbclient import NotebookClient

    nbformat: Any = importlib.import_module("nbformat")  # its functions have no types

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    if quick:
        for cell in notebook["cells"]:
            cell["source"] = QUICK.sub(r"\1=12", cell["source"])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        if name in DATA:
            wanted, place = DATA[name]
            (Path(folder) / wanted).symlink_to(place)
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
        return client.execute()


def source(cell: Any) -> str:
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def linked(text: str) -> str:
    """Links of a notebook as they are from its page."""
    text = re.sub(r"\]\(([\w-]+)\.ipynb\)", r"](\1.md)", text)
    return text.replace("](../../docs/", "](../")


def plain(text: str) -> str:
    """An output without colours, and warnings without the place where they were raised."""
    lines = WARNING.sub(r"\1", ESCAPE.sub("", text)).splitlines()
    return "\n".join(line.rstrip() for line in lines).rstrip()


def page(name: str, notebook: Any) -> str:
    """The page of a notebook that has run; writes its pictures."""
    parts = []
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append(linked(source(cell)))
            continue
        parts.append(f"```python\n{source(cell)}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                count += 1
                file = PICTURES / f"{name}-{count}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(base64.b64decode(data["image/png"]))
                alt = cell["metadata"]["alt"]  # what the picture shows, for those who do not see it
                parts.append(f"![{alt}](../images/notebooks/{file.name})")
            elif text := output.get("text") or data.get("text/plain"):
                parts.append(f"```text\n{plain(text)}\n```")
    title, *rest = parts[0].split("\n", 1)
    note = f"<!-- Written by tools/notebooks.py from examples/notebooks/{name}.ipynb. -->"
    link = f"To run it yourself: [`{name}.ipynb`](../../examples/notebooks/{name}.ipynb)."
    parts[0] = "\n\n".join((title, note, *(each.strip() for each in rest), link))
    return "\n\n".join(parts) + "\n"


def cells(text: str) -> list[str]:
    """The code on a page."""
    return re.findall(r"^```python\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)


def differing() -> Iterator[str]:
    """What is wrong with the pages and the notebooks, a line each."""
    for name in names():
        notebook = read(name)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        if any(cell["outputs"] or cell["execution_count"] for cell in code):
            yield f"{name}.ipynb has outputs: clear them"
        path = PAGES / f"{name}.md"
        if not path.exists() or cells(path.read_text("utf-8")) != [source(cell) for cell in code]:
            yield f"docs/notebooks/{name}.md has other cells: python tools/notebooks.py {name}"


def main() -> int:
    """Runs or checks the notebooks; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="*", default=names(), metavar="NAME")
    parser.add_argument("--check", action="store_true", help="compare, run nothing")
    arguments = parser.parse_args()
    if arguments.check:
        wrong = list(differing())
        print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
        return 1 if wrong else 0
    PAGES.mkdir(exist_ok=True)
    for name in arguments.notebooks:
        if (file := missing(name)) is not None:
            print(f"{name}: skipped, {file} is not at hand")
            continue
        (PAGES / f"{name}.md").write_text(page(name, run(name)), "utf-8")
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
