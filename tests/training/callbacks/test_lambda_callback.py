"""LambdaCallback: functions at hooks."""

from tests.support.refusals import assert_refused
from tests.support.small import small_data, small_model
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import LambdaCallback


def test_every_hook_can_be_given():
    x, y = small_data(10)
    seen = []

    def note(name):
        return lambda *args, **named: seen.append((name, len(args), sorted(named)))

    names = [
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end",
        "on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end",
        "on_epoch_end", "on_train_end",
    ]  # fmt: skip
    callback = LambdaCallback(**{name: note(name) for name in names})
    small_model().fit(x, y, verbose=0, validation_split=0.5, callbacks=[callback])
    assert [name for name, *_ in seen] == names
    for name, given, named in seen:
        assert (given, named) == {
            "batch": (1, ["logs"]), "epoch": (2, [])
        }.get(name.split("_")[-2], (1, []))  # fmt: skip


def test_only_batch_hooks_cut_the_epoch():
    assert not LambdaCallback(on_epoch_end=print).wants_train_batches()
    assert LambdaCallback(on_train_batch_end=print).wants_train_batches()
    assert LambdaCallback(on_batch_begin=print).wants_train_batches()


def test_refusals():
    known = (
        "on_batch_begin, on_batch_end, on_epoch_begin, on_epoch_end, on_predict_batch_begin, "
        "on_predict_batch_end, on_predict_begin, on_predict_end, on_test_batch_begin, "
        "on_test_batch_end, on_test_begin, on_test_end, on_train_batch_begin, "
        "on_train_batch_end, on_train_begin, on_train_end"
    )
    assert_refused(
        InvalidArgument,
        f"LambdaCallback: 'on_epoch' is not a hook. Hooks are: {known}.",
        lambda: LambdaCallback(on_epoch=print),
    )
    assert_refused(
        InvalidArgument,
        "LambdaCallback: on_train_end must be a function, received 'done'.",
        lambda: LambdaCallback(on_train_end="done"),
    )
