"""TensorBoard: what is in its files, as Keras names it."""

import importlib.util
import json
import pickle
import struct
import zlib

import numpy as np
import pytest

from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.training import event_files
from trimtab.training.callbacks import Callback, LambdaCallback, TensorBoard
from trimtab.training.event_files import png

X, Y = small_data()
FIT = {"epochs": 3, "batch_size": 16, "validation_split": 0.2, "verbose": 0}
STEPS = 3  # of an epoch


#: What is written, or read back.
needed = pytest.mark.skipif(
    importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed"
)


def events(folder):
    """All events of a folder, in the order of their files."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.iterdir(), key=lambda path: int(path.suffix[1:])):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            found.append(Event.FromString(data[12 : 12 + length]))
            data = data[16 + length :]
        assert found and path.name.startswith("events.out.tfevents.")
    return found


def curves(folder):
    """Tag -> step -> number."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def fit(folder, *callbacks, model=None, **settings):
    model = small_model(metrics=["mse"]) if model is None else model
    model.fit(X, Y, callbacks=[*callbacks, TensorBoard(folder, **settings)], **FIT)
    return model


def assert_curve(curve, numbers, steps):
    assert list(curve) == list(steps)
    np.testing.assert_array_equal(np.float32(list(curve.values())), np.float32(numbers))


@needed
def test_epochs(tmp_path):
    history = fit(tmp_path).history.history
    train, valid = curves(tmp_path / "train"), curves(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_mse", "epoch_learning_rate"}
    for name in ("loss", "mse"):
        assert_curve(train[f"epoch_{name}"], history[name], range(3))
        assert_curve(valid[f"epoch_{name}"], history[f"val_{name}"], range(3))
        steps = [STEPS, 2 * STEPS, 3 * STEPS]
        assert_curve(valid[f"evaluation_{name}_vs_iterations"], history[f"val_{name}"], steps)
    assert_curve(train["epoch_learning_rate"], [0.001] * 3, range(3))


@needed
@pytest.mark.parametrize(("every", "steps"), [("batch", range(1, 10)), (4, [4, 8])])
def test_batches(tmp_path, every, steps):
    means = []
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: means.append(logs["loss"]))
    fit(tmp_path, look, update_freq=every)
    assert_curve(
        curves(tmp_path / "train")["batch_loss"], [means[step - 1] for step in steps], steps
    )


@needed
def test_a_second_fit_goes_on(tmp_path):
    model = fit(tmp_path, update_freq=1)
    fit(tmp_path, model=model, update_freq=1)
    assert list(curves(tmp_path / "train")["batch_loss"]) == list(range(1, 19))


@needed
def test_weights(tmp_path):
    model = fit(tmp_path, histogram_freq=2, write_images=True)
    found = {}
    for event in events(tmp_path / "train"):
        for value in event.summary.value:
            if value.HasField("histo") or value.HasField("image"):
                found.setdefault(value.tag, {})[event.step] = value
    paths = [weight.path for weight in model.weights]
    assert set(found) == {f"{path}/{kind}" for path in paths for kind in ("histogram", "image")}
    for weight in model.weights:
        histograms = found[f"{weight.path}/histogram"]
        assert list(histograms) == [0, 2]
        last, values = histograms[2].histo, weight.numpy()
        assert (last.num, last.min, last.max) == (values.size, values.min(), values.max())
        assert sum(last.bucket) == values.size and len(last.bucket) == len(last.bucket_limit)
        assert last.sum == pytest.approx(values.sum(dtype=np.float64))
    kernel = found[f"{model.weights[0].path}/image"][2].image
    assert (kernel.height, kernel.width) == (3, 8)


@needed
def test_what_diverged_is_written(tmp_path):
    model = small_model(optimizer="sgd", normalize=False, dropout=0)
    model.build()
    model.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
    fit(tmp_path, model=model, histogram_freq=1)
    numbers = curves(tmp_path / "train")["epoch_loss"].values()
    assert np.isnan(list(numbers)).all()


@needed
def test_the_layers(tmp_path):
    model = fit(tmp_path)
    (value,) = [
        value
        for event in events(tmp_path / "train")
        for value in event.summary.value
        if value.HasField("tensor")
    ]
    assert (value.tag, value.metadata.plugin_data.plugin_name) == ("keras", "graph_keras_model")
    assert json.loads(value.tensor.string_val[0]) == json.loads(model.to_json())
    fit(tmp_path / "without", write_graph=False)
    tags = [v.tag for e in events(tmp_path / "without" / "train") for v in e.summary.value]
    assert "keras" not in tags


@needed
def test_steps_per_second(tmp_path):
    fit(tmp_path, write_steps_per_second=True, update_freq=1)
    train = curves(tmp_path / "train")
    for name in ("batch_steps_per_second", "epoch_steps_per_second"):
        assert min(train[name].values()) > 0


@needed
def test_evaluate(tmp_path):
    model = small_model()
    loss = model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert_curve(curves(tmp_path / "validation")["evaluation_loss_vs_iterations"], [loss], [0])


@needed
def test_training_does_not_change(tmp_path):
    whole = small_model(metrics=["mse"])
    whole.fit(X, Y, **FIT)
    assert_same_state(whole, fit(tmp_path, update_freq=1, histogram_freq=1))


@needed
def test_only_a_number_of_batches_cuts_the_epoch():
    class Own(TensorBoard):
        def on_train_batch_end(self, batch, logs=None):
            pass

    assert not TensorBoard("a").wants_train_batches()
    assert TensorBoard("a", update_freq=100).wants_train_batches()
    assert Own("a").wants_train_batches()


@needed
def test_files_are_closed_after_an_error(tmp_path):
    class Fail(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("no more")

    board = TensorBoard(tmp_path)
    with pytest.raises(RuntimeError, match="no more"):
        small_model().fit(X, Y, callbacks=[board, Fail()], **FIT)
    assert board._files == {} and "epoch_loss" in curves(tmp_path / "train")


@needed
def test_one_of_several_processes_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("trimtab.distributed.is_main", lambda: False)
    fit(tmp_path, histogram_freq=1)
    assert list(tmp_path.iterdir()) == []


@needed
def test_it_pickles():
    assert pickle.loads(pickle.dumps(TensorBoard("a", 3))).histogram_freq == 3


# -- refusals --------------------------------------------------------------------------------------


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert_refused(
        ImportError,
        "TensorBoard needs tensorboardX or tensorboard, and neither is installed. "
        "Run: pip install 'trimtab[tensorboard]'",
        TensorBoard,
    )


def test_either_package_will_do(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "tensorboard" or None)
    assert event_files._package() == "tensorboard"


@pytest.mark.parametrize("every", [0, -1, 1.5, True, None, "step"])
def test_how_often(every):
    assert_refused(
        InvalidArgument,
        "TensorBoard: update_freq must be 'epoch', 'batch' or a positive number of batches, "
        f"received {every!r}. Use update_freq='epoch'.",
        lambda: TensorBoard("a", update_freq=every),
    )


@pytest.mark.parametrize("settings", [{"profile_batch": 2}, {"embeddings_freq": 1}])
def test_what_is_not_supported(settings):
    ((name, value),) = settings.items()
    assert_refused(
        Unsupported,
        f"TensorBoard: {name}={value} is not supported. Leave it out.",
        lambda: TensorBoard("a", **settings),
    )


# -- pictures --------------------------------------------------------------------------------------


def pixels(data):
    """The shades of a picture, read by another library."""
    import io

    import matplotlib.image

    return np.round(matplotlib.image.imread(io.BytesIO(data), format="png") * 255)


def test_a_picture():
    values = np.array([[-1.0, 0.0, np.nan], [1.0, np.inf, 0.5]])
    np.testing.assert_array_equal(pixels(png(values)), [[0, 128, 0], [255, 0, 191]])


def test_a_picture_of_one_number():
    data = png(np.full((2, 2), 7.0))
    assert not pixels(data).any()
    assert zlib.crc32(b"IEND") == struct.unpack(">I", data[-4:])[0]
