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
        # One thread: networks this small wait more than they compute where others use the cores.
        env={**os.environ, "MPLBACKEND": "Agg", "TRIMTAB_NUM_THREADS": "1"},
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


def test_moving_averages(tmp_path):
    printed, pictures = run("moving_averages", tmp_path, ["2"], **{"1024": "32"})
    assert pictures == ["moving-averages.png"]
    found = re.findall(r"^(\S.*?)((?: +\d+\.\d+){6})$", printed, re.MULTILINE)
    step = {name: float(numbers.split()[4]) for name, numbers in found}
    assert len(step) == 6 and step["population"] <= step["momentum=0.99"]
    # The first ten epochs are the same, whatever is frozen after them.
    early = {name: numbers.split()[:3] for name, numbers in found}
    assert early["population"] == early["population, frozen after 10"]


def test_last_batch(tmp_path):
    replaced = {"EPOCHS, LATE = 64, 11, 40, 10": "EPOCHS, LATE = 64, 11, 12, 4"}
    printed, pictures = run("last_batch", tmp_path, ["2"], **replaced)
    assert pictures == ["last-batch.png"]
    found = re.findall(r"^(0\.99?) +(\d+) +(\w+) +([\d.]+) +([\d.]+) ", printed, re.MULTILINE)
    assert len(found) == 10
    far = {tuple(key): (float(distance), float(v)) for *key, distance, v in found}
    assert far["0.9", "1", "even"][0] <= far["0.9", "1", "keep"][0]
    assert far["0.9", "1", "keep"][1] <= far["0.9", "1", "even"][1]


def test_ghost_batches(tmp_path):
    replaced = {"STEPS = 400": "STEPS = 60", "Dense(128": "Dense(32"}
    printed, pictures = run("ghost_batches", tmp_path, ["2"], **replaced)
    assert pictures == ["ghost-batches.png"]
    found = re.findall(r"^(\S.*?) +(\d\.\d+) +(\d\.\d+) +(-?\d\.\d+) +[+-]", printed, re.MULTILINE)
    assert len(found) == 12  # two tables, six cases
    for table in (found[:6], found[6:]):
        gap = {name: float(number) for name, _, _, number in table}
        assert gap["all rows, ghosts of 4"] <= gap["all rows"]


def test_averaged_weights(tmp_path):
    replaced = {"EPOCHS, START = 40, 20": "EPOCHS, START = 6, 3", "Dense(256": "Dense(16"}
    printed, _ = run("averaged_weights", tmp_path, ["2"], **replaced)
    rows = re.findall(r"^  (\S.*?)  +([\d.]+) ± [\d.]+$", printed, re.MULTILINE)
    assert len(rows) == 16  # two learning rates, two momentums, four kinds of weights
    fresh = [loss for name, loss in rows if name == "average, fresh statistics"]
    assert fresh[0] == fresh[1] and fresh[2] == fresh[3]  # momentum is forgotten


def test_dropout_rates(tmp_path):
    replaced = {"EPOCHS = 100": "EPOCHS = 5", "width=128": "width=32", "epochs=33": "epochs=2"}
    printed, pictures = run("dropout_rates", tmp_path, ["2"], **replaced)
    assert pictures == ["dropout-rates.png"]
    found = re.findall(r"^(\S.*?)((?: +-?\d+\.\d+){6}) +\d+$", printed, re.MULTILINE)
    assert len(found) == 8 + 6 + 5  # rates, schedules, narrow layers
    training = {name: float(numbers.split()[0]) for name, numbers in found[:8]}
    assert training["0.0"] <= training["0.9"]


def test_folding(tmp_path):
    printed, _ = run("folding", tmp_path, ["2"], **{"ROWS = 4_096": "ROWS = 256", "1024": "32"})
    found = re.findall(r"^ +(\d+) +3 of 3 +(\S+) +[\d.]+ +[\d.]+ ", printed, re.MULTILINE)
    assert [units for units, _ in found] == ["32", "64", "16"]
    assert all(float(difference) <= 1e-5 for _, difference in found)
