"""Compose the cards about messages that are kept as sources. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.discord_bot.messages.answer_card import GREY, Card
from bot.discord_bot.messages.button_ids import KEEP_AS_SOURCE, Button, button
from bot.discord_bot.messages.info_cards import fit_lines
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message

MAX_TITLE = 150  # units of a title in a list
MAX_NAME = 100
TAKE_UP = Message("To take up the edit, open the menu of the message, then Apps, *{menu}*.")
UNKNOWN = Message("I may no longer read these messages, or Discord did not answer:")
KEPT_FROM_YOU = Message("This message of yours is kept as a source: I may quote it, with your name and a link to it.")
REMOVE_IT = Message("Remove it")
NOTICE = Message(
    "**{manager}** keeps your message {address} as a source for my answers: I may quote it word for word, with your "
    "name and a link to it. You can remove it now or later; if you delete the message, it is removed as well."
)
NONE_KEPT = Message("No messages are kept as sources.")
AS_KEPT = Message("{same} of {count} messages as they were kept.", "{same} of {count} message as they were kept.")
DELETED = Message("Deleted in Discord, and removed here")
EDITED, NOT_CHECKED, TITLE = Message("Edited since"), Message("Not checked"), Message("Kept messages")


class KeptMessage(Protocol):
    """A kept message, as far as a card shows it."""

    @property
    def questions(self) -> tuple[str, ...]:
        """Return its title, and the questions that it answers."""

    @property
    def message(self) -> str:
        """Return its address."""

    @property
    def message_ids(self) -> tuple[int, int] | None:
        """Return the ids of its channel and of itself."""


@dataclass(frozen=True, slots=True)
class CheckedMessages:
    """What became of the kept messages in Discord: how many there were, and those that are not as they were."""

    count: int
    gone: Sequence[KeptMessage] = ()
    edited: Sequence[KeptMessage] = ()
    unknown: Sequence[KeptMessage] = ()


def remove_row(message: KeptMessage) -> tuple[Button, ...]:
    """Create the button with which its author, or a manager, removes a kept message."""
    ids = message.message_ids
    return (button(REMOVE_IT(), "unkeep", str(ids[1]), "danger"),) if ids else ()


def notice_card(message: int, address: str, manager: str) -> Card:
    """Compose what the author of a message is told when it is kept."""
    line = NOTICE(manager=escape_cut(manager, MAX_NAME), address=address)
    return Card(line, rows=((button(REMOVE_IT(), "unkeep", str(message), "danger"),),))


def own_message_card(message: KeptMessage) -> Card:
    """Compose what the author of a kept message sees who opens its menu."""
    return Card(KEPT_FROM_YOU(), rows=(remove_row(message),))


def checked_card(checked: CheckedMessages, result: str) -> Card:
    """Compose what a check of the kept messages found; `result` says what the rebuild after it came to."""
    if not checked.count:
        return Card(NONE_KEPT())
    changed = (*checked.gone, *checked.edited, *checked.unknown)
    lines = [AS_KEPT(same=checked.count - len(changed), count=checked.count)]
    if checked.gone:
        lines += [f"**{DELETED()}** {result}", *map(_line, checked.gone)]
    if checked.edited:
        lines += [f"**{EDITED()}**", *map(_line, checked.edited), TAKE_UP(menu=KEEP_AS_SOURCE())]
    if checked.unknown:
        lines += [f"**{NOT_CHECKED()}** {UNKNOWN()}", *map(_line, checked.unknown)]
    return Card(embeds=({"title": TITLE(), "description": fit_lines(lines), "color": GREY},))


def _line(message: KeptMessage) -> str:
    address = message.message if message.message_ids else ""
    return f"- {escape_cut(message.questions[0], MAX_TITLE)} {address}".rstrip()
