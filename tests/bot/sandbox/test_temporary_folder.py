"""Temporary folders that outlive their process: the next process deletes them, and nothing else."""

import tempfile
from pathlib import Path

import pytest

from bot.sandbox.temporary_folder import LOCK, remove_left_behind, temporary_folder

PREFIX = "footnote-test-"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make tmp_path the place of temporary folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_deleted_at_the_next_start(temporary: Path) -> None:
    """Nobody holds its lock any more."""
    left = temporary / f"{PREFIX}1"
    (left / "documents").mkdir(parents=True)
    (left / LOCK).touch()
    with temporary_folder(PREFIX) as folder:
        assert list(temporary.iterdir()) == [folder]
    assert list(temporary.iterdir()) == []


def test_what_another_process_uses_stays(temporary: Path) -> None:
    """Its lock is held, by this process in a second open file."""
    with temporary_folder(PREFIX) as first, temporary_folder(PREFIX) as second:
        remove_left_behind(PREFIX)
        assert set(temporary.iterdir()) == {first, second}
        assert first.stat().st_mode & 0o777 == 0o700


def test_what_is_not_clearly_ours_stays(temporary: Path) -> None:
    """A folder that is only being made has no lock yet; links and files lead elsewhere."""
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    (temporary / f"{PREFIX}new").mkdir()
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (temporary / f"{PREFIX}file").touch()
    (temporary / f"{PREFIX}lock").mkdir()
    (temporary / f"{PREFIX}lock" / LOCK).symlink_to(elsewhere / LOCK)
    before = sorted(temporary.rglob("*"))
    remove_left_behind(PREFIX)
    assert sorted(temporary.rglob("*")) == before
