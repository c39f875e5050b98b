"""Files of models that hold a user's own layers, losses and metrics."""

import json

import numpy as np
import pytest

from tests.support.processes import run_python
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Sequential, load_model
from trimtab.core.container import read
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.nn import layers, registration

pytest.importorskip("jax", reason="JAX is not installed")
from tests.support import own  # written with JAX

X, Y = small_data(20)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = own.own_model()
    path = tmp_path_factory.mktemp("own") / "m.trimtab"
    model.save(path)
    return model, path


def test_round_trip(saved, tmp_path):
    model, path = saved
    back = load_model(path)
    assert_same_state(model, back)
    assert type(back.layers[0]) is own.Gate and back.layers[0].scale == 2.0
    assert back._loss.fn is own.pinball
    assert back.metrics_names == ["loss", "largest"]
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
    back.save(tmp_path / "again")
    assert (tmp_path / "again.trimtab").read_bytes() == path.read_bytes()


def test_layers_inside_keep_what_is_frozen(tmp_path):
    model = own.own_model()
    model.layers[0].inner.trainable = False
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    assert [layer.trainable for layer in back.layers[0].sublayers] == [False, True]
    unbuilt = Sequential([own.Gate()])
    unbuilt.layers[0].inner.trainable = False
    unbuilt.save(tmp_path / "u")
    assert not load_model(tmp_path / "u").layers[0].inner.trainable


TRAIN_ON = """
import sys
{first}
from tests.support.small import small_data
from trimtab import load_model
model = load_model({path!r})
x, y = small_data(20)
losses = model.fit(x, y, epochs=3, initial_epoch=1, batch_size=8, verbose=0).history
print([[value.hex() for value in values] for values in losses.values()])
print([weight.tobytes().hex() for weight in model.get_weights()])
"""


def test_a_new_process_trains_on_with_the_same_numbers(saved):
    _, path = saved
    script = TRAIN_ON.format(first="import tests.support.own", path=str(path))
    losses, weights = run_python(script).splitlines()
    here = load_model(path)
    history = here.fit(X, Y, epochs=3, initial_epoch=1, batch_size=8, verbose=0).history
    assert losses == str([[value.hex() for value in values] for values in history.values()])
    assert weights == str([weight.tobytes().hex() for weight in here.get_weights()])


def test_a_process_that_lacks_the_registration_says_all_that_is_missing(saved):
    _, path = saved
    script = f"""
    from trimtab import load_model
    from trimtab.errors import FileFormatError
    try:
        load_model({str(path)!r})
    except FileFormatError as error:
        print(error)
    """
    assert run_python(script) == (
        f"{str(path)!r} holds what is not trimtab's own: 'tests>Gate', 'tests>largest', "
        "'tests>pinball' are not registered in this process. Import tests.support.own first, or "
        "pass custom_objects={'Gate': Gate}."
    )


def test_custom_objects_stand_in_for_registration(saved, monkeypatch):
    model, path = saved
    monkeypatch.setattr(registration, "_objects", {})
    objects = {"Gate": own.Gate, "tests>pinball": own.pinball, "largest": own.largest}
    back = load_model(path, custom_objects=objects)
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
    back = load_model(path, custom_objects={"Gate": own.Gate}, compile=False)
    assert not back.compiled
    with pytest.raises(FileFormatError, match="'tests>pinball' is not registered"):
        load_model(path, custom_objects={"Gate": own.Gate, "largest": own.largest})
    with pytest.raises(FileFormatError, match="which is no layer"):
        load_model(path, custom_objects={**objects, "Gate": own.pinball})


def test_a_loss_class(tmp_path):
    model = small_model(loss=own.Weighted(0.25), normalize=False, dropout=0)
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    assert type(back._loss) is own.Weighted and back._loss.alpha == 0.25


class Unregistered(layers.Layer):
    def call(self, x):
        return x


def unregistered(y_true, y_pred):
    return y_pred - y_true


def test_what_is_not_registered_is_not_written(tmp_path):
    model = Sequential([layers.Input((3,)), layers.Residual([Unregistered()])])
    assert_refused(
        InvalidArgument,
        "Unregistered is a custom class that is not registered, so a file could not say what "
        f"it is. Put @trimtab.register above it (in {__name__}).",
        lambda: model.save(tmp_path / "m"),
    )
    assert_refused(
        InvalidArgument,
        "unregistered is a custom function that is not registered, so a file could not say "
        f"what it is. Put @trimtab.register above it (in {__name__}).",
        lambda: small_model(loss=unregistered).save(tmp_path / "m"),
    )
    assert list(tmp_path.iterdir()) == []
    model.save_weights(tmp_path / "w")  # which needs no names
    small_model(metrics=[unregistered]).save(tmp_path / "metric")  # loading will say so


def test_a_file_holds_names_and_no_code(saved):
    contents = read(saved[1])
    text = json.dumps(contents.documents)
    assert '"registered_name": "tests>Gate"' in text and '"config": "tests>pinball"' in text
    assert "jnp" not in text and "def " not in text


def test_without_jax_nothing_is_wrong_with_the_file(tmp_path):
    path = tmp_path / "m.trimtab"
    script = f"""
    import sys, trimtab
    from trimtab import layers
    @trimtab.register
    class Same(layers.Layer):
        def call(self, x):
            return x
    trimtab.Sequential([layers.Input((3,)), Same()]).save({str(path)!r})
    for name in [name for name in sys.modules if name.split(".")[0] in ("jax", "jaxlib")]:
        del sys.modules[name]
    sys.modules["jax"] = None
    try:
        trimtab.load_model({str(path)!r})
    except trimtab.errors.EngineError as error:
        print(error)
    """
    assert run_python(script).startswith("Same, a custom layer, needs JAX")
