"""An unmodified discord.py works with the loopback Discord as with the real one."""

from __future__ import annotations

import asyncio
import io

import discord
import pytest

from bot.sandbox.loopback.member_actions import ImpossibleError
from bot.sandbox.loopback.world_records import Channel, Message, User
from tests.discord_server.calls import call
from tests.discord_server.pointing import connected
from tests.discord_server.server import DiscordServer
from tests.discord_server.simple_bot import Bot

pytestmark = pytest.mark.asyncio


async def test_a_client_connects_and_registers_its_commands(server: DiscordServer, bot: Bot) -> None:
    """READY, the guilds of the bot, and the commands arrive."""
    commands = await server.synced()
    assert [command["name"] for command in commands] == ["ask", "who", "Find the source"]
    assert [guild.name for guild in bot.guilds] == ["Town"]


@pytest.mark.usefixtures("bot")
async def test_a_slash_command_is_deferred_and_answered(server: DiscordServer) -> None:
    """First it is deferred, then the message that says "thinking" becomes the answer."""
    (guild,) = server.world.guilds.values()
    ann = server.user("ann", guild)
    interaction = await server.slash(ann, server.general(guild), "ask", question="when?")
    assert await interaction.deferred() < 3
    await interaction.settled()
    (answer,) = interaction.shown
    assert answer.embeds[0]["description"] == "WHEN?"
    assert [step.what for step in interaction.steps] == ["defer", "edit"]


@pytest.mark.usefixtures("bot")
async def test_a_mention_is_answered_by_a_reply(server: DiscordServer) -> None:
    """The content arrives without a privileged intent, because the bot is mentioned."""
    (guild,) = server.world.guilds.values()
    question = await server.mention(server.user("ann", guild), server.general(guild), "when?")
    answer = await question.answered()
    assert answer.content.endswith("when?")
    assert answer.reference is question.message
    assert answer.pings == []


@pytest.mark.usefixtures("bot")
async def test_a_direct_message_is_answered(server: DiscordServer) -> None:
    """Direct messages come with content, without any intent for it."""
    question = await server.direct_message(server.user("ann"), "when?")
    assert (await question.answered()).content == "You said when?"


async def _ask(server: DiscordServer) -> tuple[User, Channel, Message]:
    """Use a slash command. Returns the user, the channel, and the answer of the bot."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    interaction = await server.slash(ann, general, "ask", question="when?")
    await interaction.settled()
    return ann, general, interaction.shown[0]


@pytest.mark.usefixtures("bot")
async def test_a_command_of_a_group_accepts_members_and_roles(server: DiscordServer) -> None:
    """The records that ids refer to are sent along; in direct messages the group is not offered."""
    (guild,) = server.world.guilds.values()
    ann = server.user("ann", guild)
    role = server.world.role(guild, "guide")
    interaction = await server.slash(ann, server.general(guild), "who is", member=ann, role=role)
    await interaction.settled()
    assert (interaction.shown[0].content, interaction.shown[0].visible_to) == ("ann guide", ann)
    with pytest.raises(ImpossibleError):
        await server.slash(ann, server.world.direct_channel(ann), "who is", member=ann)


@pytest.mark.usefixtures("bot")
async def test_options_are_completed_while_typing(server: DiscordServer) -> None:
    """The response contains the choices."""
    (guild,) = server.world.guilds.values()
    typed = await server.autocomplete(
        server.user("ann", guild), server.general(guild), "ask", "question", question="wh"
    )
    await typed.settled()
    assert typed.choices == [{"name": "wh!", "value": "wh"}]


@pytest.mark.usefixtures("bot")
async def test_an_ephemeral_follow_up_to_a_button_stays_private(server: DiscordServer) -> None:
    """It is in no history, and nobody else can see it."""
    ann, general, answer = await _ask(server)
    pressed = await server.press(ann, answer, "More")
    await pressed.settled()
    (more,) = pressed.shown
    assert (more.content, more.visible_to) == ("More of it", ann)
    history = await call(server, "GET", f"/channels/{general.id}/messages")
    assert [message["id"] for message in history.body] == [str(answer.id)]


@pytest.mark.usefixtures("bot")
async def test_a_modal_opens_and_is_submitted(server: DiscordServer) -> None:
    """The text in its field reaches the bot."""
    ann, _, answer = await _ask(server)
    opened = await server.press(ann, answer, "name")
    await opened.settled()
    submitted = await server.submit(ann, opened, Name="Ann")
    await submitted.settled()
    assert submitted.shown[0].content == "Hello Ann"


@pytest.mark.usefixtures("bot")
async def test_a_select_edits_its_message(server: DiscordServer) -> None:
    """A response of type 7 edits the message that contains the select."""
    ann, _, answer = await _ask(server)
    await (await server.select(ann, answer, ["Two"], "pick")).settled()
    assert answer.content == "Picked Two"


@pytest.mark.usefixtures("bot")
async def test_a_context_menu_comes_with_the_content_of_its_message(server: DiscordServer) -> None:
    """The text of the target arrives, although the bot may not read messages in general."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    message = await server.say(ann, general, "It opens at nine.")
    interaction = await server.context_menu(ann, message, "Find the source")
    await interaction.settled()
    assert interaction.shown[0].content == "Found It opens at nine."
    assert interaction.shown[0].visible_to is ann


async def test_content_is_empty_unless_the_bot_may_read_it(server: DiscordServer, bot: Bot) -> None:
    """Without the intent, a message arrives without its text, but a mention arrives with it."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    await server.say(ann, general, "secret")
    await (await server.mention(ann, general, "hello")).answered()
    assert [message.content for message in bot.heard] == ["", f"<@{server.world.bot.id}> hello"]


@pytest.mark.usefixtures("bot")
async def test_a_reply_to_the_bot_mentions_it(server: DiscordServer) -> None:
    """A reply comes with its text, because it mentions the bot."""
    ann, _, answer = await _ask(server)
    question = await server.reply_to(ann, answer, "and then?")
    assert (await question.answered()).content == "You said and then?"


async def test_threads_and_forum_posts_reach_the_bot(server: DiscordServer, bot: Bot) -> None:
    """A thread has the id of its message; a post is a thread with a first message."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    message = await server.say(ann, general, "hello")
    thread = await server.create_thread(ann, general, "talk", message)
    assert thread.id == message.id
    question = await server.forum_post(ann, server.forum(guild, "help"), "Hours", "When?")
    answer = await question.answered()
    assert answer.channel.parent is not None
    assert answer.channel.parent.name == "help"
    (town,) = bot.guilds
    assert {thread.name for thread in town.threads} == {"talk", "Hours"}


async def test_the_bot_uses_threads_edits_deletions_and_history(server: DiscordServer, bot: Bot) -> None:
    """They work over REST, as do typing and attachments."""
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
    """MESSAGE_UPDATE and MESSAGE_DELETE arrive for a message that the bot knows."""
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
    """Sending twice with the same enforced nonce makes one message."""
    (guild,) = server.world.guilds.values()
    channel = bot.get_channel(server.general(guild).id)
    assert isinstance(channel, discord.TextChannel)
    first, second = await channel.send("one", nonce=7), await channel.send("one", nonce=7)
    assert first.id == second.id
    assert len(server.general(guild).messages) == 1


async def test_each_shard_gets_its_guilds_and_the_first_one_direct_messages() -> None:
    """With two shards, each gets one of two guilds, and a direct message arrives once."""
    async with DiscordServer() as server:
        guilds = [server.world.guild("One"), server.world.guild("Two")]
        server.gateway.shards = 2
        client = Bot()
        async with connected(server, client, shards=2):
            await asyncio.wait_for(client.wait_until_ready(), 5)
            ann = server.user("ann", guilds[0])
            server.world.join(guilds[1], ann)
            questions = [await server.mention(ann, server.general(guild), "when?") for guild in guilds]
            questions.append(await server.direct_message(ann, "when?"))
            for question in questions:
                await question.answered()
            assert [len(question.answers) for question in questions] == [1, 1, 1]
            assert sorted(guild.shard_id for guild in client.guilds) == [0, 1]


@pytest.mark.usefixtures("bot")
async def test_the_client_offers_only_commands_that_the_user_may_use(server: DiscordServer) -> None:
    """Unknown commands, missing options and forbidden commands never reach the bot."""
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
