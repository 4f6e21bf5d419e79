r"""Parse Discord's markdown as its clients do, knowing nothing of how this project escapes it.

The client is a recursive parser in the manner of simple-markdown: at each position the rules are tried in a fixed
order, the first that matches takes its text, and what stands inside is parsed anew; where none matches, a character is
plain text. The rules are those of Discord's help page ("Markdown Text 101") and of its developers' reference ("Message
Formatting"). Where desktop, phones or their versions differ, the reading is the one that finds more: a list or header
also begins after spaces that follow another construct, ids may have any length, a masked link may lead anywhere, a link
may begin in the middle of a word, and every short name of an emoji is one.

`noticed` is for those who read the raw text without any markdown: the server, which looks for mentions, and whatever
makes a card of an invitation or a link.

It was held against discord-markdown-parser 1.3.1 (npm, Apache 2), which has headers, subtext, timestamps, commands,
masked links and server navigation but neither lists nor short names: 10,000 texts of hostile_texts.py were written to a
file with what is found here, and parsed there once more. Unescaped, what that one found was found here as well, except
where a link, code, command or address had taken the text, and in some 40 texts where a construct went over the end of
the line of a list or header. Escaped, that one found nothing, and showed one_line(text) each time;
simple-markdown 0.7.3 (npm, MIT) found nothing with all of its own rules.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a message: plain text, or a construct with what stands inside it."""

    kind: str
    text: str = ""
    inside: tuple["Node", ...] = ()


ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
SHRUG = re.compile(r"¯\\_\(ツ\)_/¯")
# Rules for the beginning of a line. Group 1 is what stands inside, the number how deep a kind may stand in itself.
LINES = (
    ("quote", re.compile(r" *>>> ([\s\S]*)"), 1),
    ("quote", re.compile(r" *> ([^\n]*(?:\n *> [^\n]*)*\n?)"), 1),
    ("header", re.compile(r" *#{1,3}\s+([^\n]+)\n?"), 1),
    ("subtext", re.compile(r" *-# +([^\n]+)\n?"), 1),
    ("list", re.compile(r" *(?:[*+-]|\d+\.)[ \t]+([^\n]+)\n?"), 11),
)
# Rules for anywhere, in their order; group 1, where there is one, is what stands inside.
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
    ("shortcode", re.compile(r":(?=[^\s:]+(?:::skin-tone-\d)?:)")),  # unknown names stay text, so it takes little
    ("masked", re.compile(r"!?\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?(?:\([^)]*\)|[^\s\\]|\\.)*?>?"
                          r"(?:\s+['\"][\s\S]*?['\"])?\s*\)")),
)  # fmt: skip
STYLES = (  # of those that match, the longest wins
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
    """Return the constructs of a message and the plain text between them."""
    return _parse(re.sub("\r\n?|\f", "\n", source), ())


def kinds(nodes: Iterable[Node]) -> set[str]:
    """Return what kinds of construct there are, at any depth."""
    return {found.kind for found in _walk(nodes)} - {"text"}


def shown(nodes: Iterable[Node]) -> str:
    """Return the plain text that a reader sees."""
    return "".join(node.text for node in _walk(nodes))


def noticed(source: str) -> set[str]:
    """Return what those find who read the raw text; "@everyone" is always found and not returned."""
    return {kind for kind, pattern in RAW if pattern.search(source)}


def _walk(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.inside)


def _parse(source: str, around: tuple[str, ...]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    at = 0
    blank = begins = True  # only spaces since the last construct; and this is where a line may begin
    while at < len(source):
        kind, found = _match(source, at, around, begins=begins)
        if found is None:
            nodes.append(Node("text", source[at]))
            begins = source[at] == "\n" or (source[at] == " " and blank)
            blank = blank and source[at] == " "
            at += 1
            continue
        if kind == "text":
            nodes.append(Node("text", found[1] if found.re is ESCAPE else found[0]))
        else:
            within = found.re.groups and kind != "code"
            nodes.append(Node(kind, "", _parse(found[1] or "", (*around, kind)) if within else ()))
        at, blank, begins = found.end(), True, found[0].endswith("\n")
    return tuple(nodes)


def _match(source: str, at: int, around: tuple[str, ...], *, begins: bool) -> tuple[str, re.Match[str] | None]:
    """Return the construct at a position; kind "text" is an escape or the emoticon that needs none."""
    if begins:
        for kind, pattern, deep in LINES:
            if around.count(kind) < deep and (found := pattern.match(source, at)):
                return kind, found
    if source[at].isalnum() and source[at] not in "hHsSdD":
        return "text", None
    for pattern in (SHRUG, ESCAPE):
        if found := pattern.match(source, at):
            return "text", found
    for kind, pattern in INLINE:
        if found := pattern.match(source, at):
            return kind, found
    styles = [(kind, found) for kind, pattern in STYLES if (found := pattern.match(source, at))]
    if styles:
        return max(styles, key=lambda style: len(style[1][0]))
    for kind, pattern in LAST:
        if found := pattern.match(source, at):
            return kind, found
    return "text", None
