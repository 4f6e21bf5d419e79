"""A built index of the shipped passages, and a way to run the command line as people do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.service import MEGABYTE
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.rebuild import Options, rebuild

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, compiled: tuple[Path, str]) -> Path:
    """Return an index of the shipped passages, made with the real model."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(compiled[0] / "models", folder / "models", copy_function=os.link)
    settings = load_settings()
    limit = settings.documents.max_megabytes * MEGABYTE
    rebuild(Options(ROOT / "seeds", folder, settings.model, "en", limit), silent)
    return folder


@pytest.fixture
def footnote(tmp_path: Path) -> Run:
    """Return a function that runs the command line in an empty folder."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
        return subprocess.run(
            [sys.executable, "-P", "-m", "bot.cli", *arguments],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | environment,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run
