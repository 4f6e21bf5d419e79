"""Put names in the place of what Discord writes with ids: mentions, emoji, commands and times. Pure.

Which name an id has comes in as a function.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial

MENTION = re.compile(
    r"<(?:(?P<kind>@&|@!?|#)(?P<id>\d{1,20})|a?(?P<emoji>:\w{1,32}:)\d{1,20}|(?P<command>/[\w -]{1,100}):\d{1,20}"
    r"|t:-?\d{1,20}(?::\w)?)>"
)
NameOf = Callable[[str, int], str]  # of a kind, "@", "@&" or "#", and an id; "" for an unknown one


def with_names(text: str, name_of: NameOf) -> str:
    """Write what has a name as Discord shows it: "@ann", "#rules", ":saw:", "/ask"; all else stays as it is."""
    return MENTION.sub(partial(_shown, name_of=name_of), text)


def as_question(text: str, name_of: NameOf) -> str:
    """Write a question in plain words: the names of channels, and of members and roles within it.

    Members and roles before and after all words are addressed, not asked about; they, emoji and times are left out.
    """
    rest = MENTION.sub(lambda match: " " * len(match[0]), text)
    words = [match.start() for match in re.finditer(r"\w+", rest)]

    def plain(match: re.Match[str]) -> str:
        if match["kind"] is None:
            return match["command"] or " "
        is_inside = bool(words) and words[0] < match.start() < words[-1]
        name = name_of(match["kind"].rstrip("!"), int(match["id"])) if match["kind"] == "#" or is_inside else ""
        return f" {re.sub('[-_]', ' ', name) if match['kind'] == '#' else name} "

    return MENTION.sub(plain, text).strip()


def mentioned_users(text: str) -> Iterable[int]:
    """Return the ids of the members that a text mentions, each once, in order."""
    return dict.fromkeys(
        int(match["id"]) for match in MENTION.finditer(text) if (match["kind"] or "").rstrip("!") == "@"
    )


def _shown(match: re.Match[str], *, name_of: NameOf) -> str:
    if match["kind"]:
        kind = match["kind"].rstrip("!")
        name = name_of(kind, int(match["id"]))
        return f"{kind[0]}{name}" if name else match[0]
    return match["emoji"] or match["command"] or match[0]
