"""Define the buttons of messages. Their ids carry ids of citations, never a question, so they survive restarts."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

Action = Literal["context", "others", "closest", "share", "helpful", "unhelpful", "more", "sources", "forget"]
Style = Literal["primary", "secondary", "success", "danger", "link"]

PREFIX = "fn"
TEMPLATE = re.compile(rf"{PREFIX}:(?P<action>{'|'.join(get_args(Action))}):(?P<payload>[a-z2-7,0-9.]{{0,90}})")
MAX_CARRIED_IDS = 7  # of ten characters each, within the 100 characters that Discord allows


class Button(NamedTuple):
    """A button of a message, either with an `id` or, as a link, with a `url`."""

    label: str
    style: Style
    id: str = ""
    url: str = ""


def button(label: str, action: Action, payload: Sequence[str] = (), style: Style = "secondary") -> Button:
    """Create a button that carries the first MAX_CARRIED_IDS citation ids of `payload`, or another short text."""
    return Button(label, style, f"{PREFIX}:{action}:{','.join(payload[:MAX_CARRIED_IDS])}")


def more_button(quotes: Sequence[tuple[str, float]], others: Sequence[str]) -> Button:
    """Create the button for everything else about an answer: it carries quotes with their confidence, and other ids."""
    quotes = quotes[:MAX_CARRIED_IDS]
    ids, percentages = (
        [citation_id for citation_id, _ in quotes],
        [f"{confidence * 100:.0f}" for _, confidence in quotes],
    )
    others = others[: MAX_CARRIED_IDS - len(ids)]
    payload = ".".join(",".join(part) for part in (ids, percentages, others))
    return Button("More…", "secondary", f"{PREFIX}:more:{payload}")


def carried_answer(payload: str) -> tuple[dict[str, float], list[str]]:
    """Split the payload of a `more_button` into the confidence of each quote, by its id, and the other ids."""
    ids, percentages, others = (*payload.split("."), "", "", "")[:3]
    numbers = [int(number) / 100 if number.isdecimal() else 0.0 for number in percentages.split(",")]
    return dict(zip(carried_ids(ids), numbers, strict=False)), carried_ids(others)


def carried_ids(payload: str) -> list[str]:
    """Split the payload of a button into its citation ids, in order."""
    return [citation_id for citation_id in payload.split(",") if citation_id]
