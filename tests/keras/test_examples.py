"""The programs in examples/keras: run as they are, and in Keras with other imports."""

import re
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "examples" / "keras").glob("*.py"))

#: What each prints: a figure, and the bound that it keeps to.
SAYS = {
    "column_embeddings": (r"test error (\S+),", 0.6),
    "deep_and_cross": (r"test mean absolute error (\S+),", 0.2),
    "gated_residual": (r"test mean absolute error (\S+),", 0.5),
    "two_heads": (r"of strength (\S+)\n", 0.5),
    "wide_and_deep": (r"test accuracy (\S+),", None),
}


def run(source: str, path: Path) -> None:
    exec(compile(source, str(path), "exec"), {"__name__": "__main__"})


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
    theirs = source.replace("from trimtab import keras", "import keras")
    theirs = theirs.replace("from trimtab.keras import layers", "from keras import layers")
    assert "trimtab" not in theirs
    run(re.sub(r"epochs=\d+", "epochs=1", theirs), path)
