"""BackupAndRestore: its arguments. What it does is tested in tests/model/test_fit_backup.py."""

import pickle
from pathlib import Path

import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.training.callbacks import BackupAndRestore


@pytest.mark.parametrize("folder", ["", None, 3, b"a"])
def test_a_folder_is_needed(folder):
    assert_refused(
        InvalidArgument,
        f"BackupAndRestore: backup_dir must be a folder, received {folder!r}. "
        "Use BackupAndRestore('backup').",
        lambda: BackupAndRestore(folder),
    )


@pytest.mark.parametrize("every", [0, -1, 1.5, "batch", True, False, None])
def test_how_often(every):
    assert_refused(
        InvalidArgument,
        "BackupAndRestore: save_freq must be 'epoch' or a positive number of batches, received "
        f"{every!r}. Use save_freq='epoch'.",
        lambda: BackupAndRestore("a", save_freq=every),
    )


@pytest.mark.parametrize("name", ["double_checkpoint", "delete_checkpoint"])
def test_flags(name):
    with pytest.raises(InvalidArgument, match=f"{name} must be True or False"):
        BackupAndRestore("a", **{name: "yes"})


def test_only_a_number_of_batches_cuts_the_epoch():
    assert not BackupAndRestore("a").wants_train_batches()
    assert BackupAndRestore("a", save_freq=100).wants_train_batches()


def test_it_pickles():
    again = pickle.loads(pickle.dumps(BackupAndRestore(Path("a"), 3)))
    assert (again.backup_dir, again.save_freq) == (Path("a"), 3)
