"""An unmodified discord.py finds in the loopback Discord what it expects of the real one."""

from __future__ import annotations

import asyncio
import io

import discord
import pytest

from tests.discord_server.actors import ImpossibleError
from tests.discord_server.calls import call
from tests.discord_server.pointing import connected
from tests.discord_server.records import Channel, Message, User
from tests.discord_server.server import DiscordServer
from tests.discord_server.simple_bot import Bot

pytestmark = pytest.mark.asyncio


async def test_a_client_connects_and_registers_its_commands(server: DiscordServer, bot: Bot) -> None:
    """READY, the guilds of the bot, and commands with ids."""
    commands = await server.synced()
    assert [command["name"] for command in commands] == ["ask", "who", "Find the source"]
    assert [guild.name for guild in bot.guilds] == ["Town"]


@pytest.mark.usefixtures("bot")
async def test_a_slash_command_is_deferred_and_answered(server: DiscordServer) -> None:
    """Deferred first, then the thinking message is edited into the answer."""
    (guild,) = server.world.guilds.values()
    ann = server.user("ann", guild)
    asked = await server.slash(ann, server.general(guild), "ask", question="when?")
    assert await asked.deferred() < 3
    await asked.settled()
    (answer,) = asked.shown
    assert answer.embeds[0]["description"] == "WHEN?"
    assert [step.what for step in asked.steps] == ["defer", "edit"]


@pytest.mark.usefixtures("bot")
async def test_a_mention_is_answered_by_a_reply(server: DiscordServer) -> None:
    """The content arrives without a privileged intent since the bot is mentioned."""
    (guild,) = server.world.guilds.values()
    question = await server.mention(server.user("ann", guild), server.general(guild), "when?")
    answer = await question.answered()
    assert answer.content.endswith("when?")
    assert answer.reference is question.message
    assert answer.pings == []


@pytest.mark.usefixtures("bot")
async def test_a_direct_message_is_answered(server: DiscordServer) -> None:
    """Direct conversations need no intent for the content."""
    question = await server.direct_message(server.user("ann"), "when?")
    assert (await question.answered()).content == "You said when?"


async def _answered(server: DiscordServer) -> tuple[User, Channel, Message]:
    """Return a user, a channel, and the bot's answer to a slash command of theirs."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    asked = await server.slash(ann, general, "ask", question="when?")
    await asked.settled()
    return ann, general, asked.shown[0]


@pytest.mark.usefixtures("bot")
async def test_a_command_of_a_group_takes_members_and_roles(server: DiscordServer) -> None:
    """What an id stands for is sent along; in a direct message the group is not offered."""
    (guild,) = server.world.guilds.values()
    ann = server.user("ann", guild)
    role = server.world.role(guild, "guide")
    asked = await server.slash(ann, server.general(guild), "who is", member=ann, role=role)
    await asked.settled()
    assert (asked.shown[0].content, asked.shown[0].visible_to) == ("ann guide", ann)
    with pytest.raises(ImpossibleError):
        await server.slash(ann, server.world.direct_channel(ann), "who is", member=ann)


@pytest.mark.usefixtures("bot")
async def test_options_complete_while_they_are_typed(server: DiscordServer) -> None:
    """The choices come back in the response."""
    (guild,) = server.world.guilds.values()
    typed = await server.autocomplete(
        server.user("ann", guild), server.general(guild), "ask", "question", question="wh"
    )
    await typed.settled()
    assert typed.choices == [{"name": "wh!", "value": "wh"}]


@pytest.mark.usefixtures("bot")
async def test_a_button_is_pressed_and_what_it_shows_privately_stays_private(server: DiscordServer) -> None:
    """An ephemeral follow-up is in no history and nobody else can see it."""
    ann, general, answer = await _answered(server)
    pressed = await server.press(ann, answer, "More")
    await pressed.settled()
    (more,) = pressed.shown
    assert (more.content, more.visible_to) == ("More of it", ann)
    seen = await call(server, "GET", f"/channels/{general.id}/messages")
    assert [message["id"] for message in seen.body] == [str(answer.id)]


@pytest.mark.usefixtures("bot")
async def test_a_modal_opens_and_is_submitted(server: DiscordServer) -> None:
    """What is typed into the modal reaches the bot."""
    ann, _, answer = await _answered(server)
    opened = await server.press(ann, answer, "name")
    await opened.settled()
    sent = await server.submit(ann, opened, Name="Ann")
    await sent.settled()
    assert sent.shown[0].content == "Hello Ann"


@pytest.mark.usefixtures("bot")
async def test_a_select_edits_its_message(server: DiscordServer) -> None:
    """The response of type 7 changes the message that the select stands under."""
    ann, _, answer = await _answered(server)
    await (await server.select(ann, answer, ["Two"], "pick")).settled()
    assert answer.content == "Picked Two"


@pytest.mark.usefixtures("bot")
async def test_a_context_menu_brings_the_content_of_its_message(server: DiscordServer) -> None:
    """The target's text arrives although the bot may not read messages in general."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    said = await server.say(ann, general, "It opens at nine.")
    chosen = await server.context_menu(ann, said, "Find the source")
    await chosen.settled()
    assert chosen.shown[0].content == "Found It opens at nine."
    assert chosen.shown[0].visible_to is ann


async def test_content_is_empty_unless_the_bot_may_read_it(server: DiscordServer, bot: Bot) -> None:
    """Without the intent a message arrives without its text; a mention arrives with it."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    await server.say(ann, general, "secret")
    await (await server.mention(ann, general, "hello")).answered()
    assert [message.content for message in bot.heard] == ["", f"<@{server.world.bot.id}> hello"]


@pytest.mark.usefixtures("bot")
async def test_a_reply_to_the_bot_mentions_it(server: DiscordServer) -> None:
    """A reply carries its text since it pings the bot."""
    ann, _, answer = await _answered(server)
    question = await server.reply_to(ann, answer, "and then?")
    assert (await question.answered()).content == "You said and then?"


async def test_threads_and_forum_posts_reach_the_bot(server: DiscordServer, bot: Bot) -> None:
    """A thread has its message's id; a post is a thread with a first message."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    said = await server.say(ann, general, "hello")
    thread = await server.create_thread(ann, general, "talk", said)
    assert thread.id == said.id
    question = await server.forum_post(ann, server.forum(guild, "help"), "Hours", "When?")
    answer = await question.answered()
    assert answer.channel.parent is not None
    assert answer.channel.parent.name == "help"
    (town,) = bot.guilds
    assert {one.name for one in town.threads} == {"talk", "Hours"}


async def test_the_bot_starts_a_thread_edits_deletes_and_reads(server: DiscordServer, bot: Bot) -> None:
    """Threads, edits, deletions, typing and history work over REST."""
    (guild,) = server.world.guilds.values()
    channel = bot.get_channel(server.general(guild).id)
    assert isinstance(channel, discord.TextChannel)
    async with channel.typing():
        sent = await channel.send("one", file=discord.File(io.BytesIO(b"data"), "a.txt"))
    assert await sent.attachments[0].read() == b"data"
    await sent.edit(content="two")
    thread = await sent.create_thread(name="talk")
    await thread.send("inside")
    other = await channel.send("three")
    await other.delete()
    assert [message.content async for message in channel.history()] == ["two"]
    assert [message.content async for message in thread.history()] == ["inside"]
    await thread.join()
    assert [guild.name async for guild in bot.fetch_guilds(with_counts=False)] == ["Town"]
    info = await bot.application_info()
    assert info.owner.name == "owner"


async def test_edits_and_deletions_of_users_reach_the_bot(server: DiscordServer, bot: Bot) -> None:
    """MESSAGE_UPDATE and MESSAGE_DELETE, of a message that the bot knows."""
    (guild,) = server.world.guilds.values()
    ann = server.user("ann", guild)
    question = await server.mention(ann, server.general(guild), "when?")
    await question.answered()
    edited = asyncio.create_task(bot.wait_for("message_edit", timeout=5))
    deleted = asyncio.create_task(bot.wait_for("message_delete", timeout=5))
    await asyncio.sleep(0)
    await server.edit(ann, question.message, f"<@{server.world.bot.id}> where?")
    assert (await edited)[1].content.endswith("where?")
    await server.delete(ann, question.message)
    assert (await deleted).id == question.message.id


async def test_a_repeated_nonce_returns_the_first_message(server: DiscordServer, bot: Bot) -> None:
    """A send that is repeated with the same enforced nonce makes one message."""
    (guild,) = server.world.guilds.values()
    channel = bot.get_channel(server.general(guild).id)
    assert isinstance(channel, discord.TextChannel)
    first, second = await channel.send("one", nonce=7), await channel.send("one", nonce=7)
    assert first.id == second.id
    assert len(server.general(guild).messages) == 1


async def test_shards_get_the_events_of_their_guilds_and_the_first_those_of_conversations() -> None:
    """Two shards, each with one of two guilds; a direct message arrives once."""
    async with DiscordServer() as server:
        guilds = [server.world.guild("One"), server.world.guild("Two")]
        server.gateway.shards = 2
        client = Bot()
        async with connected(server, client, shards=2):
            await asyncio.wait_for(client.wait_until_ready(), 5)
            ann = server.user("ann", guilds[0])
            server.world.join(guilds[1], ann)
            asked = [await server.mention(ann, server.general(guild), "when?") for guild in guilds]
            asked.append(await server.direct_message(ann, "when?"))
            for question in asked:
                await question.answered()
            assert [len(question.answers) for question in asked] == [1, 1, 1]
            assert sorted(guild.shard_id for guild in client.guilds) == [0, 1]


@pytest.mark.usefixtures("bot")
async def test_the_client_offers_no_command_that_the_user_may_not_use(server: DiscordServer) -> None:
    """Unknown commands and missing options are the caller's mistake and never reach the bot."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    for name, options in (("nothing", {}), ("ask", {}), ("ask", {"question": 7}), ("ask", {"other": "x"})):
        with pytest.raises(ImpossibleError):
            await server.slash(ann, general, name, **options)
    server.world.allow(general, server.world.guilds[guild.id].roles[guild.id], deny=1 << 31)
    with pytest.raises(ImpossibleError):
        await server.slash(ann, general, "ask", question="when?")
    forced = await server.forced_slash(ann, general, "ask", question="when?")
    await forced.settled()
