"""Rate limits whose buckets are renewed late: answers arrive at once while requests are left, and once if not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.discord_bot.handlers.incoming_questions import THREAD_EXISTS
from bot.sandbox.loopback.permission_bits import SEND_MESSAGES_IN_THREADS
from bot.sandbox.loopback.world_records import Message, Question
from config.settings import Settings
from tests.support.loopback_bot import LoopbackBot, open_loopback_bot
from tests.support.simulated_server import DIALOGUE, MEETING

pytestmark = pytest.mark.asyncio
THREADS = r"^POST /channels/\d+/messages/\d+/threads$"
MESSAGES = r"^POST /channels/\d+/messages$"
LATE_S = 300.0
SOON_S = 5.0


@pytest_asyncio.fixture
async def bot(tmp_path: Path, sample_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot that answers mentions in threads."""
    async with open_loopback_bot(sample_stack[0], tmp_path, opened=sample_stack[1]) as opened:
        await opened.configure(threads=True)
        yield opened


def answers(bot: LoopbackBot) -> list[Message]:
    """Return every answer of the bot, in the channel and in its threads."""
    channels = bot.guild.channels.values()
    messages = [message for channel in channels for message in channel.messages.values()]
    return [message for message in messages if message.author is bot.server.world.bot and message.embeds]


async def mention(bot: LoopbackBot, text: str) -> Question:
    """Let alice ask by a mention."""
    return await bot.server.mention(bot.alice, bot.channel, text)


async def in_thread(bot: LoopbackBot, question: Question) -> Message:
    """Wait for the answer in the thread of a question."""
    await bot.server.world.signal.until(
        lambda: (
            question.message.thread is not None and any(m.embeds for m in question.message.thread.messages.values())
        ),
        SOON_S,
        "an answer in the thread",
    )
    assert question.message.thread is not None
    return list(question.message.thread.messages.values())[-1]


@pytest.mark.parametrize("pattern", [THREADS, MESSAGES])
async def test_late_renewal_with_requests_left_delays_nothing(bot: LoopbackBot, pattern: str) -> None:
    """Three mentions in a row each get a thread and an answer in it, at once."""
    bot.server.limits.rules.insert(0, (pattern, 10, LATE_S))

    for text in (MEETING, DIALOGUE, MEETING):
        await in_thread(bot, await mention(bot, text))

    assert [message.channel.parent for message in answers(bot)] == [bot.channel] * 3


async def test_exhausted_threads_fall_back_to_one_reply(bot: LoopbackBot) -> None:
    """If no thread may be created for minutes, the answer is a reply in the channel, and nowhere else."""
    bot.server.limits.rules.insert(0, (THREADS, 1, LATE_S))

    await in_thread(bot, await mention(bot, MEETING))
    second = await (await mention(bot, DIALOGUE)).answered(SOON_S)

    assert second.channel is bot.channel
    assert [message.channel is bot.channel for message in answers(bot)] == [True, False]
    assert bot.services.delivery.lost == 0


async def test_thread_that_refuses_the_bot_falls_back_to_one_reply(bot: LoopbackBot) -> None:
    """If the bot may not write in the thread that it opened, the answer is a reply in the channel."""
    bot.channel.overwrites[bot.guild.id] = (0, SEND_MESSAGES_IN_THREADS)

    answer = await (await mention(bot, MEETING)).answered(SOON_S)

    assert [message.channel for message in answers(bot)] == [answer.channel] == [bot.channel]


@pytest.mark.parametrize("code", [THREAD_EXISTS, 0, 50035])
async def test_thread_of_another_process_gets_no_second_answer_beside_it(bot: LoopbackBot, code: int) -> None:
    """However a server says that the thread exists, the answer goes there and not into the channel as well."""
    bot.server.faults.answer(400, {"code": code, "message": "no"}, r"POST .*/threads", when="after")

    await in_thread(bot, await mention(bot, MEETING))

    assert [message.channel.parent for message in answers(bot)] == [bot.channel]


async def test_last_thread_of_a_bucket_is_used_at_once(bot: LoopbackBot) -> None:
    """The response to the last request that is left is not kept back until the bucket is renewed."""
    bot.server.limits.rules.insert(0, (THREADS, 1, 25.0))

    await in_thread(bot, await mention(bot, MEETING))
