"""Make text fit for Discord: escape its Markdown, measure it in UTF-16 units, cut it between graphemes.

Quotes, titles and questions come in, and all of them may be hostile. Whoever composes a message escapes each of them by
itself and then adds Markdown around it. Escaped text does not suit code or the label of a masked link, where Discord
shows the backslashes. Fields without Markdown (the author and footer of an embed) take `cut(one_line(text), limit)`.
"""

import re
from collections.abc import Collection
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.showing.safe_text import one_line, safe_lines

if TYPE_CHECKING:
    import regex

# The positions that get a backslash. Before it tries any other rule, Discord's parser reads a backslash and a character
# that is not a letter, digit or white space as that character. How this set was chosen:
# - It has every character that begins a construct. Of the constructs in angle brackets (mentions, channels, commands,
#   emoji, timestamps, automatic links) it also has the character after the bracket, so that a reader of the raw text
#   who knows no escapes, such as the server when it looks for mentions, finds none either.
# - A bare link begins with a letter, and `\h` would show its backslash. Therefore its colon and slashes are escaped:
#   "https:", "//" and "discord.gg/" never appear in one piece.
# - "@everyone" continues with letters after its first character: `\@everyone` is plain text to every client and is
#   copied as it was written, unlike text with an invisible character in it. It pings nobody because no message allows
#   mentions.
# - A list begins at the first character of a line other than a space. Clients differ in where a line begins, so "-" and
#   "+" are escaped after any white space, and "." after any digit.
# - A link needs "[" and "](", and one of the two may come from the Markdown around the text. Therefore "[" is escaped,
#   and "(" after "]" and as the first character.
# Only characters to the left decide, so the escaped beginning of a text is the beginning of the escaped text.
_ESCAPED_POSITIONS = re.compile(r"(?=[\\*_`~|<>\[#@:/]|[-+](?<!\S[-+])|\.(?<=[0-9]\.)|\((?<![^\]]\())")
ELLIPSIS = "…"
NO_BREAK_SPACE = "\u00a0"  # Discord keeps it at the beginning of a line


def escape(text: str) -> str:
    """Escape text into Markdown that shows one_line(text) and does nothing else."""
    return _escape_positions(one_line(text))


def units(text: str) -> int:
    """Count UTF-16 units, in which Discord's limits are given."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Cut text between graphemes to at most `limit` units; "…" stands for the rest."""
    return text if units(text) <= limit else _cut_to_fit(text, limit) + ELLIPSIS[:limit]


def escape_cut(text: str, limit: int) -> str:
    """Escape text and cut it between graphemes to at most `limit` units; "…" stands for the rest."""
    return _escape_cut(one_line(text), limit)


def escape_lines(text: str, limit: int) -> str:
    """Escape text like escape_cut, but keep its lines and their indentation, for which Discord needs hard spaces."""
    lines = _escape_cut(safe_lines(text), limit).split("\n")
    return "\n".join(NO_BREAK_SPACE * (len(line) - len(line.lstrip())) + line.lstrip() for line in lines)


def _escape_cut(text: str, limit: int) -> str:
    escaped = _escape_positions(text)
    if units(escaped) <= limit:
        return escaped
    positions = {match.start() for match in _ESCAPED_POSITIONS.finditer(text[:limit])}
    return _escape_positions(_cut_to_fit(text, limit, positions)) + ELLIPSIS[:limit]


def _escape_positions(text: str) -> str:
    return _ESCAPED_POSITIONS.sub(r"\\", text)


def _cut_to_fit(text: str, limit: int, escaped_positions: Collection[int] = ()) -> str:
    """Cut text between graphemes, leaving a unit for the ellipsis; an escaped position counts one unit more."""
    head = text[: limit + 1]  # no more can fit, and the last character shows where the grapheme before it ends
    costs = (1 + (character > "\uffff") + (position in escaped_positions) for position, character in enumerate(head))
    used = list(accumulate(costs, initial=0))
    ends = (match.end() for match in _graphemes().finditer(head))
    return head[: max((end for end in ends if used[end] < limit), default=0)].rstrip()


@cache
def _graphemes() -> "regex.Pattern[str]":
    r"""Compile the pattern of one grapheme. Flags come first because `\X` alone takes quadratic time on them."""
    import regex

    return regex.compile(r"[\U0001f1e6-\U0001f1ff]{2}[\p{Grapheme_Extend}\p{Mc}\u200d]*|\X")
