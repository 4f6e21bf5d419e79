"""The question that a message follows: read from the bot's own answers, for nothing is kept."""

from typing import Any

import discord

from bot.discord_bot.messages.answer_card import asked
from bot.discord_bot.wire.delivery import TRANSIENT
from retrieval.text.follow_ups import is_follow_up

LOOKED_AT = 20  # messages of a thread or a direct message


async def previous_question(message: discord.Message, me: discord.abc.User, text: str, language: str) -> str | None:
    """Return the question that a follow-up leans on, None for a question that stands by itself.

    It stands in the answer that the message replies to or, in a thread or a direct message, in what the bot said last
    there. Where that was no answer, there is none: a follow-up to a refusal must not lean on an older answer.
    """
    if not is_follow_up(text, language):
        return None
    replied = await _replied_to(message)
    if replied is not None:
        return _asked_by(replied, me)
    if not isinstance(message.channel, discord.Thread | discord.DMChannel):
        return None
    try:
        async for older in message.channel.history(limit=LOOKED_AT, before=message):
            if older.author.id == me.id:
                return _asked_by(older, me)
    except (discord.HTTPException, *TRANSIENT):
        return None  # without the history a follow-up is a question of its own
    return None


async def _replied_to(message: discord.Message) -> discord.Message | None:
    reference = message.reference
    if reference is None or reference.message_id is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    try:
        return await message.channel.fetch_message(reference.message_id)
    except (discord.HTTPException, *TRANSIENT):
        return None


def _asked_by(answer: discord.Message, me: discord.abc.User) -> str | None:
    """Return the question that one of our own messages answered; nobody else's embeds count."""
    embeds: list[Any] = [embed.to_dict() for embed in answer.embeds]
    return asked(embeds) if answer.author.id == me.id else None
