"""How a command ends: exit statuses, and refusals as one message without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from trimtab.errors import TrimtabError

__all__ = ["INTERRUPTED", "STATUSES", "USAGE", "refusals"]

#: Exit status of every problem the user can fix.
USAGE = 2

#: Exit status after Ctrl-C: 128 plus the number of the signal, as in shells.
INTERRUPTED = 130

#: The foot of every command's help.
STATUSES = "Exit status: 0 done, 2 refused (nothing written), 130 interrupted by Ctrl-C."


@contextmanager
def refusals() -> Iterator[None]:
    """Turns every refusal into one message on stderr and exit status 2."""
    try:
        yield
    except TrimtabError as problem:
        typer.echo(f"Error: {problem}", err=True)
        raise typer.Exit(USAGE) from None
    except BrokenPipeError:  # whoever read the output has seen enough
        raise
    except OSError as problem:  # a missing file, a full disk
        where = "" if problem.filename is None else f"{problem.filename}: "
        said = f"{where}{problem.strerror}." if problem.strerror else str(problem)
        typer.echo(f"Error: {said}", err=True)
        raise typer.Exit(USAGE) from None
