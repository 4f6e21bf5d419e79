"""Acknowledgements come before searches and answers, but never hold them back for long."""

import asyncio

import pytest

from bot.discord_bot.answering import priority
from bot.discord_bot.answering.priority import Acknowledgements

pytestmark = pytest.mark.asyncio


async def test_waiting_ends_with_the_last_acknowledgement() -> None:
    """Without one, nothing waits; with two at once, waiting ends after both."""
    acknowledgements = Acknowledgements()
    await acknowledgements.wait_until_sent()
    with acknowledgements.sending():
        with acknowledgements.sending():
            waiting = asyncio.create_task(acknowledgements.wait_until_sent())
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(1):
        await waiting


async def test_failed_acknowledgement_ends_the_wait() -> None:
    """An error while sending must not hold back anything."""
    acknowledgements = Acknowledgements()
    with pytest.raises(ConnectionError), acknowledgements.sending():
        raise ConnectionError
    async with asyncio.timeout(1):
        await acknowledgements.wait_until_sent()


async def test_waiting_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """During an endless stream of acknowledgements, searches and answers go on after MAX_WAIT_S."""
    monkeypatch.setattr(priority, "MAX_WAIT_S", 0.01)
    acknowledgements = Acknowledgements()
    with acknowledgements.sending():
        async with asyncio.timeout(1):
            await acknowledgements.wait_until_sent()
