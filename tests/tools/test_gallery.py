"""The gallery: its scripts run and draw one picture each, and its page says what they say."""

import runpy
import sys
import warnings

import pytest
from matplotlib import pyplot

from tools import gallery

NAMES = [name for names in gallery.SECTIONS.values() for name in names]
QUICK = ("dropout_masks", "network_units")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in NAMES]
)
def test_a_script_draws_its_picture(name, tmp_path, monkeypatch):
    path = gallery.SCRIPTS / f"{name}.py"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path), "3"])
    monkeypatch.syspath_prepend(str(path.parent))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            runpy.run_path(str(path), run_name="__main__")
    finally:
        pyplot.close("all")
        sys.modules.pop("common", None)
    assert [each.name for each in tmp_path.iterdir()] == [gallery.picture(name)]


def test_every_script_is_on_the_page_and_short():
    scripts = sorted(path.stem for path in gallery.SCRIPTS.glob("*.py") if path.stem != "common")
    assert sorted(NAMES) == scripts and len(scripts) >= 16
    for name in scripts:
        assert len((gallery.SCRIPTS / f"{name}.py").read_text().splitlines()) < 50
        assert (gallery.PICTURES / gallery.picture(name)).stat().st_size < 100_000
    assert sorted(map(gallery.picture, NAMES)) == sorted(
        path.name for path in gallery.PICTURES.iterdir()
    )


def test_the_page_is_what_the_scripts_say(capsys):
    assert gallery.main(["--check"]) == 0, capsys.readouterr().out
