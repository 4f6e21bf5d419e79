"""Find the marks of Markdown that its readers do not see, so that a passage can be shown as it is read.

Text of a paragraph, item, heading or cell of a Markdown file comes in, spans of it go out: marks of emphasis and code,
backslashes before punctuation, brackets and targets of links, tags that only format, the marks of quoted lines and of
boxes. Words are never changed. Where it is open whether a character is a mark, it stays: marks inside of words
(snake_case, 2*3*4) and links by reference. Marks that have a meaning stay too: struck-out text and raised numbers.
"""

import re
import unicodedata
from bisect import bisect_left
from typing import NamedTuple

_TAGS = "a|b|br|center|code|div|em|i|img|kbd|mark|p|small|span|strong|u"
_TOKENS = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~\n])"
    r"|(?P<code>`+)"
    r"|(?P<run>\*+|_+)"
    r"|(?P<opening>!?\[)"
    r"|(?P<closing>\])"
    r"|(?P<address><(?:https?://[^\s<>]{1,2000}|[\w.+-]{1,200}@[\w.-]{1,200})>)"
    rf"|(?P<tag></?(?:{_TAGS})\b[^<>]{{0,2000}}>)"
    r"|(?P<line>(?:\A|\n)[ \t]*(?::{3,}[ \t]*|(?:>[ \t]?)+))",
    re.IGNORECASE,
)
_TARGET = re.compile(
    r"\(\s{0,9}(?:<[^<>\n]{0,2000}>|[^\s()<]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,2000}){0,9})"
    r"(?:\s{1,9}(?:\"[^\"]{0,1000}\"|'[^']{0,1000}'|\([^()]{0,1000}\)))?\s{0,9}\)"
)


class Mark(NamedTuple):
    """A span that readers do not see; a space stands for what ends a line, so that no words are joined."""

    start: int
    end: int
    replacement: str = ""


class _Run(NamedTuple):
    """A run of stars or underscores that may begin emphasis: text[start:end]."""

    start: int
    end: int


def find_marks(text: str) -> list[Mark]:
    """Find the marks in a text, in order and apart from each other, in linear time."""
    marks: list[Mark] = []
    openers: dict[str, list[_Run]] = {"*": [], "_": []}
    brackets: list[_Run] = []
    code_ends = _code_runs(text)
    position = 0
    while token := _TOKENS.search(text, position):
        start, position = token.span()
        match token.lastgroup:
            case "escape":
                marks.append(Mark(start, start + 1))
            case "code":
                runs = code_ends[position - start]
                following = bisect_left(runs, position)
                if following < len(runs):
                    closing = runs[following]
                    marks += [Mark(start, position), Mark(closing, closing + position - start)]
                    position = closing + position - start
            case "run":
                marks += _match_emphasis(text, _Run(start, position), openers)
            case "opening":
                brackets.append(_Run(start, position))
            case "closing":
                opening = brackets.pop() if brackets else None
                if opening and (target := _TARGET.match(text, position)):
                    marks += [Mark(*opening), Mark(start, target.end())]
                    position = target.end()
            case "address":
                marks += [Mark(start, start + 1), Mark(position - 1, position)]
            case _:
                ends_line = token[0][0] == "\n" or token[0][1:3].lower() == "br"
                marks.append(Mark(start, position, " " if ends_line else ""))
    return sorted(marks)


def without_marks(text: str, marks: list[Mark], start: int, end: int) -> str:
    """Return text[start:end] without the marks in it."""
    pieces, position = [], start
    for mark in marks:
        if mark.end > position and mark.start < end:
            pieces += [text[position : max(mark.start, position)], mark.replacement]
            position = min(mark.end, end)
    return "".join([*pieces, text[position:end]])


def _code_runs(text: str) -> dict[int, list[int]]:
    """Map the lengths of runs of backticks to their positions, in order."""
    runs: dict[int, list[int]] = {}
    for run in re.compile("`+").finditer(text):
        runs.setdefault(run.end() - run.start(), []).append(run.start())
        runs.setdefault(run.end() - run.start() - 1, [])  # of a run whose first backtick is escaped
    return runs


def _match_emphasis(text: str, run: _Run, openers: dict[str, list[_Run]]) -> list[Mark]:
    """Match a run with those that opened emphasis before it; what is left of it may open emphasis itself."""
    marks: list[Mark] = []
    opens, closes = _sides(text, run)
    stack, others = openers[text[run.start]], openers["_" if text[run.start] == "*" else "*"]
    start, end = run
    while closes and stack and start < end:
        opener = stack.pop()
        count = min(opener.end - opener.start, end - start)
        marks += [Mark(opener.end - count, opener.end), Mark(start, start + count)]
        start += count
        if opener.end - count > opener.start:
            stack.append(_Run(opener.start, opener.end - count))
        while others and others[-1].start > opener.start:
            others.pop()
    if opens and start < end:
        stack.append(_Run(start, end))
    return marks


def _sides(text: str, run: _Run) -> tuple[bool, bool]:
    """Tell whether a run can open emphasis, and whether it can close it, by CommonMark's rules for its neighbours.

    Between two letters or digits of ASCII it does neither, unlike CommonMark: "2*3*4" is not 234.
    """
    before, after = text[run.start - 1 : run.start] or " ", text[run.end : run.end + 1] or " "
    if (before + after).isascii() and before.isalnum() and after.isalnum():
        return False, False
    opens = not after.isspace() and (not _is_punctuation(after) or before.isspace() or _is_punctuation(before))
    closes = not before.isspace() and (not _is_punctuation(before) or after.isspace() or _is_punctuation(after))
    if text[run.start] == "*":
        return opens, closes
    return opens and (not closes or _is_punctuation(before)), closes and (not opens or _is_punctuation(after))


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
