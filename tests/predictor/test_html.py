"""What notebooks show of a predictor and its scores."""

import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.predictors import small_predictor
from trimtab.predictor.scores import Baseline, score
from trimtab.predictor.several.baselines import SeveralBaselines
from trimtab.predictor.several.scores import score_several

NASTY = "<b>\"5\" & '6'</b>"


class Reader(HTMLParser):
    """Checks that tags are closed; the text, and the cells of the tables."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.rows, self.tags = [], [], [], set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag != "img":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def of(shown):
    html = shown._repr_html_()
    assert "color" not in html and "background" not in html
    return Reader(html)


def scores_of_numbers(target="price"):
    y = np.arange(40.0)
    return score(
        "regression", y, y + 1, baseline=Baseline.of("regression", y), target=target, part="rows"
    )


def test_scores_of_numbers():
    scores = scores_of_numbers()
    read = of(scores)
    assert scores.sentence() in read.text
    head, *rows = read.rows
    assert head == ["", "model", "best constant", ""]
    assert [row[0] for row in rows] == [
        "mean absolute error",
        "root mean squared error",
        "R²",
    ]
    for row, name in zip(rows, ("mae", "rmse", "r2"), strict=True):
        assert row[1] == str(scores.metrics[name]) and row[2] == str(scores.baseline[name])
    assert rows[0][3].startswith("the median, ")


def test_the_table_has_what_print_has():
    scores = scores_of_numbers()
    cells = [cell for row in of(scores).rows for cell in row if cell]
    assert " ".join(" ".join(scores.lines()).split()) == " ".join(cells)


def test_names_are_escaped():
    read = of(scores_of_numbers(target=NASTY))
    assert "b" not in read.tags and NASTY in "".join(read.text)


def test_names_of_classes_are_escaped():
    y = np.array([0, 1] * 20)
    p = np.where(y[:, None] == [0, 1], 0.8, 0.2)
    baseline = Baseline.of("binary", y, classes=2)
    read = of(score("binary", y, p, baseline=baseline, classes=["no", NASTY], positive=1))
    assert "b" not in read.tags
    assert [row[0] for row in read.rows if row[0].startswith("recall")] == [f"recall of {NASTY!r}"]


def test_scores_without_a_number():
    y = np.ones(5)
    read = of(score("regression", y, y, baseline=Baseline.of("regression", y)))
    assert len(read.rows) >= 3  # R² of equal targets is left out
    assert not any("nan" in cell for row in read.rows for cell in row)


def test_scores_of_several():
    y = np.arange(60.0).reshape(30, 2)
    scores = score_several(y, y + 1, baseline=SeveralBaselines.of(("a", NASTY), y))
    read = of(scores)
    assert "b" not in read.tags and scores.sentence() in read.text
    assert [row[0] for row in read.rows if "model" in row] == ["a", NASTY]
    assert len(read.rows) == 8


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_predictor(task):
    predictor = small_predictor(task)
    read = of(predictor)
    facts = dict(read.rows)
    assert facts["predicts"] == f"{predictor.target}, {task}"
    assert facts["from"] == "2 numeric, 1 category"


def test_a_trained_predictor():
    random = np.random.default_rng(0)
    table = pd.DataFrame({NASTY: random.normal(size=60), "b": random.normal(size=60)})
    table["z"], table["id"] = table["b"] * 2, [f"r{i}" for i in range(60)]
    table[NASTY + " & Söhne"] = 1.0
    predictor = trimtab.train(
        table, [NASTY, "z"], epochs=2, layers="4 relu", test=0.2, effort="quick"
    )
    read = of(predictor)
    facts = dict(read.rows)
    assert "b" in read.tags and facts["predicts"] == f"{NASTY}, z, regression"
    assert facts["left out"].startswith("id (identifies rows")
    assert f"{NASTY} & Söhne (constant" in facts["left out"]
    assert facts["rows"] == "33 to train on, 15 to validate on, 12 to test on"
    assert predictor.best_evidence.sentence() in read.text
    one = trimtab.train(table.drop(columns=NASTY), "z", epochs=2, layers="4 relu", effort="quick")
    text = "".join(of(one).text)
    assert "Use test=0.2 or fold=5" in text and "--" not in text
    assert "--test 0.2" in one.caveat


def test_of_many_columns_some():
    random = np.random.default_rng(0)
    table = {f"f{i}": [i] * 40 for i in range(300)} | {"x": random.normal(size=40)}
    predictor = trimtab.train(
        {**table, "y": random.normal(size=40)}, "y", epochs=1, layers="4", effort="quick"
    )
    html = predictor._repr_html_()
    assert "300 columns are constant: f0, f1" in html and len(html) < 3000


def history_of(**curves):
    history = trimtab.keras.callbacks.History()
    for epoch in range(len(next(iter(curves.values())))):
        history.on_epoch_end(epoch, {key: values[epoch] for key, values in curves.items()})
    return history


def test_a_history():
    read = of(history_of(loss=[3.0, 2.0, 1.0], val_loss=[3.0, 1.5, 2.0]))
    assert read.tags >= {"img", "table"}
    assert read.rows == [
        ["epoch", "loss", "val_loss"],
        ["2 (best)", "2.0000", "1.5000"],
        ["3 (last)", "1.0000", "2.0000"],
    ]


def test_the_best_epoch_is_the_last():
    read = of(history_of(loss=[3.0, 2.0], val_loss=[3.0, 1.5]))
    assert [row[0] for row in read.rows] == ["epoch", "2 (best and last)"]


def test_an_empty_history():
    read = of(trimtab.keras.callbacks.History())
    assert read.text == ["No epochs were trained."] and read.tags == {"p"}


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_a_history_that_diverged(lost):
    read = of(history_of(loss=[3.0, lost], val_loss=[math.nan, lost]))
    assert read.rows[1:] == [["2 (last)", str(lost), str(lost)]]


def test_a_history_with_names_of_ones_own():
    read = of(history_of(**{"loss": [1.0], "<script>": [0.5], "dense/mean": [0.1]}))
    assert read.rows[0] == ["epoch", "loss", "<script>"] and "script" not in read.tags


def test_a_history_without_a_loss():
    read = of(history_of(mae=[1.0, 0.5]))
    assert "img" not in read.tags and read.rows[1] == ["2 (last)", "0.5000"]


def test_epochs_on_the_axis_are_whole():
    for epochs in (1, 2, 3, 40):
        axes = history_of(loss=[1.0 / (i + 1) for i in range(epochs)]).plot()
        ticks = axes.get_xticks()
        assert all(float(tick).is_integer() for tick in ticks)


def test_a_single_epoch_can_be_seen():
    (line,) = history_of(loss=[1.0]).plot().get_lines()
    assert line.get_marker() == "o"
    (line,) = history_of(loss=[1.0] * 9).plot().get_lines()
    assert line.get_marker() in ("None", "", None)


def test_findings():
    model = trimtab.Sequential(
        [trimtab.layers.Dense(4, activation="relu", name="hidden"), trimtab.layers.Dense(1)]
    )
    model.compile(optimizer="adam", loss="mse")
    x = np.random.default_rng(0).normal(size=(200, 3)) * [1, 1000, 1]
    findings = model.check(x, x[:, 0] * 1e6)
    assert findings
    html = findings._repr_html_()
    read = Reader(html)
    assert "color" not in html
    text = " ".join(" ".join(read.text).split())
    for finding in findings:
        for part in (finding.title, finding.sentence, finding.meaning, finding.remedy):
            assert " ".join(part.split()) in text
        assert f"Source: {finding.source}" in text
    blocks = re.findall(r"<pre [^>]*>", html)
    assert len(blocks) == len({finding.remedy for finding in findings})
    assert all("monospace" in block for block in blocks)


def test_no_findings():
    model = trimtab.Sequential([trimtab.layers.Input((3,)), trimtab.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    text = "".join(Reader(model.check()._repr_html_()).text)
    assert text.startswith("No findings.") and "Not checked: " in text


def test_names_of_layers_are_escaped():
    from trimtab.insight.coach.codes import Severity
    from trimtab.insight.coach.findings import Finding, Findings

    finding = Finding(
        "dead", Severity.WARNING, NASTY, NASTY, "it is < 0", "a & b", "x < y", "?", {}
    )
    read = Reader(Findings([finding, finding], ["<i>"])._repr_html_())
    text = "".join(read.text)
    assert read.tags == {"p", "b", "pre"} and text.count(NASTY) >= 2
    assert "it is < 0." in text and "x < y" in text and "<i>" in text
