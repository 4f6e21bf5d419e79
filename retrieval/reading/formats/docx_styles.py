"""Tell what the style and the font of a Word paragraph make of it."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from retrieval.reading.formats.docx_elements import W, has_text, is_indented, live, tag_of

HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título|titolo) (\d)", re.IGNORECASE)
ASIDE_STYLE = re.compile(
    r"author|^date|subtitle|header|footer|toc|table of (?:figures|authorities)|caption"
    r"|source|html|index|bibliograph"
)
CODE_STYLE = re.compile(r"(?:\b|source)code\b|preformatted|macro|verbatim")
LIST_STYLE = re.compile(r"list (bullet|number|continue)(?: (\d))?$")
MONOSPACED = re.compile(
    r"\bmono(?:space)?\b|courier|consolas|menlo|monaco|lucida console|cascadia|fira code|source code|inconsolata"
    r"|typewriter|hack$|andale",
    re.IGNORECASE,
)
MAX_STYLE_DEPTH = 10  # of styles based on each other, which may go in a circle
MAX_HEADING_LEVEL = 9
TERM_LEVEL = 7


@dataclass(frozen=True, slots=True)
class ListStyle:
    """The kind and depth of a list that the name of a style gives."""

    kind: str  # bullet, number or continue
    level: int


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says of its paragraphs; `numbering` are the properties that put them into a list, if any."""

    id: str
    kind: Literal["text", "heading", "aside", "code"] = "text"
    level: int = 0  # of a heading
    numbering: Any = None
    listed: ListStyle | None = None
    monospaced: bool = False
    indented: bool = False


class Styles:
    """The styles of one document."""

    def __init__(self, document: Any) -> None:
        try:
            self._styles = {style.style_id: style for style in document.styles}
        except OSError:  # the document has no styles, and the library would open a file of its own for them
            self._styles = {}
        self._described: dict[str, Style] = {}

    def of(self, paragraph: Any) -> Style:
        """Return the style of a paragraph."""
        return self._describe(paragraph.style or "")

    def is_monospaced(self, paragraph: Any) -> bool:
        """Tell whether all text of a paragraph is in a font whose letters have one width."""
        default = self.of(paragraph).monospaced
        runs = (run for run in live(paragraph) if tag_of(run) == "r" and has_text(run))
        return has_text(paragraph) and all(self._is_monospaced_run(run, default=default) for run in runs)

    def _is_monospaced_run(self, run: Any, *, default: bool) -> bool:
        font = _font(run)
        if font:
            return MONOSPACED.search(font) is not None
        style = next((style.get(f"{W}val") for style in run.iterfind(f"{W}rPr/{W}rStyle")), None)
        return default or (style is not None and self._describe(style).monospaced)

    def _describe(self, style_id: str) -> Style:
        """Sum up a style and those that it is based on, once for each."""
        if style_id not in self._described:
            self._described[style_id] = self._summary(style_id)
        return self._described[style_id]

    def _summary(self, style_id: str) -> Style:
        kind: Literal["text", "heading", "aside", "code"] = "text"
        level = 0
        numbering = listed = font = None
        indented = False
        style = self._styles.get(style_id)
        for _ in range(MAX_STYLE_DEPTH):
            if style is None:
                break
            name, element = str(style.name or "").lower(), style.element
            numbering = next(element.iterfind(f"{W}pPr/{W}numPr"), None) if numbering is None else numbering
            match = LIST_STYLE.match(name)
            listed = ListStyle(match[1], int(match[2] or 1)) if match and listed is None else listed
            font = font or _font(element)
            indented = indented or is_indented(element)
            if kind == "text":
                kind, level = _kind(name, element)
            style = getattr(style, "base_style", None)
        monospaced = font is not None and MONOSPACED.search(font) is not None
        return Style(style_id, kind, level, numbering, listed, monospaced, indented)


def _kind(name: str, element: Any) -> tuple[Literal["text", "heading", "aside", "code"], int]:
    """Return the kind and heading level that a style gives by its name or its outline."""
    match = HEADING_STYLE.match(name)
    outline = next((level.get(f"{W}val") for level in element.iterdescendants(f"{W}outlineLvl")), None) or ""
    if match or name == "title" or outline.isdecimal():
        return "heading", int(match[1]) if match else min(int(outline or 0) + 1, MAX_HEADING_LEVEL)
    if name.startswith("definition term"):
        return "heading", TERM_LEVEL
    if CODE_STYLE.search(name):
        return "code", 0
    return ("aside" if ASIDE_STYLE.search(name) else "text"), 0


def _font(element: Any) -> str | None:
    """Return the font that the properties of a run or style name."""
    fonts = next(element.iterfind(f"{W}rPr/{W}rFonts"), None)
    return None if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi")
