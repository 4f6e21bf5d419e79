"""Text as Discord takes it: escaped, measured in UTF-16 units, cut between graphemes.

Pure. Quotes, titles and questions are hostile here; whoever composes a message escapes each of them by itself and adds
its own markdown around them. Two places take no escaped text: code, and the label of a masked link, where Discord shows
the backslashes. Fields that render no markdown (an embed's author and footer) take `cut(one_line(text), limit)`.
"""

import re
from collections.abc import Collection
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.showing.safe_text import one_line

if TYPE_CHECKING:
    import regex

# Before these positions a backslash is put. Discord's parser takes a backslash and any character but letters, digits
# and white space for that character, before it tries any other rule. What this set rests on:
# - Everything that begins a rule is in it, and of the constructs in angle brackets (mentions, channels, commands,
#   emoji, timestamps, automatic links) also what follows the bracket. So a reader of the raw text that knows no
#   escapes, as the one that looks for mentions, finds nothing either.
# - A bare link begins with a letter, and `\h` would show its backslash. Its colon and slashes are escaped instead, so
#   that "https:", "//" and "discord.gg/" are never there in one piece.
# - "@everyone" is all letters after its first character: `\@everyone` is plain to every client, and copies as it was
#   written, which an invisible character in it would not. It pings nobody because no message allows mentions.
# - Lists begin at a line's first character other than a space; clients differ in what they count as a line's
#   beginning, so a "-" or "+" after any white space is escaped, and the full stop after any digit.
# - A link needs a "[" and a "](", of which one may be ours: hence "[", and "(" after "]" and as the first character.
# Only what stands to the left decides. Therefore the escaped beginning of a text is the beginning of the escaped text.
_ACTIVE = re.compile(r"(?=[\\*_`~|<>\[#@:/]|[-+](?<!\S[-+])|\.(?<=[0-9]\.)|\((?<![^\]]\())")
ELLIPSIS = "…"


def escape(text: str) -> str:
    """Return Discord markdown that shows one_line(text) and nothing else."""
    return _escaped(one_line(text))


def units(text: str) -> int:
    """Return the length as Discord counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Return at most `limit` units of text, cut between graphemes; "…" stands for the rest."""
    return text if units(text) <= limit else _beginning(text, limit) + ELLIPSIS[:limit]


def escape_cut(text: str, limit: int) -> str:
    """Return the text escaped in at most `limit` units, cut between graphemes; "…" stands for the rest."""
    line = one_line(text)
    escaped = _escaped(line)
    if units(escaped) <= limit:
        return escaped
    positions = {match.start() for match in _ACTIVE.finditer(line[:limit])}
    return _escaped(_beginning(line, limit, positions)) + ELLIPSIS[:limit]


def _escaped(line: str) -> str:
    return _ACTIVE.sub(r"\\", line)


def _beginning(text: str, limit: int, escaped: Collection[int] = ()) -> str:
    """Return the most graphemes that leave a unit for the ellipsis; each escaped position costs one unit more."""
    head = text[: limit + 1]  # what comes later cannot fit, and one character more shows where the last grapheme ends
    costs = (1 + (character > "\uffff") + (at in escaped) for at, character in enumerate(head))
    used = list(accumulate(costs, initial=0))
    ends = (match.end() for match in _graphemes().finditer(head))
    return head[: max((end for end in ends if used[end] < limit), default=0)].rstrip()


@cache
def _graphemes() -> "regex.Pattern[str]":
    r"""Return the pattern of one grapheme. Flags come first: among them `\X` alone takes quadratic time."""
    import regex

    return regex.compile(r"[\U0001f1e6-\U0001f1ff]{2}[\p{Grapheme_Extend}\p{Mc}\u200d]*|\X")
