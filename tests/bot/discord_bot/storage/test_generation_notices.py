"""Bots on a PostgreSQL database hear of a new generation at once, also after the connection or the server was gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.commands import announced_rebuild
from bot.discord_bot.storage import generation_notices
from bot.discord_bot.storage.engine import DatabaseError, make_engine, parse_address
from config.settings import load_settings
from tests.support.postgresql_server import PASSWORD, PostgresqlServer

pytestmark = pytest.mark.asyncio
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = 'footnote'"


class Ears:
    """Counts what is heard, and keeps why connections were lost."""

    def __init__(self) -> None:
        self.count, self.lost = 0, list[str]()
        self._changed = asyncio.Event()

    def hear(self) -> None:
        self.count += 1
        self._changed.set()

    def lose(self, line: str) -> None:
        self.lost.append(line.partition("used: ")[2])
        self._changed.set()

    async def wait_for(self, count: int) -> None:
        await self._until(lambda: self.count >= count)

    async def wait_for_loss(self, reason: str) -> None:
        await self._until(lambda: reason in self.lost)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_notices, "RETRY_INTERVAL_S", 0.02)
    monkeypatch.setattr(generation_notices, "CHECK_INTERVAL_S", 0.05)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Ears]:
    """Listen, and yield what is heard once the first call is there."""
    ears = Ears()
    task = asyncio.create_task(generation_notices.listen(parse_address(url), ears.hear, ears.lose))
    try:
        await ears.wait_for(1)
        yield ears
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_every_listener_hears_a_notice(postgresql_url: str) -> None:
    """Each once for the notice, besides the call with which listening begins."""
    async with listening(postgresql_url) as one, listening(postgresql_url) as two:
        await generation_notices.announce(parse_address(postgresql_url))
        await one.wait_for(2)
        await two.wait_for(2)
        await asyncio.sleep(0.12)  # two checks of the connection
    assert (one.count, two.count, one.lost + two.lost) == (2, 2, [])


async def test_a_lost_connection_is_opened_again(
    postgresql_server: PostgresqlServer, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what may have been missed meanwhile counts as heard; a server that is away is one line."""
    attempts = Ears()

    def counted(url: URL) -> AsyncEngine:
        attempts.hear()
        return make_engine(url)

    monkeypatch.setattr(generation_notices, "make_engine", counted)
    async with listening(postgresql_url) as ears:
        await postgresql_server.execute(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) AS listeners")  # noqa: S608
        await ears.wait_for(2)
        postgresql_server.stop()
        await ears.wait_for_loss("Connection refused")
        await attempts.wait_for(attempts.count + 3)
        assert ears.lost.count("Connection refused") == 1
        postgresql_server.start()
        await ears.wait_for(3)
        await generation_notices.announce(parse_address(postgresql_url))
        await ears.wait_for(4)
    async with asyncio.timeout(60):
        while await postgresql_server.execute(LISTENERS):
            await asyncio.sleep(0.01)


async def test_a_database_that_is_away_does_not_fail_a_rebuild(
    postgresql_server: PostgresqlServer,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The commands say so in one line without the password; SQLite needs no notice."""
    announce = announced_rebuild.announce
    monkeypatch.setenv("FOOTNOTE_DISCORD__DATABASE", postgresql_url)
    async with listening(postgresql_url) as ears:
        await asyncio.to_thread(announce, load_settings())
        await ears.wait_for(2)
    wrong = postgresql_server.address("footnote", port=1)
    monkeypatch.setenv("FOOTNOTE_DISCORD__DATABASE", wrong)
    await asyncio.to_thread(announce, load_settings())
    error = capsys.readouterr().err
    assert error.startswith("footnote: bots were not told of the new generation and will notice it by themselves: ")
    assert PASSWORD not in error
    assert error.count("\n") == 1
    with pytest.raises(DatabaseError, match="Connection refused"):
        await generation_notices.announce(parse_address(wrong))
    monkeypatch.setenv("FOOTNOTE_DISCORD__DATABASE", "")
    announce(load_settings())
    assert capsys.readouterr().err == ""
