"""The facts of a report: each number against one computed by hand, for every kind of model."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import average_precision_score, roc_auc_score

import trimtab
from tests.predictor.reporting.conftest import CASES, SMALL, table_of
from tests.support.pages import checked
from trimtab.predictor.remarks import Remarks
from trimtab.predictor.reporting import rivals as rival_models
from trimtab.predictor.reporting.facts import Settings, collect
from trimtab.predictor.reporting.rows import rows_of_table
from trimtab.predictor.reporting.writing import facts_of
from trimtab.report.page import page
from trimtab.tables.splits.plan import SplitPlan, make_split


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_model_has_a_page(case, collected):
    facts = collected(case)
    html = page(json.loads(json.dumps(facts, allow_nan=False)))
    assert html == page(facts)  # all that the page shows is in the JSON
    assert len(html) < 400_000
    found = checked(html)
    for title in ("How good it is", "What may go wrong", "The network", "How to make it again"):
        assert title in found.text
    assert [each["question"] for each in facts["brief"]] == [
        "Is it any good?", "What does it rely on?",
        f"Can I trust it for a new {CASES[case][1].get('group', 'row')}?",
    ]  # fmt: skip
    assert facts["verdict"]["sentence"] in found.text


@pytest.mark.parametrize("case", ["number", "folds", "time in folds", "test", "several", "classes"])
def test_what_train_writes_has_the_numbers_of_the_model(case, trained, tmp_path):
    """Rows are kept from training, or found again in the table: they are the same rows."""
    target, options = CASES[case]
    path = tmp_path / "m.html"
    predictor = trimtab.train(table_of(target), target, report=path, **SMALL, **options)
    text = checked(path.read_text("utf-8")).text
    assert predictor.best_evidence.sentence() in text
    table = trimtab.tables.read(table_of(target))
    found = facts_of(predictor, table, Settings(), Remarks())
    if case != "time in folds":  # the networks of these folds are gone
        assert found["part"] in ("folds", "test", "valid")
        worst = found["worst"]["rows"][0]
        assert worst["place"] in text
        for model in found["verdict"]["tables"][0]["models"]:
            assert all(said in text for said in model["said"].values())


def test_rows_out_of_fold(trained):
    predictor, data = trained("folds")
    seen, known = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    assert (seen.part, len(seen), seen.words) == ("folds", 240, "rows out of fold")
    mae = float(np.abs(seen.outputs - seen.y).mean())
    assert mae == pytest.approx(predictor.scores["folds"].metrics["mae"].value, rel=1e-6)
    np.testing.assert_array_equal(known.folds, seen.folds)


def test_the_linear_model_is_that_of_scikit_learn():
    data = table_of("price").drop(columns=["shop"])  # without embeddings it has the same inputs
    predictor = trimtab.train(data, "price", **SMALL)
    table = trimtab.tables.read(data)
    split = make_split(table, predictor.schema, SplitPlan(**predictor.split["plan"]))
    x = [predictor.preprocessor.transform(table, rows) for rows in (split.train, split.valid)]
    y = predictor.preprocessor.targets(table, split.train)[:, 0]
    said = predictor.preprocessor.to_units(Ridge().fit(x[0], y).predict(x[1])[:, None])[:, 0]
    truth = data["price"].to_numpy()[split.valid]
    facts = facts_of(predictor, table, Settings(), Remarks())
    models = {m["kind"]: m for m in facts["verdict"]["tables"][0]["models"]}
    assert models["linear"]["values"]["mae"][0] == pytest.approx(np.abs(said - truth).mean(), 1e-4)
    ours = np.abs(predictor.predict(data.iloc[split.valid]) - truth)
    gain = models["linear"]["difference"]["gain"]
    differences = np.abs(said - truth) - ours
    assert gain[0] == pytest.approx(differences.mean(), 1e-3)
    assert gain[1] == pytest.approx(differences.std(ddof=1) / np.sqrt(len(truth)), 1e-2)
    assert {"network", "linear", "boosting", "constant"} == set(models)


def test_of_folds_the_average_is_compared(trained, collected):
    """With what is to be expected of it: the error of one network, times what averaging gains."""
    predictor, _ = trained("folds")
    scores = predictor.scores["folds"]
    average = scores.averaged.metrics["mae"]
    verdict = collected("folds")["verdict"]
    assert verdict["subject"] == "The average of 4 networks"
    models = {m["kind"]: m for m in verdict["tables"][0]["models"]}
    assert models["average"]["values"]["mae"][0] == pytest.approx(average)
    linear = models["linear"]
    assert linear["difference"]["gain"][0] == pytest.approx(
        linear["values"]["mae"][0] - average, rel=1e-3
    )


def test_a_network_that_is_worse_is_called_so():
    """On a straight line a network of one unit and one epoch loses against the linear model."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 4))
    data = {f"x{place}": x[:, place] for place in range(4)} | {"y": x @ [3.0, -2.0, 1.0, 0.5]}
    predictor = trimtab.train(data, "y", layers="2 relu", epochs=15)
    facts = facts_of(predictor, trimtab.tables.read(data), Settings(), Remarks())
    verdict = facts["verdict"]
    assert verdict["quality"] in ("mixed", "poor")
    assert "a linear model (" in verdict["headline"] and "would be better" in verdict["headline"]
    assert "would be better" in facts["brief"][0]["answer"]
    assert "worse than" in page(facts)


def test_what_is_no_better_than_a_constant_is_not_to_be_trusted():
    """Not even where rows were held out as they should be."""
    generator = np.random.default_rng(0)
    data = {name: generator.normal(size=300) for name in ("a", "b", "y")}
    data["shop"] = np.arange(300) // 3
    predictor = trimtab.train(data, "y", group="shop", **SMALL)
    facts = facts_of(predictor, trimtab.tables.read(data), Settings(), Remarks())
    assert facts["verdict"]["quality"] == "poor"
    assert facts["brief"][-1]["question"] == "Can I trust it for a new shop?"
    answer = facts["brief"][-1]["answer"]
    assert answer.startswith("Not yet: it predicts no better than a constant.")
    assert "yes" not in answer


def test_without_scikit_learn_it_is_said(trained, monkeypatch):
    predictor, data = trained("number")
    monkeypatch.setattr(rival_models.importlib.util, "find_spec", lambda name: None)
    facts = facts_of(predictor, trimtab.tables.read(data), Settings(), Remarks())
    assert any("scikit-learn is not installed" in note for note in facts["verdict"]["notes"])
    assert "scikit-learn is not installed" in page(facts)


def test_simpler_models_are_trained_where_nothing_counts_the_cores(tmp_path):
    """joblib asks lscpu and cat, and prints a traceback where there are neither."""
    table_of("price").to_csv(tmp_path / "table.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "train", "table.csv", "--target", "price", "--quiet",
         "--effort", "quick", "--layers", "8 relu", "--epochs", "2"],
        cwd=tmp_path, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "gradient boosting" in (tmp_path / "table.html").read_text()


def test_without_baselines_there_are_none(collected):
    models = collected("number", baselines=False)["verdict"]["tables"][0]["models"]
    assert {each["kind"] for each in models} == {"network", "constant"}


def test_curves_of_classes_have_the_areas_of_the_scores(trained, collected):
    predictor, data = trained("binary")
    own = collected("binary")["class"]
    seen, _ = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    positive = predictor.schema.positive_class
    y, p = seen.y == positive, seen.outputs[:, positive]
    assert own["roc"][0]["area"] == pytest.approx(roc_auc_score(y, p), abs=1e-3)
    assert own["precision"][0]["area"] == pytest.approx(average_precision_score(y, p), abs=1e-3)
    counts = np.array(own["confusion"]["counts"])
    assert counts.sum() == len(seen)
    scores = predictor.scores["valid"].metrics
    assert np.trace(counts) / counts.sum() == pytest.approx(scores["accuracy"].value)
    assert own["point"]["recall"] == pytest.approx(scores["recall"].value, abs=1e-3)
    assert sum(part["rows"] for part in own["calibration"][0]["parts"]) == len(seen)


def test_an_effect_is_the_mean_prediction_with_the_column_set(trained, collected):
    predictor, data = trained("number")
    effects = collected("number")["effects"]
    colour = next(each for each in effects["columns"] if each["column"] == "colour")
    seen, _ = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    assert effects["rows"] == len(seen)  # few rows: all of them
    rows = data.iloc[seen.rows]
    for name, mean in zip(colour["said"], colour["lines"][0]["mean"], strict=True):
        expected = predictor.predict(rows.assign(colour=name)).mean()
        assert mean == pytest.approx(expected, rel=1e-4)
    size = next(each for each in effects["columns"] if each["column"] == "size")
    assert size["at"] == sorted(size["at"])
    expected = predictor.predict(rows.assign(size=size["at"][0])).mean()
    assert size["lines"][0]["mean"][0] == pytest.approx(expected, rel=1e-3)


def test_the_worst_rows_are_those_with_the_largest_errors(trained, collected):
    predictor, data = trained("folds")
    worst = collected("folds")["worst"]
    assert len(worst["rows"]) == 20 and worst["columns"][0] in ("size", "colour")
    seen, _ = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    errors = np.abs(seen.outputs - seen.y)
    assert worst["rows"][0]["place"] == f"row {int(np.argmax(errors)) + 1}"
    losses = [each["loss"] for each in worst["rows"]]
    assert losses == sorted(losses, reverse=True)


def test_intervals_are_tried_on_rows_that_did_not_make_them(collected):
    levels = collected("folds")["targets"][0]["coverage"]["levels"]
    assert [each["level"] for each in levels] == [0.5, 0.8, 0.9, 0.95]
    for each in levels:
        assert abs(each["inside"] - each["level"]) <= 4 * max(each["error"], 0.02)
    sizes = [each["size"] for each in levels]
    assert sizes == sorted(sizes)


def test_errors_along_a_column_add_up(trained, collected):
    predictor, data = trained("folds")
    seen, _ = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    for each in collected("folds")["targets"][0]["along"]:
        rows = sum(part["rows"] for part in each["parts"])
        mean = sum(part["rows"] * part["mean"] for part in each["parts"]) / rows
        if rows == len(seen):
            assert mean == pytest.approx((seen.outputs - seen.y).mean(), abs=0.05)


def test_findings_name_groups_leaks_and_rare_categories():
    generator = np.random.default_rng(0)
    rows = 300
    patient = np.repeat(np.arange(60), 5)
    y = generator.normal(size=60)[patient] + 0.1 * generator.normal(size=rows)
    data = {
        "patient_id": [f"p{number:03d}" for number in patient],
        "town": [*["Ulm"] * 290, *(f"town {number}" for number in range(10))],
        "dose": generator.normal(size=rows),
        "total": y * 2.0 + 1.0,
        "y": y,
    }
    predictor = trimtab.train(data, "y", types={"town": "category"}, **SMALL)
    facts = facts_of(predictor, trimtab.tables.read(data), Settings(), Remarks())
    texts = [each["text"] for each in facts["findings"]]
    assert facts["findings"][0]["severity"] == "serious"
    assert any("total" in text for text in texts)
    assert any("patient_id" in text for text in texts)
    assert any("categories that are rare or new ('town')" in text for text in texts)
    assert facts["brief"][-1]["answer"].startswith("Look at this first: ")


def test_no_batch_is_called_tiny_that_is_none():
    """180 rows in batches of 16 leave 4; training cuts them into 12 batches of 15."""
    options = SMALL | {"layers": "16 bn relu"}
    predictor = trimtab.train(table_of("price"), "price", **options)
    assert predictor.split["train"] % predictor.options["batch_size"] == 4
    facts = facts_of(predictor, trimtab.tables.read(table_of("price")), Settings(), Remarks())
    texts = [each["text"] for each in facts["findings"]]
    assert texts and not [text for text in texts if "last batch" in text]


def test_a_run_that_ends_too_soon_is_a_finding(trained):
    data = table_of("price")
    predictor = trimtab.train(data, "price", layers="8 relu", epochs=8, lr=1e-4)
    facts = facts_of(predictor, trimtab.tables.read(data), Settings(), Remarks())
    assert any("--epochs 16" in each["text"] for each in facts["findings"])


def test_another_table_has_scores_of_its_own(trained):
    predictor, data = trained("number")
    other = data.sample(100, random_state=1, replace=True).assign(price=lambda f: f.price + 500)
    facts = facts_of(
        predictor, trimtab.tables.read(other.reset_index(drop=True)), Settings(), Remarks()
    )
    assert facts["part"] == "new" and facts["unlike"] is None
    mae = facts["verdict"]["tables"][0]["models"][0]["values"]["mae"][0]
    assert mae > 300
    assert "another table" in facts["brief"][-1]["answer"]
    checked(page(facts))


def test_without_a_table_the_page_has_what_the_model_knows(trained):
    predictor, _ = trained("folds")
    facts = facts_of(predictor, None, Settings(), Remarks())
    text = checked(page(facts)).text
    assert predictor.scores["folds"].sentence() in text
    assert "The worst rows" not in text and "How it was trained" in text
    assert "--data FILE" in text


# -- private --------------------------------------------------------------------------------------


def test_private_names_no_moment_of_a_split(trained, collected):
    predictor, data = trained("time")
    assert "2024-" in predictor.split["how"]
    facts = collected("time", private=True)
    dates = data["day"].dt.strftime("%Y-%m-%d")
    assert not [date for date in dates if date in page(facts) or date in json.dumps(facts)]


def numbers_in(facts):
    """All numbers of some plain data."""
    if isinstance(facts, dict | list):
        for each in facts.values() if isinstance(facts, dict) else facts:
            yield from numbers_in(each)
    elif isinstance(facts, float):
        yield facts


@pytest.mark.parametrize("task", ["number", "classes"])
def test_private_leaves_every_value_out(task):
    """Each cell of the table is a value that occurs nowhere else; none is on the page."""
    generator = np.random.default_rng(0)
    rows = 200
    x = generator.uniform(1000, 9000, rows).round(3)
    towns = [f"Town{number % 9}Secret" for number in range(rows)]
    data = {
        "income": x,
        "town": towns,
        "name": [f"Person{number}Secret" for number in range(rows)],
        "born": [
            f"19{50 + number % 50}-0{1 + number % 9}-1{number % 10}" for number in range(rows)
        ],
        "note": [f"wrote SecretNote {number} and more words" for number in range(rows)],
        "one": ["ConstantSecret"] * rows,
    }
    y = x / 7 + generator.normal(size=rows)
    data["y"] = y.round(4) if task == "number" else np.where(y > np.median(y), "up", "down")
    predictor = trimtab.train(data, "y", types={"town": "category"}, id=["name"], **SMALL)
    table = trimtab.tables.read(data)
    facts = facts_of(predictor, table, Settings(private=True), Remarks())
    for text in (page(facts), json.dumps(facts)):
        assert "Secret" not in text
        for values in (data["income"], data["born"], *([data["y"]] if task == "number" else [])):
            shown = [str(value) for value in values if str(value) in text]
            assert not shown, shown[:5]
    assert not set(numbers_in(facts)) & {*data["income"], *(y if task == "number" else ())}
    found = checked(page(facts)).text
    assert "The worst rows" not in found and "Without values of rows" in found
    assert facts["effects"]["columns"][0].get("rows") is None


# -- what is not finite ---------------------------------------------------------------------------


def test_predictions_that_are_not_finite_are_left_out(trained):
    predictor, data = trained("number")
    seen, known = rows_of_table(predictor, trimtab.tables.read(data), Remarks())
    outputs = seen.outputs.copy()
    outputs[:3] = np.nan, np.inf, -np.inf
    facts = collect(predictor, replace(seen, outputs=outputs), known, Settings())
    assert facts["rows_seen"]["shown"] == len(seen) - 3
    assert any("3 predictions of" in each["text"] for each in facts["findings"])
    checked(page(json.loads(json.dumps(facts, allow_nan=False))))
    outputs[:] = np.nan
    facts = collect(predictor, replace(seen, outputs=outputs), known, Settings())
    assert facts["part"] is None
    checked(page(facts))
