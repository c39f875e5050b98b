"""Writes src/trimtab/estimators/parameters.py, the constructors of the estimators for tables.

    python tools/estimators.py            # writes the file
    python tools/estimators.py --check    # fails where the file is not what it would write

A test runs the second. scikit-learn reads the signature of a constructor and editors complete it,
so every argument stands there by name; which there are follows from the options of ``train``.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from trimtab.estimators.arguments import Argument, arguments

FILE = Path(__file__).resolve().parent.parent / "src/trimtab/estimators/parameters.py"

WIDTH = 100

HEAD = '''\
"""The constructors of the estimators for tables. Written by tools/estimators.py: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ClassifierParameters", "RegressorParameters"]
'''

CLASSES = {"RegressorParameters": "regression", "ClassifierParameters": "classification"}


def source() -> str:
    """The whole file."""
    return HEAD + "".join(
        "\n\n" + "\n".join(_class(name, arguments(task))) + "\n" for name, task in CLASSES.items()
    )


def _class(name: str, known: list[Argument]) -> Iterator[str]:
    yield f"class {name}:"
    yield f'    """The arguments of Tabular{name.removesuffix("Parameters")}."""'
    yield ""
    yield "    def __init__("
    yield "        self,"
    yield "        *,"
    for each in known:
        noqa = "  # noqa: A002" if each.name == "id" else ""
        default = f'"{each.default}"' if isinstance(each.default, str) else repr(each.default)
        yield f"        {each.name}: {each.type} = {default},{noqa}"
    yield "    ) -> None:"
    yield '        """Nothing is checked or changed before ``fit``.'
    yield ""
    yield "        Args:"
    for each in known:
        text = f"{each.name}: {each.sentence}"
        yield from textwrap.wrap(
            text,
            WIDTH,
            initial_indent=" " * 12,
            subsequent_indent=" " * 16,
            break_on_hyphens=False,
            break_long_words=False,
        )
    yield '        """'
    for each in known:
        yield f"        self.{each.name} = {each.name}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if parser.parse_args().check:
        if FILE.read_text() != source():
            print(f"{FILE.name} is out of date. Run: python tools/estimators.py", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(source())
    return 0


if __name__ == "__main__":
    sys.exit(main())
