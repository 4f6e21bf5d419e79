"""Find what readers of Markdown do not see of a text, or see in another form, with what they see instead.

Text of a paragraph, item, heading or cell of a Markdown file comes in, spans of it go out: marks of emphasis and code,
backslashes before punctuation, targets of links, tags, comments and attributes, entities such as "&amp;", the marks of
quoted lines. What is struck out is left out, raised numbers are written 10⁶. Where it is open whether a character is a
mark, it stays, as in words (snake_case, 2*3*4). The marks of footnotes stay too.
"""

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection
from typing import NamedTuple

from retrieval.text.cleaning import LINE_BREAK
from retrieval.text.raised_numbers import raise_number

_TAGS = (
    "a|abbr|acronym|b|bdi|bdo|big|br|center|cite|code|data|dfn|div|em|font|i|img|ins|kbd|label|mark|nobr|p|q|rp|rt"
    "|ruby|samp|small|span|strong|sub|sup|time|tt|u|var|wbr"
)
_PARAMETERS = r"[^<>{}\n]{0,500}"
_TOKENS = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~\n])"
    r"|(?P<icon>:(?:material|fontawesome|octicons|simple)-[a-z0-9-]{1,60}:"
    r"|\{(?:octicon|fa[bsr]?|fa-[a-z]{1,9}|material-[a-z]{1,9})\}`[^`\n]{0,200}`)"
    r"|(?P<role>\{[A-Za-z][\w:+.-]{0,40}\}(?=`))"
    r"|(?P<code>`+)"
    r"|(?P<struck>~~(?=[^\s~])[^~\n]{1,500}(?<=[^\s~])~~(?!~)|<(?P<tag_name>del|s|strike)>[^<>]{0,500}</(?P=tag_name)>)"
    r"|(?P<run>\*+|_+)"
    r"|(?P<wiki>!?\[\[(?P<page>[^\[\]|\n^][^\[\]|\n]{0,200})(?:\|(?P<label>[^\[\]\n]{1,200}))?\]\](?!\())"
    r"|(?P<opening>!?\[(?!\^))"
    r"|(?P<closing>\])"
    r"|(?P<address><(?:https?://[^\s<>]{1,2000}|[\w.+-]{1,200}@[\w.-]{1,200})>)"
    r"|(?P<raised><sup\b[^<>]{0,200}>(?P<number>[^<>\[\]]{1,20})</sup>)"
    rf"|(?P<tag></?(?:{_TAGS})\b[^<>]{{0,2000}}>)"
    r"|(?P<comment><!--.{0,2000}?-->)"
    r"|(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)"
    r"|(?P<attributes>(?<=[ \t\]\)*_`])\{:?[ ]?[#.][\w #.:=\"'%/-]{1,200}\}(?=\s*\Z|[ \t]*\n)"
    r"|(?<=[\]\)*_`])\{:?[ ]?[#.\w][\w #.:=\"'%/-]{1,200}\})"
    r"|(?P<highlight>(?<![\w=])==(?=[^\s=])(?P<shown>[^=\n]{1,300})(?<=[^\s=])==(?![\w=]))"
    r"|(?P<keys>(?<![\w+])\+\+(?=[a-z0-9\"])(?P<pressed>[\w\"+-]{1,60})(?<=[a-z0-9\"])\+\+(?![\w+]))"
    r"|(?P<lowered>(?<=[a-z)])~(?P<index>\d{1,3}[+-]?)~(?!~))"
    r"|(?P<power>(?<=[\w)])\^(?P<exponent>-?\d{1,3}|n)\^(?!\^))"
    r"|(?P<line>(?:>[ \t]?)+)",
    re.IGNORECASE | re.DOTALL,
)
_TARGET = re.compile(
    r"\(\s{0,9}(?:<[^<>\n]{0,2000}>|[^\s()<]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,2000}){0,9})"
    r"(?:\s{1,9}(?:\"[^\"]{0,1000}\"|'[^']{0,1000}'|\([^()]{0,1000}\)))?\s{0,9}\)"
)
_ESCAPED_BACKSLASH = re.compile(r"\\\\")  # in a role, unlike in other code
_SPAN_ATTRIBUTES = re.compile(r"\{[.#][\w #.:=\"'%/-]{1,200}\}")  # behind the brackets of a span of Pandoc
_BACKTICKS = re.compile("`+")
_REFERENCE = re.compile(r"\[([^\[\]]{0,300})\]")
_ROLE_TARGET = re.compile(r"\s*<[^<>`]{1,300}>$")  # of "text <target>"
# Of tokens. The set of characters comes first because it is searched for several times as fast as alternatives.
_FIRST_CHARACTERS = re.compile(
    r"[\\{`~<*_\[\]&=>!:+^](?:(?<![!:+])|(?<=!)(?=\[)|(?<=:)(?=[mfosMFOS])|(?<=\+)(?=\+[\w\"]))"
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


def find_marks(text: str, references: Collection[str] = ()) -> list[Mark]:
    """Find the marks in a text, in order and apart from each other, in linear time.

    `references` are the labels that the document defines as targets of links, as normalize_label writes them.
    """
    first = _FIRST_CHARACTERS.search(text)
    if not first:
        return []
    marks: list[Mark] = []
    openers: dict[str, list[_Run]] = {"*": [], "_": []}
    brackets: list[_Run] = []
    code_ends = _code_runs(text) if "`" in text else {}
    in_role = False
    while first:
        token = _TOKENS.match(text, first.start())
        if token is None:
            first = _FIRST_CHARACTERS.search(text, first.end())
            continue
        start, position = token.span()
        match token.lastgroup:
            case "code":
                found, position = _match_code(text, start, position, code_ends, in_role=in_role)
                marks += found
            case "run":
                marks += _match_emphasis(text, _Run(start, position), openers)
            case "opening":
                brackets.append(_Run(start, position))
            case "closing":
                opening = brackets.pop() if brackets else None
                end = _link_end(text, opening, position, references) if opening else None
                if opening and end:
                    marks += [Mark(*opening), Mark(start, end)]
                    position = end
            case _:
                marks += _simple_marks(token)
        in_role = token.lastgroup == "role"
        first = _FIRST_CHARACTERS.search(text, position)
    return sorted(marks)


def _simple_marks(token: re.Match[str]) -> list[Mark]:
    """Return the marks of a token that stands for itself."""
    start, end = token.span()
    match token.lastgroup:
        case "escape":
            return [Mark(start, start + 1, "  " if token[0][1] == "\n" else "")]  # what is left of LINE_BREAK
        case "address":
            return [Mark(start, start + 1), Mark(end - 1, end)]
        case "wiki":
            return _wiki_marks(token)
        case "highlight":
            return [Mark(start, start + 2), Mark(end - 2, end)]
        case "raised":
            raised = raise_number(token["number"])
            inner = token.span("number")
            replacement = "" if raised == token["number"] else raised
            return [Mark(start, end, replacement)] if replacement else [Mark(start, inner[0]), Mark(inner[1], end)]
        case "keys":
            return [Mark(start, start + 2), Mark(end - 2, end)]
        case "lowered":
            return [Mark(start, start + 1), Mark(end - 1, end)]
        case "power":
            return [Mark(start, end, raise_number(token["exponent"]))]
        case "entity":
            character = html.unescape(token[0]).replace("\xa0", " ")
            is_readable = character != token[0] and (character.isprintable() or character.isspace())
            return [Mark(start, end, character)] if is_readable else []
        case "struck":
            follows_space = token.string[start - 1 : start].isspace() or not start
            return [Mark(start, end + (follows_space and token.string[end : end + 1] == " "))]
        case "tag":
            return [Mark(start, end, _break_of(token) if token[0][1:3].lower() == "br" else "")]
        case "line":
            line = token.string.rfind("\n", 0, start) + 1
            return [Mark(line, end)] if not token.string[line:start].strip() else []
        case "attributes":
            return [Mark(len(token.string[:start].rstrip(" \t")), end)]
        case _:
            return [Mark(start, end)]


def _break_of(tag: re.Match[str]) -> str:
    """Return the break that a <br> makes, less the end of its line, which stays."""
    ends_line = tag.string[tag.end() : tag.end() + 2].lstrip(" ").startswith("\n")
    return LINE_BREAK.removesuffix("\n") if ends_line else LINE_BREAK


def _wiki_marks(token: re.Match[str]) -> list[Mark]:
    """Return the marks of a link between pages; its label is seen, or the name of its page. Pictures are not seen."""
    if token[0].startswith("!"):
        return [Mark(*token.span())]
    seen = token.span("label" if token["label"] else "page")
    return [Mark(token.start(), seen[0]), Mark(seen[1], token.end())]


def _match_code(
    text: str, start: int, end: int, runs: dict[int, list[int]], *, in_role: bool
) -> tuple[list[Mark], int]:
    """Return the marks of code that begins with text[start:end], and where to go on; behind a role, of a reference."""
    following_runs = runs[end - start]
    following = bisect_left(following_runs, end)
    if following == len(following_runs):
        return [], end
    closing = following_runs[following]
    behind = closing + end - start
    target = _ROLE_TARGET.search(text[end:closing]) if in_role else None
    if target and target.start():
        return [Mark(start, end), Mark(end + target.start(), behind)], behind
    escapes = [Mark(end + at.start(), end + at.end() - 1) for at in _ESCAPED_BACKSLASH.finditer(text[end:closing])]
    return [Mark(start, end), *(escapes if in_role else ()), Mark(closing, behind)], behind


def _link_end(text: str, opening: "_Run", position: int, references: Collection[str]) -> int | None:
    """Return the end of a link whose text ends right before a position, None if it is none."""
    if target := _TARGET.match(text, position) or _SPAN_ATTRIBUTES.match(text, position):
        return target.end()
    if not references:
        return None
    label = _REFERENCE.match(text, position)
    if label and normalize_label(label[1] or text[opening.end : position - 1]) in references:
        return label.end()
    return position if not label and normalize_label(text[opening.end : position - 1]) in references else None


def normalize_label(label: str) -> str:
    """Normalize the label of a link's target, as CommonMark compares them."""
    return " ".join(label.split()).lower().upper()


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
    for run in _BACKTICKS.finditer(text):
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
