"""Keep messages of members as sources: the menu of a message, its removal, and what became of it in Discord since.

Nothing privileged is needed: the menu carries the message. Later on, Discord shows the bot no text of a message, but
says whether it is there and when it was edited.
"""

import asyncio
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

import discord
from discord import app_commands

from bot.discord_bot.context import BotClient, Interaction
from bot.discord_bot.handlers import answer_form, respond
from bot.discord_bot.handlers.index_update import (
    NO_LONGER_GIVEN,
    may_answer,
    rebuild_index,
    refusal,
    update_and_show,
)
from bot.discord_bot.messages import kept_cards
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.messages.button_ids import ANSWER_THIS, KEEP_AS_SOURCE
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.kept_answers import KeptAnswer, KeptAnswerError
from bot.discord_bot.wire.delivery import EXPECTED, UNKNOWN_CHANNEL
from bot.showing.discord_markdown import cut, escape_cut
from bot.showing.languages import Message, speaking
from bot.showing.safe_text import one_line

MAX_TITLE_UNITS = 100
MAX_LINE_UNITS = 300
MINE = "mine"  # the payload of the button that removes all messages of whoever presses it
MENTION_OF_NAME = re.compile(r"<a?(?P<emoji>:\w+:)\d+>|</(?P<command>[^:<>]+):\d+>")  # custom emoji and commands
MARKS_AT_START = re.compile(r"^[\s>#*_~`|-]+|[\s*_~`|]+$")
MARKS = re.compile(r"\*+|~~|\|\||`+|(?<!\w)_+|_+(?!\w)")
WEB_ADDRESS = re.compile(r"<?https?://[^\s<>]+>?")
NO_TEXT = Message("That message contains no text.")
OWN_MESSAGE = Message("That is a message of mine; keep what it quotes, or answer the question with *{button}*.")
NOT_KEPT = Message("That message is not kept, or not any more.")
NOT_YOURS = Message("Only its author and those who may keep answers can remove it.")
CLOSED_DIRECT = Message("Its author could not be told: they take no direct messages, and I may not write here.")
TOLD = Message("Its author has been told, and can remove it.")
REMOVED = Message("Removed {count} messages.", "Removed {count} message.")


@app_commands.context_menu(name=KEEP_AS_SOURCE.english)
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def keep_as_source(interaction: Interaction, message: discord.Message) -> None:
    """Make a document of a message, or change or remove one that is kept."""
    services = interaction.client.services
    settings = await services.answerer.settings(interaction.guild_id)
    kept = await asyncio.to_thread(kept_answers.find_message, services.seeds, message.id)
    if not may_answer(interaction, settings):
        if kept is not None and kept.author_id == interaction.user.id:
            await respond.tell(interaction, kept_cards.own_message_card(kept))
            return
        await respond.tell(interaction, line_card(refusal(interaction, settings)))
    elif message.author == interaction.client.user:
        await respond.tell(interaction, line_card(OWN_MESSAGE(button=ANSWER_THIS())))
    elif not (text := text_of(message)):
        await respond.tell(interaction, line_card(NO_TEXT()))
    elif kept is None:
        await answer_form.open_form(interaction, _new(interaction, message, text), lambda: _tell(interaction, message))
    else:
        was_edited = kept.edited != _edited(message)
        shown = replace(kept, text=text, edited=_edited(message)) if was_edited else kept
        await answer_form.open_form(interaction, shown)


def _new(interaction: Interaction, message: discord.Message, text: str) -> KeptAnswer:
    author = f"{one_line(message.author.name)} ({message.author.id})"
    return KeptAnswer(
        questions=tuple(filter(None, [_title(message, text)])),
        text=text,
        author=author,
        date=message.created_at.date(),
        message=message.jump_url,
        source=kept_answers.message_source(author),
        kept_by=str(interaction.user.id),
        edited=_edited(message),
    )


def text_of(message: discord.Message) -> str:
    """Return the text of a message with names for what it mentions, or else that of its embeds; "" without any."""
    parts = [message.clean_content] if message.content.strip() else []
    if not parts:
        parts = [text for embed in message.embeds for text in (embed.title, embed.description) if text]
    text = "\n\n".join(parts).replace("@\u200b", "@")  # discord.py disarms @everyone in this way
    return MENTION_OF_NAME.sub(lambda match: match["emoji"] or f"/{match['command']}", text).strip()


def _title(message: discord.Message, text: str) -> str:
    """Propose a title: the name of the thread, the question that the message replies to, or its first line."""
    if isinstance(message.channel, discord.Thread):
        return one_line(message.channel.name).removesuffix("…")
    resolved = message.reference.resolved if message.reference is not None else None
    if isinstance(resolved, discord.Message) and resolved.content.strip():
        text = resolved.clean_content
    lines = [line for line in text.split("\n") if line.strip()]
    first = next(filter(None, map(_in_words, lines)), lines[0] if lines else "")
    return cut(one_line(first), MAX_TITLE_UNITS)


def _in_words(line: str) -> str:
    """Return what a line says without formatting and addresses, "" if nothing is left."""
    linked = kept_answers.MASKED_LINK.sub(r"\g<text>", line)
    words = one_line(MARKS_AT_START.sub("", MARKS.sub("", WEB_ADDRESS.sub(" ", linked))))
    return words if any(character.isalnum() for character in words) else ""


def _edited(message: discord.Message) -> str:
    return message.edited_at.isoformat() if message.edited_at is not None else ""


async def _tell(interaction: Interaction, message: discord.Message) -> str:
    """Tell the author that the message is kept, in a direct message or else in reply; return a line about that."""
    interaction.client.services.kept_messages.add(message.id)
    author = message.author
    if author.bot or message.webhook_id is not None or author.id == interaction.user.id:
        return ""
    with speaking(interaction.client.services.server_language(interaction.guild)):  # nobody knows the author's
        card = kept_cards.notice_card(message.id, message.jump_url, interaction.user.name)
    fields = respond.message_fields(card)
    try:
        await author.send(**fields)
    except EXPECTED:
        mentions = discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=True)
        try:
            await message.reply(**fields | {"allowed_mentions": mentions})
        except EXPECTED:
            return CLOSED_DIRECT()
    return TOLD()


async def remove(interaction: Interaction, payload: str) -> None:
    """Remove a kept message, or with MINE all of the member; they must be its author, or may keep answers here."""
    services, member = interaction.client.services, interaction.user.id
    try:
        kept = await asyncio.to_thread(kept_answers.messages, services.seeds)
        chosen = [message for message in kept if _is_meant(message, payload, member)]
        settings = await services.answerer.settings(interaction.guild_id)
        if not may_answer(interaction, settings) and any(message.author_id != member for message in chosen):
            await respond.answer(interaction, line_card(NOT_YOURS()))
            return
        await asyncio.to_thread(_remove_all, interaction.client, chosen)
    except KeptAnswerError as error:
        await respond.answer(interaction, line_card(escape_cut(str(error), MAX_LINE_UNITS)))
        return
    if not chosen:
        await respond.answer(interaction, line_card(NOT_KEPT()))
        return
    services.log.info("kept messages removed", count=len(chosen), server=interaction.guild_id)
    await update_and_show(interaction, REMOVED(count=len(chosen)), closing=NO_LONGER_GIVEN())


def _is_meant(message: KeptAnswer, payload: str, member: int) -> bool:
    if payload == MINE:
        return message.author_id == member
    return message.message_ids is not None and str(message.message_ids[1]) == payload


def _remove_all(client: BotClient, chosen: Iterable[KeptAnswer]) -> None:
    for message in chosen:
        kept_answers.remove(client.services.seeds, message.name)


async def remember_ids(client: BotClient) -> None:
    """Remember the ids of all kept messages, to recognise their deletion. Raises KeptAnswerError."""
    kept = await asyncio.to_thread(kept_answers.messages, client.services.seeds)
    client.services.kept_messages.update(message.message_ids[1] for message in kept if message.message_ids)


async def by_deletion(client: BotClient, deleted: Collection[int]) -> None:
    """Remove kept messages that were just deleted in Discord, and rebuild the index. Raises KeptAnswerError."""
    services = client.services
    kept = await asyncio.to_thread(kept_answers.messages, services.seeds)
    chosen = [message for message in kept if message.message_ids and message.message_ids[1] in deleted]
    services.kept_messages.difference_update(deleted)
    if chosen:
        await asyncio.to_thread(_remove_all, client, chosen)
        services.log.info("kept messages that were deleted in Discord were removed", count=len(chosen))
        if problem := await rebuild_index(services):
            services.log.warning("kept messages are still in the index", reason=problem)


async def check_messages(client: BotClient) -> kept_cards.CheckedMessages:
    """Ask Discord for each kept message: remove those that are gone, and find those that were edited since.

    Raises KeptAnswerError.
    """
    kept = await asyncio.to_thread(kept_answers.messages, client.services.seeds)
    gone, edited, unknown = [], [], []
    for message in kept:
        state = await _state(client, message)
        if state == "gone":
            gone.append(message)
        elif state is None:
            unknown.append(message)
        elif state != message.edited:
            edited.append(message)
    await asyncio.to_thread(_remove_all, client, gone)
    if gone:
        client.services.log.info("kept messages that were deleted in Discord were removed", count=len(gone))
    return kept_cards.CheckedMessages(len(kept), tuple(gone), tuple(edited), tuple(unknown))


async def _state(client: BotClient, message: KeptAnswer) -> str | None:
    """Return when a kept message was last edited, "" if never, "gone" if it was deleted, None if Discord won't say."""
    if message.message_ids is None:
        return None
    channel, message_id = message.message_ids
    try:
        data = await client.http.get_message(channel, message_id)
    except discord.NotFound as error:
        return "gone" if error.code in (respond.UNKNOWN_MESSAGE, UNKNOWN_CHANNEL) else None
    except EXPECTED:
        return None
    edited_at = discord.utils.parse_time(data.get("edited_timestamp"))
    return edited_at.isoformat() if edited_at is not None else ""
