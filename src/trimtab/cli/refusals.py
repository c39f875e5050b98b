"""How a command ends: exit statuses, and refusals as one message without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from trimtab.core.interrupts import EndSignals
from trimtab.core.lost_terminal import without_terminal
from trimtab.errors import TrimtabError

__all__ = ["STATUSES", "USAGE", "refusals"]

#: Exit status of every problem the user can fix.
USAGE = 2

#: The foot of every command's help.
STATUSES = (
    "Exit status: 0 done, 2 refused (nothing written), 130 ended by Ctrl-C, 143 by SIGTERM, 129 by "
    "SIGHUP."
)


@contextmanager
def refusals(interrupted: str = "nothing was written") -> Iterator[EndSignals]:
    """Turns every refusal into one message on stderr and exit status 2.

    Ctrl-C, SIGTERM and SIGHUP end the command with 128 plus the number of the signal, as in shells.

    Args:
        interrupted: What is said then of the output.
    """
    signals = EndSignals()
    try:
        with signals:
            yield signals
    except KeyboardInterrupt:
        with without_terminal():
            typer.echo(f"Interrupted; {interrupted}.", err=True)
        raise typer.Exit(signals.status) from None
    except TrimtabError as problem:
        from trimtab.predictor.training.own_words import own_words

        typer.echo(f"Error: {own_words(str(problem))}", err=True)
        raise typer.Exit(USAGE) from None
    except BrokenPipeError:  # whoever read the output has seen enough
        raise
    except OSError as problem:  # a missing file, a full disk
        where = "" if problem.filename is None else f"{problem.filename}: "
        said = f"{where}{problem.strerror}." if problem.strerror else str(problem)
        typer.echo(f"Error: {said}", err=True)
        raise typer.Exit(USAGE) from None
