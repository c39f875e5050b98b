import importlib.util
import json
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks.lesson import LESSONS
from benchmarks.measurements import MEASUREMENTS, ON_ACCELERATOR, ON_PROCESSOR
from benchmarks.session import Session

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX")


def settings(*arguments: str) -> cli.Settings:
    return cli.settings_of(cli.parser().parse_args(arguments), Path())


def test_every_measurement_belongs_somewhere() -> None:
    assert {*ON_PROCESSOR, *ON_ACCELERATOR} == MEASUREMENTS.keys()


def test_an_unknown_measurement_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["speed"])
    assert "no measurement speed; have fits" in capsys.readouterr().err


def test_options_go_before_the_sizes_of_quick() -> None:
    chosen = settings("sweep", "--quick", "--widths", "32", "--networks", "3")
    assert (chosen.widths, chosen.batches, chosen.networks) == ([32], (16,), 3)


def test_a_device_brings_its_folder_and_its_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "device", lambda self: "Some Card (80GB) X3")
    chosen = settings("accelerator", "--batches", "64")
    assert chosen.accelerator
    assert chosen.out == cli.RESULTS / "some-card-80gb-x3"
    assert (max(chosen.widths), chosen.batches, chosen.networks) == (4096, [64], 256)


def test_without_a_device_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "device", lambda self: "cpu")
    chosen = settings("accelerator")
    assert chosen.out == cli.RESULTS / "cpu"
    assert max(chosen.widths) <= 1024
    assert "no GPU or TPU" in capsys.readouterr().err


def test_missing_files_are_left_out_unless_rows_are_made_up(tmp_path: Path) -> None:
    for made_up, expected in ((False, []), (True, ["concrete"])):
        session = Session(
            cli.Settings(data=tmp_path, out=tmp_path, scratch=tmp_path, stand_in=made_up)
        )
        assert list(session.lesson_files(["concrete"])) == session.made_up == expected
        assert ("concrete" in session.left_out) is not made_up


@needs_jax
@pytest.mark.slow
def test_everything_of_the_jax_engine_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peers = ["trimtab-jax", "jax-scan"]
    cli.quick(tmp_path, ["accelerator", "fits", "sweep", "compilation"], peers, ["concrete"])
    for name in ("fits", "sweep", "compilation"):
        result = json.loads((tmp_path / f"{name}.json").read_text())
        assert result["left_out"] == {}
        assert {record["peer"] for record in result["records"]} >= set(peers)
        assert result["accelerator"]
        assert result["machine"]["JAX device"]
    page = (tmp_path / "results.md").read_text()
    assert "Peak of float32 products" in page
    assert "concrete: trimtab-jax / jax-scan" in page
    assert LESSONS["concrete"].file not in page
    assert "accelerator:" in capsys.readouterr().err
