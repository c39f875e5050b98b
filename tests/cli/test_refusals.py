"""How commands end: one message for each thing that can go wrong."""

import errno
import os

import pytest
import typer

from trimtab.cli.refusals import USAGE, refusals


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file", "x.csv"), "x.csv: No such file."),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device."),
        (OSError("the disk is gone"), "the disk is gone"),
    ],
)
def test_of_the_system(problem, message, capsys):
    with pytest.raises(typer.Exit) as end, refusals():
        raise problem
    assert end.value.exit_code == USAGE
    assert capsys.readouterr().err == f"Error: {message}{os.linesep}"


def test_a_reader_that_has_seen_enough_is_no_refusal():
    with pytest.raises(BrokenPipeError), refusals():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
