"""The lesson on both engines: the curves agree while they can, and what is learned is the same.

Until training turns chaotic the curves lie on one another. Afterwards they part as the native
engine's own do when every initial kernel is moved by one unit in the last place.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.support.drift import ALLOWED, LEAST_DRIFT, nudged, parted
from trimtab import keras
from trimtab.lesson import LESSONS, train

SPOTIFY = Path(__file__).parents[3] / "shared" / "data" / "spotify.csv"

pytestmark = pytest.mark.slow
pytest.importorskip("jax", reason="JAX is not installed")

#: Lesson, variant, epochs (a full run of Red Wine takes long), and where its minimum has to lie:
#: the ranges of Keras' runs over several seeds. Each is trained three times, for 10 to 40 s in all:
#: until then the curves have met these ranges, and the drift has shown.
RUNS = [
    pytest.param("concrete", 1, 100, (3.4, 4.7), id="concrete"),
    pytest.param("red-wine", 0, 50, (0.5, 0.62), id="red-wine"),
    pytest.param("spotify", 0, 50, (0.185, 0.2015), id="spotify without dropout"),
    pytest.param("spotify", 1, 50, (0.185, 0.2015), id="spotify with dropout"),
]


def split_of(name):
    table = None
    if name == "spotify":
        table = SPOTIFY
        if not table.exists():
            pytest.skip("the Spotify table is not at hand")
    return LESSONS[name].split(LESSONS[name].table(table))


def from_nudged_kernels(name, variant, split, epochs):
    """The native engine's curves from kernels one unit in the last place above."""
    lesson = LESSONS[name]
    keras.utils.set_random_seed(0)
    model = lesson.variants[variant].network(split.columns)
    model.compile(optimizer=lesson.optimizer, loss="mae", engine="native")
    model.set_weights(nudged(model.get_weights(), np.inf))
    return model.fit(
        split.x_train,
        split.y_train,
        validation_data=(split.x_valid, split.y_valid),
        batch_size=lesson.batch_size,
        epochs=epochs,
        verbose=0,
    ).history


# More than 10 s: engines part as training is chaotic, and only whole curves show by how much.
@pytest.mark.parametrize(("name", "variant", "epochs", "minimum"), RUNS)
def test_curves_agree(name, variant, epochs, minimum):
    split = split_of(name)
    native, jax = (
        train(LESSONS[name], LESSONS[name].variants[variant], split, epochs=epochs, engine=engine)
        for engine in ("native", "jax")
    )
    low, high = minimum
    for outcome in (native, jax):
        assert low <= outcome.best <= high
    curves = [{"loss": o.loss, "val_loss": o.val_loss} for o in (native, jax)]
    assert curves[0] != curves[1], "the same engine twice shows nothing"
    other = from_nudged_kernels(name, variant, split, epochs)
    drift = np.maximum(parted(other, curves[0]), LEAST_DRIFT)
    apart = parted(curves[1], curves[0])
    assert (apart <= ALLOWED * drift).all(), f"apart {apart}, native from itself {drift}"


def test_concrete_without_normalization_diverges_on_jax_too():
    lesson = LESSONS["concrete"]
    outcome = train(lesson, lesson.variants[0], split_of("concrete"), epochs=2, engine="jax")
    assert math.isnan(outcome.loss[-1])
    assert math.isnan(outcome.val_loss[-1])
