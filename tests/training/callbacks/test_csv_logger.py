"""CSVLogger: the lines it writes, as Keras writes them."""

import pytest

from tests.support.keras import import_keras
from tests.support.small import small_data, small_model
from trimtab.training.callbacks import CSVLogger, LambdaCallback

RUN = [{"loss": 0.5, "mae": 1.25}, {"loss": 0.25, "mae": 1.0, "val_loss": 2.0, "val_mae": 3.0}]


def play(logger, epochs=RUN):
    logger.on_train_begin()
    for epoch, logs in enumerate(epochs):
        logger.on_epoch_end(epoch, dict(logs))
    logger.on_train_end()


def test_lines(tmp_path):
    path = tmp_path / "log.csv"
    play(CSVLogger(path))
    assert path.read_text().splitlines() == [
        "epoch,loss,mae,val_loss,val_mae",
        "0,0.5,1.25,NA,NA",
        "1,0.25,1.0,2.0,3.0",
    ]
    play(CSVLogger(path, separator=";"), RUN[:1])
    assert path.read_text().splitlines() == [
        "epoch;loss;mae;val_loss;val_mae",
        "0;0.5;1.25;NA;NA",
    ]


@pytest.mark.parametrize("append", [True, False])
def test_same_file_as_keras(tmp_path, append):
    keras = import_keras()
    for logger, name in (
        (CSVLogger(tmp_path / "ours.csv", append=append), "ours"),
        (keras.callbacks.CSVLogger(str(tmp_path / "theirs.csv"), append=append), "theirs"),
    ):
        play(logger)
        play(logger, RUN[1:])
        assert (tmp_path / f"{name}.csv").exists()
    ours, theirs = ((tmp_path / f"{name}.csv").read_bytes() for name in ("ours", "theirs"))
    assert ours == theirs


def test_in_a_fit_lines_are_there_at_once(tmp_path):
    x, y = small_data()
    path = tmp_path / "log.csv"
    counts = []
    spy = LambdaCallback(on_epoch_end=lambda e, logs: counts.append(len(path.read_text().split())))
    history = small_model().fit(
        x, y, epochs=3, verbose=0, validation_split=0.2, callbacks=[CSVLogger(path), spy]
    )
    assert counts == [2, 3, 4]
    last = path.read_text().split()[-1].split(",")
    assert float(last[1]) == history.history["loss"][-1]


def test_the_file_is_closed_after_an_error(tmp_path):
    x, y = small_data()
    logger = CSVLogger(tmp_path / "log.csv")

    def fail(epoch, logs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        small_model().fit(x, y, verbose=0, callbacks=[logger, LambdaCallback(on_epoch_end=fail)])
    assert logger._file is None
