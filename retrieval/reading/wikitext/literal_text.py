"""Keep what wikitext takes literally from being read as markup: text between <nowiki> tags, and code.

Each character that could be a mark is replaced by one of a private range while the page is read, so that no place in
the text moves. At the end it comes back, in text with what Markdown needs to take it literally, too.
"""

import re
from collections.abc import Iterator

from retrieval.text.source_map import Edit, EditedText

OPENING = re.compile(r"<!--|<(?P<tag>nowiki|pre|syntaxhighlight|source)\b(?:[^<>/]|/(?!>)){0,300}>", re.IGNORECASE)
CLOSINGS = {
    "<!--": re.compile("-->"),
    **{tag: re.compile(f"</{tag}[ \t]*>", re.IGNORECASE) for tag in ("nowiki", "pre", "syntaxhighlight", "source")},
}
MARKS = "{}[]|'*#:;=!+-<>_`~\\"
IN_TEXT, IN_CODE = 0x10F000, 0x10F100  # where the private ranges begin
HIDE_IN_TEXT = {ord(mark): IN_TEXT + ord(mark) for mark in MARKS}
HIDE_IN_CODE = {ord(mark): IN_CODE + ord(mark) for mark in MARKS}
SHOW_IN_CODE = {hidden: shown for shown, hidden in HIDE_IN_CODE.items()}
BOX_MARK = ":::".translate(HIDE_IN_CODE)  # of Markdown, which would be an indentation of wikitext
HIDDEN_IN_TEXT = re.compile(f"[{''.join(map(chr, HIDE_IN_TEXT.values()))}]")


def hide_literals(text: str, body: int) -> tuple[EditedText, list[Edit]]:
    """Hide the marks in what text[body:] has literally; returns it with edits that remove the comments.

    What stands in a comment opens nothing, and a comment in code is none.
    """
    pieces: list[str] = []
    comments: list[Edit] = []
    unclosed: set[str] = set()
    copied, position = 0, body
    while opening := OPENING.search(text, position):
        position = opening.end()
        kind = (opening["tag"] or opening[0]).lower()
        closing = CLOSINGS[kind].search(text, position) if kind not in unclosed else None
        if closing is None:
            unclosed.add(kind)
        elif opening["tag"] is None:
            comments.append(Edit(opening.start(), closing.end()))
            position = closing.end()
        else:
            hidden = HIDE_IN_TEXT if kind == "nowiki" else HIDE_IN_CODE
            pieces += [text[copied:position], text[position : closing.start()].translate(hidden)]
            copied, position = closing.start(), closing.end()
    pieces.append(text[copied:])
    return EditedText("".join(pieces)), comments


def show_literals(edited: EditedText, body: int) -> EditedText:
    """Put the hidden marks back."""
    shown = edited.edited(_escapes(edited.text, body))
    return shown._replace(text=shown.text[:body] + shown.text[body:].translate(SHOW_IN_CODE))


def _escapes(text: str, body: int) -> Iterator[Edit]:
    for hidden in HIDDEN_IN_TEXT.finditer(text, body):
        mark = chr(ord(hidden[0]) - IN_TEXT)
        yield Edit(*hidden.span(), "&lt;" if mark == "<" else f"\\{mark}")
