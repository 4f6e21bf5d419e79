"""Define the buttons of messages. Their ids carry ids of citations, never a question, so they survive restarts."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from bot.showing.languages import Message

Action = Literal[
    "context", "others", "closest", "share", "helpful", "unhelpful", "more", "answer", "sources", "forget", "unkeep",
    "review", "wrong", "unwrong", "never", "allow", "dismiss", "undismiss", "team", "unword", "rekeep",
]  # fmt: skip
Style = Literal["primary", "secondary", "success", "danger", "link"]

PREFIX = "fn"
TEMPLATE = re.compile(rf"{PREFIX}:(?P<action>{'|'.join(get_args(Action))}):(?P<payload>[a-z2-7,0-9.]{{0,90}})")
FIND_THE_SOURCE, KEEP_AS_SOURCE = Message("Find the source"), Message("Keep as source")  # the menus of messages
MORE, CLOSEST_PASSAGES = Message("More…"), Message("Closest passages")
ANSWER_THIS, USE_PASSAGE = Message("Answer this"), Message("Use passage {number}")
MAX_CARRIED_IDS = 7  # of ten characters each, within the 100 characters that Discord allows


class Button(NamedTuple):
    """A button of a message, either with an `id` or, as a link, with a `url`."""

    label: str
    style: Style
    id: str = ""
    url: str = ""


def button(label: str, action: Action, payload: Sequence[str] | str = (), style: Style = "secondary") -> Button:
    """Create a button that carries the first MAX_CARRIED_IDS citation ids of `payload`, or another short text."""
    carried = payload if isinstance(payload, str) else ",".join(payload[:MAX_CARRIED_IDS])
    return Button(label, style, f"{PREFIX}:{action}:{carried}")


def more_button(quotes: Sequence[tuple[str, float]], others: Sequence[str]) -> Button:
    """Create the button for everything else about an answer: it carries quotes with their confidence, and other ids."""
    quotes = quotes[:MAX_CARRIED_IDS]
    ids, percentages = (
        [citation_id for citation_id, _ in quotes],
        [f"{confidence * 100:.0f}" for _, confidence in quotes],
    )
    others = others[: MAX_CARRIED_IDS - len(ids)]
    payload = ".".join(",".join(part) for part in (ids, percentages, others))
    return button(MORE(), "more", payload)


def closest_button(closest: Sequence[str], question_key: str) -> Button:
    """Create the button for the passages closest to a question without an answer."""
    payload = f"{','.join(closest[:MAX_CARRIED_IDS])}.{question_key}".removesuffix(".")
    return button(CLOSEST_PASSAGES(), "closest", payload)


def answer_button(question_key: str, citation_id: str = "", number: int = 0) -> Button:
    """Create the button with which a moderator answers a question, or chooses the passage with a number for that."""
    payload = f"{citation_id}.{question_key}"
    if not citation_id:
        return button(ANSWER_THIS(), "answer", payload, "primary")
    return button(USE_PASSAGE(number=number), "answer", payload)


def carried_answer(payload: str) -> tuple[dict[str, float], list[str]]:
    """Split the payload of a `more_button` into the confidence of each quote, by its id, and the other ids."""
    ids, percentages, others = (*payload.split("."), "", "", "")[:3]
    numbers = [int(number) / 100 if number.isdecimal() else 0.0 for number in percentages.split(",")]
    return dict(zip(carried_ids(ids), numbers, strict=False)), carried_ids(others)


def carried_ids(payload: str) -> list[str]:
    """Split the payload of a button into its citation ids, in order."""
    return [citation_id for citation_id in payload.partition(".")[0].split(",") if citation_id]
