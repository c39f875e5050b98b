"""Writes docs/commands.md, the page on the commands, from the commands themselves.

    python tools/commands.py            # writes the page
    python tools/commands.py --check    # fails where the page is not what it would write

A test runs the second. Names, meanings and defaults of options are read from the parameters of the
``trimtab`` command; this file holds only what they do not say.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from trimtab.cli.app import app
from trimtab.cli.help_text import parameter_groups
from trimtab.predictor.training.options import OPTIONS

#: Groups of options that several commands share; they are listed once, under train.
SHARED = {option.group for option in OPTIONS.values()}

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

WIDTH = 132

HEAD = """\
# Commands

<!-- Written by tools/commands.py from the commands themselves. -->

`trimtab COMMAND --help` prints the same. How the commands work together: [tables.md](tables.md).
The notation of `--layers`, option files and `--json`: [train.md](train.md).
"""

#: The files a command writes, which its parameters do not say.
FILES = {
    "inspect": "Writes no file.",
    "train": """\
Writes four files next to each other: the model (`NAME.trimtab`), its learning curves (`NAME.png`),
a report (`NAME.html`) and the options it used (`NAME.toml`). The model is written completely or
not at all; during training its state is saved under the same name about once a minute. An existing
file that is not a model of this table is replaced only with `--overwrite`; pictures, reports and
option files that trimtab did not write are never replaced.""",
    "coach": """\
Writes a model, `NAME.coached.trimtab`, only if something is surely better, trained on all rows; a
file that is no model is not replaced. `--plot` is written at the end. What it does, and how sure it
is: [coach.md](coach.md#a-prescription).""",
    "compare": """\
Writes no model. `--results` appends a line of JSON as each trial ends, so that a killed run goes
on; `--parquet` and `--plot` are written at the end. How it compares, and how sure it is:
[trials.md](trials.md).""",
    "predict": """\
Writes the predictions completely or not at all; on standard output they are CSV, and notes go to
standard error. Columns: identifiers, `prediction`, `lower` and `upper` (or `classes`, separated by
`|`; a class that holds `|` is in quotes, as in CSV), `probability_CLASS`.""",
    "serve": """\
Writes no file. Requests, answers and how to put it behind a name: [deploy.md](deploy.md).""",
    "evaluate": "Writes no file.",
    "explain": "Writes the picture.",
    "report": """\
Writes the page, completely or not at all, and with `--facts` the numbers behind it.""",
    "card": "Writes the card, completely or not at all; a file that exists stays.",
    "show": "Writes no file. Also reads files of `model.save()`: a network without a table.",
    "export": """\
Writes the file completely or not at all: not where it would not agree with the model. What it takes
and gives: [deploy.md](deploy.md).""",
    "diff": "Writes no file.",
    "lesson": "Writes the picture of the learning curves.",
    "play": "Writes no file. What to try there: [play.md](play.md).",
}

NAMES = """\
The last column is the name of the option as a keyword argument of `trimtab.train` and as a key in
a `--config` file."""

READING = "Every command that reads a table has these options."

STATUSES = """\
## Exit status

| status | |
|---|---|
| 0 | done; also for a training that reached its time limit |
| 2 | refused: one message on standard error, no file written |
| 130, 143, 129 | ended by Ctrl-C, SIGTERM or SIGHUP: `train` saves the best network so far |
| 1 | a bug in trimtab, with a traceback |
"""


def page() -> str:
    """The whole page."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "\n".join(line for line in _lines(commands)) + "\n"


def _lines(commands: dict[str, Any]) -> Iterator[str]:
    yield HEAD
    yield "| command | |"
    yield "|---|---|"
    for name, command in commands.items():
        yield f"| [`trimtab {name}`](#trimtab-{name}) | {_first(command)} |"
    for name, command in commands.items():
        yield ""
        yield f"## trimtab {name}"
        yield ""
        yield from _command(name, command)
    yield ""
    yield "## Reading"
    yield ""
    yield READING
    yield ""
    yield from _options(_groups(commands["train"])["Reading"], keywords=True)
    yield ""
    yield STATUSES.rstrip("\n")


def _command(name: str, command: Any) -> Iterator[str]:
    groups = _groups(command)
    arguments = groups.pop("Arguments", [])
    usage = " ".join(["trimtab", name, *(each.metavar or each.name.upper() for each in arguments)])
    yield f"    {usage} [OPTIONS]"
    yield ""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield _filled(paragraph)
        yield ""
    yield _filled(FILES[name])
    yield ""
    yield "| argument | |"
    yield "|---|---|"
    for argument in arguments:
        metavar = argument.metavar or argument.name.upper()
        yield f"| `{metavar}` | {_sentence(argument.help)} |"
    reads = groups.pop("Reading", None)
    for group, options in groups.items():
        if group in SHARED and name != "train":
            flags = ", ".join(f"`{_flags(each)[0]}`" for each in options)
            yield ""
            yield f"**{group}**: {flags}, as in [`trimtab train`](#trimtab-train)."
            continue
        yield ""
        yield f"**{group}**"
        yield ""
        yield from _options(options, keywords=group != "Options")
    if name == "train":
        yield ""
        yield _filled(NAMES)
    if reads is not None:
        yield ""
        yield "Options for reading the table: see [Reading](#reading)."


def _groups(command: Any) -> dict[str, list[Any]]:
    """Parameters by the group under which ``--help`` lists them, without ``--help`` itself."""
    return parameter_groups([each for each in command.params if each.name != "help"])


def _options(options: list[Any], *, keywords: bool) -> Iterator[str]:
    """A table of options."""
    name = " name |" if keywords else ""
    yield f"| option | | default |{name}"
    yield "|---|---|---|" + ("---|" if keywords else "")
    for option in options:
        meaning, default = _meaning(option)
        metavar = f" {option.metavar}" if option.metavar and not option.is_flag else ""
        flags = ", ".join(f"`{_escaped(flag + metavar)}`" for flag in _flags(option))
        cells = [flags, meaning, default, *([f"`{option.name}`"] if keywords else [])]
        yield f"| {' | '.join(cells)} |"


def _flags(option: Any) -> list[str]:
    longest_first = sorted(option.opts, key=len, reverse=True)
    return [*longest_first, *option.secondary_opts]


def _meaning(option: Any) -> tuple[str, str]:
    """What an option means, and its default."""
    text, sign, default = str(option.help).partition("[default: ")
    if sign:
        default = default.rstrip("]")
    elif option.is_flag or option.default in (None, [], ()):
        default = ""
    else:
        default = str(option.default)
    return _sentence(text), _escaped(default)


def _filled(paragraph: str) -> str:
    return textwrap.fill(" ".join(paragraph.split()), WIDTH)


def _sentence(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """For a cell of a table, whose border is a bar."""
    return text.replace("|", r"\|")


def _first(command: Any) -> str:
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def main() -> int:
    """Writes the page, or compares it; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{PAGE} differs from --help. Run python tools/commands.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
