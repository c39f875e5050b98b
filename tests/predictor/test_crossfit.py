"""Networks that each lack a fold: what stops them, what they see, and what is said of them."""

import math
import signal

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from trimtab.errors import InvalidArgument
from trimtab.predictor.averaging import Averaged, factors_of
from trimtab.predictor.draws import Score
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.crossfit import course, schedule
from trimtab.predictor.training.crossfit.honest import HonestStop
from trimtab.predictor.training.crossfit.neutral import Ranges
from trimtab.predictor.training.options import TrainOptions

SMALL = {"layers": "8 bn relu dropout:0.2", "epochs": 5, "batch_size": 16}


def flats(rows=150, seed=0):
    generator = np.random.default_rng(seed)
    size = generator.normal(size=rows)
    return pd.DataFrame(
        {
            "size": size,
            "colour": generator.choice(["red", "green", "blue"], rows),
            "price": 100 + 20 * size + generator.normal(size=rows),
        }
    )


def sorts(rows=150):
    frame = flats(rows)
    frame["price"] = np.where(frame["price"] > 110, "dear", "cheap")
    return frame


def weights_of(predictor):
    return [weight for member in predictor.model.members for weight in member.get_weights()]


# -- when they stop -------------------------------------------------------------------------------


def curves(folds, epochs, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 1.5, size=(epochs, len(folds)))


def test_a_fold_has_no_say_in_when_its_network_stops():
    """Whatever its own losses are, the epoch is the same."""
    folds = [0, 1, 2, 3]
    losses = curves(folds, 40)
    for fold in folds:
        found = set()
        for seed in range(5):
            other = losses.copy()
            other[:, fold] = curves([0], 40, seed + 1)[:, 0]
            stop = HonestStop(folds, [1.0] * 4, [1.0] * 4, patience=6)
            for row in other:
                stop.see(row.tolist())
            found.add((stop.stops[fold].best_epoch, stop.stops[fold].over))
        assert len(found) == 1


@pytest.mark.parametrize("patience", [1, 5, 100])
def test_the_epoch_is_the_best_of_the_other_folds_until_patience_ends(patience):
    folds = [0, 1, 2, 0, 1, 2]  # two networks each
    scales, weights = [1.0, 2.0, 4.0] * 2, [3.0, 1.0, 2.0] * 2
    losses = curves(folds, 30, 4)
    stop = HonestStop(folds, scales, weights, patience)
    for row in losses:
        stop.see(row.tolist())
    for fold in (0, 1, 2):
        other = [place for place, each in enumerate(folds) if each != fold]
        mean = np.average(
            losses[:, other] / np.array(scales)[other], axis=1, weights=np.array(weights)[other]
        )
        best = 0
        for epoch, value in enumerate(mean):
            if value < mean[best]:
                best = epoch
            elif epoch - best >= patience and epoch:
                break
        assert stop.stops[fold].best_epoch == best + 1


def test_losses_that_are_no_numbers_are_never_best():
    stop = HonestStop([0, 1], [1.0, 1.0], [1.0, 1.0], patience=2)
    for row in ([math.nan, 1.0], [2.0, math.inf], [3.0, 2.0]):
        stop.see(row)
    assert (stop.stops[0].best_epoch, stop.stops[1].best_epoch) == (1, 2)


def test_a_fold_without_weight_has_no_say():
    stop = HonestStop([0, 1, 2], [1.0] * 3, [1.0, 0.0, 1.0], patience=2)
    for row in ([1.0, math.nan, 1.0], [0.5, math.nan, 0.5]):
        stop.see(row)
    assert [stop.stops[fold].best_epoch for fold in (0, 1, 2)] == [2, 2, 2]


def test_networks_are_kept_at_the_epochs_that_the_other_folds_say():
    """Of the very losses that are reported."""
    listener = []
    predictor = trimtab.train(
        flats(), "price", fold=3, report=listener.append, layers="8 relu", epochs=30, lr=0.1,
        patience=30, batch_size=16,
    )  # fmt: skip
    folds = predictor.split["folds"]
    losses = np.array([fold["history"]["val_loss"] for fold in folds])
    for number, fold in enumerate(folds):
        others = [each for each in range(3) if each != number]
        mean = losses[others].mean(axis=0)
        # Scales of folds differ a little: near enough to the best.
        assert mean[fold["best_epoch"] - 1] <= mean.min() * 1.03
    (ended,) = [event for event in listener if isinstance(event, events.Ended)]
    assert list(ended.epochs) == [fold["best_epoch"] for fold in folds]
    score = predictor.scores["folds"]["mae"].value
    kept = [losses[k][fold["best_epoch"] - 1] for k, fold in enumerate(folds)]
    assert_close(score, np.mean(kept), 1e-5)


# -- the same bits --------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["numbers", "classes"])
def test_any_number_of_threads_and_any_slices_give_the_same_bits(table, monkeypatch):
    data = flats() if table == "numbers" else sorts()
    made = [trimtab.train(data, "price", fold=4, threads=threads, **SMALL) for threads in (1, 2, 7)]
    monkeypatch.setattr(schedule, "SLICE", 0.0)  # every network makes room all the time
    made.append(trimtab.train(data, "price", fold=4, threads=2, **SMALL))
    for other in made[1:]:
        for mine, theirs in zip(weights_of(made[0]), weights_of(other), strict=True):
            assert_same_bits(mine, theirs)
        assert other.history.history == made[0].history.history
        assert other.scores["folds"].record() == made[0].scores["folds"].record()


def test_jax_trains_them_one_after_another():
    pytest.importorskip("jax")
    one = trimtab.train(flats(60), "price", fold=3, engine="jax", **{**SMALL, "epochs": 2})
    other = trimtab.train(flats(60), "price", fold=3, **{**SMALL, "epochs": 2})
    assert len(one.model) == 3
    assert_close(one.scores["folds"]["mae"].value, other.scores["folds"]["mae"].value, 1e-3)


# -- which rows -----------------------------------------------------------------------------------


def test_groups_stay_whole_and_the_score_counts_them():
    frame = flats().assign(shop=[f"shop {row % 12}" for row in range(150)])
    predictor = trimtab.train(frame, "price", fold=4, group="shop", **SMALL)
    assert predictor.scores["folds"].groups == 12
    assert predictor.calibration.groups is not None
    assert sum(fold["rows"] for fold in predictor.split["folds"]) == 150


def test_a_committee_has_networks_of_other_seeds_for_each_fold():
    alone = trimtab.train(flats(), "price", fold=3, **SMALL)
    both = trimtab.train(flats(), "price", fold=3, committee=2, patience=99, **SMALL)
    assert len(both.model) == 6
    first = [weight for member in both.model.members[:3] for weight in member.get_weights()]
    assert not np.array_equal(first[0], both.model.members[3].get_weights()[0])
    assert [weight.shape for weight in first] == [weight.shape for weight in weights_of(alone)]
    assert both.scores["folds"].rows == 150


@pytest.mark.parametrize("classes", [False, True])
def test_weights_of_rows_and_classes(classes):
    frame = (sorts() if classes else flats()).assign(w=np.arange(150) % 3 / 2.0)
    options = {"class_weight": "balanced"} if classes else {}
    predictor = trimtab.train(frame, "price", fold=3, weight="w", **options, **SMALL)
    spoilt = frame.copy()
    spoilt.loc[spoilt["w"] == 0, "size"] *= -1
    if not classes:
        own = {**SMALL, "layers": "8 relu", "scaling": "none", "weight": "w"}
        other, plain = (trimtab.train(each, "price", fold=3, **own) for each in (spoilt, frame))
        for name, score in plain.scores["folds"].metrics.items():
            assert other.scores["folds"].metrics[name] == score
    assert np.isfinite(predictor.outputs_of_inputs(np.zeros((2, 4), np.float32))).all()


def test_validation_is_not_balanced_when_training_is():
    """The log loss that is reported is that of the rows as they are."""
    frame = sorts(200)
    predictor = trimtab.train(frame, "price", fold=3, class_weight="balanced", **SMALL)
    folds = predictor.split["folds"]
    kept = [fold["history"]["val_loss"][fold["best_epoch"] - 1] for fold in folds]
    sizes = [fold["rows"] for fold in folds]
    assert_close(np.average(kept, weights=sizes), predictor.scores["folds"]["log_loss"].value, 1e-5)


# -- values that a network never sees -------------------------------------------------------------


def test_what_occurs_in_the_held_out_fold_alone_has_no_effect():
    x = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    x[:, 3] = 0.0
    x[:10, 3] = 1.0  # in the first fold alone
    x[:, 4] = np.arange(30) % 3
    x[5, 4] = 3  # a code of the first fold alone
    places = [slice(0, 10), slice(10, 20), slice(20, 30)]
    ranges = Ranges(x, places, [4])
    options = defaults.decide(TrainOptions(layers="6 bn relu"), task="regression", rows=30)
    build = lambda: defaults.network(  # noqa: E731
        options, width=5, embeddings=[("c", 4)], task="regression", seed=1
    )
    plain, model, other = build(), build(), build()
    ranges.without(0).start(model)
    ranges.without(1).start(other)
    kernel = model.get_layer("dense").get_weights()[0]
    assert not kernel[3].any() and kernel[:3].all()
    assert not model.layers[0].get_weights()[0][3].any()
    for mine, theirs in zip(other.get_weights(), plain.get_weights(), strict=True):
        assert_same_bits(mine, theirs)


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(
    "layers", ["6 relu", "6 bn relu", "bn 6 relu", "6 no_bias bn relu", "dropout:0.1"]
)
def test_an_input_that_never_varies_becomes_bias_and_changes_nothing_else(layers, members):
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    x[20:, 2] = 0.5
    places = [slice(0, 20), slice(20, 40), slice(40, 60)]
    neutral = Ranges(x, places, []).without(0)
    given = TrainOptions(layers=layers, members=members)
    options = defaults.decide(given, task="regression", rows=60)
    model = defaults.network(options, width=3, task="regression", seed=1)
    defaults.compile_network(model, options, rows=60)
    neutral.start(model)
    model.fit(x[20:], x[20:, :1], epochs=30, verbose=0)
    before = model.predict(x[20:], verbose=0)
    neutral.settle(model)
    assert_close(model.predict(x[20:], verbose=0), before, 1e-5)
    changed = x[20:].copy()
    changed[:, 2] = 300.0
    assert_same_bits(model.predict(changed, verbose=0), model.predict(x[20:], verbose=0))


@pytest.mark.parametrize("front", ["", "ple:4x2 ", "periodic:4x2 ", "ple:4x2 periodic:4x2 "])
def test_a_category_of_one_row_is_an_unknown_one_to_the_network_that_lacks_it(front):
    frame = flats(100)
    frame["flag"] = np.arange(100) == 7  # one row: in one fold
    settings = {**SMALL, "layers": front + SMALL["layers"]}
    predictor = trimtab.train(frame, "price", fold=4, types={"flag": "boolean"}, **settings)
    inputs = np.zeros((2, predictor.preprocessor.width), np.float32)
    place = [column.source for column in predictor.preprocessor.columns].index("flag")
    inputs[1, place] = 1.0
    outputs = [member.predict(inputs, verbose=0) for member in predictor.model.members]
    assert sum(float(each[0, 0]) == float(each[1, 0]) for each in outputs) == 1


@pytest.mark.parametrize("word", ["ple:6x2", "ple_tree:6x2"])
def test_edges_are_found_without_the_held_out_fold(word):
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    y = (x[:, :1] > 0.3).astype(np.float32)
    options = defaults.decide(TrainOptions(layers=f"{word} 8 relu"), task="regression", rows=200)
    build = lambda **rows: defaults.network(  # noqa: E731
        options, width=2, numbers=(0, 1), task="regression", seed=1, **rows
    )
    chosen = np.arange(100, 300)
    own = build(rows=x[chosen], targets=y[chosen]).layers[0].edges.value
    y[:100] = np.random.default_rng(1).normal(size=(100, 1))  # held out: whatever they are
    found = build(rows=x, targets=y, chosen=chosen).layers[0].edges.value
    assert_same_bits(np.asarray(found), np.asarray(own))
    trained = trimtab.train(flats(), "price", fold=3, layers=f"{word} 8 relu", epochs=2)
    edges = [np.asarray(each.layers[-3].edges.value) for each in trained.model.members]
    assert not any(np.array_equal(edges[0], other) for other in edges[1:])


# -- stopped --------------------------------------------------------------------------------------


def test_when_the_time_is_up_each_network_is_of_use(tmp_path):
    out = tmp_path / "m.trimtab"
    options = {"layers": "8 relu", "batch_size": 16, "patience": 10**6, "epochs": 10**6}
    left = trimtab.train(flats(), "price", out=out, fold=4, time_limit=0.5, **options)
    assert left.unfinished.reason == "time" and len(left.model) == 4
    assert left.scores["folds"].rows == 150
    assert left.scores["folds"]["mae"].value < 0.5 * left.scores["folds"].baseline["mae"].value
    before = len(left.history.epoch)
    on = trimtab.train(flats(), "price", out=out, time_limit=0.4, resume=True)
    assert len(on.history.epoch) > before
    assert on.history.history["loss"][:before] == left.history.history["loss"]


def test_stopped_in_the_first_epoch_and_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.predictor.training.crossfit.progress._STEP_PERIOD", 0.0)
    data = flats(3000)
    options = {"layers": "512 relu dropout:0.1, 512 relu", "epochs": 2, "batch_size": 4, "fold": 3}
    out = tmp_path / "m.trimtab"
    whole = trimtab.train(data, "price", **options)

    def stop(event):
        if isinstance(event, events.Step) and event.step > 5:
            signal.raise_signal(signal.SIGINT)

    left = trimtab.train(data, "price", out=out, report=stop, **options)
    assert left.unfinished.reason == "interrupted" and len(left.history.epoch) < 2
    assert np.isfinite(left.scores["folds"]["mae"].value)
    rest = trimtab.train(data, "price", out=out, resume=True)
    for mine, theirs in zip(weights_of(rest), weights_of(whole), strict=True):
        assert_same_bits(mine, theirs)
    assert rest.split == whole.split


def test_a_state_saved_on_the_way_is_enough_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    out = tmp_path / "m.trimtab"
    kept = []

    def keep(event):
        if isinstance(event, events.Saved) and event.what == "state":
            kept.append(out.read_bytes())

    whole = trimtab.train(flats(), "price", out=out, fold=3, report=keep, **SMALL)
    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 60.0)
    assert len(kept) >= 3
    for content in kept:
        out.write_bytes(content)
        assert trimtab.load(out).unfinished.reason == "running"
        rest = trimtab.train(flats(), "price", out=out, resume=True)
        for mine, theirs in zip(weights_of(rest), weights_of(whole), strict=True):
            assert_same_bits(mine, theirs)


def test_more_epochs_than_it_was_begun_with(tmp_path):
    out = tmp_path / "m.trimtab"

    def stop(event):
        if isinstance(event, events.Epoch) and event.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    trimtab.train(flats(), "price", out=out, fold=3, report=stop, patience=99, **SMALL)
    rest = trimtab.train(flats(), "price", out=out, resume=True, epochs=9)
    assert len(rest.history.epoch) == 9


def test_a_run_that_never_learned_is_refused():
    with pytest.raises(InvalidArgument, match=r"diverged in epoch 1 \(fold \d of 3\).*Lower the"):
        trimtab.train(flats(), "price", fold=3, lr=1e30, loss="mse", **SMALL)


def test_epochs_before_one_of_them_diverged_are_kept(monkeypatch):
    """The networks that went on well are cut there, too."""
    end = course.CrossNetwork._end

    def broken(self, logs, weights):
        if self.fold == 1 and self.done == 2:
            logs = {**logs, "val_loss": math.nan}
        end(self, logs, weights)

    monkeypatch.setattr(course.CrossNetwork, "_end", broken)
    told = []
    predictor = trimtab.train(flats(), "price", fold=3, report=told.append, **SMALL)
    (ended,) = [event for event in told if isinstance(event, events.Ended)]
    assert ended.reason == "diverged" and max(ended.epochs) <= 2
    assert np.isfinite(predictor.scores["folds"]["mae"].value)
    finished = told[-1]
    assert any("diverged" in note for note in finished.notes)


# -- the average ----------------------------------------------------------------------------------


def drawn(networks=5, rows=4000, shared=1.0, own=0.7, seed=0):
    """Networks with errors in common and errors of their own; rows seen and new."""
    generator = np.random.default_rng(seed)
    y = generator.normal(size=rows)
    common = y + shared * generator.normal(size=rows)
    return y, common + own * generator.normal(size=(networks, rows))


def test_the_average_of_networks_with_errors_of_their_own():
    y, p = drawn()
    factors = factors_of("regression", y, p[0], p[1:])
    mean = p.mean(axis=0)
    true = {
        "rmse": np.sqrt(np.mean((mean - y) ** 2) / np.mean((p[0] - y) ** 2)),
        "mae": np.mean(abs(mean - y)) / np.mean(abs(p[0] - y)),
    }
    assert abs(factors["rmse"] - true["rmse"]) <= 0.02
    assert true["mae"] - 0.02 <= factors["mae"] <= true["mae"] + 0.05


def test_the_average_of_probabilities():
    y, z = drawn(own=1.5)
    labels = (y > 0).astype(float)
    p = 1 / (1 + np.exp(-z))
    p = np.stack([1 - p, p], axis=2)
    factor = factors_of("binary", labels, p[0], p[1:])["log_loss"]
    rows = np.arange(len(y))

    def loss(p):
        return -np.log(p[rows, labels.astype(int)]).mean()

    assert abs(factor - loss(p.mean(axis=0)) / loss(p[0])) <= 0.03


def test_two_networks_say_nothing_about_their_average():
    y, p = drawn(networks=2)
    assert factors_of("regression", y, p[0], p[1:]) == {}
    predictor = trimtab.train(flats(), "price", fold=2, **SMALL)
    assert predictor.scores["folds"].averaged.metrics == {}
    assert "for one network of the 2 whose average predicts" in predictor.scores["folds"].sentence()


def test_what_is_said_of_the_average_is_in_the_file(tmp_path):
    predictor = trimtab.train(flats(), "price", fold=3, out=tmp_path / "m", **SMALL)
    averaged = predictor.scores["folds"].averaged
    assert set(averaged.metrics) == {"mae", "rmse", "r2"} and averaged.networks == 3
    assert averaged.metrics["mae"] < predictor.scores["folds"]["mae"].value
    again = trimtab.load(tmp_path / "m")
    assert again.scores["folds"].averaged == averaged
    assert again.scores["folds"].sentence() == predictor.scores["folds"].sentence()
    for record in ({"networks": 1, "metrics": {}}, {"networks": 3, "metrics": {"mae": None}}):
        with pytest.raises((ValueError, TypeError)):
            Averaged.from_record(record)


def test_classes_have_the_log_loss_of_the_average():
    sentence = trimtab.train(sorts(), "price", fold=3, **SMALL).scores["folds"].sentence()
    assert "of predictions are right for one network of the 3 whose average predicts" in sentence
    assert "The log loss is" in sentence and "for the average of the 3." in sentence


def test_words_have_as_many_digits_as_the_error_allows():
    assert Averaged(5, {"mae": 12.3456}).words("mae", Score(13.0, 0.5)).split()[4] == "12.35"


# -- intervals and importance ---------------------------------------------------------------------


def test_intervals_hold_about_as_many_new_rows_as_they_say():
    predictor = trimtab.train(flats(600), "price", fold=5, layers="16 relu", epochs=30)
    new = flats(3000, seed=1)
    found = predictor.predict_interval(new, 0.9)
    y = new["price"].to_numpy()
    inside = (found.lower[:, 0] <= y) & (y <= found.upper[:, 0])
    assert 0.87 <= inside.mean() <= 0.94
    assert "out of fold" in found.basis


def test_importance_is_measured_out_of_fold():
    generator = np.random.default_rng(0)
    noise = pd.DataFrame(generator.normal(size=(60, 4)), columns=list("abcy"))
    predictor = trimtab.train(noise, "y", fold=3, layers="256 relu", epochs=60, lr=0.01)
    importance = predictor.explain(noise, repeats=3)
    assert (importance.part, importance.rows) == ("rows out of fold", 60)
    assert_close(importance.loss.value, predictor.scores["folds"]["mae"].value, 1e-6)
    other = noise.assign(a=noise["a"] + 1)
    with pytest.warns(trimtab.errors.PredictionWarning):
        assert predictor.explain(other, repeats=1).part == "rows of the data frame"


# -- whether there are folds ----------------------------------------------------------------------


def test_one_split_where_it_is_asked_for():
    for options in ({"valid": 0.25}, {"fold": 0}, {"committee": 2}, {"time": "day"}):
        divided = defaults.divided(TrainOptions(**options), rows=5_000)
        assert not divided.fold and divided.valid == 0.25, options
    assert defaults.divided(TrainOptions(), rows=5_000).fold == 5
    assert defaults.divided(TrainOptions(fold=3), rows=5_000).fold == 3
    assert defaults.divided(TrainOptions(), rows=5_000, groups=2).valid == 0.25
    large = defaults.divided(TrainOptions(), rows=10**6)
    assert (large.fold, large.valid) == (0, defaults.LARGE_VALID)
    predictor = trimtab.train(flats(), "price", **SMALL)
    assert (
        len(predictor.model) == predictor.options["fold"] == defaults.folds(len(flats()["price"]))
    )


def test_a_file_of_validation_rows_needs_no_folds():
    predictor = trimtab.train(flats(), "price", valid=flats(40, seed=1), **SMALL)
    assert predictor.scores["valid"].rows == 40


def test_fold_0_is_one_network():
    one = trimtab.train(flats(), "price", fold=0, **SMALL)
    other = trimtab.train(flats(), "price", valid=0.25, **SMALL)
    for mine, theirs in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        assert_same_bits(mine, theirs)
