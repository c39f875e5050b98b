"""``--help``: it fits the terminal, and says each thing once."""

import pytest
import typer

from trimtab.cli.app import app
from trimtab.cli.help_text import WIDEST

COMMANDS = list(typer.main.get_command(app).commands)


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_it_fits_the_terminal(trimtab, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    result = trimtab(command, "--help")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= min(columns, WIDEST)
    assert result.out.isascii()


def test_a_wide_terminal_is_used(trimtab, monkeypatch):
    def lines(columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        return trimtab("train", "--help").out.splitlines()

    assert len(lines(120)) < len(lines(80))
    assert max(map(len, lines(120))) > 100


@pytest.mark.parametrize("command", COMMANDS)
def test_a_default_stays_on_one_line(trimtab, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    for line in trimtab(command, "--help").out.splitlines():
        assert line.count("[default: ") == line.count("]") - line.count("[no-]") - (
            line.count("[OPTIONS]") + line.count("trimtab[jax]") + line.count("[TABLE]")
        )


def test_commands_have_a_line_each(trimtab, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = trimtab("--help").out
    assert "..." not in out.partition("Commands:")[2]
    for command in COMMANDS:
        assert f"\n  {command} " in out


def test_usage_is_in_the_order_of_typing(trimtab):
    assert trimtab("train", "--help").out.startswith("Usage: trimtab train DATA... [OPTIONS]\n")
    assert trimtab("predict", "--help").out.startswith(
        "Usage: trimtab predict MODEL FILE... [OPTIONS]"
    )


def test_a_switch_shows_both_its_names_in_one(trimtab):
    out = trimtab("train", "--help").out
    assert "  --[no-]target-scaling  " in out
    assert "--no-target-scaling" not in out
