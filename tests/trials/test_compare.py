"""Comparisons of networks on arrays."""

import json
import threading

import joblib
import numpy as np
import pytest

import trimtab
from tests.trials.networks import deep, rows, small
from trimtab import callbacks, layers, trials
from trimtab.errors import FileFormatError, InvalidArgument, InvalidData, NotCompiled
from trimtab.trials import edits, network_trial
from trimtab.trials.network_trial import Target

X, Y = rows()
FIT = {"epochs": 2, "splits": 4, "verbose": 0}


def metrics_of(found):
    return [(each.trial, dict(each.metrics), dict(each.history)) for each in found.outcomes]


def test_a_variant_that_learns_for_longer_helps():
    found = trials.compare(small(), edits.epochs(6), X, Y, **FIT)
    verdict = found["epochs(factor=6.0)"]
    assert verdict.word == "helped"
    assert found.winner == verdict.variant
    assert verdict.effect.mean >= 0.1
    assert len(found.outcomes) == 2 * 4
    assert "helped" in str(found) and "helped" in found._repr_html_()


def test_the_same_network_makes_no_difference_to_the_bit():
    found = trials.compare(small(), {"again": small()}, X, Y, **FIT)
    assert found.gains["again"].tolist() == [0.0] * 4
    assert found["again"].word == "same"
    assert found.winner == "base"


def test_numbers_do_not_depend_on_where_trials_run():
    def compared(jobs):
        return metrics_of(trials.compare(small(), edits.dropout(0.3), X, Y, jobs=jobs, **FIT))

    alone = compared(1)
    assert compared(2) == alone
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert compared(None) == alone


def test_a_trial_is_what_fit_would_do():
    found = trials.compare(small(), edits.epochs(2), X, Y, seed=3, **FIT)
    outcome = found.outcomes[0]
    split = found.design.splits[outcome.trial.split]
    network = small(seed=network_trial.seed_of(outcome.trial))
    network.fit(X[split.train], Y[split.train], epochs=2, verbose=0)
    error = np.abs(network.predict(X[split.test], verbose=0)[:, 0] - Y[split.test]).mean()
    assert outcome.metrics["mae"] == pytest.approx(error, rel=1e-6)


def test_several_variants_are_chosen_on_other_pairs_than_they_are_reported_on():
    variants = [edits.epochs(6), edits.learning_rate(factor=1e-3)]
    found = trials.compare(small(), variants, X, Y, **FIT)
    assert len(found.design.choosing) == 2 and len(found.design.reporting) == 4
    assert found.best == "epochs(factor=6.0)"
    assert all(len(gains) == 4 for gains in found.gains.values())
    assert found["learning_rate(factor=0.001)"].word in ("hurt", "unclear")
    frame = found.to_frame()
    assert frame["chooses"].sum() == 2 * 3
    assert {"variant", "split", "seed", "mae", "epochs", "seconds"} <= set(frame.columns)


def test_seeds_are_averaged_within_a_split():
    found = trials.compare(small(), edits.epochs(3), X, Y, seeds=3, **FIT)
    assert found["epochs(factor=3.0)"].effect.pairs == 4
    frame = found.to_frame().pivot_table(index="split", columns="variant", values="mae")
    gains = (frame["base"] - frame["epochs(factor=3.0)"]).to_numpy()
    assert found.gains["epochs(factor=3.0)"] == pytest.approx(gains)


def test_halving_drops_and_says_so():
    variants = [edits.epochs(8), edits.learning_rate(factor=1e-3), edits.units(0.2)]
    found = trials.compare(small(), variants, X, Y, halving=True, **{**FIT, "splits": 6})
    words = [each.word for each in found.verdicts]
    assert words.count("dropped") == 2
    assert found.best == "epochs(factor=8.0)"
    assert all(
        len(found.gains[each.variant]) == 0 for each in found.verdicts if each.word == "dropped"
    )


def test_stops_early_where_all_is_decided():
    x, y = rows(1_600)
    found = trials.compare(
        small(),
        edits.epochs(6),
        x,
        y,
        design="parts",
        stop_early=True,
        jobs=1,
        **{**FIT, "splits": 40},
    )
    assert found.decided
    assert found["epochs(factor=6.0)"].word == "helped"
    assert len(found.outcomes) <= 60
    with pytest.raises(InvalidArgument, match="Use design='parts'"):
        trials.compare(small(), edits.epochs(6), X, Y, stop_early=True, **FIT)


def test_a_network_that_diverges_loses_and_one_that_no_longer_does_wins():
    wild = small("mse", optimizer=trimtab.optimizers.SGD(1e4))
    tame = {"tame": edits.learning_rate(value=1e-6)}
    found = trials.compare(wild, tame, X * 50, Y, epochs=3, splits=8, verbose=0)
    assert found["tame"].effect.signs
    assert found["tame"].word == "helped"
    assert "the base diverged" in found["tame"].sentence("rmse", 0.1)
    back = trials.compare(
        small("mse", optimizer=trimtab.optimizers.SGD(1e-6)),
        {"wild": edits.learning_rate(value=1e4)},
        X * 50,
        Y,
        epochs=3,
        splits=8,
        verbose=0,
    )
    assert back["wild"].word == "hurt"
    assert back["wild"].diverged == 8


def test_errors_stay_in_units_of_the_target():
    y = np.exp(Y / 3)
    variants = [edits.standardize_target(), edits.log_target()]
    found = trials.compare(small(), variants, X, y, **FIT)
    scale = np.abs(y - np.median(y)).mean()
    errors = found.to_frame().groupby("variant")["mae"].median()
    assert errors.max() <= 3 * scale  # on the scale of logarithms it would be far less
    assert errors.min() >= scale / 10
    with pytest.raises(InvalidData, match="Use standardize_target"):
        Target("log", Y)


@pytest.mark.parametrize(
    "edit",
    [
        edits.early_stopping(1),
        edits.standardize_inputs(),
        edits.drop_columns([2]),
        edits.population_statistics(),
        edits.schedule("flat"),
        edits.clip_norm(0.5),
        edits.group_split(),
    ],
    ids=str,
)
def test_each_setting_reaches_the_training(edit):
    groups = np.arange(len(X)) // 4
    stop = [edits.early_stopping(1)] if edit.name == "group_split" else []
    found = trials.compare(
        deep(), {"edited": [*stop, edit]}, 5 + 3 * X, Y, groups=groups, **{**FIT, "epochs": 6}
    )
    first = {each.trial.variant: each for each in found.outcomes[:2]}
    assert not first["edited"].failed
    assert first["edited"].metrics != first["base"].metrics


def test_callbacks_are_each_trial_s_own():
    stop = callbacks.EarlyStopping(patience=1, monitor="loss")
    found = trials.compare(
        small(), edits.no_early_stopping(), X, Y, callbacks=[stop], validation_split=0.2, **FIT
    )
    assert not any(each.failed for each in found.outcomes)
    assert {"loss", "val_loss"} <= set(found.outcomes[0].history)
    assert not hasattr(stop, "model") or stop.model is None


def test_classes():
    labels = (np.quantile(Y, 0.9) < Y).astype(int)
    model = small("binary_crossentropy", output="sigmoid")
    found = trials.compare(
        model, edits.class_weight(), X, labels, metric="balanced_accuracy", **{**FIT, "epochs": 8}
    )
    assert found.metric == "balanced_accuracy"
    assert {"log_loss", "accuracy", "roc_auc"} <= set(found.outcomes[0].metrics)
    several = trimtab.Sequential([layers.Dense(6, "relu"), layers.Dense(3)])
    loss = trimtab.losses.SparseCategoricalCrossentropy(from_logits=True)
    several.compile("adam", loss)
    found = trials.compare(several, edits.epochs(2), X, np.digitize(Y, [-1, 1]), **FIT)
    assert 0.0 <= found.outcomes[0].metrics["log_loss"] <= 5.0


def test_parts_are_views_of_one_array():
    from trimtab.trials.designs import make_design
    from trimtab.trials.tasks import NetworkTask
    from trimtab.trials.trial import Trial

    task = NetworkTask(small(), {"a": edits.epochs(2)}, X, Y, {}, None, None, None)
    task.divide(make_design(task.units, kind="parts", splits=4))
    for split in range(4):
        _, _, train, _, _, x, *_ = task.call(Trial(split, 0, "a")).arguments
        assert x is task.x
        assert np.shares_memory(x[train], task.x)


# -- files of results -----------------------------------------------------------------------------


def test_results_are_continued_and_not_run_again(tmp_path):
    path = tmp_path / "trials.jsonl"
    whole = trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    lines = path.read_text().splitlines()
    assert len(lines) == 1 + 8
    # Killed in the middle of writing a line.
    path.write_text("\n".join(lines[:4]) + "\n" + lines[4][:30])
    again = trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    assert [each.metrics for each in again.outcomes] == [each.metrics for each in whole.outcomes]
    assert len(path.read_text().splitlines()) == 1 + 8
    assert len(trials.read_outcomes(path)) == 8


def test_variants_and_seeds_are_added(tmp_path):
    path = tmp_path / "trials.jsonl"
    both = {"splits": 4, "epochs": 2, "verbose": 0, "results": path}
    trials.compare(small(), edits.epochs(2), X, Y, **both)
    before = path.read_text()
    trials.compare(small(), edits.epochs(2), X, Y, seeds=2, **both)
    assert path.read_text().startswith(before)
    assert len(path.read_text().splitlines()) == 1 + 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": X + 1}, "differs in 'rows'"),
        ({"base": deep()}, "differs in 'base'"),
        ({"splits": 5}, "differs in 'design'"),
        ({"variants": {"a": edits.units(2)}}, "the variant 'a'"),
    ],
)
def test_results_of_another_comparison_are_refused(tmp_path, change, message):
    path = tmp_path / "trials.jsonl"
    given = {"base": small(), "variants": {"a": edits.epochs(2)}, "x": X, "y": Y, **FIT}
    trials.compare(**given, results=path)
    before = path.read_bytes()
    with pytest.raises(InvalidArgument, match="another comparison"):
        trials.compare(**{**given, **change}, results=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"notes", b'{"format": "other"}\n', b"[1]\n"])
def test_a_foreign_file_stays_as_it_is(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="no file of trials"):
        trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    assert path.read_bytes() == content


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "trials.jsonl"
    trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    lines = path.read_text().splitlines()
    lines[3] = '{"variant": "base"}'
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(FileFormatError, match=r"line 4 is no outcome.*Remove the line"):
        trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)


# -- ends -----------------------------------------------------------------------------------------


def test_time_limit_keeps_what_is_done(tmp_path):
    path = tmp_path / "trials.jsonl"
    found = trials.compare(
        small(),
        edits.epochs(2),
        X,
        Y,
        results=path,
        time_limit=0.5,
        **{**FIT, "epochs": 50, "splits": 500},
    )
    assert found.unfinished == "time"
    assert len(found.outcomes) < 1000
    assert "Run the same again to go on" in str(found)


def test_interrupted_keeps_what_is_done(monkeypatch):
    from trimtab.trials import comparing

    original = comparing.run

    def run(calls, jobs, end):
        for done, outcome in enumerate(original(calls, jobs, end)):
            if done == 3:
                raise KeyboardInterrupt
            yield outcome

    monkeypatch.setattr(comparing, "run", run)
    found = trials.compare(small(), edits.epochs(2), X, Y, **FIT)
    assert found.unfinished == "interrupted"
    assert len(found.outcomes) == 3
    assert threading.active_count() < 50


def test_a_variant_that_fails_is_named_and_the_others_go_on():
    def broken(y_true, y_pred):
        raise RuntimeError("no such thing")

    failing = small()
    failing.compile("adam", broken, engine="jax")
    found = trials.compare(
        small(), {"broken": failing, "fine": edits.epochs(2)}, X, Y, **{**FIT, "splits": 2}
    )
    assert found["broken"].word == "failed"
    assert "no such thing" in found["broken"].sentence("mae", 0.1)
    assert found["fine"].effect.pairs == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"variants": []}, InvalidArgument, "at least one variant"),
        ({"variants": {"base": edits.units(2)}}, InvalidArgument, "Rename it"),
        ({"variants": [edits.units(2), edits.units(2)]}, InvalidArgument, "Name them"),
        ({"variants": [lambda: small()]}, InvalidArgument, "without a name"),
        ({"variants": {"a": 3}}, InvalidArgument, "must be an edit"),
        ({"base": trimtab.Sequential([layers.Dense(1)])}, NotCompiled, "compile"),
        ({"base": lambda: 3}, InvalidArgument, "received a int"),
        ({"y": None}, InvalidArgument, "needs the rows"),
        ({"y": Y[:-1]}, InvalidData, "as many"),
        ({"y": np.full(len(X), np.nan)}, InvalidData, "Leave these rows out"),
        ({"metric": "f1"}, InvalidArgument, "metric must be one of 'mae'"),
        ({"seeds": 0}, InvalidArgument, "seeds must be a positive integer"),
        ({"seeds": [1, 1]}, InvalidArgument, "Use seeds=3"),
        ({"epoch": 3}, InvalidArgument, "Did you mean 'epochs'"),
        ({"time_limit": "soon"}, InvalidArgument, "time_limit must be"),
        ({"smallest": 0}, InvalidArgument, "smallest must be"),
        ({"target": "y"}, InvalidArgument, "For arrays use y="),
        ({"variants": [edits.group_split()]}, InvalidArgument, "Use groups"),
        ({"variants": [edits.drop_columns([3])]}, InvalidArgument, "from 0 to 2"),
        ({"groups": [1, 2]}, InvalidData, "one value a row"),
    ],
)
def test_refusals(arguments, error, message):
    given = {"base": small(), "variants": edits.epochs(2), "x": X, "y": Y, **FIT}
    with pytest.raises(error, match=message):
        trials.compare(**{**given, **arguments})


def test_record_is_plain_and_the_picture_is_drawn(tmp_path):
    found = trials.compare(small(), [edits.epochs(4), edits.units(2)], X, Y, **FIT)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert [each["variant"] for each in record["variants"]] == list(found.gains)
    figure = found.plot(tmp_path / "trials.png")
    assert (tmp_path / "trials.png").stat().st_size >= 1_000
    assert len(figure.axes) == 2
    with pytest.raises(InvalidArgument, match="curve must be one of"):
        found.plot(curve="los")
    found.to_parquet(tmp_path / "trials.parquet")
    import pandas as pd

    assert len(pd.read_parquet(tmp_path / "trials.parquet")) == len(found.outcomes)


def test_the_table_that_is_drawn_meanwhile():
    from io import StringIO

    from rich.console import Console

    from trimtab.trials.watching import Table

    table = Table(["a", "b[x]"], "mae")
    console = Console(file=StringIO(), width=80)
    gains = {"a": np.array([0.1, 0.3]), "b[x]": np.array([np.inf])}
    console.print(table.drawn(gains, 5, 10, 61.0, ["b[x]"]))
    drawn = console.file.getvalue()
    assert "5 of 15 trials, about 1:01 left" in drawn
    assert "b[x]" in drawn and "dropped" in drawn and "0.2" in drawn


def test_on_jax_the_trials_of_a_variant_are_one_program(monkeypatch):
    from trimtab.trials import population

    counts = []
    original = population.fit_population

    def counting(models, *arguments, **options):
        counts.append(len(models))
        return original(models, *arguments, **options)

    monkeypatch.setattr(population, "fit_population", counting)
    variants = {"longer": edits.epochs(2), "alone": edits.early_stopping(1)}
    native = trials.compare(small(), variants, X, Y, **FIT)
    jax = trials.compare(small(engine="jax"), variants, X, Y, **FIT)
    assert counts == [2, 2, 4, 4]  # base and one variant, the pairs that choose and that report
    for name in variants:
        assert jax.gains[name] == pytest.approx(native.gains[name], abs=1e-3)


def test_two_comparisons_do_not_write_one_file(tmp_path):
    from trimtab.trials.stream import Stream

    path = tmp_path / "trials.jsonl"
    first = Stream(path, {"rows": "1"}, {"a": "2"})
    with pytest.raises(InvalidArgument, match="another comparison is writing"):
        Stream(path, {"rows": "1"}, {"a": "2"})
    first.close()
    Stream(path, {"rows": "1"}, {"a": "2"}).close()
    assert len(path.read_text().splitlines()) == 1


def test_what_failed_runs_again(tmp_path):
    path = tmp_path / "trials.jsonl"
    trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    lines = path.read_text().splitlines()
    record = json.loads(lines[-1])
    lines[-1] = json.dumps({**record, "metrics": {}, "failed": "out of memory"})
    path.write_text("\n".join(lines) + "\n")
    again = trials.compare(small(), edits.epochs(2), X, Y, results=path, **FIT)
    assert not any(each.failed for each in again.outcomes)
    assert len(path.read_text().splitlines()) == len(lines) + 1


def test_columns_of_a_data_frame_go_by_name():
    import pandas as pd

    frame = pd.DataFrame(X, columns=["width", "age", "noise"])
    found = trials.compare(small(), edits.drop_columns(["width"]), frame, Y, **FIT)
    same = trials.compare(small(), edits.drop_columns([0]), X, Y, **FIT)
    gains, others = (next(iter(each.gains.values())) for each in (found, same))
    assert gains.tolist() == others.tolist()
    with pytest.raises(InvalidArgument, match="Did you mean 'width'"):
        trials.compare(small(), edits.drop_columns(["widht"]), frame, Y, **FIT)
