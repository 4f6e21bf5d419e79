"""Collect edits of a text, and the titles of boxes that they write, which have another markup than their form says."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.questions import LEVEL
from retrieval.text.cautions import is_warning_label, warns
from retrieval.text.source_map import Edit, EditedText, forward_offsets

TITLE, TEXT, ASIDE = Markup("heading", LEVEL), Markup(None), Markup("aside")
ADMONITIONS = frozenset((
    "abstract", "attention", "bug", "caution", "check", "cite", "danger", "error", "example", "failure", "faq", "hint",
    "important", "info", "information", "note", "question", "quote", "secondary", "seealso", "success", "summary",
    "tip", "tldr", "todo", "warning",
))  # fmt: skip
FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
BACKTICKS = re.compile("`+")
# Behind a box: the end of the text, a heading or another box, so that its title has nothing below it but the box.
NO_TEXT = re.compile(
    r"(?:\s|</[\w.-]{1,40}>|:{3,}[ \t]*$|<!--[^>]{0,500}-->)*+"
    r"(?:\Z|\#|={3}[!+]? \"|!{3} |\?{3}|<(?:details|summary|TabItem)\b|:{3,}[ \t]*[\w{]|[`~]{3,}\{[a-z][\w-]*\}"
    r"|\{\{[<%] */?|\{% )",
    re.MULTILINE,
)
MAX_LINE_LENGTH = 1_000  # characters of a line before or behind a place that are looked at
MAX_GAP = 2_000  # characters behind a box that are looked at


class Own(NamedTuple):
    """The markup of a paragraph that its form does not show; `end` is where what is below a title ends, if known."""

    markup: Markup
    end: int | None = None


class Title(NamedTuple):
    """A title that an edit writes, `lead` characters behind the start of its replacement."""

    edit: Edit
    lead: int
    own: Own


class Changes:
    """Edits of a text with its code, which they leave alone."""

    def __init__(self, text: str, body: int) -> None:
        self.text = text
        self.body = body
        self.edits: list[Edit] = []
        self.titles: list[Title] = []
        self.marked: list[tuple[int, Own]] = []  # paragraphs of the text that get a markup, by their start

    @cached_property
    def fences(self) -> list[Span]:
        """Find the blocks of code between fences, in order."""
        return fenced_spans(self.text, self.body)

    @cached_property
    def _code(self) -> list[Span]:
        return sorted([*self.fences, *code_spans(self.text, self.body, self.fences)])

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self._code]

    def is_code(self, offset: int) -> bool:
        """Tell whether an offset is in a block of code between fences, or in code inside a line."""
        number = bisect_right(self._starts, offset)
        return number > 0 and offset < self._code[number - 1][1]

    def is_fenced(self, offset: int) -> bool:
        """Tell whether an offset is in a block of code between fences."""
        number = bisect_right(self.fences, offset, key=lambda span: span[0])
        return number > 0 and offset < self.fences[number - 1][1]

    def remove(self, start: int, end: int) -> None:
        """Take text[start:end] out."""
        self.edits.append(Edit(start, end))

    def replace(self, start: int, end: int, replacement: str) -> None:
        """Put a replacement in the place of text[start:end]."""
        self.edits.append(Edit(start, end, replacement))

    def add_title(
        self,
        start: int,
        end: int,
        title: str,
        markup: Markup,
        *,
        until: int | None = None,
        indent: str = "",
        below: Sequence[str] = (),
    ) -> None:
        """Write a title, with further paragraphs `below` it, in the place of text[start:end].

        What belongs to it ends at `until`.
        """
        before, after = self.apart(start, end)
        paragraphs = f"\n\n{indent}".join([title, *below])
        edit = Edit(start, end, f"{before}{indent if before else ''}{paragraphs}{after}")
        self.edits.append(edit)
        self.titles.append(Title(edit, len(before) + (len(indent) if before else 0), Own(markup, until)))

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins, at most MAX_LINE_LENGTH before it."""
        return max(self.text.rfind("\n", max(offset - MAX_LINE_LENGTH, 0), offset) + 1, offset - MAX_LINE_LENGTH)

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, at most MAX_LINE_LENGTH behind it."""
        newline = self.text.find("\n", offset, offset + MAX_LINE_LENGTH)
        return newline if newline >= 0 else min(offset + MAX_LINE_LENGTH, len(self.text))

    def apart(self, start: int, end: int) -> tuple[str, str]:
        """Return the line breaks that make text[start:end] a paragraph of its own, before and behind it."""
        line = self.line_start(start)
        above = self.text[self.line_start(max(line - 1, 0)) : max(line - 1, 0)]
        is_first = not self.text[line:start].strip(" \t>")
        before = "\n\n" if not is_first else "\n" if above.strip(" \t>") and start > self.body else ""
        line_end = self.line_end(end)
        if self.text[end:line_end].strip():
            return before, "\n\n"
        below = self.text[line_end + 1 : self.line_end(line_end + 1)]
        return before, "\n" if below.strip(" \t>") else ""

    def end_title(self, number: int, end: int) -> None:
        """Let what is below the title titles[number] end at an offset; it is a heading then."""
        self.titles[number] = self.titles[number]._replace(own=Own(TITLE, end))

    def applied(self, edited: EditedText, owns: dict[int, Own]) -> tuple[EditedText, dict[int, Own]]:
        """Apply the edits; returns the text, and the markup of its titles and of earlier ones by their start."""
        if not self.edits and not self.marked:
            return edited, owns
        changed = EditedText(self.text).edited(self.edits)
        known = [(offset, 0, own) for offset, own in (*owns.items(), *self.marked)]
        known += [(title.edit.start, title.lead, title.own) for title in self.titles]
        starts = forward_offsets(changed.pairs, [offset for offset, _, _ in known])
        ends = iter(forward_offsets(changed.pairs, [own.end for *_, own in known if own.end is not None]))
        return edited.then(changed), {
            start + lead: own if own.end is None else own._replace(end=next(ends))
            for start, (_, lead, own) in zip(starts, known, strict=True)
        }


def has_any(text: str, signs: Sequence[str]) -> bool:
    """Tell whether a text has any of some signs, without which there is nothing to read in it.

    A single character is found ten times as fast, so the ends of a sign are looked for first.
    """
    return any(sign in text for sign in signs if sign[0] in text and sign[-1] in text)


def fenced_spans(text: str, body: int) -> list[Span]:
    """Find the blocks of code between fences, with their fences, in order."""
    spans: list[Span] = []
    opened: re.Match[str] | None = None
    for fence in FENCE.finditer(text, body):
        if opened is None:
            opened = None if "`" in fence[2] and fence[1][0] == "`" else fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            spans.append((opened.start(), fence.end()))
            opened = None
    if opened is not None:
        spans.append((opened.start(), len(text)))
    return spans


def code_spans(text: str, body: int, fences: Sequence[Span]) -> list[Span]:
    """Find the code inside of lines, between equal runs of backticks, in order."""
    spans: list[Span] = []
    ends = [*fences, (len(text), len(text))]
    position = body
    for start, end in ends:
        while (tick := text.find("`", position, start)) >= 0:
            newline = text.find("\n", tick, start)
            line_end = newline if newline >= 0 else start
            runs = [run.span() for run in BACKTICKS.finditer(text, tick, line_end)]
            by_length: dict[int, list[int]] = {}
            for first, last in runs:
                by_length.setdefault(last - first, []).append(first)
            behind = tick
            for first, last in runs:
                same = by_length[last - first]
                number = bisect_right(same, first)
                if first >= behind and number < len(same):
                    behind = same[number] + last - first
                    spans.append((first, behind))
            position = line_end
        position = max(position, end)
    return spans


def box_title(name: str, title: str | None, *, is_followed: bool) -> tuple[str, Markup]:
    """Return what readers see above a box, and its markup; "" if nothing.

    The name of its kind warns or is an aside. A title of its own is a heading, unless text follows behind the box, for
    that would seem to be below the title too.
    """
    label = "See also" if name == "seealso" else name.replace("-", " ").capitalize()
    is_warning = is_warning_label(label)
    if title is None:
        return label, TEXT if is_warning else ASIDE
    if not title:
        return "", TEXT
    if is_warning and not warns(title):
        return f"{label}: {title}", TEXT
    return title, TEXT if is_followed or is_warning else TITLE


def is_followed(text: str, end: int) -> bool:
    """Tell whether text follows that is not below a heading or in a box of its own."""
    return NO_TEXT.match(text, end, end + MAX_GAP) is None


def lines_of(text: str, body: int) -> Sequence[Span]:
    """Return the span of each line of text[body:] without its end."""
    starts = [body, *(newline.end() for newline in re.compile("\n").finditer(text, body))]
    return [(start, end - 1) for start, end in zip(starts, [*starts[1:], len(text) + 1], strict=True)]
