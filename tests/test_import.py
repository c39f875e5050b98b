"""What loads when trimtab does: NumPy and the extension, and nothing heavy or rarely used."""

import subprocess
import sys

import pytest

HEAVY = {
    *(
        "dask",
        "h5py",
        "jax",
        "jinja2",
        "joblib",
        "keras",
        "markupsafe",
        "matplotlib",
        "msgspec",
        "openpyxl",
        "pandas",
        "polars",
        "pyarrow",
    ),
    *("msgspec", "rich", "safetensors", "scipy", "sklearn", "tensorflow", "torch"),
}


def loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import trimtab",
        "from trimtab import keras\nfrom trimtab.keras import layers, callbacks, optimizers",
        "import trimtab.datasets",
        "import trimtab.lesson",
        "import trimtab.play",
        "import trimtab.coaching",
        "import trimtab.findings",
        "import trimtab.trials",
        "import trimtab.tables.inspection",
        "import trimtab\ntrimtab.tables.read, trimtab.tables.ReadOptions",
    ],
)
def test_import_is_light(code):
    assert loaded_by(code) & (HEAVY | {"typer"}) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--help"], ["--version"]),
        *(
            [name, "--help"]
            for name in (
                "train",
                "coach",
                "compare",
                "predict",
                "evaluate",
                "report",
                "show",
                "lesson",
                "play",
            )
        ),
    ],
)
def test_help_is_light(arguments):
    code = f"""
import sys
sys.argv = ["trimtab", *{arguments}]
from trimtab.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""
    assert loaded_by(code) & HEAVY == set()
