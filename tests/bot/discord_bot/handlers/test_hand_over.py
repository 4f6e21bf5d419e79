"""Questions for the team: from a refusal to a thread or post, and back as a kept source, over a loopback Discord."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.handlers import hand_over
from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.world_records import FORUM, THREAD, Channel
from tests.support.loop_walk import (
    ANSWER,
    KEPT,
    PERMIT,
    QUESTIONS,
    ask,
    labels,
    open_walk,
    opened_form,
    press,
    send,
)
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        yield running


def threads(bot: LoopbackBot) -> list[Channel]:
    """Return the threads and posts of the guild."""
    return [channel for channel in bot.guild.channels.values() if channel.type == THREAD]


async def test_question_is_passed_on_answered_and_kept(bot: LoopbackBot) -> None:
    """Once, into a thread that pings the role alone; what is answered there answers the question from then on."""
    team = bot.server.world.channel(bot.guild, "team")
    role = bot.server.world.role(bot.guild, "helpers")
    role.mentionable = True
    assert labels(await ask(bot, PERMIT)) == ["Closest passages"]
    await bot.configure(team_channel=team.id, team_role=role.id)
    refused = await ask(bot, PERMIT)
    assert labels(refused) == ["Closest passages", "Ask the team"]

    told = await press(bot, bot.alice, refused, "Ask the team")

    (thread,) = threads(bot)
    assert told.content == f"The team has been asked: <#{thread.id}>"
    assert (thread.parent, thread.name) == (team, PERMIT)
    (message,) = team.messages.values()
    assert message.pings == [str(role.id)]
    described = message.embeds[0]["description"]
    assert described.startswith(f"> {PERMIT}\n")
    assert f"<#{bot.channel.id}> https://discord.com/channels/{bot.guild.id}/{bot.channel.id}/{refused.id}" in described
    assert described.endswith(f"<@{bot.alice.id}>")
    again = await press(bot, bot.guild.owner, refused, "Ask the team")
    assert again.content == f"The team has been asked already: <#{thread.id}>"
    assert len(threads(bot)) == 1

    solved = await bot.server.say(bot.server.user("bob", bot.guild), thread, KEPT)
    opened = await bot.server.context_menu(bot.guild.owner, solved, "Keep as source")
    assert await opened_form(opened) == {QUESTIONS: PERMIT, ANSWER: KEPT}
    await send(bot, opened, PERMIT, KEPT)
    assert "at the front desk" in str((await ask(bot, PERMIT)).embeds)


async def test_forum_gets_a_post(bot: LoopbackBot) -> None:
    """Its first message is the question; of a private question, no address is given away."""
    forum = bot.server.forum(bot.guild, "team")
    await bot.configure(team_channel=forum.id, private=True)
    refused = await ask(bot, PERMIT)

    told = await press(bot, bot.alice, refused, "Ask the team")

    (post,) = threads(bot)
    assert (post.parent, post.name, forum.type) == (forum, PERMIT, FORUM)
    assert told.content == f"The team has been asked: <#{post.id}>"
    (first,) = post.messages.values()
    assert first.pings == []
    assert "https://" not in first.embeds[0]["description"]


@pytest.mark.parametrize("fault", ["forbidden", "gone", "switched off", "forgotten"])
async def test_what_cannot_be_passed_on_can_be_tried_again(bot: LoopbackBot, fault: str) -> None:
    """Whoever pressed is told why, nothing is posted, and the next try works."""
    team = bot.server.world.channel(bot.guild, "team")
    await bot.configure(team_channel=team.id)
    refused = await ask(bot, PERMIT)
    if fault == "forbidden":
        bot.server.world.allow(team, bot.server.world.bot, deny=permission_bits.SEND_MESSAGES)
    elif fault == "gone":
        await bot.configure(team_channel=7)
    elif fault == "switched off":
        await bot.configure()
    else:
        bot.services.answerer.questions._questions.clear()

    told = (await press(bot, bot.alice, refused, "Ask the team")).content

    lines = {"switched off": hand_over.NOT_SET_UP(), "forgotten": hand_over.FORGOTTEN(button="Ask the team")}
    assert told == lines.get(fault, hand_over.FAILED())
    assert (threads(bot), dict(team.messages)) == ([], {})
    bot.server.world.allow(team, bot.server.world.bot)
    await bot.configure(team_channel=team.id)
    refused = await ask(bot, PERMIT)
    await press(bot, bot.alice, refused, "Ask the team")
    assert len(threads(bot)) == 1


async def test_member_can_pass_on_three_questions_in_ten_minutes(bot: LoopbackBot) -> None:
    """Somebody else still can; without the right to create threads, the message alone is posted."""
    team = bot.server.world.channel(bot.guild, "team")
    bot.server.world.allow(team, bot.server.world.bot, deny=permission_bits.CREATE_PUBLIC_THREADS)
    await bot.configure(team_channel=team.id)
    refusals = [await ask(bot, f"Who was mayor of Veldrun in {year}?") for year in range(1801, 1805)]

    told = [(await press(bot, bot.alice, refused, "Ask the team")).content for refused in refusals]

    assert told == [f"The team has been asked: <#{team.id}>"] * 3 + [hand_over.TOO_MANY()]
    other = bot.server.user("bob", bot.guild)
    assert (await press(bot, other, refusals[3], "Ask the team")).content == told[0]
    assert len(team.messages) == 4
