"""How an epoch is cut: sizes, edges, and what ``fit`` makes of them."""

import re

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close
from tests.support.plain_engine import PlainEngine
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential
from trimtab.errors import InvalidArgument
from trimtab.nn import layers
from trimtab.training.batches import LAST_BATCH, cut
from trimtab.training.callbacks import Callback, LambdaCallback

MODES = pytest.mark.parametrize("last_batch", LAST_BATCH)
ENGINES = pytest.mark.parametrize("engine", ["native", "jax"])


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 31, 32, 33, 100, 1199])
@pytest.mark.parametrize("batch_size", [1, 2, 7, 16, 100, 512])
def test_every_row_is_in_one_batch(rows, batch_size):
    whole, rest = divmod(rows, batch_size)
    keep, even = cut(rows, batch_size), cut(rows, batch_size, "even")
    sizes = {batches.last_batch: np.diff(batches.edges) for batches in (keep, even)}
    assert sizes["keep"].tolist() == [batch_size] * whole + ([rest] if rest else [])
    assert len(sizes["even"]) == len(sizes["keep"]) == keep.steps == even.steps
    assert sizes["even"].sum() == rows == even.trained
    assert sizes["even"].max() - sizes["even"].min() <= 1
    assert sizes["even"].max() <= batch_size
    for batches in (keep, even):
        if batches.sizes is None:  # as engines cut by themselves
            assert np.array_equal(batches.edges, keep.edges) and batches.size == batch_size
        else:
            assert np.array_equal(batches.sizes, np.diff(batches.edges))
            assert batches.sizes.dtype == np.int32 and batches.size == batches.sizes.max()
    if whole:
        drop = cut(rows, batch_size, "drop")
        assert np.diff(drop.edges).tolist() == [batch_size] * whole
        assert (drop.steps, drop.trained, drop.sizes) == (whole, whole * batch_size, None)
        assert drop.part(whole - 1) == slice(drop.trained - batch_size, drop.trained)


def test_dropping_everything_is_refused():
    x, y = small_data(20)
    model = small_model()
    assert_refused(
        InvalidArgument,
        "last_batch='drop' would drop everything: there are 20 rows, and a whole batch has "
        "batch_size=32. Use batch_size=20 or less, or last_batch='even'.",
        lambda: model.fit(x, y, last_batch="drop", verbose=0),
    )
    assert model.runner.step == 0
    # After a split as well: 16 rows stay.
    with pytest.raises(InvalidArgument, match="there are 16 rows"):
        model.fit(x, y, last_batch="drop", batch_size=17, validation_split=0.2, verbose=0)


def test_an_unknown_mode_is_refused():
    x, y = small_data(20)
    assert_refused(
        InvalidArgument,
        "last_batch must be one of 'keep', 'even', 'drop', received 'evn'. Did you mean 'even'?",
        lambda: small_model().fit(x, y, last_batch="evn"),
    )


class Sizes(PlainEngine):
    """Writes down what it is asked to train on."""

    seen = ()

    def train(self, call):
        self.seen = (*self.seen, (call.order, call.batch_size, call.sizes))
        return super().train(call)


def plain_model(**options):
    model = small_model(optimizer="sgd", dropout=0, normalize=False, **options)
    model.runner.make_engine = lambda program, **choice: Sizes(program)
    return model


def test_what_the_engine_is_told():
    x, y = small_data(33)
    for last_batch, size, sizes in (("keep", 16, None), ("even", 11, [11] * 3), ("drop", 16, None)):
        model = plain_model()
        model.fit(x, y, batch_size=16, last_batch=last_batch, epochs=2, verbose=0)
        orders = []
        for order, batch_size, told in model.runner._engine.seen:
            assert batch_size == size
            assert (told if told is None else told.tolist()) == sizes
            orders.append(order)
        trained = 32 if last_batch == "drop" else 33
        assert [len(order) for order in orders] == [trained] * 2
        assert all(len(set(order.tolist())) == trained for order in orders)
        assert not np.array_equal(*orders)
        model = plain_model()
        model.fit(x, y, batch_size=16, last_batch=last_batch, shuffle=False, verbose=0)
        ((order, *_),) = model.runner._engine.seen
        if last_batch == "drop":
            assert order.tolist() == list(range(32))
        else:
            assert order is None


def test_the_dropped_rows_are_others_in_each_epoch():
    x, y = small_data(33)
    model = plain_model()
    model.fit(x, y, batch_size=16, last_batch="drop", epochs=8, verbose=0)
    left_out = [(set(range(33)) - set(order)).pop() for order, *_ in model.runner._engine.seen]
    assert len(set(left_out)) > 1


@ENGINES
def test_even_and_drop_are_keep_where_batches_divide_the_rows(engine):
    x, y = small_data(48)
    models = [small_model(metrics=["mse"], engine=engine) for _ in LAST_BATCH]
    runs = [
        model.fit(x, y, batch_size=16, epochs=2, last_batch=last_batch, verbose=0).history
        for model, last_batch in zip(models, LAST_BATCH, strict=True)
    ]
    assert runs[0] == runs[1] == runs[2]
    assert_same_state(models[0], models[1])
    assert_same_state(models[0], models[2])


def mean_error(y_true, y_pred):
    return float(np.abs(y_true - y_pred).mean())


@MODES
@ENGINES
def test_batch_by_batch_is_the_same_run(last_batch, engine):
    x, y = small_data()
    weight = np.linspace(0, 2, len(x))
    batches, runs = [], []
    spy = LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    for callbacks in ([], [spy]):
        model = small_model(metrics=["mse", mean_error], weighted_metrics=["mae"], engine=engine)
        history = model.fit(
            x, y, epochs=3, sample_weight=weight, callbacks=callbacks, batch_size=16,
            validation_split=0.2, last_batch=last_batch, verbose=0,
        )  # fmt: skip
        runs.append((model, history))
    steps = 2 if last_batch == "drop" else 3  # of 40 rows
    assert batches == [*range(steps)] * 3
    assert runs[0][1].params["steps"] == steps and runs[0][0].runner.step == 3 * steps
    assert runs[0][1].history == runs[1][1].history
    assert_same_state(runs[0][0], runs[1][0])


def test_engines_agree_on_even_batches():
    x, y = small_data(50)
    runs = []
    for engine in ("native", "jax"):
        model = small_model(optimizer="sgd", metrics=["mse"], engine=engine)
        history = model.fit(x, y, batch_size=16, last_batch="even", epochs=3, verbose=0)
        runs.append((model.get_weights(), history.history))
    for one, other in zip(runs[0][0], runs[1][0], strict=True):
        assert_close(one, other, 1e-5)
    for key, values in runs[0][1].items():
        assert_close(runs[1][1][key], values, 1e-5)


@MODES
def test_loss_and_metrics_are_those_of_the_rows_trained_on(last_batch):
    """With a learning rate of 0 every epoch's loss is that of the same weights."""
    x, y = small_data(20)
    model = Sequential([layers.Dense(1, input_shape=[3])], seed=1)
    model.compile("sgd", "mse", metrics=["mse", mean_error])
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, batch_size=8, last_batch=last_batch, shuffle=False, verbose=0).history
    rows = 16 if last_batch == "drop" else 20
    error = (model.predict(x)[:rows, 0] - y[:rows]).astype(float)
    assert_close(history["loss"][0], np.mean(error**2), 1e-6)
    assert_close(history["mse"][0], np.mean(error**2), 1e-6)
    edges = {"keep": [0, 8, 16, 20], "even": [0, 7, 14, 20], "drop": [0, 8, 16]}[last_batch]
    means = [np.abs(part).mean() for part in np.split(error, edges[1:-1])]
    assert_close(history["mean_error"][0], np.mean(means), 1e-6)


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


@MODES
@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("through_a_file", [False, True])
def test_an_interrupted_epoch_goes_on_where_it_was(last_batch, batch, through_a_file, tmp_path):
    x, y = small_data()
    settings = {"epochs": 3, "batch_size": 16, "last_batch": last_batch, "verbose": 0}
    whole, parts = small_model(metrics=["mse"]), small_model(metrics=["mse"])
    history = whole.fit(x, y, **settings).history
    with pytest.raises(KeyboardInterrupt):
        parts.fit(x, y, callbacks=[Interrupt(1, batch)], **settings)
    assert parts.position is not None and parts.position.last_batch == last_batch
    if through_a_file:
        parts.save(tmp_path / "model")
        parts = trimtab.load_model(tmp_path / "model.trimtab")
    rest = parts.fit(x, y, initial_epoch=1, **settings)
    assert rest.history == {key: values[1:] for key, values in history.items()}
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_cut_does_not_go_on_inside_the_epoch():
    x, y = small_data()
    model = small_model()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=16, callbacks=[Interrupt(0, 1)], verbose=0)
    model.fit(x, y, batch_size=16, last_batch="even", verbose=0)
    assert model.runner.step == 2 + 4


def test_the_progress_line_counts_the_batches_there_are(capsys):
    x, y = small_data(20)
    model = small_model()
    history = model.fit(x, y, batch_size=8, last_batch="drop", verbose=2)
    assert history.params["steps"] == 2
    assert re.match(r"Epoch 1/1 - [0-9.]+s - loss: ", capsys.readouterr().out)
