"""Files that are written whole or not at all."""

import stat

import pytest

from trimtab.core.replacing import replacing


def test_until_it_is_whole_the_old_one_stays(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"before")
    path.chmod(0o640)
    with replacing(path) as file:
        file.write(b"after")
        file.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def write_half(path, problem):
    with replacing(path) as file:
        file.write(b"half")
        raise problem


@pytest.mark.parametrize("problem", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_nothing_behind(tmp_path, problem):
    with pytest.raises(problem):
        write_half(tmp_path / "a", problem)
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    path, target = tmp_path / "link", tmp_path / "elsewhere" / "a"
    path.symlink_to(target)
    with replacing(path) as file:
        file.write(b"whole")
    assert path.is_symlink() and target.read_bytes() == b"whole"
