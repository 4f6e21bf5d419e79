"""A trap: a small document, a question, and what must and must not be shown with the quote that answers it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.showing.table_lines import table_lines
from retrieval.types import PassagePart, Quote
from tests.traps.lengthening import lengthen
from tests.traps.rendering import RENDERERS, Node

STRUCK = re.compile(r"~~.*?~~")
BOXES = {"☐": "[ ]", "☑": "[x]", "☒": "[x]"}
LONG_FORMATS = 2
SHORT_KINDS = ("FAQ", "task list", "struck out")  # whose length changes nothing, or what is right
PROSE_KINDS = ("exception", "condition", "speech")
MARKS = re.compile(r"[*_`#>|:;,\\()/›–—]+")


@dataclass(frozen=True)
class Trap:
    """A question about a document of one format.

    `shows` must all be in the shown text, `hides` must not be in it, both without regard to case, white space, and the
    marks of Markdown and of written out rows. If `silent`, nothing may be quoted at all.
    """

    kind: str
    id: str
    document: str  # file name
    content: bytes
    question: str
    shows: tuple[str, ...]
    hides: tuple[str, ...] = ()
    silent: bool = False


@dataclass(frozen=True)
class Ask:
    """A question about a document, with a name for the trap."""

    name: str
    question: str
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    silent: bool = False


def render_traps(kind: str, name: str, formats: str, nodes: Sequence[Node], *asks: Ask) -> list[Trap]:
    """Write a document in several formats, named by their suffixes without the dot, and ask each the questions.

    In the first two formats, a longer version of the document is asked the same.
    """
    traps = []
    for number, suffix in enumerate(formats.split()):
        traps += make_traps(kind, f"{name}.{suffix}", RENDERERS[suffix](nodes), *asks)
        if number < LONG_FORMATS and kind not in SHORT_KINDS:
            long = RENDERERS[suffix](lengthen(nodes, paragraphs=kind in PROSE_KINDS))
            traps += make_traps(kind, f"{name}-long.{suffix}", long, *asks)
    return traps


def make_traps(kind: str, document: str, content: str | bytes, *asks: Ask) -> list[Trap]:
    """Ask questions about one file."""
    encoded = content.encode() if isinstance(content, str) else content
    name, _, suffix = document.rpartition(".")
    return [
        Trap(kind, f"{name}-{ask.name}.{suffix}", document, encoded, ask.question, ask.shows, ask.hides, ask.silent)
        for ask in asks
    ]


def shown_text(quote: Quote) -> str:
    """Join what is shown of a quote: its passage, or its sentence with the text around it; rows are written out."""
    if not quote.passage:
        return " ".join(filter(None, (quote.before, quote.text, quote.after)))
    return " ".join(f"[…] {text}" if after_gap else text for after_gap, text in _texts(quote.passage))


def _texts(parts: Sequence[PassagePart]) -> Iterator[tuple[bool, str]]:
    """Yield the text of each part and whether something is left out before it; rows are written out."""
    for is_table, group in groupby(parts, key=lambda part: part.kind in ("header", "row")):
        if is_table:
            yield from ((line.after_gap, line.text) for line in table_lines(list(group), -1))
        else:
            yield from ((part.after_gap, part.text) for part in group)


def normalise(text: str) -> str:
    """Fold case, white space and marks; what Markdown strikes out is left out."""
    text = STRUCK.sub(" ", text)
    for box, written in BOXES.items():
        text = text.replace(box, written)
    return " ".join(MARKS.sub(" ", text).casefold().split())
