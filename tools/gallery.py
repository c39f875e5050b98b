"""Draws the pictures of the gallery, and writes docs/gallery.md from the sentences of its scripts.

    python tools/gallery.py            # draws all pictures, the README's film, too, in a minute
    python tools/gallery.py NAME ...   # runs these scripts alone
    python tools/gallery.py --page     # writes the page alone
    python tools/gallery.py --check    # fails where the page is not what it would write

A test runs the last.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "examples" / "gallery"
PICTURES = ROOT / "docs" / "images" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"

#: Headings, and the scripts below each, in this order.
SECTIONS = {
    "Dropout": (
        *("dropout_masks", "dropout_scaling", "dropout_gap", "dropout_rate"),
        *("dropout_schedules", "dropout_uncertainty"),
    ),
    "Batch normalization": (
        *("batch_norm_depth", "batch_norm_learning_rates", "batch_norm_statistics"),
        *("batch_norm_batch_size", "variance_shift"),
    ),
    "Training": (
        *("network_units", "training_learning_rate", "training_early_stopping"),
        *("training_seeds", "training_committee"),
    ),
    "Honest validation": (
        *("validation_splits", "validation_best_epoch", "validation_copies", "interval_levels"),
    ),
}

HEAD = """\
# Gallery

<!-- Written by tools/gallery.py from the scripts in examples/gallery. -->

Each picture is drawn by a short script that trains small networks on bundled tables in a few
seconds. Run it from anywhere; it writes the picture into the current folder. With a number behind
it, `python examples/gallery/dropout_gap.py 5`, it trains so many epochs.

`trimtab lesson dropout`, `batch-norm` and `committee` show what these do in motion.
"""


def sentence(name: str) -> str:
    """What one sees: the script's docstring, in one line."""
    text = ast.get_docstring(ast.parse((SCRIPTS / f"{name}.py").read_text("utf-8")))
    assert text, f"{name}.py says nothing"
    return " ".join(text.split())


def picture(name: str) -> str:
    """The name of a script's picture."""
    return f"{name}.svg" if name == "network_units" else f"{name}.png"


def page() -> str:
    parts = [HEAD]
    for heading, names in SECTIONS.items():
        parts.append(f"\n## {heading}\n")
        for name in names:
            said = sentence(name)
            parts.append(f"\n![{said}](images/gallery/{picture(name)})\n\n{said}\n")
            parts.append(f"`python examples/gallery/{name}.py`\n")
    return "".join(parts)


def film() -> None:
    """The film that the README shows."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "trimtab", "lesson", "dropout", "--out", folder]
        subprocess.run(command, check=True)
        shutil.copyfile(Path(folder) / "dropout.gif", PICTURES.parent / "dropout.gif")


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if PAGE.read_text("utf-8") == page():
            return 0
        print(f"{PAGE.name} is not what its scripts say. Use python tools/gallery.py --page.")
        return 1
    if arguments != ["--page"]:
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name in arguments or [name for names in SECTIONS.values() for name in names]:
            subprocess.run([sys.executable, SCRIPTS / f"{name}.py"], cwd=PICTURES, check=True)
        if not arguments:
            film()
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
