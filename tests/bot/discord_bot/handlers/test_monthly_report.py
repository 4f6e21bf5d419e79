"""The monthly report: counted while the month lasts, sent once it is over, over a loopback Discord."""

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.handlers import monthly_report
from bot.discord_bot.storage.question_store import QuestionStore
from bot.sandbox.loopback import permission_bits
from tests.support.loop_walk import PERMIT, ask, open_walk
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio
TODAY = datetime.datetime.now(datetime.UTC).date()
NEXT_MONTH = (TODAY.replace(day=1) + datetime.timedelta(days=32)).replace(day=3)


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        yield running


async def test_report_is_sent_once_the_month_is_over(bot: LoopbackBot) -> None:
    """Once, with counts and gaps and without a ping; a server that does not want one is not counted."""
    await ask(bot, PERMIT)
    channel = bot.server.world.channel(bot.guild, "reports")
    await bot.configure(report_channel=channel.id, gaps=True)
    for question in ("When does the museum open?", PERMIT, "@everyone, how do I get a parking permit?"):
        await ask(bot, question)

    await monthly_report.send_due(bot.client, TODAY)
    assert dict(channel.messages) == {}
    for _ in range(2):
        await monthly_report.send_due(bot.client, NEXT_MONTH)

    (report,) = channel.messages.values()
    first, *others = report.embeds[0]["description"].split("\n")
    assert first == "3 questions asked, 1 answered (33%), 2 without an answer."
    assert sum(line.startswith("- ") for line in others) == 1
    assert "(2 ×)" in others[1]
    assert report.pings == []


async def test_report_that_cannot_be_sent_is_tried_again_for_two_months(bot: LoopbackBot) -> None:
    """Until it is too old; switching it off deletes the counts."""
    world, store = bot.server.world, QuestionStore(bot.services.database)
    channel = world.channel(bot.guild, "reports")
    await bot.configure(report_channel=channel.id)
    await ask(bot, PERMIT)
    world.allow(channel, world.bot, deny=permission_bits.SEND_MESSAGES)
    await monthly_report.send_due(bot.client, NEXT_MONTH)
    assert len(await store.counts_before(NEXT_MONTH)) == 1

    await monthly_report.send_due(bot.client, NEXT_MONTH + datetime.timedelta(days=62))
    assert await store.counts_before(NEXT_MONTH) == []

    await ask(bot, PERMIT)
    await bot.configure()
    await monthly_report.send_due(bot.client, NEXT_MONTH)
    assert await store.counts_before(NEXT_MONTH) == []
    assert dict(channel.messages) == {}
