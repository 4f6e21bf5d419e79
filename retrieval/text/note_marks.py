"""Find the footnotes that marks in a text refer to, and the marks that refer to a footnote, by their form.

A mark is "[^1]", or stars, daggers or raised digits right behind a word. A footnote is a line that begins with the same
mark. In Markdown, stars are marks only with a backslash before them.
"""

import re

SYMBOLS = r"(?:\\?\*)+|[†‡]+|[¹²³⁰⁴-⁹]+"
EMPHASIS = r"(?<!\S)(?:\*\*[^\s*][^*\n]*\*\*|\*[^\s*][^*\n]*\*)"  # between stars, which are no marks
MARK = re.compile(
    rf"{EMPHASIS}|(?P<label>\[\^[^\]\s]{{1,40}}\])(?!:)|(?:(?<=[^\W\d_]{{3}})|(?<=[.,;:!?)\"'”’\]%€$£])|(?<=[^\W_])(?![¹²³⁰⁴-⁹]))(?P<symbols>{SYMBOLS})(?!\w)"
)
NOTE = re.compile(rf"^[ \t>]*(?P<mark>\[\^[^\]\s]{{1,40}}\](?=:)|{SYMBOLS})(?=:?[ \t]*[^\s*:])", re.MULTILINE)
MAX_DISTANCE = 200_000  # characters between a mark and its footnote


def marks_in(text: str, start: int, end: int) -> list[tuple[str, int]]:
    """Find the marks in text[start:end] or right behind it, as (mark, end of the mark), in order."""
    line_end = text.find("\n", end)
    marks = []
    for match in MARK.finditer(text, start, len(text) if line_end < 0 else line_end):
        if match.start() > end:
            break
        if mark := match["label"] or match["symbols"]:
            marks.append((mark, match.end()))
    return marks


def find_note(text: str, mark: str, offset: int) -> tuple[int, int] | None:
    """Find the first footnote of a mark after an offset: where its line has the mark, and where its words begin."""
    line = rf"^[ \t>]*(?P<mark>{re.escape(mark)}){':' if mark.startswith('[') else r'(?![*†‡¹²³⁰⁴-⁹])'}[ \t]*(?=\S)"
    if mark.endswith("*"):
        line += r"(?=[^*\n]*$)"  # else it is emphasised
    match = re.compile(line, re.MULTILINE).search(text, offset, offset + MAX_DISTANCE)
    return (match.start("mark"), match.end()) if match else None


def note_end(text: str, start: int, end: int) -> int:
    """Return where the footnote at text[start] ends: with its paragraph, at `end`, or before the next footnote."""
    line_end = text.find("\n", start, end)
    following = NOTE.search(text, line_end + 1, end) if line_end >= 0 else None
    return start + len(text[start : following.start() if following else end].rstrip())


def mark_of_note(text: str, start: int, offset: int, end: int) -> str | None:
    """Return the mark of the footnote at an offset of the paragraph text[start:end], None if there is no footnote."""
    marks = [match["mark"] for match in NOTE.finditer(text, start, end) if match.start() <= offset]
    return marks[-1] if marks else None


def find_mark(text: str, mark: str, end: int) -> int | None:
    """Find where the last mark of its kind before text[end] ends."""
    ends = (match.end() for match in MARK.finditer(text, max(end - MAX_DISTANCE, 0), end) if mark in match.groups())
    return max(ends, default=None)
