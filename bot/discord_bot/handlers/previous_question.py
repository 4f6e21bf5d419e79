"""Find the question that a message follows up, in the bot's own answers, because no questions are stored."""

import datetime
from collections.abc import Iterator
from typing import Any

import discord

from bot.discord_bot.messages.answer_card import shown_question
from bot.discord_bot.messages.button_ids import TEMPLATE, carried_ids
from bot.discord_bot.wire.delivery import EXPECTED
from retrieval.text.follow_ups import Previous, is_follow_up

MAX_HISTORY = 20  # messages of a thread or a direct message
MAX_ANSWER_AGE = datetime.timedelta(minutes=15)  # of an answer that a message follows without replying to it


async def previous_question(
    message: discord.Message, me: discord.abc.User, text: str, language: str
) -> Previous | None:
    """Return the question that a follow-up refers to and what it was answered with, None for a complete question.

    It is shown in the answer that the message replies to, however old. In a thread or a direct message without a reply,
    it is shown in the bot's last message there, which must not be older than MAX_ANSWER_AGE. If that is not an answer,
    there is none: a follow-up to a refusal must not refer to an older answer.
    """
    if not is_follow_up(text, language):
        return None
    replied_to = await _replied_to(message)
    if replied_to is not None:
        return _question_of(replied_to, me)
    if not isinstance(message.channel, discord.Thread | discord.DMChannel):
        return None
    try:
        async for older in message.channel.history(limit=MAX_HISTORY, before=message):
            if older.author.id == me.id:
                recent = message.created_at - older.created_at <= MAX_ANSWER_AGE
                return _question_of(older, me) if recent else None
    except EXPECTED:
        return None  # without the history, the follow-up is looked up as it is
    return None


async def _replied_to(message: discord.Message) -> discord.Message | None:
    reference = message.reference
    if reference is None or reference.message_id is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    try:
        return await message.channel.fetch_message(reference.message_id)
    except EXPECTED:
        return None


def _question_of(answer: discord.Message, me: discord.abc.User) -> Previous | None:
    """Return the question that one of the bot's messages answered, with the quotes; those of others do not count."""
    embeds: list[Any] = [embed.to_dict() for embed in answer.embeds]
    question = shown_question(embeds) if answer.author.id == me.id else None
    return Previous(question, frozenset(_quoted(answer))) if question is not None else None


def _quoted(answer: discord.Message) -> Iterator[str]:
    """Yield the citation ids of an answer: its buttons carry them."""
    for row in answer.components:
        for item in row.children if isinstance(row, discord.ActionRow) else ():
            match = TEMPLATE.fullmatch(getattr(item, "custom_id", None) or "")
            if match and match["action"] == "helpful":
                yield from carried_ids(match["payload"])
