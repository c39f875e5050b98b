"""A notebook, run by a kernel as Jupyter does."""

import json
import os
import subprocess
import sys

import pytest

from trimtab.predictor.training import defaults

pytest.importorskip("ipykernel")
pytest.importorskip("nbclient")
pytestmark = pytest.mark.slow

SETUP = """
import numpy as np, pandas as pd, trimtab
from trimtab import keras
from trimtab.keras import layers
random = np.random.default_rng(0)
x = random.normal(size=(200, 3)); y = x.sum(axis=1)
model = keras.Sequential([layers.Dense(4, activation='relu'), layers.Dense(1)])
model.compile('adam', 'mse')
table = pd.DataFrame(x, columns=list('abc')).assign(y=y, id=range(1000, 1200))
table.loc[::20, 'y'] = None
"""

CELLS = {
    "setup": SETUP,
    "fit": "history = model.fit(x, y, validation_split=0.2, epochs=3)",
    "many": "history = model.fit(x, y, validation_split=0.2, epochs=60)",
    "kept": "kept = keras.callbacks.BackupAndRestore('backup')\n"
    "history = model.fit(x, y, validation_split=0.2, epochs=3, callbacks=[kept])",
    "lines": "_ = model.fit(x, y, epochs=2, verbose=2)",
    "silent": "_ = model.fit(x, y, epochs=2, verbose=0)",
    "history": "history",
    "plot": "history.plot()",
    "train": "p = trimtab.train(table, 'y', epochs=2, layers='4')",
    "predictor": "p",
    "scores": "p.best_evidence",
    "bars": "p.explain(table, repeats=2).plot()",
    "findings": "model.check(x * 1000, y)",
    "silent train": "q = trimtab.train(table, 'y', epochs=1, layers='4', verbose=0)",
    "refused": "trimtab.train(table, 'z')",
    # The program in a cell's process is no notebook.
    "process": "import subprocess, sys; print(subprocess.run([sys.executable, '-c', "
    "'from trimtab.core.notebook import in_notebook; print(in_notebook())'],"
    "capture_output=True, text=True).stdout)",
}


#: Runs the cells and prints what they put out. In a process of its own: Jupyter's client leaves
#: sockets open, of which Python warns later.
CLIENT = """
import json, sys
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

place = sys.argv[1]
manager = AsyncKernelManager(
    kernel_name="here",
    kernel_spec_manager=KernelSpecManager(kernel_dirs=[place + "/kernels"]),
    transport="ipc",
    connection_file=place + "/connection.json",
)
made = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
)
NotebookClient(
    made, km=manager, timeout=120, allow_errors=True, resources={"metadata": {"path": place}}
).execute()
print(json.dumps([cell.outputs for cell in made.cells]))
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell put out."""
    place = tmp_path_factory.mktemp("notebook")
    kernel = place / "kernels" / "here"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "here"}))
    # As a user starts it: a backend that is named here would show no pictures.
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLIENT, str(place)],
        input=json.dumps(list(CELLS.values())),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CELLS, json.loads(done.stdout), strict=True))


def bundles(found, kind):
    return [each["data"][kind] for each in found if kind in each.get("data", {})]


def printed(found):
    assert all(each["name"] == "stdout" for each in found if each["output_type"] == "stream")
    return "".join(each["text"] for each in found if each["output_type"] == "stream")


def test_every_cell_runs(outputs):
    failed = [
        name
        for name, found in outputs.items()
        if any(each["output_type"] == "error" for each in found)
    ]
    assert failed == ["refused"] and outputs["setup"] == []


@pytest.mark.parametrize(("cell", "rows"), [("fit", 3), ("many", 11), ("kept", 3)])
def test_a_fit_shows_one_table(outputs, cell, rows):
    (html,) = bundles(outputs[cell], "text/html")
    assert len(outputs[cell]) == 1
    assert rows <= html.count("<tr>") - 1 <= rows + 1  # the best epoch may be one of the last
    assert "val_loss" in html and "<progress" not in html


def test_lines_and_silence(outputs):
    assert printed(outputs["lines"]).count("Epoch ") == 2
    assert outputs["silent"] == []


@pytest.mark.parametrize("cell", ["plot", "bars"])
def test_a_plot_gives_one_picture(outputs, cell):
    assert len(bundles(outputs[cell], "image/png")) == 1


def test_train_says_what_it_did(outputs):
    text = printed(outputs["train"])
    assert "10 rows without y left out." in text and "left out  id (" in text
    assert f"On 190 rows in {defaults.folds(190)}-fold cross-validation" in text
    (html,) = bundles(outputs["train"], "text/html")
    assert html.count("<tr>") == 3
    assert outputs["silent train"] == []


@pytest.mark.parametrize("cell", ["history", "predictor", "scores", "findings"])
def test_looks(outputs, cell):
    (found,) = outputs[cell]
    assert found["output_type"] == "execute_result"
    assert found["data"]["text/html"].startswith("<")
    assert found["data"]["text/plain"]


def test_other_processes_are_no_notebooks(outputs):
    assert printed(outputs["process"]).strip() == "False"
