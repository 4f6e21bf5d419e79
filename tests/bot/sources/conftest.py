"""Fixtures for sources: no test waits for the disk or asks the git program for a password."""

import os
import shutil

import pytest

from retrieval import files


@pytest.fixture(autouse=True)
def _quick_disk_and_no_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is slow on a busy machine, and matters only when its power fails."""
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(files, "_fsync", lambda descriptor: None)  # noqa: ARG005
    monkeypatch.setattr(shutil, "which", lambda name: None)  # noqa: ARG005
