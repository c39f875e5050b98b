"""Scripts in examples/ beyond the lesson: they run, print tables and draw pictures."""

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, folder, arguments, **replaced):
    """What the script prints, and the pictures it writes; parts of its text replaced first."""
    code = (EXAMPLES / f"{name}.py").read_text()
    for old, new in replaced.items():
        assert old in code
        code = code.replace(old, new)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, [path.name for path in folder.glob("*.png")]


def test_statistics_red_wine(tmp_path):
    printed, pictures = run("statistics_red_wine", tmp_path, ["2"], **{"1024": "64"})
    assert pictures == ["statistics-red-wine.png"]
    assert "training loss the same, bit for bit: True" in printed
    found = re.search(r"^mean +([\d.]+) +([\d.]+) +([\d.]+)$", printed, re.MULTILINE)
    moving, population, ratio = map(float, found.groups())
    assert population < moving and abs(population / moving - ratio) <= 0.01


def test_interval_coverage(tmp_path):
    printed, pictures = run("interval_coverage", tmp_path, ["3"], **{"Dense(64": "Dense(8"})
    assert pictures == ["interval-coverage.png"]
    rows = re.findall(r"^  (\S.*?) +([\d.]+) ± [\d.]+ +[\d.]+ +[\d.]+ ", printed, re.MULTILINE)
    assert len(rows) == 15  # three tables, five methods
    calibrated = [float(coverage) for method, coverage in rows if method != "raw dropout"]
    raw = [float(coverage) for method, coverage in rows if method == "raw dropout"]
    # Three splits: standard errors are up to 0.03, and this is the worst of twelve means.
    assert min(calibrated) >= 0.8 and max(raw) <= min(calibrated)


def test_variance_shift(tmp_path):
    replaced = {"UNITS = 256": "UNITS = 64", "EPOCHS = 40": "EPOCHS = 4"}
    printed, pictures = run("variance_shift", tmp_path, ["2"], **replaced)
    assert pictures == ["variance-shift.png"]
    found = re.findall(r"^\w+ +(0\.\d) +([\d.]+) +([\d.]+) +([\d.]+)$", printed, re.MULTILINE)
    assert [rate for rate, *_ in found] == ["0.1", "0.2", "0.3", "0.5"] * 2
    for _, measured, formula, difference in found:
        assert abs(float(measured) - float(formula)) <= float(difference) + 1e-3 <= 0.03
    # Six networks, three cures each.
    assert len(re.findall(r"[+-]\d\.\d{4} \+- ", printed)) == 18
