"""Output of notebooks: where it is one, a place drawn again, tables."""

import sys
import types
from html.parser import HTMLParser

import pytest

from tests.support.notebooks import notebook  # noqa: F401 - a fixture
from trimtab.core.notebook import Display, html_table, in_notebook, paragraph, text_table
from trimtab.core.paragraphs import wrapped


def test_here_is_none():
    assert not in_notebook()


@pytest.mark.parametrize(
    ("shell", "kernel", "expected"),
    [
        (types.SimpleNamespace(kernel=object()), True, True),
        (types.SimpleNamespace(), True, False),  # IPython in a terminal, ipykernel imported by hand
        (None, True, False),
        (types.SimpleNamespace(kernel=object()), False, False),
    ],
)
def test_where_it_is_one(monkeypatch, shell, kernel, expected):
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert in_notebook() is expected


def test_a_place_is_drawn_again(notebook):  # noqa: F811
    one, other = Display(), Display()
    one.clear()
    assert notebook.places == []
    one.show("<b>1</b>", "1")
    other.show("<b>x</b>", "x")
    one.show("<b>2</b>", "2")
    assert [place.html for place in notebook.places] == ["<b>2</b>", "<b>x</b>"]
    assert [place.text for place in notebook.places] == ["2", "x"]
    one.clear()
    assert (notebook.places[0].html, notebook.places[0].text) == ("", "")
    assert len(notebook.places) == 2


class Cells(HTMLParser):
    """The cells of a table, each with its tag and style."""

    def __init__(self, html):
        super().__init__()
        self.cells = []
        self.open = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append([tag, "", dict(attributes)["style"]])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.cells[-1][1] += data


def test_cells_are_escaped():
    head, rows = ["<i>epoch</i>", "a & b"], [["1", '"0.5"'], ["<script>", "nan"]]
    html = html_table(head, rows)
    assert "<i>" not in html and "<script>" not in html
    assert [text for _, text, _ in Cells(html).cells] == [*head, *rows[0], *rows[1]]


def test_numbers_stand_right_words_left():
    cells = Cells(html_table(["a", "b", "c"], [["x", "1", "y"]], strong=0, words=[2])).cells
    sides = ["left" if "text-align:left" in style else "right" for _, _, style in cells]
    assert sides == ["left", "right", "left"] * 2
    assert ["bold" in style for _, _, style in cells] == [False] * 3 + [True] * 3


def test_without_a_heading():
    assert [tag for tag, _, _ in Cells(html_table([], [["a", "1"]])).cells] == ["td", "td"]
    assert Cells(html_table(["a"], [])).cells[0][:2] == ["th", "a"]


@pytest.mark.parametrize("html", [html_table(["a"], [["1"]], strong=0), paragraph("x", code=True)])
def test_nothing_has_a_color_of_its_own(html):
    assert "color" not in html and "background" not in html


def test_the_same_as_text():
    text = text_table(["epoch", "val_loss"], [["1", "0.5"], ["1,000", "12.25"]])
    assert text.splitlines() == ["epoch  val_loss", "1           0.5", "1,000     12.25"]
    assert text_table(["epoch"], []) == "epoch"


def test_paragraphs():
    assert paragraph("a < b") == '<p style="margin:0.2em 0">a &lt; b</p>'
    assert "<b>a &lt; b</b>" in paragraph("a < b", strong=True)
    code = paragraph("if a < b:\n    x", code=True)
    assert "if a &lt; b:\n    x</pre>" in code and "monospace" in code


def test_sentences_are_wrapped_where_notebooks_would_cut_words(notebook):  # noqa: F811
    text = "word " * 40 + "x" * 100
    lines = wrapped(text, 10)
    assert " ".join(lines) == text
    assert lines[-1] == "x" * 100 and max(map(len, lines[:-1])) <= 70 < len(lines[0]) + 5


def test_in_a_pipe_they_stay_whole():
    assert wrapped("word " * 40, 10) == ["word " * 40]
