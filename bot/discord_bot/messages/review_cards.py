"""Compose what managers review: quotes that were voted down, and questions without an answer. Pure."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord_bot.messages.answer_card import GREY, Card, excerpt_embeds
from bot.discord_bot.messages.button_ids import Button, answer_button, button
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.reply import Excerpt
from bot.showing.safe_text import one_line
from bot.showing.wording import format_date

MAX_QUESTION = 500  # units of a question
MAX_WORDING = 150  # of another wording of it
MAX_WORDINGS = 5
QUOTE_GONE = Message("The quote has been changed or removed since.")
NOTHING = Message("Nothing to review: no quote was voted down, and no question is without an answer.")
DISMISSED = Message("Dismissed.")
NEVER_AGAIN = Message("That quote is no longer given for this question, and is listed in answers/wrong\\_quotes.jsonl.")
WRONG_QUOTE, DISMISS = Message("Wrong quote: never for this question"), Message("Dismiss")
PREVIOUS, NEXT, UNDO = Message("Previous"), Message("Next"), Message("Undo")
TITLE = Message("To review: {number} of {count}")
VOTED_DOWN = Message("**Voted down {count} times** as the answer to", "**Voted down {count} time** as the answer to")
NO_ANSWER = Message("**No answer, asked {count} times**", "**No answer, asked {count} time**")
FROM_TO, ALSO_ASKED_AS = Message("{first} to {last}"), Message("Also asked as")


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A question to review: in other wordings too if it got no answer, or with the quote that was voted down."""

    question: str
    key: str
    count: int
    first: datetime.date
    last: datetime.date
    wordings: tuple[str, ...] = ()
    citation: str = ""  # of the quote that was voted down, "" if there was no answer
    quote: Excerpt | None = None  # None also if it is gone


def review_card(items: Sequence[ReviewItem], page: int, note: str = "", undo: Button | None = None) -> Card:
    """Compose one of the items with what can be done about it; `note` and `undo` are about what was done just now."""
    last_row = [undo] if undo else []
    if not items:
        return Card("\n".join(filter(None, (note, NOTHING()))), rows=(tuple(last_row),) if last_row else ())
    page = min(max(page, 0), len(items) - 1)
    item = items[page]
    row = [answer_button(item.key)]
    if item.citation:
        row.append(button(WRONG_QUOTE(), "wrong", _payload(page, item), "danger"))
    row.append(button(DISMISS(), "dismiss", _payload(page, item)))
    last_row += [button(PREVIOUS(), "review", str(page - 1))] if page else []
    last_row += [button(NEXT(), "review", str(page + 1))] if page + 1 < len(items) else []
    embed = {"title": TITLE(number=page + 1, count=len(items)), "description": _describe(item), "color": GREY}
    embeds = (embed, *(excerpt_embeds([item.quote], "", colour=GREY) if item.quote else ()))
    return Card(note, embeds, tuple(tuple(buttons) for buttons in (row, last_row) if buttons))


def undo_wrong(page: int, citation: str, key: str) -> Button:
    """Create the button that allows a quote for a question again."""
    return button(UNDO(), "unwrong", f"{page}.{citation}.{key}")


def undo_dismissal(page: int, citation: str, key: str) -> Button:
    """Create the button that takes a dismissal back."""
    return button(UNDO(), "undismiss", f"{page}.{citation}.{key}")


def carried_item(payload: str) -> tuple[int, str, str]:
    """Split the payload of a button into the page, the citation and the key of the question."""
    page, citation, key = (*payload.split("."), "", "", "")[:3]
    return int(page) if page.isdecimal() else 0, citation, key


def _payload(page: int, item: ReviewItem) -> str:
    return f"{page}.{item.citation}.{item.key}"


def _describe(item: ReviewItem) -> str:
    span = format_date(item.first.isoformat())
    if item.last != item.first:
        span = FROM_TO(first=span, last=format_date(item.last.isoformat()))
    lines = [
        (VOTED_DOWN if item.citation else NO_ANSWER)(count=item.count),
        f"> {escape_cut(one_line(item.question), MAX_QUESTION)}",
        f"-# {span}",
    ]
    if item.wordings:
        shown = [f"- {escape_cut(one_line(wording), MAX_WORDING)}" for wording in item.wordings[:MAX_WORDINGS]]
        lines += [ALSO_ASKED_AS(), *shown]
    if item.citation and item.quote is None:
        lines.append(QUOTE_GONE())
    return "\n".join(lines)
