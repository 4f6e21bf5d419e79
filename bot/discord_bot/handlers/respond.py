"""Respond to interactions: acknowledge them in time, and turn cards into what discord.py sends."""

import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import discord

from bot.discord_bot.context import Interaction
from bot.discord_bot.messages.answer_card import Card, line_card
from bot.discord_bot.messages.button_ids import Button
from bot.discord_bot.wire import claims
from bot.discord_bot.wire.delivery import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION, is_harmless
from bot.showing.languages import Message

ACKNOWLEDGE_DEADLINE_S = 2.8  # Discord allows three
MIN_ACKNOWLEDGE_S = 0.5  # for an interaction that arrived late, or whose time is measured by a wrong clock
ANSWER_DEADLINE_S = 60.0
# In the extras of an interaction; discord.py forgets what was promised if the response to a deferral is lost.
PROMISED, PUBLIC = "promised", "public"
UNKNOWN_MESSAGE = 10008
WITHDRAWN = Message("Not answered; only the asker sees why.")  # until it is deleted
INTERRUPTED = Message(
    "I was restarted in the middle of this. Please look whether it was done, and try again if it was not."
)
STYLES = {
    "primary": discord.ButtonStyle.primary,
    "secondary": discord.ButtonStyle.secondary,
    "success": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
}


class ExpiredInteractionError(Exception):
    """Discord no longer accepts a response to an interaction; this has been logged already."""


def card_fields(card: Card) -> dict[str, Any]:
    """Return the arguments with which a message is sent or edited to show a card and nothing else."""
    return {
        "content": card.content,
        "embeds": [discord.Embed.from_dict(embed) for embed in card.embeds],
        "view": button_view(card.rows),
        "allowed_mentions": allowed_mentions(card),
    }


def message_fields(card: Card) -> dict[str, Any]:
    """Return the arguments with which a card is sent as a new message."""
    return {name: value for name, value in card_fields(card).items() if value or name == "allowed_mentions"}


def allowed_mentions(card: Card) -> discord.AllowedMentions:
    """Allow a card to ping the role that it names, or nobody."""
    allowed = discord.AllowedMentions.none()
    if card.ping:
        allowed.roles = [discord.Object(card.ping)]
    return allowed


def button_view(rows: Sequence[Sequence[Button]]) -> discord.ui.View | None:
    """Create the view of some rows of buttons, None for no rows.

    The view is stopped, so that discord.py does not store it: CardButton handles clicks, also after a restart.
    """
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for button in row:
            view.add_item(_view_item(button, number))
    view.stop()
    return view


async def defer(interaction: Interaction, *, private: bool) -> None:
    """Acknowledge with the promise of an answer, before any work. Raises ExpiredInteractionError."""
    await _acknowledge(interaction, lambda: interaction.response.defer(ephemeral=private, thinking=True))
    interaction.extras[PROMISED], interaction.extras[PUBLIC] = "answer", not private
    interaction.client.services.unanswered.add(interaction.id)


async def defer_edit(interaction: Interaction) -> None:
    """Acknowledge that the message of a button or menu will be edited. Raises ExpiredInteractionError."""
    await _acknowledge(interaction, lambda: interaction.response.defer())
    interaction.extras[PROMISED] = "edit"


async def answer(interaction: Interaction, card: Card) -> None:
    """Show a card as the promised answer, or instead of the message whose button was clicked.

    If everybody would see it and it is for the asker, the asker alone sees the card, and the promised answer vanishes.
    """
    if not (card.for_asker and interaction.extras.get(PUBLIC)):
        await edit_response(interaction, card_fields(card))
        return
    services = interaction.client.services
    # Discord gives the first message after a promise the visibility of the promise, so that it must be kept before.
    await edit_response(interaction, card_fields(Card(WITHDRAWN())))
    services.unanswered.add(interaction.id)
    await claims.finish()  # a follow-up must not be sent again by another process
    await follow_up(interaction, card)
    services.unanswered.discard(interaction.id)
    await services.delivery.deliver(lambda: _delete_response(interaction), deadline=ANSWER_DEADLINE_S)


async def edit_response(interaction: Interaction, fields: dict[str, Any]) -> None:
    """Show a message as the promised answer, or instead of the message whose button was clicked."""
    services = interaction.client.services
    await services.acknowledgements.wait_until_sent()
    await services.delivery.deliver(lambda: interaction.edit_original_response(**fields), deadline=ANSWER_DEADLINE_S)
    services.unanswered.discard(interaction.id)


async def tell(interaction: Interaction, card: Card) -> None:
    """Acknowledge by showing a card to the member alone. Raises ExpiredInteractionError."""
    fields = message_fields(card)
    await _acknowledge(interaction, lambda: interaction.response.send_message(**fields, ephemeral=True))


async def follow_up(interaction: Interaction, card: Card) -> None:
    """Show a card to the member alone after `defer_edit`, and leave the message of the button or menu as it is."""
    fields = message_fields(card)
    await interaction.client.services.delivery.deliver(
        lambda: interaction.followup.send(**fields, ephemeral=True), deadline=ANSWER_DEADLINE_S, repeatable=False
    )


async def report_errors(
    interaction: Interaction, handling: Coroutine[Any, Any, None], *, repeatable: bool = False
) -> None:
    """Await the handling of a button, menu or form; tell the member if it fails.

    Unless it is `repeatable`, it is not begun again after a process that died with it.
    """
    async with claims.finishing():
        try:
            if claims.is_continued() and not repeatable:
                handling.close()
                await say_interrupted(interaction)
            else:
                await handling
        except Exception as error:
            await report_error(interaction, error)


async def say_interrupted(interaction: Interaction) -> None:
    """Tell the member that a process died while it did what they asked for, which may be done or not."""
    with contextlib.suppress(ExpiredInteractionError):
        await _acknowledge(interaction, lambda: interaction.response.defer(ephemeral=True, thinking=True))
        await follow_up(interaction, line_card(INTERRUPTED()))


async def report_error(interaction: Interaction, error: Exception) -> None:
    """Tell the member that something went wrong: as the promised answer, or beside a message that stays as it is."""
    came_too_late = isinstance(error, discord.HTTPException) and is_harmless(error)
    if came_too_late or isinstance(error, ExpiredInteractionError):
        return
    card = interaction.client.services.answerer.error_card(error, "interaction")
    promised = interaction.extras.get(PROMISED)
    if promised == "answer":
        await answer(interaction, card)
    elif promised == "edit" or interaction.response.is_done():
        await follow_up(interaction, card)
    else:
        with contextlib.suppress(ExpiredInteractionError):
            await tell(interaction, card)


async def _delete_response(interaction: Interaction) -> bool:
    """Delete the response to an interaction; it may be gone already."""
    try:
        await interaction.delete_original_response()
    except discord.NotFound as error:
        if error.code != UNKNOWN_MESSAGE:
            raise
    return True


def _view_item(button: Button, row: int) -> discord.ui.Button[discord.ui.View]:
    if button.url:
        return discord.ui.Button(label=button.label, url=button.url, row=row)
    return discord.ui.Button(label=button.label, custom_id=button.id, style=STYLES[button.style], row=row)


async def _acknowledge(interaction: Interaction, send: Callable[[], Awaitable[object]]) -> None:
    tries = 0

    async def acknowledge() -> bool:
        nonlocal tries
        tries += 1
        try:
            await send()
        except discord.HTTPException as error:
            # What a process that died has acknowledged may be answered for 15 minutes.
            if error.code != ALREADY_ACKNOWLEDGED and not (error.code == UNKNOWN_INTERACTION and claims.is_continued()):
                raise
            if tries == 1 and not claims.is_continued():  # else an earlier try arrived, and only its response was lost
                services.delivery.note_rival()
        return True

    left = ACKNOWLEDGE_DEADLINE_S - (discord.utils.utcnow() - interaction.created_at).total_seconds()
    deadline = min(max(left, MIN_ACKNOWLEDGE_S), ACKNOWLEDGE_DEADLINE_S)
    services = interaction.client.services
    with services.acknowledgements.sending():
        done = await services.delivery.deliver(acknowledge, deadline=deadline, what="A deferral")
    # With several processes, it is late more often; it may have arrived, and Discord takes no answer if it has not.
    if done is None and claims.current.get() is None:
        raise ExpiredInteractionError
