"""From cards to what discord.py sends, and the buttons back again."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord

from bot.discord_bot.context import Interaction
from bot.discord_bot.messages.answer_card import Card
from bot.discord_bot.messages.button_ids import Button
from bot.discord_bot.wire.delivery import ALREADY_ACKNOWLEDGED

ACKNOWLEDGE_SECONDS = 2.8  # Discord allows three
FINISH_SECONDS = 60.0
STYLES = {
    "primary": discord.ButtonStyle.primary,
    "secondary": discord.ButtonStyle.secondary,
    "success": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
}


def fields(card: Card) -> dict[str, Any]:
    """Return the arguments that send or edit a message so that it shows a card, and nothing of before."""
    return {
        "content": card.content,
        "embeds": [discord.Embed.from_dict(embed) for embed in card.embeds],
        "view": view(card.rows),
        "allowed_mentions": mentions(card),
    }


def new_message(card: Card) -> dict[str, Any]:
    """Return the arguments that send a card as a new message."""
    return {name: value for name, value in fields(card).items() if value or name == "allowed_mentions"}


def mentions(card: Card) -> discord.AllowedMentions:
    """Return what a card may ping: the role that it names, or nobody."""
    allowed = discord.AllowedMentions.none()
    if card.ping:
        allowed.roles = [discord.Object(card.ping)]
    return allowed


def view(rows: Sequence[Sequence[Button]]) -> discord.ui.View | None:
    """Return the rows of buttons, None where there are none.

    The view is stopped: presses are answered by CardButton, after a restart as well, and discord.py keeps nothing.
    """
    if not rows:
        return None
    made = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for one in row:
            made.add_item(_item(one, number))
    made.stop()
    return made


def _item(one: Button, row: int) -> discord.ui.Button[discord.ui.View]:
    if one.url:
        return discord.ui.Button(label=one.label, url=one.url, row=row)
    return discord.ui.Button(label=one.label, custom_id=one.id, style=STYLES[one.style], row=row)


class GoneError(Exception):
    """Discord no longer takes an answer to an interaction; the log says so already."""


async def defer(interaction: Interaction, *, private: bool) -> None:
    """Tell Discord that an answer will come, before any work. Raises GoneError when it is too late."""
    await _acknowledge(interaction, lambda: interaction.response.defer(ephemeral=private, thinking=True))
    interaction.client.services.promised.add(interaction.id)


async def defer_edit(interaction: Interaction) -> None:
    """Tell Discord that the message of a button or menu will be edited. Raises GoneError."""
    await _acknowledge(interaction, lambda: interaction.response.defer())


async def say(interaction: Interaction, card: Card) -> None:
    """Answer at once, for one person alone."""
    await show(interaction, new_message(card))


async def show(interaction: Interaction, message: dict[str, Any]) -> None:
    """Answer at once with a message, for one person alone. Raises GoneError."""
    sent = {name: value for name, value in message.items() if value}
    await _acknowledge(interaction, lambda: interaction.response.send_message(**sent, ephemeral=True))


async def turn(interaction: Interaction, card: Card) -> None:
    """Put a card in the place of the message whose button was pressed. Raises GoneError."""
    await _acknowledge(interaction, lambda: interaction.response.edit_message(**fields(card)))


async def finish(interaction: Interaction, card: Card) -> None:
    """Put a card where the answer was promised."""
    await refill(interaction, fields(card))


async def refill(interaction: Interaction, message: dict[str, Any]) -> None:
    """Put a message where the answer was promised, or over the one whose button was pressed."""
    services = interaction.client.services
    await services.acknowledgements.wait_until_sent()
    await services.delivery.deliver(lambda: interaction.edit_original_response(**message), deadline=FINISH_SECONDS)
    services.promised.discard(interaction.id)


async def guarded(interaction: Interaction, doing: Awaitable[None]) -> None:
    """Await what a button, menu or form does; what goes wrong is told to whoever used it."""
    try:
        await doing
    except Exception as error:
        await apologize(interaction, error)


async def apologize(interaction: Interaction, error: Exception) -> None:
    """Say that something went wrong, whether an answer was promised already or not."""
    if isinstance(error, GoneError):
        return
    card = interaction.client.services.answerer.excuse(error, "interaction")
    if interaction.response.is_done():
        await finish(interaction, card)
    else:
        with contextlib.suppress(GoneError):
            await say(interaction, card)


async def _acknowledge(interaction: Interaction, send: Callable[[], Awaitable[object]]) -> None:
    async def acknowledged() -> bool:
        try:
            await send()
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:  # an earlier try arrived, and only its answer was lost
                raise
        return True

    left = ACKNOWLEDGE_SECONDS - (discord.utils.utcnow() - interaction.created_at).total_seconds()
    deadline = min(max(left, 0.5), ACKNOWLEDGE_SECONDS)
    services = interaction.client.services
    with services.acknowledgements.sending():
        done = await services.delivery.deliver(acknowledged, deadline=deadline, what="A deferral")
    if done is None:
        raise GoneError
