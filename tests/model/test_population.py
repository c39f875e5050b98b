"""Models fitted all at once: each ends as if it had been fitted alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.support.drift import ALLOWED, LEAST_DRIFT, distance, nudged, parted
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, everything, small_data, small_model
from trimtab import Sequential
from trimtab.engines import TrainCall
from trimtab.engines.native.population import NativePopulation
from trimtab.errors import InvalidArgument, InvalidData, NotCompiled
from trimtab.model import population
from trimtab.model.population import fit_population
from trimtab.nn import layers, optimizers, schedules
from trimtab.nn.names import reset_names
from trimtab.training.callbacks import Callback

X, Y = small_data(rows=60)
WEIGHTS = np.linspace(0.5, 1.5, 60).astype(np.float32)
#: Other rows, and more or fewer of them, as numbers and as a mask.
TRAIN = [np.arange(40), np.arange(60) >= 9, np.arange(60)[::-2]]
VALID = [np.arange(40, 60), np.arange(9), np.arange(60)[::2]]


def three_models(**options: Any) -> list[Sequential]:
    """They differ in everything they may differ in."""
    decaying = schedules.ExponentialDecay(0.02, decay_steps=5, decay_rate=0.5)
    specs: list[tuple[int, float, Any, Any]] = [
        (1, 0.1, optimizers.AdamW(0.01, weight_decay=0.0), ["mse"]),
        (2, 0.4, optimizers.AdamW(0.03, weight_decay=0.1), None),
        (3, 0.3, optimizers.AdamW(decaying, weight_decay=0.01), ["mae", "mse"]),
    ]
    return [
        small_model(seed=seed, dropout=rate, optimizer=optimizer, metrics=metrics, **options)
        for seed, rate, optimizer, metrics in specs
    ]


def fitted_alone(**options: Any) -> list[Sequential]:
    models = three_models(**options.pop("model", {}))
    for model, train, valid in zip(models, TRAIN, VALID, strict=True):
        model.fit(X[train], Y[train], validation_data=(X[valid], Y[valid]), verbose=0, **options)
    return models


def assert_same_fit(actual: Sequential, expected: Sequential) -> None:
    assert_same_state(actual, expected)
    assert actual.optimizer.iterations == expected.optimizer.iterations
    assert list(actual.history.history) == list(expected.history.history)
    assert actual.history.history == expected.history.history
    assert actual.history.epoch == expected.history.epoch
    assert actual.history.params == expected.history.params
    assert actual.history.model is actual


@pytest.mark.parametrize(("shuffle", "many"), [(False, False), (True, False), (True, True)])
def test_natively_each_ends_as_if_fitted_alone(
    shuffle: bool, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many: so many rows that several threads draw their orders."""
    if many:
        monkeypatch.setattr(population, "_MANY", 0)
    models = three_models()
    histories = fit_population(
        models, X, Y, batch_size=8, epochs=3, shuffle=shuffle, train_rows=TRAIN, valid_rows=VALID
    )
    alone = fitted_alone(batch_size=8, epochs=3, shuffle=shuffle)
    for model, history, expected in zip(models, histories, alone, strict=True):
        assert model.history is history
        assert_same_fit(model, expected)
    # And they go on as if nothing had been.
    for model, expected in zip(models, alone, strict=True):
        for each in (model, expected):
            each.fit(X, Y, epochs=1, verbose=0)
        assert_same_fit(model, expected)


def test_with_weights_and_validation_data_of_all() -> None:
    models, alone = three_models(), three_models()
    settings: dict[str, Any] = {
        "epochs": 5,
        "initial_epoch": 1,
        "batch_size": 16,
        "validation_data": (X[:21], Y[:21], WEIGHTS[:21]),
        "validation_freq": 2,
        "validation_batch_size": 5,
        "sample_weight": WEIGHTS,
    }
    fit_population(models, X, Y, **settings)
    for model, expected in zip(models, alone, strict=True):
        expected.fit(X, Y, verbose=0, **settings)
        assert_same_fit(model, expected)


@pytest.mark.optimized
def test_on_jax_one_ends_as_if_fitted_alone() -> None:
    """Within ten times what one unit in the last place of its kernels makes of it."""
    pytest.importorskip("jax", reason="JAX is not installed")
    settings: dict[str, Any] = {"batch_size": 8, "epochs": 2}
    models = three_models(engine="jax")
    fit_population(models, X, Y, train_rows=TRAIN, valid_rows=VALID, **settings)
    assert all(model.runner.choice["engine"] == "jax" for model in models)

    def alone(towards: float | None) -> Sequential:
        model = three_models(engine="jax")[2]
        if towards is not None:
            model.set_weights(nudged(model.get_weights(), towards))
        train, valid = TRAIN[2], VALID[2]
        model.fit(X[train], Y[train], validation_data=(X[valid], Y[valid]), verbose=0, **settings)
        return model

    expected, *others = alone(None), alone(9), alone(-9)
    history = expected.history.history
    drift = np.max([parted(other.history.history, history) for other in others], axis=0)
    apart = parted(models[2].history.history, history)
    assert np.all(apart <= ALLOWED * np.maximum(drift, LEAST_DRIFT))
    for weight, reference, *moved in zip(
        *map(everything, (models[2], expected, *others)), strict=True
    ):
        bound = max(LEAST_DRIFT, *(distance(each, reference) for each in moved))
        assert distance(weight, reference) <= ALLOWED * bound


def test_models_that_are_not_built_are_built_for_the_rows() -> None:
    def unbuilt() -> list[Sequential]:
        models = [Sequential([layers.Dense(1)], seed=seed) for seed in (1, 2)]
        for model in models:
            model.compile("sgd", "mse")
        return models

    models, alone = unbuilt(), unbuilt()
    fit_population(models, X, Y, epochs=2)
    for model, expected in zip(models, alone, strict=True):
        expected.fit(X, Y, epochs=2, verbose=0)
        assert_same_fit(model, expected)


def test_an_engine_may_be_named_for_the_fit_alone() -> None:
    models = three_models()
    models[0].compile(models[0].optimizer, "mae", metrics=["mse"], engine="native")
    fit_population(models, X, Y, engine="native", threads=3, batch_size=8, epochs=1)
    for model, expected in zip(models, three_models(), strict=True):
        expected.fit(X, Y, batch_size=8, epochs=1, verbose=0)
        assert_same_fit(model, expected)
    assert models[0].runner.choice["engine"] == "native"
    assert models[1].runner.choice["engine"] == "auto"


def test_ctrl_c_leaves_each_at_its_last_step_and_both_kinds_of_fit_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the second epoch, with two batches, none, and all batches done."""
    train = NativePopulation.train
    calls = []

    def interrupted(self: NativePopulation, given: list[TrainCall]) -> Any:
        calls.append(given)
        if len(calls) != 2:
            return train(self, given)
        short = [
            replace(
                call,
                order=call.order[: None if cut is None else 8 * cut],
                learning_rates=call.learning_rates[:cut],
            )
            for call, cut in zip(given, (2, 0, None), strict=True)
        ]
        stop = KeyboardInterrupt()
        stop.partial = train(self, short)  # type: ignore[attr-defined]
        raise stop

    monkeypatch.setattr(NativePopulation, "train", interrupted)
    settings: dict[str, Any] = {"batch_size": 8, "epochs": 3}
    rows: dict[str, Any] = {"train_rows": TRAIN, "valid_rows": VALID}
    alone = fitted_alone(**settings)
    for together in (True, False):
        calls.clear()
        models = three_models()
        with pytest.raises(KeyboardInterrupt):
            fit_population(models, X, Y, **settings, **rows)
        steps = [-(-len(X[part]) // 8) for part in TRAIN]
        done = [steps[0] + 2, steps[1], 2 * steps[2]]
        assert [model.runner.step for model in models] == done
        assert [model.optimizer.iterations for model in models] == done
        assert [len(model.history.history["loss"]) for model in models] == [1, 1, 1]
        if together:
            fit_population(models, X, Y, initial_epoch=1, **settings, **rows)
        else:
            for model, part, valid in zip(models, TRAIN, VALID, strict=True):
                model.fit(
                    X[part], Y[part], initial_epoch=1, verbose=0,
                    validation_data=(X[valid], Y[valid]), **settings,
                )  # fmt: skip
        for model, expected in zip(models, alone, strict=True):
            assert_same_state(model, expected)
            for key, values in expected.history.history.items():
                assert model.history.history[key] == values[1:], key


def test_a_fit_that_was_interrupted_goes_on_in_a_population() -> None:
    class Stop(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 2:
                raise KeyboardInterrupt

    models, alone = three_models(), three_models()
    with pytest.raises(KeyboardInterrupt):
        models[0].fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[Stop()])
    assert models[0].runner.step == 3
    fit_population(models, X, Y, batch_size=8, epochs=2)
    for model, expected in zip(models, alone, strict=True):
        expected.fit(X, Y, batch_size=8, epochs=2, verbose=0)
        assert_same_fit(model, expected)


def test_a_line_an_epoch_shows_the_means(capsys: pytest.CaptureFixture[str]) -> None:
    models = three_models()
    histories = fit_population(
        models, X, Y, epochs=2, verbose=2, train_rows=TRAIN, valid_rows=VALID
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    mean = np.mean([history.history["val_loss"][1] for history in histories])
    assert lines[1].startswith("Epoch 2/2 - ")
    assert "s - mean of 3 - loss: " in lines[1]
    # The second model has no metrics: there is no mean of them.
    assert lines[1].endswith(f" - val_loss: {mean:.4f}")
    fit_population(models, X, Y)
    assert capsys.readouterr().out == ""


def fit_three(**options: Any) -> Any:
    return lambda: fit_population(three_models(), X, Y, **options)


@pytest.mark.parametrize(
    ("error", "text", "options"),
    [
        (
            InvalidArgument,
            "train_rows must hold one array of row numbers per model, 3 of them, received 2.",
            {"train_rows": TRAIN[:2]},
        ),
        (
            InvalidData,
            "valid_rows[1] is a mask of shape (59,), but x has 60 rows. Pass one value a row, or "
            "row numbers.",
            {"valid_rows": [None, np.ones(59, bool), None]},
        ),
        (
            InvalidData,
            "train_rows[2] must hold row numbers in one vector, received float64 of shape (2,).",
            {"train_rows": [None, None, [0.0, 1.0]]},
        ),
        (
            InvalidData,
            "train_rows[0] must hold row numbers in one vector, received int64 of shape (1, 2).",
            {"train_rows": [np.array([[0, 1]], np.int64), None, None]},
        ),
        (
            InvalidData,
            "train_rows[0] has no rows. At least one is needed.",
            {"train_rows": [np.zeros(60, bool), None, None]},
        ),
        (
            InvalidData,
            "train_rows[1] names row 60, but x has the rows 0 to 59.",
            {"train_rows": [None, [3, 60], None]},
        ),
        (
            InvalidData,
            "valid_rows[1] names row -1, but x has the rows 0 to 59.",
            {"valid_rows": [None, [-1, 3], None]},
        ),
        (
            InvalidArgument,
            "fit_population takes validation_data (the same rows for all models) or valid_rows "
            "(rows of x for each), received both. Leave one out.",
            {"validation_data": (X, Y), "valid_rows": VALID},
        ),
        (
            InvalidArgument,
            "epochs must be an integer of at least 0, received -1.",
            {"epochs": -1},
        ),
    ],
)
def test_refusals(error: type[Exception], text: str, options: dict[str, Any]) -> None:
    assert_refused(error, text, fit_three(**options))


def test_models_that_do_not_go_together_are_refused() -> None:
    assert_refused(
        InvalidArgument,
        "fit_population needs at least one model, received none.",
        lambda: fit_population([], X, Y),
    )
    one = three_models()[0]
    own = (
        " Give every model of a population layers of its own; trimtab.clone_model makes another "
        "model of the same architecture."
    )
    assert_refused(
        InvalidArgument,
        f"models 0 and 1 are one model.{own}",
        lambda: fit_population([one, one], X, Y),
    )
    sharing = Sequential(one.layers)
    sharing.compile("adam", "mae")
    assert_refused(
        InvalidArgument,
        f"models 0 and 1 share layer {one.layers[0].name!r}.{own}",
        lambda: fit_population([one, sharing], X, Y),
    )
    other = small_model(engine="native")
    with pytest.raises(InvalidArgument, match="models 0 and 1 are compiled for different engines"):
        fit_population([one, other], X, Y)
    with pytest.raises(NotCompiled, match="fit_population needs a compiled model"):
        fit_population([one, Sequential([layers.Dense(1)])], X, Y)
    wider = small_model(dropout=0)
    with pytest.raises(InvalidArgument, match="but in member 1 op 4 is matmul, not"):
        fit_population([one, wider], X, Y)


def test_a_refused_fit_leaves_the_models_as_they_were() -> None:
    models, expected = three_models(), three_models()
    with pytest.raises(InvalidData):
        fit_population(models, X, Y[:-1])
    for model, other in zip(models, expected, strict=True):
        assert_same_state(model, other)
        assert model.history is None


@pytest.mark.parametrize("last_batch", ["even", "drop"])
@pytest.mark.parametrize("engine", ["native", "jax"])
def test_last_batches_and_rates_on_a_schedule(last_batch: str, engine: str) -> None:
    """Each goes by its own schedule, in epochs of its own length; one has a number."""
    if engine == "jax":
        pytest.importorskip("jax", reason="JAX is not installed")

    def made() -> list[Sequential]:
        reset_names()  # the rates are logged under them
        dropouts = [
            schedules.LinearDropout(0.5, 0.1, epochs=2),
            0.25,
            schedules.LateDropout(0.5, steps=5),
        ]
        return [
            small_model(seed=seed, dropout=rate, engine=engine)
            for seed, rate in enumerate(dropouts, start=1)
        ]

    settings: dict[str, Any] = {"batch_size": 8, "epochs": 3, "last_batch": last_batch}
    models, alone = made(), made()
    histories = fit_population(models, X, Y, train_rows=TRAIN, **settings)
    for model, expected, rows in zip(models, alone, TRAIN, strict=True):
        expected.fit(X[rows], Y[rows], verbose=0, **settings)
        if engine == "native":
            assert_same_fit(model, expected)
            continue
        rates = [key for key in expected.history.history if key.endswith("_rate")]
        for key in rates:
            assert model.history.history[key] == expected.history.history[key]
        for one, other in zip(model.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3)
    logged = [[key for key in history.history if key.endswith("_rate")] for history in histories]
    assert [len(keys) for keys in logged] == [1, 0, 1]
