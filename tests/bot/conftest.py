"""Fixtures for the bot: indexes, what answers from them, simulated servers, and the command line."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot import answering_stack, building
from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import Cooldowns
from bot.serving.cooldown import Cooldown
from config.settings import Settings, load_settings
from retrieval.progress import silent
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from tests.support.paths import ROOT, SEEDS
from tests.support.simulated_server import SimulatedServer, open_simulated_server

RunFootnote = Callable[..., "subprocess.CompletedProcess[str]"]
_NOTE = "---\ntitle: Note {0:02d} of the harbour {1}\n---\n\nShip number {0} carries {2} barrels of salt.\n"
VARIED = {
    "tower-old.md": (
        "---\ntitle: Guide to the tower\nsource: Town office\npublished: 2019-05-01\n"
        "url: https://example.org/tower?a=1\n---\n\n"
        "The tower of Veldrun is 83 metres high.\n"
    ),
    "tower-new.md": (
        "---\ntitle: The tower measured\nsource: Survey\npublished: 2023-02-03\n---\n\n"
        "The tower of Veldrun is 87 metres high.\n"
    ),
    "mill.md": (
        "---\ntitle: '@everyone **[mill](https://evil.example)** <@&1>'\npublished: 2021\n---\n\n"
        "Old Garbeck built the *wooden* mill of Hestrup in 1804.\nHe sold it to his brother for nine silver coins.\n"
        "The mill stands on a hill above the village.\n"
    ),
    **{f"note-{n:02d}.md": _NOTE.format(n, "\U0001f6a2" * 60 if n == 7 else "", 100 + n) for n in range(30)},
}


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]) -> Path:
    """Return the folder of an index of the sample documents, built with the real model."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(compiled_model[0] / "models", folder / "models", copy_function=os.link)
    settings = load_settings()
    rebuild(RebuildOptions(SEEDS, folder, settings.model, "en", settings.documents.max_bytes), silent)
    return folder


@pytest.fixture(scope="session")
def sample_stack(sample_index: Path) -> tuple[Settings, AnsweringStack]:
    """Return the settings and the answering stack of the index of the sample documents."""
    settings = load_settings(index=str(sample_index))
    return settings, answering_stack.open_live(settings)


@pytest.fixture(scope="session")
def varied_stack(
    tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]
) -> tuple[Settings, AnsweringStack]:
    """Return the settings and the answering stack of documents that disagree, are many, or have hostile titles."""
    seeds = tmp_path_factory.mktemp("varied-seeds")
    for name, text in VARIED.items():
        (seeds / name).write_text(text, "utf-8")
    return build_stack(seeds, tmp_path_factory.mktemp("varied"), compiled_model[0])


def build_stack(seeds: Path, folder: Path, compiled: Path) -> tuple[Settings, AnsweringStack]:
    """Build an index of a folder of documents; return its settings and its answering stack.

    `compiled` is an index folder with the compiled model.
    """
    shutil.copytree(compiled / "models", folder / "models", copy_function=os.link)
    settings = load_settings(index=str(folder), seeds=str(seeds))
    rebuild(building.rebuild_options(settings), silent)
    return settings, answering_stack.open_live(settings)


@pytest_asyncio.fixture
async def server(tmp_path: Path, sample_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[SimulatedServer]:
    """Yield a server whose bot answers from the sample documents."""
    async with open_simulated_server(sample_stack[0], tmp_path, opened=sample_stack[1]) as opened:
        yield opened


@pytest_asyncio.fixture
async def varied_server(
    tmp_path: Path, varied_stack: tuple[Settings, AnsweringStack]
) -> AsyncIterator[SimulatedServer]:
    """Yield a server whose bot answers from the varied documents."""
    async with open_simulated_server(varied_stack[0], tmp_path, opened=varied_stack[1]) as opened:
        yield opened


@pytest_asyncio.fixture
async def own_server(tmp_path: Path, sample_index: Path) -> AsyncIterator[SimulatedServer]:
    """Yield a server with its own documents and index, whose bot also reads older generations."""
    shutil.copytree(SEEDS, tmp_path / "seeds")
    shutil.copytree(sample_index, tmp_path / "index", copy_function=os.link)
    settings = load_settings(index=str(tmp_path / "index"), seeds=str(tmp_path / "seeds"))
    rebuild(building.rebuild_options(settings), silent)
    async with open_simulated_server(
        settings, tmp_path, opened=answering_stack.open_live(settings), search_older=True
    ) as server:
        yield server


@pytest.fixture
def make_cooldowns() -> Callable[..., Cooldowns]:
    """Return a function that creates cooldowns with a clock; those that are not given never apply."""

    def make(clock: Callable[[], float] = time.monotonic, **named: tuple[int, float]) -> Cooldowns:
        kinds = ("user", "server", "ping", "reading")
        return Cooldowns(**{kind: Cooldown(*named.get(kind, (1_000, 1.0)), clock=clock) for kind in kinds})

    return make


@pytest.fixture
def footnote(tmp_path: Path) -> RunFootnote:
    """Return a function that runs the command line in an empty folder."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
        return subprocess.run(
            [sys.executable, "-P", "-m", "bot.commands.cli", *arguments],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": str(ROOT), "COLUMNS": "80", "FOOTNOTE_MODEL_CACHE": ""} | environment,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )

    return run
