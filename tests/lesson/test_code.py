"""The learner's code: `tensorflow` becomes `trimtab`, nothing else changes, and it runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from trimtab.tables import datasets

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared" / "data"
NAMES = ["concrete", "red_wine", "spotify"]


@pytest.mark.parametrize("name", NAMES)
def test_two_import_lines_are_all_that_changes(name):
    """On Keras the scripts import ``tensorflow``; nothing else in them knows trimtab."""
    assert re.findall(r".*trimtab.*", (EXAMPLES / f"{name}.py").read_text()) == [
        "from trimtab import keras",
        "from trimtab.keras import layers",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_runs(name, tmp_path):
    table = name.replace("_", "-") + ".csv"
    source = SHARED / table if name == "spotify" else Path(datasets.__file__).parent / table
    if not source.exists():
        pytest.skip("the Spotify table is not at hand")
    shutil.copy(source, tmp_path)
    code = (EXAMPLES / f"{name}.py").read_text()
    code, fits = re.subn(r"epochs=\d+", "epochs=2", code)
    # A learner sets no seed. Some seeds have not diverged after two epochs, or are at infinity.
    code = f"import trimtab\ntrimtab.set_random_seed(0)\n{code}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    losses = re.findall(r"^Minimum Validation Loss: (nan|\d+\.\d{4})$", done.stdout, re.MULTILINE)
    assert len(losses) == fits
    assert len(list(tmp_path.glob("*.png"))) == fits
    if name == "concrete":
        assert losses[0] == "nan"  # without normalization
        assert float(losses[1]) < 100
