"""Handle every way of asking: the slash command, mentions, direct messages, the menu of a message, forum posts."""

import asyncio
import contextlib
import re
from typing import Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.answering.answerer import Question
from bot.discord_bot.context import BotClient, Interaction
from bot.discord_bot.handlers import kept_messages, respond
from bot.discord_bot.handlers.mentioned_names import names_in
from bot.discord_bot.handlers.previous_question import previous_question
from bot.discord_bot.messages import info_cards, mentions, small_talk
from bot.discord_bot.messages.answer_card import Card, line_card
from bot.discord_bot.messages.button_ids import FIND_THE_SOURCE, MORE
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.wire import claims
from bot.discord_bot.wire.delivery import EXPECTED, TRANSIENT, nonce
from bot.showing.discord_markdown import cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line

QUESTION_TYPES = (discord.MessageType.default, discord.MessageType.reply)
MAX_STATEMENT_CHARS = 1_000  # of a message whose source is looked for
MAX_THREAD_NAME_UNITS = 100
MAX_LATER_MESSAGES = 100  # among which an answer is looked for
MAX_THREAD_TRIES = 2
THREAD_TIMEOUT_S = 6.0  # of each try, also to wait for an exhausted rate limit
THREAD_EXISTS = 160004
DELIVERY_DEADLINE_S = 60.0
NO_QUESTION = Message("Mention me together with a question, or use /ask. See /help for more.")
USE_MENU = Message(
    "I cannot read that message from here. To have me answer it, open its menu, then Apps, *{menu}*, or write me your "
    "question."
)
OWN_MESSAGE = Message("That is a message of mine: where a quote is from stands below it, and *{button}* says more.")
USE_COMMAND = Message("In this server I answer privately. Please use /ask.")
NO_TEXT = Message("That message contains no text.")


async def by_command(interaction: Interaction, text: str, *, private: bool | None, document: str | None) -> None:
    """Answer /ask.

    Unless the member chose a private answer, the settings are read before the acknowledgement: they decide whether the
    answer is private, and Discord takes that from the acknowledgement.
    """
    answerer = interaction.client.services.answerer
    if private:
        await respond.defer(interaction, private=True)
    settings = await answerer.settings(interaction.guild_id)
    if redirect := places.redirect(settings, interaction.channel):
        await (respond.answer if private else respond.tell)(interaction, line_card(redirect))
        return
    if not private:
        private = private is None and (settings is None or settings.private)
        await respond.defer(interaction, private=private)
    text = mentions.as_question(text, names_in(interaction.guild))
    if not document and (card := await _small_talk_card(interaction.client, text)):
        await respond.answer(interaction, card)
        return
    visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))
    question = Question(text, "slash", interaction.user.id, interaction.guild_id, visible, document=document)
    await respond.answer(interaction, await answerer.card(question, settings, private=private))


async def by_menu(interaction: Interaction, message: discord.Message) -> None:
    """Answer the menu of a message: show the passage behind a statement to whoever opened it."""
    answerer = interaction.client.services.answerer
    await respond.defer(interaction, private=True)
    settings = await answerer.settings(interaction.guild_id)
    written = message.content if message.content.strip() else kept_messages.text_of(message)
    text = mentions.as_question(written, names_in(message.guild, message.mentions))[:MAX_STATEMENT_CHARS]
    if redirect := places.redirect(settings, interaction.channel):
        card = line_card(redirect)
    elif message.author == interaction.client.user:
        card = line_card(OWN_MESSAGE(button=MORE()))
    elif not text.strip():
        card = line_card(NO_TEXT())
    else:
        visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))
        question = Question(text, "menu", interaction.user.id, interaction.guild_id, visible)
        card = await answerer.card(question, settings, private=True)
    await respond.answer(interaction, card)


async def by_message(client: BotClient, message: discord.Message) -> None:
    """Answer a message that mentions the bot, replies to it, or was sent to it directly."""
    me, answerer = client.user, client.services.answerer
    if me is None or message.author.bot or message.webhook_id is not None or message.type not in QUESTION_TYPES:
        return
    direct = message.guild is None
    if not direct and me.id not in [user.id for user in message.mentions]:
        return
    server = message.guild.id if message.guild else None
    settings = await answerer.settings(server)
    if not places.answers_in(settings, message.channel):
        return  # a line in every other channel would be noise; /ask names the right ones
    others = re.sub(rf"<@!?{me.id}>", " ", message.content)
    text = mentions.as_question(others, names_in(message.guild, message.mentions))
    wants_thread = settings is not None and settings.threads
    if not text:
        card = line_card(USE_MENU(menu=FIND_THE_SOURCE()) if message.reference is not None else NO_QUESTION())
    elif not direct and (settings is None or settings.private):
        card = line_card(USE_COMMAND())
    elif small_talk_card := await _small_talk_card(client, text):
        card, wants_thread = small_talk_card, False
    else:
        previous = await previous_question(message, me, text, answerer.language)
        way = "dm" if direct else "thread" if isinstance(message.channel, discord.Thread) else "mention"
        place = places.place_of(server, message.channel, message.author)
        visible = answerer.visible_collections(settings, place)
        question = Question(text, way, message.author.id, server, visible, previous)
        card = await answerer.card(question, settings, private=False)
    await _answer_message(client, message, card, text, in_thread=wants_thread)


async def _small_talk_card(client: BotClient, text: str) -> Card | None:
    """Return the answer to a message that asks nothing, None for a question, or one that a kept answer answers."""
    kind = small_talk.kind_of(text)
    if kind is None:
        return None
    with contextlib.suppress(kept_answers.KeptAnswerError):
        kept = await asyncio.to_thread(kept_answers.listed, client.services.seeds)
        if any(small_talk.is_same(text, question) for answer in kept for question in answer.questions):
            return None
    return small_talk.answer_to(kind, info_cards.help_card(client.services.command_ids, manager=False))


async def by_post(client: BotClient, thread: discord.Thread) -> None:
    """Answer a new forum post by its title, because the bot may not read the text. A refusal is not sent."""
    if not isinstance(thread.parent, discord.ForumChannel):
        return
    services, answerer = client.services, client.services.answerer
    settings = await answerer.settings(thread.guild.id)
    if settings is None or not settings.forums or settings.private or not places.answers_in(settings, thread):
        return
    place = places.place_of(thread.guild.id, thread, None)  # Discord does not tell the roles of the author
    visible = answerer.visible_collections(settings, place)
    question = Question(thread.name, "forum", thread.owner_id or 0, thread.guild.id, visible)
    card = await answerer.card(question, settings, private=False)
    if card.embeds and not await _answered_before(client, thread, None):
        fields = respond.message_fields(card) | {"nonce": nonce(thread.id)}
        await services.delivery.deliver(lambda: thread.send(**fields), deadline=DELIVERY_DEADLINE_S, channel=thread.id)


async def _answer_message(
    client: BotClient, message: discord.Message, card: Card, text: str, *, in_thread: bool
) -> None:
    """Reply to a message; with `in_thread`, answer in the thread of the message instead if there is one or can be."""
    delivery = client.services.delivery
    if await _answered_before(client, message.channel, message.id):
        return
    fields: dict[str, Any] = respond.message_fields(card) | {"nonce": nonce(message.id)}
    if in_thread and isinstance(message.channel, discord.TextChannel) and card.embeds:
        thread = await _thread_of(client, message, cut(one_line(text), MAX_THREAD_NAME_UNITS))
        if thread is not None and await _answered_before(client, thread, None):
            return
        if thread is not None:
            await delivery.deliver(lambda: thread.send(**fields), deadline=DELIVERY_DEADLINE_S, channel=thread.id)
            if not delivery.is_quiet(thread.id):
                return  # sent, or lost after it may have arrived; only a refusal is certain to have left nothing there
    await delivery.send_reply(
        lambda: message.reply(**fields, mention_author=False),
        lambda: message.channel.send(**fields),
        deadline=DELIVERY_DEADLINE_S,
        channel=message.channel.id,
    )


async def _answered_before(client: BotClient, channel: Any, asked_id: int | None) -> bool:
    """Return whether a process that died with a question has answered it already: there, by a reply if `asked_id`.

    The nonce alone would hold a second answer back for some minutes only.
    """
    if not claims.is_continued() or client.user is None:
        return False
    try:
        after = discord.Object(asked_id) if asked_id is not None else None
        async for message in channel.history(limit=MAX_LATER_MESSAGES, after=after, oldest_first=True):
            reply = message.reference.message_id if message.reference is not None else None
            if message.author.id == client.user.id and asked_id in (None, reply):
                return True
    except EXPECTED:
        return False
    return False


async def _thread_of(
    client: BotClient, message: discord.Message, name: str
) -> discord.Thread | discord.PartialMessageable | None:
    """Return the thread of a message, a new one unless it exists; None if it cannot be created.

    It exists if somebody else created it, such as another process of this bot during a restart, or if an earlier try
    arrived. In the thread, the nonce keeps two processes from answering twice.
    """
    for _ in range(MAX_THREAD_TRIES):
        try:
            async with asyncio.timeout(THREAD_TIMEOUT_S):
                return await message.create_thread(name=name)
        except EXPECTED as error:
            if isinstance(error, discord.HTTPException) and error.code == THREAD_EXISTS:
                return client.get_partial_messageable(message.id)  # a thread has the id of its message
            if not isinstance(error, TRANSIENT):
                return await _existing_thread(client, message) if _is_unclear(error) else None
    return await _existing_thread(client, message)


def _is_unclear(error: Exception) -> bool:
    """Tell whether an error may mean that the thread exists, in the words of another server than Discord's."""
    return isinstance(error, discord.HTTPException) and error.status in (400, 409)


async def _existing_thread(client: BotClient, message: discord.Message) -> discord.PartialMessageable | None:
    """Return the thread of a message if there is one: a reply beside it would be a second answer."""
    try:
        await client.http.get_channel(message.id)
    except EXPECTED:
        return None
    return client.get_partial_messageable(message.id)
