"""Pass a question without an answer on to the team of a server, in a thread or a forum post, once."""

import datetime

import discord

from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import answer_form, respond
from bot.discord_bot.messages.answer_card import ASK_THE_TEAM, Card, line_card
from bot.discord_bot.messages.team_card import team_card
from bot.discord_bot.storage.question_store import QuestionStore
from bot.discord_bot.storage.records import ServerSettings
from bot.discord_bot.wire.delivery import EXPECTED, nonce
from bot.showing.discord_markdown import cut
from bot.showing.languages import Message, speaking
from bot.showing.safe_text import one_line

DEADLINE_S = 30.0
MAX_NAME_UNITS = 100  # of a thread
NOT_SET_UP = Message("This server has no team to ask any more.")
FORGOTTEN = Message("I no longer know that question. Please ask it again, then press *{button}*.")
TOO_MANY = Message("You have passed on several questions. Please wait a few minutes.")
UNDER_WAY = Message("The team is being asked.")
ASKED, ASKED_ALREADY = Message("The team has been asked: {place}"), Message("The team has been asked already: {place}")
FAILED = Message(
    "I could not ask the team: I may not write there, or the channel is gone. /footnote doctor tells managers more."
)


async def ask_team(interaction: Interaction, key: str) -> None:
    """Ask the team the question with a key, unless somebody did already; say where."""
    services, server = interaction.client.services, interaction.guild_id
    settings = await services.answerer.settings(server)
    if server is None or settings is None or settings.team_channel is None:
        await respond.answer(interaction, line_card(NOT_SET_UP()))
        return
    store = QuestionStore(services.database)
    if thread := await store.handover(server, key):
        await respond.answer(interaction, line_card(ASKED_ALREADY(place=f"<#{thread}>")))
        return
    question = await answer_form.find_question(interaction, key)
    if not question:
        await respond.answer(interaction, line_card(FORGOTTEN(button=ASK_THE_TEAM())))
    elif await services.answerer.wait("team", services.answerer.cooldowns.team, interaction.user.id):
        await respond.answer(interaction, line_card(TOO_MANY()))
    elif not await store.claim_handover(server, key, datetime.datetime.now(datetime.UTC).date()):
        await respond.answer(interaction, line_card(UNDER_WAY()))
    else:
        asked = None
        try:
            asked = await _post(interaction, settings, question)
        finally:  # whatever happened, the question can be passed on again unless the team has it
            await store.finish_handover(server, key, asked)
        services.log.info("team asked", server=server, done=asked is not None)
        await respond.answer(interaction, line_card(ASKED(place=f"<#{asked}>") if asked else FAILED()))


async def _post(interaction: Interaction, settings: ServerSettings, question: str) -> int | None:
    """Post a question for the team; return the id of its thread or else of the channel, None if that failed."""
    guild = interaction.guild
    channel = guild.get_channel(settings.team_channel or 0) if guild is not None else None
    name = cut(one_line(question), MAX_NAME_UNITS)
    with speaking(interaction.client.services.server_language(guild)):
        card = await _card(interaction, settings, question)
    if isinstance(channel, discord.ForumChannel):
        return await _post_in_forum(interaction, channel, name, card)
    if not isinstance(channel, discord.TextChannel):
        return None
    fields = respond.message_fields(card) | {"nonce": nonce(interaction.id)}
    delivery = interaction.client.services.delivery
    message = await delivery.deliver(lambda: channel.send(**fields), deadline=DEADLINE_S, what="A question to the team")
    if message is None:
        return None
    try:
        return (await message.create_thread(name=name)).id
    except EXPECTED:
        return channel.id  # the team can answer below the message as well


async def _post_in_forum(interaction: Interaction, forum: discord.ForumChannel, name: str, card: Card) -> int | None:
    """Start a post in a forum; one that requires a tag gets its first one."""
    tags = forum.available_tags[:1] if forum.flags.require_tag else []
    fields = respond.message_fields(card)
    post = await interaction.client.services.delivery.deliver(
        lambda: forum.create_thread(name=name, applied_tags=tags, **fields),
        deadline=DEADLINE_S,
        repeatable=False,
        what="A question to the team",
    )
    return post.thread.id if post is not None else None


async def _card(interaction: Interaction, settings: ServerSettings, question: str) -> Card:
    """Compose the question; the role is pinged unless that happened a moment ago."""
    message = interaction.message
    address = message.jump_url if message is not None and not message.flags.ephemeral else ""
    role, answerer = settings.team_role, interaction.client.services.answerer
    if role and await answerer.wait("ping", answerer.cooldowns.ping, settings.team_channel or 0):
        role = None
    return team_card(question, interaction.channel_id, address, interaction.user.id, role)
