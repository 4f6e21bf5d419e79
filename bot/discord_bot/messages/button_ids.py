"""What the buttons of a message say and carry: ids of citations, never a question, so they outlive a restart."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Action = Literal["context", "others", "closest", "share", "helpful", "unhelpful", "sources", "forget"]
Style = Literal["primary", "secondary", "success", "danger", "link"]

PREFIX = "fn"
TEMPLATE = re.compile(
    rf"{PREFIX}:(?P<action>context|others|closest|share|helpful|unhelpful|sources|forget):(?P<carried>[a-z2-7,0-9]{{0,80}})"
)
MOST_IDS = 7  # of ten letters each, within the hundred characters that Discord allows


class Button(NamedTuple):
    """A button of a message: with an `id`, or a link with a `url`."""

    label: str
    style: Style
    id: str = ""
    url: str = ""


def button(label: str, action: Action, carried: Sequence[str] = (), style: Style = "secondary") -> Button:
    """Return a button that carries up to MOST_IDS ids, or another short text."""
    return Button(label, style, f"{PREFIX}:{action}:{','.join(carried[:MOST_IDS])}")


def carried_ids(carried: str) -> list[str]:
    """Return the ids that a button carries, in their order."""
    return [one for one in carried.split(",") if one]
