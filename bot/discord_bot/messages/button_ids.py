"""Define the buttons of messages. Their ids carry ids of citations, never a question, so they survive restarts."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Action = Literal["context", "others", "closest", "share", "helpful", "unhelpful", "sources", "forget"]
Style = Literal["primary", "secondary", "success", "danger", "link"]

PREFIX = "fn"
TEMPLATE = re.compile(
    rf"{PREFIX}:(?P<action>context|others|closest|share|helpful|unhelpful|sources|forget):(?P<payload>[a-z2-7,0-9]{{0,80}})"
)
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


def carried_ids(payload: str) -> list[str]:
    """Split the payload of a button into its citation ids, in order."""
    return [citation_id for citation_id in payload.split(",") if citation_id]
