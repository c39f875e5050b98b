"""Population statistics: against a float64 pass, in fit, frozen, interrupted, shared."""

import json
import pickle

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.processes import run_python
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, everything, small_data, small_model
from trimtab import Sequential
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn import layers
from trimtab.nn.registry import snake_case
from trimtab.training import statistics, statistics_keeper
from trimtab.training.callbacks import Callback, EarlyStopping, LambdaCallback, ModelCheckpoint
from trimtab.training.moments import ColumnMoments
from trimtab.training.statistics import PopulationStatistics

QUIET = {"verbose": 0, "batch_size": 16}

NETWORKS = {
    "lesson": lambda: [
        layers.Dense(33, activation="relu"), layers.Dropout(0.3), layers.BatchNormalization(),
        layers.Dense(20, activation="relu"), layers.Dropout(0.3), layers.BatchNormalization(),
        layers.Dense(1),
    ],
    "raw columns first": lambda: [
        layers.BatchNormalization(), layers.Dense(16, activation="tanh"),
        layers.BatchNormalization(scale=False, center=False), layers.Dense(2),
    ],
    "residual": lambda: [
        layers.Dense(12, activation="relu"),
        layers.Residual(
            layers.BatchNormalization(), layers.Dense(12, activation="relu"),
            layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(12),
        ),
        layers.Residual(layers.Dense(7), layers.BatchNormalization(epsilon=1e-5)),
        layers.BatchNormalization(), layers.Dense(1),
    ],
    "one after another": lambda: [layers.BatchNormalization(), layers.BatchNormalization()],
}  # fmt: skip


def raw_data(rows=301):
    """Columns of very different size, as tables have them."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(rows, 5)) * [1, 30, 0.01, 5, 1] + [0, 200, 1, -3, 4]
    return x.astype(np.float32)


def network(name, engine="auto", seed=3):
    model = Sequential([layers.Input((5,)), *NETWORKS[name]()], seed=seed)
    model.compile("adam", "mae", engine=engine)
    return model


# -- the independent pass --------------------------------------------------------------------------


class Pass:
    """All rows at once through the layers in float64, population statistics as they come.

    Attributes:
        found: path of a batch normalization -> mean and variance of its input.
    """

    def __init__(self, weight=None):
        self.weight = weight
        self.found = {}

    def through(self, stack, x):
        for layer in stack:
            x = getattr(self, snake_case(type(layer).__name__))(layer, x)
        return x

    def dense(self, layer, x):
        x = x @ layer.kernel.numpy().astype(float) + layer.bias.numpy().astype(float)
        name = layer.get_config()["activation"]
        return {"linear": lambda v: v, "relu": lambda v: np.maximum(v, 0), "tanh": np.tanh}[name](x)

    def dropout(self, layer, x):
        return x

    def residual(self, layer, x):
        inner = self.through(layer.layers, x)
        return (x if layer.kernel is None else x @ layer.kernel.numpy().astype(float)) + inner

    def batch_normalization(self, layer, x):
        mean = np.average(x, axis=0, weights=self.weight)
        variance = np.average((x - mean) ** 2, axis=0, weights=self.weight)
        self.found[layer.path] = mean, variance
        y = (x - mean) / np.sqrt(variance + layer.epsilon)
        y = y * layer.gamma.numpy() if layer.scale else y
        return y + layer.beta.numpy() if layer.center else y


def assert_population(model, x, weight=None):
    """The moving statistics are those of a :class:`Pass`, within 1e-5."""
    reference = Pass(weight)
    reference.through(model.layers, x.astype(float))
    by_path = {each.path: each.numpy() for each in model.weights}
    assert reference.found
    for path, (mean, variance) in reference.found.items():
        # float32 cannot hold a mean that dwarfs the deviation to better than its own size.
        scale = np.maximum(np.abs(mean), np.sqrt(variance))
        assert_close(by_path[f"{path}/moving_mean"], mean, 1e-5, scale=scale, what=path)
        assert_close(by_path[f"{path}/moving_variance"], variance, 1e-5, scale=variance, what=path)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NETWORKS)
def test_equal_to_a_float64_pass_whatever_the_batch_size(name, engine):
    x = raw_data()
    model = network(name, engine)
    model.fit(x, x[:, : model.output_shape[1]], epochs=2, **QUIET)
    for batch_size in (None, 1, 7, 300, 1000):
        spoil(model)
        model.refresh_statistics(x, batch_size=batch_size)
        assert_population(model, x)


def spoil(model):
    for weight in model.weights:
        if weight.is_state:
            weight.assign(np.full(weight.shape, 7.0))


def state_of(model):
    return [weight.numpy() for weight in model.weights if weight.is_state]


@pytest.mark.parametrize("weighted", [False, True])
def test_fit_weighs_the_rows_where_the_layer_does(weighted):
    x = raw_data()
    weight = np.random.default_rng(1).uniform(0, 2, len(x)).astype(np.float32)
    stack = [layers.Dense(6, activation="relu", input_shape=[x.shape[1]])]
    stack += [layers.BatchNormalization(weighted=weighted), layers.Dense(1)]
    model = Sequential(stack, seed=3)
    model.compile("adam", "mse")
    model.fit(x, x[:, :1], sample_weight=weight, epochs=2, statistics="population", **QUIET)
    assert_population(model, x, weight if weighted else None)


def test_the_count_of_debiased_averages_stays():
    x = raw_data()
    stack = [layers.Dense(6, activation="relu", input_shape=[x.shape[1]])]
    stack += [layers.BatchNormalization(debias=True), layers.Dense(1)]
    model = Sequential(stack, seed=3)
    model.compile("adam", "mse")
    model.fit(x, x[:, :1], epochs=2, **QUIET)
    count = model.layers[1].get_weights()[-1]
    model.refresh_statistics(x)
    assert_population(model, x)
    assert model.layers[1].get_weights()[-1] == count > 0


def test_the_order_of_the_rows_does_not_matter():
    x = raw_data()
    model = network("lesson")
    model.refresh_statistics(x)
    first = state_of(model)
    model.refresh_statistics(x[np.random.default_rng(0).permutation(len(x))], batch_size=50)
    for before, after in zip(first, state_of(model), strict=True):
        assert_close(after, before, 1e-6)


def test_several_devices_agree():
    script = """
        import json, jax, numpy as np
        from tests.training import test_statistics as t
        assert len(jax.devices()) == 3
        x = t.raw_data()
        model = t.network("residual")
        model.compile("adam", "mae", engine="jax", devices="all")
        model.refresh_statistics(x, batch_size=100)
        t.assert_population(model, x)
        print(json.dumps([s.tolist() for s in t.state_of(model)]))
    """
    flags = "--xla_force_host_platform_device_count=3"
    there = json.loads(run_python(script, XLA_FLAGS=flags, JAX_PLATFORMS="cpu"))
    x = raw_data()
    model = network("residual", "native")
    model.refresh_statistics(x)
    for ours, theirs in zip(state_of(model), there, strict=True):
        assert_close(theirs, ours, 1e-5)


# -- row weights -----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 9])
def test_row_weights(batch_size):
    x = raw_data()
    weight = np.random.default_rng(1).integers(0, 4, len(x))
    model = network("lesson")
    model.refresh_statistics(x, batch_size, sample_weight=weight)
    assert_population(model, x, weight)
    weighted = state_of(model)
    model.refresh_statistics(np.repeat(x, weight, axis=0))
    for one, other in zip(weighted, state_of(model), strict=True):
        assert_close(one, other, 1e-6)


def test_rows_of_weight_0_do_not_count():
    x = raw_data()
    model = network("lesson")
    model.refresh_statistics(x)
    without = state_of(model)
    wild = np.concatenate([x, np.full((5, 5), 1e30, np.float32)])
    model.refresh_statistics(wild, sample_weight=np.r_[np.ones(len(x)), np.zeros(5)])
    for one, other in zip(without, state_of(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_moments_merge():
    x = np.random.default_rng(0).normal(100, 2, size=(40, 3)).astype(np.float32)
    whole = ColumnMoments.of(x)
    parts = ColumnMoments.none(3).merged(ColumnMoments.of(x[:7])).merged(ColumnMoments.of(x[7:]))
    parts = parts.merged(ColumnMoments.none(3))
    assert parts.count == whole.count == 40
    assert_close(parts.mean, x.astype(float).mean(axis=0), 1e-13)
    assert_close(parts.variance, x.astype(float).var(axis=0), 1e-13)
    assert_close(whole.variance, x.astype(float).var(axis=0), 1e-13)


# -- what is computed, and from where --------------------------------------------------------------


def parts_of(model, x):
    program = model.inference_engine().program
    population = PopulationStatistics.of(model)
    state = statistics.state_of(program, model.weights, None, 0)
    population.refreshed(state, x)
    return list(population._parts)


def test_activations_are_kept_from_one_layer_to_the_next(monkeypatch):
    x = raw_data()
    model = network("lesson")
    # matmul 1, bias 2, relu 3, dropout 4, normalization 5, matmul 6, bias 7, relu 8, dropout 9, ...
    assert parts_of(model, x) == [(0, 4), (4, 9)]
    model.refresh_statistics(x)
    kept = state_of(model)
    monkeypatch.setattr(statistics, "CACHE_BYTES", len(x) * 33 * 4 - 1)
    assert parts_of(model, x) == [(0, 4), (0, 9)]  # what would be kept is too large
    spoil(model)
    model.refresh_statistics(x)
    for one, other in zip(kept, state_of(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_blocks_begin_where_everything_passes():
    x = raw_data()
    model = network("residual")
    parts = parts_of(model, x)
    # %3 begins the first block, %12 ends it and begins the second, %17 ends that: the second
    # normalization of a block starts from its beginning, and nothing from inside it goes on.
    assert parts == [(0, 3), (3, 7), (3, 12), (12, 14), (12, 17)]


# -- which layers, which models --------------------------------------------------------------------


def test_frozen_layers_keep_their_statistics():
    x = raw_data()
    model = network("lesson")
    first, second = (each for each in model.layers if isinstance(each, layers.BatchNormalization))
    first.trainable = False
    kept = first.get_weights()
    model.refresh_statistics(x)
    for one, other in zip(kept, first.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.moving_mean.numpy().any()
    second.trainable = False
    assert_refused(
        InvalidArgument,
        f"every batch normalization of {model.name} is frozen and keeps its statistics. Set "
        "trainable = True on those to refresh.",
        lambda: model.refresh_statistics(x),
    )


def test_uncompiled_unbuilt_and_without_normalization():
    x = raw_data()
    model = Sequential(NETWORKS["lesson"](), seed=3)
    assert not model.built
    model.refresh_statistics(x)
    assert_population(model, x)
    compiled = network("lesson")
    compiled.refresh_statistics(x)
    for one, other in zip(model.get_weights(), compiled.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    plain = Sequential([layers.Dense(2, input_shape=[5])], seed=1)
    before = plain.get_weights()
    plain.refresh_statistics(x)
    for one, other in zip(before, plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_layer_of_ones_own_on_the_way():
    pytest.importorskip("jax")

    class Square(layers.Layer):
        def call(self, x):
            return x * x

    x = raw_data()
    model = Sequential([layers.Input((5,)), Square(), layers.BatchNormalization()])
    model.refresh_statistics(x)
    squares = x.astype(float) ** 2
    bn = model.layers[1]
    assert_close(bn.moving_mean.numpy(), squares.mean(axis=0), 1e-6, scale=squares.mean(axis=0))
    assert_close(bn.moving_variance.numpy(), squares.var(axis=0), 1e-5, scale=squares.var(axis=0))


def test_a_layer_of_two_models():
    x, y = small_data()
    shared = layers.BatchNormalization(name="shared")
    one = Sequential([layers.Input((3,)), shared, layers.Dense(1)], seed=1)
    other = Sequential([layers.Input((3,)), shared, layers.Dense(1)], seed=1)
    for model in (one, other):
        model.compile("sgd", "mse")
    other.fit(x, y, epochs=2, **QUIET)
    before = other.predict(x)
    one.refresh_statistics(x)
    assert_close(shared.moving_mean.numpy(), x.astype(float).mean(axis=0), 1e-5)
    assert np.abs(other.predict(x) - before).max() > 1e-3  # it has them, too


def test_training_goes_on_as_if_nothing_had_been():
    x, y = small_data()
    whole, parts = small_model(), small_model()
    whole.fit(x, y, epochs=3, **QUIET)
    parts.fit(x, y, epochs=2, **QUIET)
    parts.refresh_statistics(x)
    parts.fit(x, y, epochs=3, initial_epoch=2, **QUIET)
    for one, other in zip(whole.weights, parts.weights, strict=True):
        assert one.is_state or np.array_equal(one.numpy(), other.numpy())
    parts.pull()
    whole.pull()
    slots = zip(whole.runner.slots.values(), parts.runner.slots.values(), strict=True)
    for one, other in slots:
        np.testing.assert_array_equal(one, other)


def test_refusals():
    x = raw_data()
    model = network("lesson")
    before = model.get_weights()
    holes = x.copy()
    holes[4, 2] = np.nan
    assert_refused(
        InvalidData,
        "x is missing (nan) at row 4, column 2. Statistics of that column would be nan. Fill it in "
        "or drop the row.",
        lambda: model.refresh_statistics(holes),
    )
    assert_refused(
        InvalidData,
        "sample_weight must be 0 or more for statistics, received -1 at row 3. Use 0 for rows that "
        "should not count.",
        lambda: model.refresh_statistics(x, sample_weight=np.r_[1, 1, 1, -1, np.ones(297)]),
    )
    too_few = (
        "population statistics need at least two rows that count, received {}. Pass the rows that "
        "the model is trained on."
    )
    assert_refused(InvalidData, too_few.format(1), lambda: model.refresh_statistics(x[:1]))
    assert_refused(
        InvalidData,
        too_few.format(0),
        lambda: model.refresh_statistics(x, sample_weight=np.zeros(len(x))),
    )
    assert_refused(
        InvalidData,
        "x has 4 columns, but the model takes 5. Pass the 5 columns it was built for.",
        lambda: model.refresh_statistics(x[:, :4]),
    )
    assert_refused(
        InvalidArgument,
        "batch_size must be a positive integer, received 0. Leave it out for 32.",
        lambda: model.refresh_statistics(x, batch_size=0),
    )
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# -- in fit ----------------------------------------------------------------------------------------


def population_of(model, x):
    """What statistics a copy has once they are refreshed."""
    copy = pickle.loads(pickle.dumps(model))
    copy.refresh_statistics(x)
    return state_of(copy)


class Look(Callback):
    """Keeps the statistics that hooks see, and the population ones of then."""

    def __init__(self, x):
        super().__init__()
        self.x = x
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((state_of(self.model), population_of(self.model, self.x)))


@pytest.mark.parametrize("engine", ENGINES)
def test_fit_with_population_statistics(engine):
    x, y = small_data()
    moving, refreshed = small_model(engine=engine), small_model(engine=engine)
    settings = {"epochs": 4, "validation_data": (x[:20], y[:20]), **QUIET}
    usual = moving.fit(x, y, **settings).history
    look = Look(x)
    history = refreshed.fit(x, y, statistics="population", callbacks=[look], **settings).history
    assert list(history) == list(usual) and history["loss"] == usual["loss"]
    assert history["val_loss"] != usual["val_loss"]
    assert history["val_loss"][-1] == refreshed.evaluate(x[:20], y[:20], verbose=0)
    for seen, expected in [*look.seen, (state_of(refreshed), population_of(refreshed, x))]:
        for one, other in zip(seen, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    # Parameters and optimizer are those of the usual run.
    for one, other in zip(moving.weights, refreshed.weights, strict=True):
        assert one.is_state or np.array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("freq", [2, None])
def test_fit_refreshes_at_the_end_whoever_looks(engine, freq):
    x, y = small_data()
    model = small_model(engine=engine)
    validation = {} if freq is None else {"validation_split": 0.2, "validation_freq": freq}
    model.fit(x, y, epochs=3, statistics="population", **validation, **QUIET)
    rows = x if freq is None else x[:40]
    for one, other in zip(state_of(model), population_of(model, rows), strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_computed_no_more_often_than_somebody_looks(monkeypatch):
    x, y = small_data()
    times = []
    monkeypatch.setattr(statistics_keeper, "refresh", lambda *given, **named: times.append(1))

    def refreshes(**options):
        times.clear()
        small_model().fit(x, y, epochs=4, statistics="population", **options, **QUIET)
        return len(times)

    assert refreshes() == 1
    assert refreshes(validation_split=0.2) == 4
    assert refreshes(validation_split=0.2, validation_freq=3) == 2
    assert refreshes(callbacks=[LambdaCallback(on_epoch_end=lambda epoch, logs: None)]) == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping_gives_back_the_logged_validation_loss(engine):
    x, y = small_data()
    model = small_model(engine=engine, optimizer=trimtab.optimizers.Adam(0.1))
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    history = model.fit(
        x, y, epochs=30, validation_split=0.4, statistics="population", callbacks=[stop], **QUIET
    ).history
    best = int(np.argmin(history["val_loss"]))
    assert best < len(history["val_loss"]) - 1
    assert model.evaluate(x[30:], y[30:], verbose=0) == history["val_loss"][best]


class Interrupt(Callback):
    """Ctrl-C after a batch."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("freeze", [None, 1, 2])
@pytest.mark.parametrize("batch", [0, 2])
def test_an_interrupted_run_goes_on_with_the_same_bits(batch, freeze):
    x, y = small_data()
    settings = {
        "epochs": 4, "validation_data": (x, y), "statistics": "population",
        "freeze_statistics_after": freeze, **QUIET,
    }  # fmt: skip
    whole, parts = small_model(), small_model()
    history = whole.fit(x, y, **settings).history
    with pytest.raises(KeyboardInterrupt):
        parts.fit(x, y, callbacks=[Interrupt(1, batch)], **settings)
    assert parts.position is not None and parts.runner.step == 4 + batch + 1
    if freeze is None:  # the weights that were reached have statistics of their own
        for one, other in zip(state_of(parts), population_of(parts, x), strict=True):
            np.testing.assert_array_equal(one, other)
    rest = parts.fit(x, y, initial_epoch=1, **settings).history
    assert_same_state(whole, parts)
    assert rest == {key: values[1:] for key, values in history.items()}


@pytest.mark.parametrize("freeze", [None, 1, 2, 3])
def test_a_saved_run_goes_on_with_the_same_bits(tmp_path, freeze):
    x, y = small_data()
    settings = {
        "epochs": 4, "validation_data": (x, y), "statistics": "population",
        "freeze_statistics_after": freeze, **QUIET,
    }  # fmt: skip
    whole = small_model()
    save = ModelCheckpoint(tmp_path / "{epoch}.trimtab")
    history = whole.fit(x, y, callbacks=[save], **settings).history
    again = trimtab.load_model(tmp_path / "2.trimtab")
    assert again.evaluate(x, y, verbose=0) == history["val_loss"][1]
    rest = again.fit(x, y, initial_epoch=2, **settings).history
    assert rest["val_loss"][-2:] == history["val_loss"][2:]
    assert_same_state(whole, again)


def test_sample_weights_of_fit_are_for_layers_that_use_them():
    x, y = small_data()
    weight = np.linspace(0, 2, len(x))
    model = small_model()
    model.fit(x, y, sample_weight=weight, statistics="population", **QUIET)
    for one, other in zip(state_of(model), population_of(model, x), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_diverged_run_says_nan():
    x, y = small_data()
    model = small_model(optimizer=trimtab.optimizers.SGD(1e38))
    history = model.fit(
        x * 1e18, y, epochs=3, validation_split=0.2, statistics="population",
        track=["statistics"], **QUIET,
    ).history  # fmt: skip
    assert np.isnan(history["val_loss"][-1])


# -- frozen from an epoch on -----------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_frozen_after_an_epoch(engine):
    x, y = small_data()
    model, usual = small_model(engine=engine), small_model(engine=engine)
    layer = model.layers[1]
    seen = []
    spy = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(layer.get_weights()))
    model.fit(x, y, epochs=4, freeze_statistics_after=2, callbacks=[spy], **QUIET)
    usual.fit(x, y, epochs=2, **QUIET)
    for one, other in zip(seen[1], usual.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # nothing else until then
    for gamma, beta, mean, variance in seen[2:]:
        np.testing.assert_array_equal(mean, seen[1][2])
        np.testing.assert_array_equal(variance, seen[1][3])
        assert (gamma != seen[1][0]).all() and (beta != seen[1][1]).all()
    assert layer.trainable and not model.statistics_frozen
    model.fit(x, y, epochs=1, **QUIET)
    assert (layer.moving_mean.numpy() != seen[-1][2]).all()  # as before


def test_frozen_training_is_that_of_the_frozen_op():
    """Adam's moments go on, gamma and beta move, the step uses the moving statistics."""
    x, y = small_data()
    whole, parts = small_model(dropout=0), small_model(dropout=0)
    whole.fit(x, y, epochs=2, freeze_statistics_after=1, shuffle=False, **QUIET)
    parts.fit(x, y, epochs=1, shuffle=False, **QUIET)
    moments = parts.runner.slots
    assert all(slots.any() for slots in moments.values())
    parts.fit(x, y, epochs=2, initial_epoch=1, freeze_statistics_after=0, shuffle=False, **QUIET)
    assert_same_state(whole, parts)
    # The loss of a batch under frozen statistics is that of inference.
    model = small_model(dropout=0)
    model.fit(x, y, epochs=1, **QUIET)
    expected = model.evaluate(x, y, verbose=0)
    history = model.fit(
        x, y, epochs=1, batch_size=len(x), freeze_statistics_after=0, shuffle=False, verbose=0
    ).history
    assert_close(history["loss"][0], expected, 1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_epochs_in_a_call_stop_at_the_freeze(engine):
    x, y = small_data()
    together, apart = small_model(engine=engine), small_model(engine=engine)
    settings = {"epochs": 9, "freeze_statistics_after": 4, **QUIET}
    a = together.fit(x, y, **settings).history
    watching = LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    b = apart.fit(x, y, callbacks=[watching], **settings).history
    assert a == b
    assert_same_state(together, apart)


def test_refreshed_once_more_before_the_freeze():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, epochs=2, **QUIET)
    expected = population_of(model, x)
    model.fit(x, y, epochs=2, statistics="population", freeze_statistics_after=0, **QUIET)
    for one, other in zip(expected, state_of(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_are_as_before_after_an_error():
    x, y = small_data()
    model = small_model()

    def fail(epoch, logs):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        model.fit(
            x, y, epochs=3, freeze_statistics_after=0,
            callbacks=[LambdaCallback(on_epoch_end=fail)], **QUIET,
        )  # fmt: skip
    before = everything(model)
    assert not model.statistics_frozen
    model.fit(x, y, **QUIET)
    assert not np.array_equal(before[4], everything(model)[4])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"statistics": "populations"},
            "statistics must be one of 'moving', 'population', received 'populations'. "
            "Did you mean 'population'?",
        ),
        (
            {"freeze_statistics_after": -1},
            "freeze_statistics_after must be an integer of at least 0, received -1.",
        ),
        (
            {"freeze_statistics_after": 1.5},
            "freeze_statistics_after must be an integer of at least 0, received 1.5.",
        ),
    ],
)
def test_settings_that_fit_refuses(options, text):
    x, y = small_data()
    assert_refused(InvalidArgument, text, lambda: small_model().fit(x, y, **options, **QUIET))
