"""Fixtures: an empty database of each kind, and one that is open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.storage.database import Database, file_address


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of a SQLite file that does not exist yet."""
    return file_address(tmp_path / "discord.sqlite")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database, once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest_asyncio.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Yield an open database, and close it after the test."""
    opened = await Database.open(url)
    yield opened
    await opened.close()


# Settings
