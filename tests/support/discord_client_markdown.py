r"""Parse Discord's Markdown as its clients do, independently of how this project escapes it.

The parser is recursive, in the manner of simple-markdown: at each position it tries the rules in a fixed order, the
first match takes its text, and the text inside is parsed again; without a match, the character is plain text. The rules
are those of Discord's help page ("Markdown Text 101") and of its developers' reference ("Message Formatting"). Where
desktop, phones or their versions differ, this parser does what finds more constructs: a list or header may also begin
after spaces that follow another construct, ids may have any length, a masked link may lead anywhere, a link may begin
in the middle of a word, and every short name of an emoji is one.

`noticed` stands for readers of the raw text, without Markdown: the server, which looks for mentions, and whatever makes
a card of an invitation or a link.

This parser was compared with discord-markdown-parser 1.3.1 (npm, Apache 2), which knows headers, subtext, timestamps,
commands, masked links and server navigation, but neither lists nor short names. Both parsed 10,000 texts of
hostile_texts.py. In unescaped texts, this parser found all that the other one found, except where a link, code, command
or address had taken the text, and in some 40 texts with a construct across the end of the line of a list or header. In
escaped texts, the other parser found nothing and showed one_line(text) each time. simple-markdown 0.7.3 (npm, MIT),
with all of its own rules, found nothing in them either.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a message: plain text, or a construct with the nodes inside it."""

    kind: str
    text: str = ""
    inside: tuple["Node", ...] = ()


ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
SHRUG = re.compile(r"¯\\_\(ツ\)_/¯")
# Rules for the beginning of a line. Group 1 is the text inside; the number says how deeply a kind may be nested.
LINES = (
    ("quote", re.compile(r" *>>> ([\s\S]*)"), 1),
    ("quote", re.compile(r" *> ([^\n]*(?:\n *> [^\n]*)*\n?)"), 1),
    ("header", re.compile(r" *#{1,3}\s+([^\n]+)\n?"), 1),
    ("subtext", re.compile(r" *-# +([^\n]+)\n?"), 1),
    ("list", re.compile(r" *(?:[*+-]|\d+\.)[ \t]+([^\n]+)\n?"), 11),
)
# Rules for any position, in their order. Group 1, if there is one, is the text inside.
INLINE = (
    ("fence", re.compile(r"```(?:[\w+\-.#]*\n)?\n*(?:[\s\S]+?)\n*```")),
    ("autolink", re.compile(r"<[^: >]+:/[^ >]+>")),
    ("address", re.compile(r"<(?:(?:mailto|tel|sms):[^ >]+|[^ >]+@[^ >]+|\+[\d() .-]{3,})>", re.IGNORECASE)),
    ("link", re.compile(r"(?:https?|steam|discord)://[^\s<]+[^<.,:;\"')\]\s]", re.IGNORECASE)),
    ("mention", re.compile(r"<@[!&]?\d+>|<@\$\d+>")),
    ("channel", re.compile(r"<#\d+>")),
    ("command", re.compile(r"</[^<>:\n]+:\d+>")),
    ("emoji", re.compile(r"<a?:\w+:\d+>|<s:[^<>\s]+>")),
    ("timestamp", re.compile(r"<t:-?\d+(?::[tTdDfFRsS])?>")),
    ("navigation", re.compile(r"<(?:id|\d+):(?:customize|browse|guide|home|linked-roles(?::\d+)?)>")),
    ("everyone", re.compile(r"@everyone|@here")),
    ("shortcode", re.compile(r":(?=[^\s:]+(?:::skin-tone-\d)?:)")),  # only the colon, as unknown names stay text
    ("masked", re.compile(r"!?\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?(?:\([^)]*\)|[^\s\\]|\\.)*?>?"
                          r"(?:\s+['\"][\s\S]*?['\"])?\s*\)")),
)  # fmt: skip
STYLES = (  # the longest match wins
    ("italic", re.compile(r"_((?:__|\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9_])")),
    ("italic", re.compile(r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)")),
    ("bold", re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("underline", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
)
LAST = (
    ("strike", re.compile(r"~~([\s\S]+?)~~(?!_)")),
    ("spoiler", re.compile(r"\|\|([\s\S]+?)\|\|")),
    ("code", re.compile(r"(`+)(?:[\s\S]*?[^`])\1(?!`)")),
)
RAW = (
    ("link", re.compile(r"(?:https?|steam|discord):/|//\w", re.IGNORECASE)),
    ("invitation", re.compile(r"discord(?:app)?\.(?:gg|com|gift|new)/[\w-]", re.IGNORECASE)),
    ("mention", re.compile(r"<(?:@[!&]?|#|id:|t:|a?:\w+:|/[^<>:]*:)\w+")),
)


def parse(source: str) -> tuple[Node, ...]:
    """Parse a message into its constructs and the plain text between them."""
    return _parse(re.sub("\r\n?|\f", "\n", source), ())


def kinds(nodes: Iterable[Node]) -> set[str]:
    """Return the kinds of the constructs, at any depth."""
    return {node.kind for node in _walk(nodes)} - {"text"}


def shown(nodes: Iterable[Node]) -> str:
    """Return the plain text that a reader sees."""
    return "".join(node.text for node in _walk(nodes))


def noticed(source: str) -> set[str]:
    """Return the kinds of construct that readers of the raw text find, apart from "@everyone", which they always do."""
    return {kind for kind, pattern in RAW if pattern.search(source)}


def _walk(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.inside)


def _parse(source: str, around: tuple[str, ...]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    position = 0
    only_spaces = may_begin_line = True  # since the last construct; at this position
    while position < len(source):
        kind, match = _match(source, position, around, may_begin_line=may_begin_line)
        if match is None:
            character = source[position]
            nodes.append(Node("text", character))
            may_begin_line = character == "\n" or (character == " " and only_spaces)
            only_spaces = only_spaces and character == " "
            position += 1
            continue
        if kind == "text":
            nodes.append(Node("text", match[1] if match.re is ESCAPE else match[0]))
        else:
            has_inside = match.re.groups and kind != "code"
            nodes.append(Node(kind, "", _parse(match[1] or "", (*around, kind)) if has_inside else ()))
        position, only_spaces, may_begin_line = match.end(), True, match[0].endswith("\n")
    return tuple(nodes)


def _match(
    source: str, position: int, around: tuple[str, ...], *, may_begin_line: bool
) -> tuple[str, re.Match[str] | None]:
    """Find the construct at a position; the kind "text" is an escape, or the emoticon that needs none."""
    if may_begin_line:
        for kind, pattern, max_depth in LINES:
            if around.count(kind) < max_depth and (match := pattern.match(source, position)):
                return kind, match
    if source[position].isalnum() and source[position] not in "hHsSdD":
        return "text", None
    for pattern in (SHRUG, ESCAPE):
        if match := pattern.match(source, position):
            return "text", match
    for kind, pattern in INLINE:
        if match := pattern.match(source, position):
            return kind, match
    styles = [(kind, match) for kind, pattern in STYLES if (match := pattern.match(source, position))]
    if styles:
        return max(styles, key=lambda style: len(style[1][0]))
    for kind, pattern in LAST:
        if match := pattern.match(source, position):
            return kind, match
    return "text", None
