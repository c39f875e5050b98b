"""The programs in examples/keras: run as they are, and in Keras with other imports."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.close import assert_close

PROGRAMS = sorted((Path(__file__).parents[2] / "examples" / "keras").glob("*.py"))

#: What each prints: a figure, and the bound that it keeps to.
SAYS = {
    "column_embeddings": (r"test error (\S+),", 0.6),
    "deep_and_cross": (r"test mean absolute error (\S+),", 0.2),
    "gated_residual": (r"test mean absolute error (\S+),", 0.5),
    "two_heads": (r"of strength (\S+)\n", 0.5),
    "wide_and_deep": (r"test accuracy (\S+),", None),
}


#: What each calls its test rows, if it is another name.
TEST_ROWS = {"column_embeddings": ("features_test", "rent_test")}


def run(source: str, path: Path) -> dict[str, Any]:
    names = {"__name__": "__main__"}
    exec(compile(source, str(path), "exec"), names)
    return names


def test_every_program_is_run():
    assert {path.stem for path in PROGRAMS} == set(SAYS)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_and_learns(path, capsys):
    run(path.read_text(), path)
    pattern, most = SAYS[path.stem]
    figure = float(re.search(pattern, capsys.readouterr().out).group(1))
    assert figure > 0.67 if most is None else figure < most


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_one_of_keras_but_for_the_imports(path):
    pytest.importorskip("keras")
    source = path.read_text()
    source = re.sub(r"epochs=\d+", "epochs=1", source)
    theirs = source.replace("from trimtab import keras", "import keras")
    theirs = theirs.replace("from trimtab.keras import layers", "from keras import layers")
    assert "trimtab" not in theirs
    names, own = run(theirs, path), run(source, path)
    # From the weights that Keras has now, losses, metrics and predictions are the same.
    x, y = TEST_ROWS.get(path.stem, ("x_test", "y_test"))
    x, y = names[x], names[y]
    own["model"].set_weights(names["model"].get_weights())
    actual, expected = (each["model"].evaluate(x, y, verbose=0) for each in (own, names))
    assert_close(np.ravel(actual), np.ravel(expected), 1e-4)
    actual, expected = (each["model"].predict(x, verbose=0) for each in (own, names))
    for key in expected if isinstance(expected, dict) else range(len(expected)):
        assert_close(actual[key], expected[key], 1e-4, scale=1.0)
