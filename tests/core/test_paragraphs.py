"""Sentences are wrapped on a terminal and stay whole in a pipe."""

import pytest

from trimtab.core.paragraphs import Paragraph, print_lines, wrapped

SENTENCE = "On 394 validation rows its mean absolute error is 0.566 ± 0.022. " * 4


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("trimtab.core.paragraphs.is_live", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")


def test_a_pipe_gets_one_line(capsys):
    assert wrapped(SENTENCE) == [SENTENCE]
    print_lines(["a  table", Paragraph(SENTENCE, "rows  ")])
    assert capsys.readouterr().out == f"a  table\nrows  {SENTENCE}\n"


def test_a_terminal_gets_lines_that_fit_behind_the_label(capsys, terminal):
    print_lines(["x" * 70, Paragraph(SENTENCE, "rows  ")])
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "x" * 70  # a table is not touched
    assert lines[0].startswith("rows  On 394 ") and len(lines) > 3
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("      ") and line[6] != " " for line in lines[1:])
    assert " ".join(line[6:] for line in lines) == SENTENCE.strip()


def test_no_line_is_longer_than_the_widest(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "500")
    assert max(map(len, wrapped(SENTENCE))) <= 120


def test_a_terminal_without_room_gets_twenty_columns(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    assert 10 < max(map(len, wrapped(SENTENCE, 6))) <= 20
    assert wrapped("") == [""]


@pytest.mark.parametrize(
    "whole",
    ["26 % ± 2 %", "80.34 ± 0.18", "--test 0.2", "--type 'sold at=datetime'", "100 %", "--fold 5"],
)
def test_a_number_stays_with_its_unit_and_an_option_with_its_value(terminal, monkeypatch, whole):
    for columns in range(30, 60):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = wrapped(f"On these rows the error is smaller, so use {whole} for more of it.")
        first = whole if "'" not in whole else "--type 'sold"
        assert any(first in line for line in lines), lines
        assert max(map(len, lines)) <= columns
