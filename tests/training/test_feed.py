"""Batches in place of arrays: data sets, generators, loaders; the same run as on arrays."""

import itertools
import threading
import warnings

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential, callbacks
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.keras.utils import PyDataset
from trimtab.nn import layers
from trimtab.nn.sources import is_source
from trimtab.training import feed
from trimtab.training.callbacks import Callback

X, Y = small_data(50)
WEIGHT = np.linspace(0.5, 2, 50).astype(np.float32)
SIZE = 16


def cut(*parts, size=SIZE):
    """Batches of arrays, in their order."""
    return [tuple(part[i : i + size] for part in parts) for i in range(0, len(parts[0]), size)]


class Given(PyDataset):
    """Batches from a list."""

    def __init__(self, batches, **options):
        super().__init__(**options)
        self.batches, self.calls = batches, []

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        self.calls.append(index)
        return self.batches[index]


class Endless(Given):
    __len__ = None

    num_batches = None

    def __getitem__(self, index):
        return super().__getitem__(index % len(self.batches))


class Loader:
    """What a DataLoader of torch is: it has a length, and gives lists of arrays."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return (list(b) if isinstance(b, tuple) else b for b in self.batches)


class Unsized(Loader):
    """A data set that does not know its length."""

    def __len__(self):
        raise TypeError("unknown")


class Tensor:
    """An array of another library: NumPy's protocol is all that it has."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def generator(batches):
    yield from batches


def forever(batches):
    while True:
        yield from batches


class Hooks(Callback):
    """Writes down what it is told."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs))

    def on_test_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs))

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs["outputs"].shape))


def on_arrays(epochs=3, weight=None, **options):
    model = small_model(metrics=["mse"], weighted_metrics=["mae"])
    model.fit(
        X, Y, batch_size=SIZE, epochs=epochs, shuffle=False, sample_weight=weight, verbose=0,
        **options,
    )  # fmt: skip
    return model


def on_batches(given, epochs=3, **options):
    model = small_model(metrics=["mse"], weighted_metrics=["mae"])
    model.fit(given, epochs=epochs, verbose=0, **options)
    return model


def assert_same_run(one, other):
    """The same bits; metrics add batches up where a table is measured whole."""
    assert_same_state(one, other)
    assert_same_logs(one.history.history, other.history.history)


def assert_same_logs(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-12)


# -- the same run --------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Given, {"shuffle": False}),
        (lambda batches: Given(batches, workers=3, max_queue_size=2), {"shuffle": False}),
        (Loader, {}),
        (Unsized, {}),
        (generator, {}),
        (iter, {}),
        (forever, {"steps_per_epoch": 4}),
        (Given, {"steps_per_epoch": 4, "shuffle": False}),
        (Endless, {"steps_per_epoch": 4}),
        (lambda batches: generator((Tensor(x), *rest) for x, *rest in batches), {}),
    ],
)
def test_the_same_run_as_on_arrays(kind, options, weight):
    parts = (X, Y) if weight is None else (X, Y, weight)
    model = on_batches(kind(cut(*parts)), **options)
    assert_same_run(model, on_arrays(weight=weight))


def test_the_last_batch_in_between_and_batches_of_other_sizes():
    ends = [0, 7, 30, 34, 50]
    batches = [(X[a:b], Y[a:b]) for a, b in itertools.pairwise(ends)]
    by_hand = small_model()
    for _ in range(2):
        for x, y in batches:
            by_hand.train_on_batch(x, y)
    for given in (Given(batches), generator(batches)):
        model = small_model()
        model.fit(given, epochs=2, shuffle=False, verbose=0)
        assert_same_state(model, by_hand)


def test_callbacks_follow_batches_as_on_arrays():
    runs = []
    for train in (on_arrays, lambda **options: on_batches(Loader(cut(X, Y)), **options)):
        hooks = Hooks()
        model = train(callbacks=[hooks, callbacks.EarlyStopping("loss", patience=9)])
        runs.append((hooks.seen, model.history.params["steps"]))
    assert runs[0] == runs[1]
    assert len(runs[0][0]) == 12


@pytest.mark.parametrize("engine", ["jax"])
def test_on_the_other_engine(engine):
    pytest.importorskip("jax")
    runs = []
    for given, arguments in (((X, Y), {"batch_size": SIZE}), ((Loader(cut(X, Y)),), {})):
        model = small_model(engine=engine)
        history = model.fit(*given, epochs=2, shuffle=False, verbose=0, **arguments)
        runs.append(history.history["loss"])
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-6)


def test_class_weight_multiplies():
    y = (Y > 0).astype(np.float32)
    runs = []
    for given, options in (
        ((X, y), {"batch_size": SIZE, "sample_weight": WEIGHT}),
        ((Loader(cut(X, y, WEIGHT)),), {}),
    ):
        model = Sequential([layers.Dense(1, activation="sigmoid", input_shape=[3])], seed=1)
        model.compile("sgd", "binary_crossentropy")
        model.fit(*given, shuffle=False, class_weight={1: 3.0}, verbose=0, **options)
        runs.append(model)
    assert_same_state(*runs)


def test_a_model_that_is_not_built_is_built_for_the_first_batch():
    for given in (Given(cut(X, Y)), generator(cut(X, Y)), Loader(cut(X, Y)), Unsized(cut(X, Y))):
        model = Sequential([layers.Dense(4), layers.Dense(1)], seed=1)
        model.compile("adam", "mae")
        model.fit(given, epochs=1, verbose=0)
        assert model.input_shape == (None, 3) and model.runner.step == 4


def test_validation_batches_are_those_of_arrays():
    whole = on_arrays(weight=WEIGHT, validation_data=(X, Y, WEIGHT)).history.history
    for given in (Given(cut(X, Y, WEIGHT)), generator(cut(X, Y, WEIGHT))):
        assert_same_logs(
            on_batches(Loader(cut(X, Y, WEIGHT)), validation_data=given).history.history, whole
        )
    some = on_arrays(validation_data=(X[:32], Y[:32])).history.history
    for given in (forever(cut(X, Y)), (X, Y)):
        model = on_arrays(validation_data=given, validation_steps=2, validation_batch_size=16)
        assert model.history.history == some


@pytest.mark.parametrize("kind", [Given, generator, Loader, forever])
def test_evaluate_and_predict(kind):
    model = on_arrays(epochs=1)
    steps = 4 if kind is forever else None
    whole = model.evaluate(X, Y, batch_size=SIZE, verbose=0)
    np.testing.assert_allclose(
        model.evaluate(kind(cut(X, Y)), steps=steps, verbose=0), whole, rtol=1e-6
    )
    np.testing.assert_array_equal(model.predict(kind(cut(X, Y)), steps=steps), model.predict(X))
    hooks = Hooks()
    model.predict(kind([x for x, _ in cut(X, Y)]), steps=2, callbacks=[hooks])
    assert hooks.seen == [(0, (16, 1)), (1, (16, 1))]
    hooks = Hooks()
    logs = model.evaluate(kind(cut(X, Y)), steps=2, callbacks=[hooks], verbose=0, return_dict=True)
    assert [number for number, _ in hooks.seen] == [0, 1]
    assert hooks.seen[-1][1] == logs == model.evaluate(X[:32], Y[:32], verbose=0, return_dict=True)


def test_steps_of_arrays():
    model = on_arrays(epochs=1)
    assert len(model.predict(X, batch_size=8, steps=3)) == 24
    assert model.evaluate(X, Y, batch_size=8, steps=3, verbose=0) == model.evaluate(
        X[:24], Y[:24], verbose=0
    )
    with pytest.warns(UserWarning, match="there are 7 batches of batch_size=8, fewer than steps=9"):
        assert len(model.predict(X, batch_size=8, steps=9)) == 50


# -- what comes when -----------------------------------------------------------------------------


def test_a_data_set_is_asked_anew_and_its_batches_are_shuffled():
    given = Given(cut(X, Y, size=5))
    small_model().fit(given, epochs=3, verbose=0)
    orders = [given.calls[i : i + 10] for i in (0, 10, 20)]
    assert all(sorted(order) == [*range(10)] for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    again = Given(cut(X, Y, size=5))
    small_model().fit(again, epochs=3, verbose=0)
    assert again.calls == given.calls


def test_hooks_of_a_data_set_surround_each_epoch():
    class Told(Given):
        def on_epoch_begin(self):
            self.calls.append("begin")

        def on_epoch_end(self):
            self.calls.append("end")

    given = Told(cut(X, Y, size=25))
    model = small_model()
    model.fit(given, epochs=2, shuffle=False, verbose=0)
    assert given.calls == ["begin", 0, 1, "end"] * 2
    given.calls.clear()
    model.predict(given)
    model.evaluate(given, verbose=0)
    assert given.calls == ["begin", 0, 1, "end"] * 2


def test_a_data_set_may_grow():
    class Growing(Given):
        def on_epoch_end(self):
            self.batches.append(self.batches[0])

    given = Growing(cut(X, Y, size=25))
    small_model().fit(given, epochs=3, shuffle=False, verbose=0)
    assert given.calls == [0, 1, 0, 1, 2, 0, 1, 2, 3]


def test_a_stream_is_read_as_it_is_trained_on():
    """A generator may look at the model: no batch is taken before its turn."""
    model = small_model()
    steps = []

    def looking():
        for batch in forever(cut(X, Y)):
            steps.append(model.runner.step)
            yield batch

    model.fit(looking(), steps_per_epoch=3, epochs=2, verbose=0)
    assert steps == [0, 1, 2, 3, 4, 5, 6][: len(steps)] and len(steps) <= 7


def test_steps_go_on_where_the_epoch_before_ended():
    given = Given(cut(X, Y, size=10))
    small_model().fit(given, steps_per_epoch=3, epochs=3, shuffle=False, verbose=0)
    assert given.calls == [0, 1, 2, 3, 4, 0, 1, 2, 3]


def test_steps_of_arrays_take_every_row_once_a_pass():
    numbered = np.arange(12, dtype=np.float32).reshape(-1, 1)
    seen = []

    class Seen(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs["loss"])

    model = Sequential([layers.Dense(1, use_bias=False, input_shape=[1])], seed=1)
    model.layers[0].trainable = False
    model.set_weights([np.zeros((1, 1))])
    model.compile("sgd", "mae")  # the loss of a batch is the mean of its numbers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nothing is trainable
        model.fit(
            numbered, numbered, batch_size=3, steps_per_epoch=2, epochs=4, callbacks=[Seen()],
            verbose=0,
        )  # fmt: skip
    assert seen[0] + seen[1] == pytest.approx(11) and seen[2] + seen[3] == pytest.approx(11)
    assert len(set(seen)) > 2


def test_threads_make_batches_and_are_gone_afterwards():
    names = set()

    class Where(Given):
        def __getitem__(self, index):
            names.add(threading.current_thread().name)
            return super().__getitem__(index)

    small_model().fit(Where(cut(X, Y, size=5), workers=2), verbose=0)
    assert all(name.startswith("trimtab-batches") for name in names) and names
    assert not [t for t in threading.enumerate() if t.name.startswith("trimtab-batches")]


def test_threads_are_gone_where_training_stops_or_a_batch_fails():
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    model = small_model()
    model.fit(Given(cut(X, Y, size=5), workers=2), callbacks=[Stop()], verbose=0)
    assert model.runner.step == 1
    broken = Given([*cut(X, Y), (X[:, :2], Y)], workers=2)
    with pytest.raises(InvalidData, match=r"^batch 4 of the PyDataset: x has 2 columns"):
        small_model().fit(broken, shuffle=False, verbose=0)
    assert not [t for t in threading.enumerate() if t.name.startswith("trimtab-batches")]


def test_what_is_read_in_full_is_said(capsys):
    small_model().fit(generator(cut(X, Y)), epochs=2, verbose=2)
    assert capsys.readouterr().out.splitlines()[0] == (
        "read 4 batches, 50 rows, from the generator: they are kept, and trained on as they came, "
        "in the same order in each epoch"
    )


def test_reading_that_takes_long_is_said(capsys, monkeypatch):
    monkeypatch.setattr(feed, "PATIENCE", -1.0)
    small_model().fit(generator(cut(X, Y)), verbose=2)
    assert capsys.readouterr().out.splitlines()[0] == (
        "reading the generator: 1 batches so far; one without an end needs steps_per_epoch"
    )


def test_rows_of_a_generator_serve_what_looks_at_all_rows():
    """Rows that are kept are a table: population statistics, tracks, bins, averages of weights."""
    model = on_batches(
        generator(cut(X, Y)),
        statistics="population",
        track=["layers"],
        callbacks=[callbacks.ExponentialMovingAverage(0.9)],
    )
    assert any(name.startswith("dense") for name in model.history.history)
    model = Sequential([layers.PiecewiseLinearEmbedding(4, 2), layers.Dense(1)], seed=1)
    model.compile("adam", "mae")
    model.fit(generator(cut(X, Y)), verbose=0)
    assert model.layers[0].is_adapted


def test_schedules_by_epoch_know_the_steps():
    from trimtab import schedules

    runs = []
    for given, options in (((X, Y), {"batch_size": SIZE}), ((Loader(cut(X, Y)),), {})):
        model = small_model(dropout=schedules.LinearDropout(0.5, 0.0, epochs=3))
        model.fit(*given, epochs=3, shuffle=False, verbose=0, **options)
        runs.append(model)
    assert_same_state(*runs)
    rates = [
        [values for name, values in model.history.history.items() if name.endswith("_rate")]
        for model in runs
    ]
    assert rates[0] == rates[1] and len(rates[0]) == 1


# -- early ends ----------------------------------------------------------------------------------


def test_a_generator_that_ends_within_an_epoch_ends_training():
    model = small_model()
    with pytest.warns(UserWarning, match="ended after 1 batch of an epoch of 3: training ends"):
        history = model.fit(generator(cut(X, Y)), steps_per_epoch=3, epochs=9, verbose=0)
    assert model.runner.step == 4 and len(history.history["loss"]) == 2


def test_a_generator_that_ends_with_an_epoch_ends_training():
    model = small_model()
    with pytest.warns(UserWarning, match="ended after 0 batches of an epoch of 2: training ends"):
        history = model.fit(generator(cut(X, Y)), steps_per_epoch=2, epochs=9, verbose=0)
    assert model.runner.step == 4 and len(history.history["loss"]) == 2
    model = small_model()
    model.fit(generator(cut(X, Y)), steps_per_epoch=2, epochs=2, verbose=0)  # exactly enough
    assert model.runner.step == 4


def test_fewer_steps_than_asked_for():
    model = on_arrays(epochs=1)
    with pytest.warns(UserWarning, match="the generator has 4 batches, fewer than steps=9"):
        model.predict(generator(cut(X, Y)), steps=9)
    with pytest.warns(UserWarning, match="has 4 batches, fewer than validation_steps=9"):
        model.fit(X, Y, validation_data=generator(cut(X, Y)), validation_steps=9, verbose=0)


def test_batch_size_has_no_effect():
    with pytest.warns(UserWarning, match="batch_size=8 has no effect, since the Loader gives its"):
        model = on_batches(Loader(cut(X, Y)), batch_size=8)
    assert_same_run(model, on_arrays())


def test_ctrl_c_keeps_the_steps_that_were_done():
    class Stopped(Given):
        def __getitem__(self, index):
            if index == 2:
                raise KeyboardInterrupt
            return super().__getitem__(index)

    model, by_hand = small_model(), small_model()
    with pytest.raises(KeyboardInterrupt):
        model.fit(Stopped(cut(X, Y)), shuffle=False, verbose=0)
    for x, y in cut(X, Y)[:2]:
        by_hand.train_on_batch(x, y)
    assert_same_state(model, by_hand)
    model.fit(X, Y, initial_epoch=0, epochs=1, verbose=0)


# -- refusals ------------------------------------------------------------------------------------

EMPTY = (
    "the generator has no batch. It must give at least one, such as (x, y). A generator that was "
    "read before is empty: make a new one."
)


@pytest.mark.parametrize(
    ("given", "options", "error", "text"),
    [
        (lambda: generator([]), {}, InvalidData, EMPTY),
        (lambda: generator([]), {"steps_per_epoch": 2}, InvalidData, EMPTY),
        (
            lambda: Given([]), {}, InvalidData,
            "the PyDataset has no batch. It must give at least one, such as (x, y).",
        ),
        (
            lambda: generator([(X, Y), (X[:, :2], Y)]), {}, InvalidData,
            "batch 1 of the generator: x has 2 columns, but the model takes 3. Pass the 3 columns "
            "it was built for.",
        ),
        (
            lambda: generator([(X, Y[:9])]), {"steps_per_epoch": 1}, InvalidData,
            "batch 0 of the generator: x has 50 rows and y has 9. They must have the same number.",
        ),
        (
            lambda: generator([(X, np.c_[Y, Y])]), {}, InvalidData,
            "batch 0 of the generator: y has 2 columns, but the model has 1 output. Make the last "
            "layer 2 wide, or pass 1 target column.",
        ),
        (
            lambda: generator([X]), {}, InvalidData,
            "batch 0 of the generator has no targets. Give (x, y), or (x, y, sample_weight).",
        ),
        (
            lambda: generator([(X, Y, None, None)]), {}, InvalidArgument,
            "batch 0 of the generator must be (x, y) or (x, y, sample_weight), received 4 parts. A "
            "batch holds all its rows in one array x.",
        ),
        (
            lambda: generator([("text", Y)]), {}, InvalidArgument,
            "batch 0 of the generator must be (x, y) or (x, y, sample_weight), received 'text' as "
            "x.",
        ),
        (
            lambda: generator([({"a": X}, Y)]), {}, InvalidData,
            "batch 0 of the generator: x lacks 'input': the model has the input input, and x has "
            "a.",
        ),
        (
            lambda: generator([{"x": X}]), {}, Unsupported,
            "batch 0 of the generator is a dict: named inputs are not supported. Give (x, y), x "
            "with a column for each feature.",
        ),
        (
            lambda: generator(cut(X, Y)), {"y": Y}, InvalidArgument,
            "fit: y belongs into the batches of the generator. Give (x, y) or (x, y, "
            "sample_weight) there, and leave y out.",
        ),
        (
            lambda: generator(cut(X, Y)), {"sample_weight": WEIGHT}, InvalidArgument,
            "fit: sample_weight belongs into the batches of the generator. Give (x, y) or (x, y, "
            "sample_weight) there, and leave sample_weight out.",
        ),
        (
            lambda: Given(cut(X, Y)), {"validation_split": 0.2}, InvalidArgument,
            "validation_split takes rows of arrays, and there is no last row of batches, or of "
            "epochs of a number of steps. Pass validation_data=(x, y).",
        ),
        (
            lambda: Given(cut(X, Y)), {"last_batch": "even"}, InvalidArgument,
            "last_batch='even' cuts rows into batches, and the PyDataset gives its own. Leave it "
            "out.",
        ),
        (
            lambda: Given(cut(X, Y)), {"statistics": "population"}, InvalidArgument,
            "statistics='population' looks at all training rows, and they come in batches from the "
            "PyDataset. Pass arrays to fit, without steps_per_epoch, or leave it out.",
        ),
        (
            lambda: Given(cut(X, Y)), {"track": ["layers"]}, InvalidArgument,
            "track looks at all training rows, and they come in batches from the PyDataset. Pass "
            "arrays to fit, without steps_per_epoch, or leave it out.",
        ),
        (
            lambda: Given(cut(X, Y)), {"callbacks": [callbacks.Coach()]}, InvalidArgument,
            "Coach reads the rows before training, and they come in batches from the PyDataset. "
            "Pass arrays to fit, or leave it out.",
        ),
        (
            lambda: Endless(cut(X, Y)), {}, InvalidArgument,
            "the PyDataset has no end: it lacks __len__. Pass steps_per_epoch=100, or define "
            "__len__(self), the number of batches.",
        ),
        (
            lambda: Loader(cut(X, Y)), {"validation_data": Endless(cut(X, Y))}, InvalidArgument,
            "the PyDataset has no end: it lacks __len__. Pass validation_steps=100.",
        ),
        (
            lambda: PyDataset(), {"steps_per_epoch": 1}, NotImplementedError,
            "PyDataset does not define __getitem__(self, index). Return a batch, (x, y), there.",
        ),
    ],
)  # fmt: skip
def test_refused(given, options, error, text):
    model = small_model()
    assert_refused(error, text, lambda: model.fit(given(), verbose=0, **options))
    assert model.runner.step == 0


def test_bins_are_taken_from_rows():
    model = Sequential([layers.PiecewiseLinearEmbedding(4, 2, name="bins"), layers.Dense(1)])
    model.compile("adam", "mae")
    assert_refused(
        InvalidArgument,
        "bins takes its bins from rows, and these come in batches from the PyDataset. Call "
        "model.get_layer('bins').adapt(rows) with some thousand of them first.",
        lambda: model.fit(Given(cut(X, Y)), verbose=0),
    )
    model.get_layer("bins").adapt(X)
    model.fit(Given(cut(X, Y)), verbose=0)
    assert model.runner.step == 4


def test_what_does_not_fit_into_memory(monkeypatch):
    monkeypatch.setattr(feed, "memory_size", lambda: 1000)
    with pytest.raises(InvalidData, match=r"does not fit into memory: 2 batches take .*=1000\.$"):
        small_model().fit(forever(cut(X, Y)), verbose=0)


def test_several_processes_train_on_arrays(monkeypatch):
    monkeypatch.setattr("trimtab.model.feeding.process_count", lambda: 2)
    assert_refused(
        Unsupported,
        "several processes train on arrays: each must have the same rows. Pass arrays to fit, "
        "without steps_per_epoch.",
        lambda: small_model().fit(Given(cut(X, Y)), verbose=0),
    )


def test_an_end_is_asked_for():
    model = on_arrays(epochs=1)
    for call in (model.predict, model.evaluate):
        with pytest.raises(InvalidArgument, match=r"has no end: it lacks __len__\. Pass steps=100"):
            call(Endless(cut(X, Y)))


def test_arguments_of_the_data_set():
    assert_refused(
        InvalidArgument,
        "workers must be an integer from 0 to 65536, received -1.",
        lambda: PyDataset(workers=-1),
    )


def test_what_gives_batches():
    import pandas as pd
    import scipy.sparse

    for given in (
        generator([]),
        iter([1]),
        Given([(X, Y)]),
        Loader([]),
        zip([1], [2], strict=True),
    ):
        assert is_source(given)
    tables = (X, X.tolist(), pd.DataFrame(X), scipy.sparse.csr_array(X), Tensor(X), None, "x", {})
    assert not any(map(is_source, tables))
