"""Writes the tables of docs/keras.md: trimtab's names beside those of the installed Keras.

    python tools/keras_page.py            # writes them
    python tools/keras_page.py --check    # fails where they are not what it would write

A test runs the second. What is there is read from both modules. What stands in the place of a
missing name is what its refusal says; why an argument, a default or a method differs stands in
``keras_page.toml`` beside this file. A difference without a reason is an error that names it.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import re
import sys
import textwrap
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from trimtab import Sequential
from trimtab.core import catalogue

os.environ.setdefault("KERAS_BACKEND", "jax")  # before it is imported

HERE = Path(__file__).resolve().parent

PAGE = HERE.parent / "docs" / "keras.md"
REASONS = HERE / "keras_page.toml"
WIDTH = 132

#: Between these the page is written.
BEGIN, END = "<!-- Begin of what tools/keras_page.py writes. -->", "<!-- End of it. -->"

#: Modules of Keras, in the order of the page, as the catalogue names them.
MODULES = (
    *("layers", "activations", "losses", "metrics", "optimizers", "schedules", "callbacks"),
    *("initializers", "regularizers", "constraints", "utils", "models", "saving", "backend"),
    *("config", "mixed_precision", "keras"),
)

#: Where they are, if not under their own name.
PATHS = {"schedules": ".optimizers.schedules", "keras": ""}

#: Arguments that are positional or named; others gather the rest.
_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Difference:
    """An argument or a default that is not Keras'.

    Attributes:
        owner: ``module.name``.
        argument: of Keras.
        theirs, ours: the defaults; None where the argument is missing.
    """

    owner: str
    argument: str
    theirs: str | None = None
    ours: str | None = None


def modules() -> Iterator[tuple[str, ModuleType, ModuleType]]:
    """Name, Keras' module and trimtab's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in MODULES:
            path = PATHS.get(name, f".{name}")
            theirs = importlib.import_module(f"keras{path}")
            yield name, theirs, importlib.import_module(f"trimtab.keras{path}")


def parts(
    name: str, theirs: ModuleType, ours: ModuleType
) -> tuple[list[str], list[str], list[str]]:
    """Names that both have, that Keras alone has, that trimtab alone has."""
    known = sorted({each for each in dir(theirs) if not each.startswith("_")}, key=_order)
    there = [each for each in known if hasattr(ours, each)]
    missing = [each for each in known if not hasattr(ours, each)]
    own = sorted(
        {each for each in ours.__all__ if callable(getattr(ours, each))} - set(known), key=_order
    )
    return there, missing, own


def _order(name: str) -> tuple[bool, str]:
    """Classes before functions."""
    return name[:1].islower(), name.lower()


def in_place_of(module: str, name: str) -> str:
    """What the refusal of a missing name says.

    Raises:
        LookupError: it says nothing.
    """
    said = catalogue.sentence(module, name)
    _, _, advice = said.partition(" is not supported")
    if advice.startswith(":"):
        return "For images, text, sound or sequences: use Keras."
    advice = advice.partition(". ")[2]
    if not advice:
        raise LookupError(f"{module}.{name}: what to use instead? Add it to core/instead.py.")
    return advice


def differences(owner: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    """Arguments that trimtab lacks, and defaults that differ."""
    both = [_parameters(theirs), _parameters(ours)]
    if both[0] is None or both[1] is None:
        return
    for name, parameter in both[0].items():
        if parameter.kind in _REST:
            continue
        if name not in both[1]:
            yield Difference(owner, name)
            continue
        defaults = [parameter.default, both[1][name].default]
        if name == "name" and defaults[1] is None:  # made from the class where it is needed
            continue
        if defaults[0] is inspect.Parameter.empty:  # it may be left out here
            continue
        if defaults[0] is not defaults[1] and not _same(*defaults):
            yield Difference(owner, name, *map(_written, defaults))


def _parameters(thing: Any) -> Any:
    try:
        return inspect.signature(thing).parameters if callable(thing) else None
    except (TypeError, ValueError):
        return None


def _same(theirs: Any, ours: Any) -> bool:
    numbers = isinstance(theirs, int | float) and isinstance(ours, int | float)
    return (numbers and theirs == ours) or repr(theirs) == repr(ours)


def _written(default: Any) -> str:
    return "required" if default is inspect.Parameter.empty else repr(default)


class Reasons:
    """Why something differs, from the committed table."""

    def __init__(self, path: Path = REASONS) -> None:
        table = tomllib.loads(path.read_text("utf-8"))
        self._arguments: dict[str, str] = table["arguments"]
        self._defaults: dict[str, str] = table["defaults"]
        model: dict[str, str] = table["model"]
        self._model = {name: why for names, why in model.items() for name in names.split()}

    def of(self, found: Difference) -> str:
        """The reason of a difference.

        Raises:
            LookupError: there is none.
        """
        table = self._arguments if found.theirs is None else self._defaults
        for owner in (found.owner, f"*.{found.owner.partition('.')[2]}"):
            why: str | None = table.get(f"{owner}.{found.argument}")
            if why is not None:
                return why
        part = "arguments" if found.theirs is None else "defaults"
        raise LookupError(
            f"{found.owner}: why does {found.argument} differ? Add a row to [{part}] of "
            f"tools/{REASONS.name}."
        )

    def of_model(self, name: str) -> str:
        """The reason why a model lacks an attribute.

        Raises:
            LookupError: there is none.
        """
        if name not in self._model:
            raise LookupError(
                f"Sequential.{name}: why is it missing? Add it to [model] of tools/{REASONS.name}."
            )
        return self._model[name]


def written() -> str:
    """What stands between the marks.

    Raises:
        LookupError: a difference has no reason; all of them are listed.
    """
    reasons, lacking = Reasons(), []
    lines: list[str] = []
    found: list[Difference] = []
    for name, theirs, ours in modules():
        there, missing, own = parts(name, theirs, ours)
        lines += [f"### {'keras' if name == 'keras' else name}", ""]
        lines += [_filled(f"There ({len(there)}): {_listed(there)}."), ""]
        if own:
            lines += [_filled(f"Of trimtab alone ({len(own)}): {_listed(own)}."), ""]
        groups: dict[str, list[str]] = {}
        for each in missing:
            try:
                groups.setdefault(in_place_of(name, each), []).append(each)
            except LookupError as problem:
                lacking.append(str(problem))
        if groups:
            lines += [f"| missing ({len(missing)}) | in its place |", "|---|---|"]
            lines += [f"| {_listed(names)} | {_cell(why)} |" for why, names in groups.items()]
            lines.append("")
        for each in there:
            if name != "keras":  # the same classes again
                found += differences(f"{name}.{each}", getattr(theirs, each), getattr(ours, each))
    lines += [*_model(found, lacking, reasons), ""]
    rows: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        try:
            why = reasons.of(one)
        except LookupError as problem:
            lacking.append(str(problem))
            continue
        what = "missing" if one.theirs is None else f"`{one.theirs}`, here `{one.ours}`"
        rows.setdefault((one.argument, what, why), []).append(one.owner)
    lines += ["### Arguments and defaults that differ", ""]
    lines += ["| argument | of | Keras' default | why |", "|---|---|---|---|"]
    lines += [
        f"| `{argument}` | {_listed(owners)} | {what} | {_cell(why)} |"
        for (argument, what, why), owners in rows.items()
    ]
    if lacking:
        raise LookupError("\n".join(lacking))
    return "\n".join(lines)


def _model(found: list[Difference], lacking: list[str], reasons: Reasons) -> Iterator[str]:
    """The table of models; adds what differs in their methods to ``found``."""
    import keras

    theirs = sorted(each for each in dir(keras.Sequential) if not each.startswith("_"))
    model = Sequential()
    there = [each for each in theirs if _has(model, each)]
    missing = [each for each in theirs if not _has(model, each)]
    yield "### Sequential"
    yield ""
    yield _filled(f"There ({len(there)}): {_listed(there)}.")
    yield ""
    groups: dict[str, list[str]] = {}
    for each in missing:
        try:
            groups.setdefault(reasons.of_model(each), []).append(each)
        except LookupError as problem:
            lacking.append(str(problem))
    if groups:
        yield f"| missing ({len(missing)}) | in its place |"
        yield "|---|---|"
        yield from (f"| {_listed(names)} | {_cell(why)} |" for why, names in groups.items())
    for each in there:
        pair = [inspect.getattr_static(kind, each, None) for kind in (keras.Sequential, Sequential)]
        if all(isinstance(one, type(_has)) for one in pair):
            found += differences(f"Sequential.{each}", *pair)


def _has(model: Any, name: str) -> bool:
    """Whether a model has an attribute, without computing it."""
    return name in dir(model)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def page(text: str) -> str:
    """The page with its tables written anew."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{PAGE} lacks the marks {BEGIN} and {END}.")
    made = f"{BEGIN}\n\n{written()}\n\n{END}"
    return pattern.sub(lambda _: made, text)


def main() -> int:
    """Writes the page, or compares it; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    present = PAGE.read_text("utf-8")
    try:
        text = page(present)
    except LookupError as problem:
        print(problem, file=sys.stderr)
        return 1
    if not check:
        PAGE.write_text(text, "utf-8")
        return 0
    if present == text:
        return 0
    print(f"{PAGE} is not what the modules say. Run python tools/keras_page.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
