"""Count the items of a Word file's lists, which its paragraphs only refer to."""

from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml

from retrieval.reading.formats.docx_elements import W, has_text, is_indented
from retrieval.reading.formats.docx_styles import Style

MAX_LEVELS = 9
NO_LIST = "0"  # number of the list that a paragraph is in if it is in none
UNNUMBERED = ("bullet", "none")


@dataclass(frozen=True, slots=True)
class Place:
    """The depth of a paragraph in lists; `number` is that of an item, 0 with a bullet, and None if it is no item."""

    level: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Level:
    """How the items of one level of a list are marked."""

    format: str = "decimal"
    start: int = 1
    text: str = "%1."
    style: str | None = None  # that puts its paragraphs on this level


@dataclass(slots=True)
class _List:
    """A list: its levels, the levels that it counts anew once, and the number that each level has reached.

    Lists with the same definition go on counting where the other stopped.
    """

    levels: dict[int, _Level]
    starts: dict[int, int]
    reached: dict[int, int]


class Lists:
    """The lists of one document, counted in the order of its paragraphs."""

    def __init__(self, document: Any) -> None:
        self._lists: dict[str, _List] = {}  # by their number
        self._named: dict[int, int] = {}  # numbers reached by styles that are called list number, by level
        self._last = 0  # level of the item before
        for relation in document.part.rels.values():
            if relation.reltype.endswith("/numbering") and not relation.is_external:
                self._read(parse_xml(relation.target_part.blob))

    def place_of(self, paragraph: Any, style: Style) -> Place | None:
        """Return the place of the next paragraph, None if it is in no list."""
        own = next(paragraph.iterfind(f"{W}pPr/{W}numPr"), None)
        place = self._numbered(own, style)
        if place is None and own is None and style.listed:
            place = self._by_style(style)
        if place is None and self._last and (style.indented or is_indented(paragraph)):
            place = Place(self._last)
        if place is None and not has_text(paragraph):  # a gap within a list
            return None
        if place is None:
            self._named.clear()
        self._last = place.level if place and style.kind in ("text", "code") else 0
        return place

    def _read(self, root: Any) -> None:
        """Read the definitions of lists, and which list has which."""
        definitions: dict[str | None, tuple[dict[int, _Level], dict[int, int]]] = {
            element.get(f"{W}abstractNumId"): (_levels(element), {}) for element in root.iterfind(f"{W}abstractNum")
        }
        for instance in root.iterfind(f"{W}num"):
            levels, reached = definitions.get(_value(instance, "abstractNumId"), ({}, {}))
            starts = {}
            for override in instance.iterfind(f"{W}lvlOverride"):
                levels = levels | _levels(override)
                start = _value(override, "startOverride") or ""
                if start.isdecimal():
                    starts[_depth(override)] = int(start)
            self._lists[instance.get(f"{W}numId")] = _List(levels, starts, reached)

    def _numbered(self, own: Any, style: Style) -> Place | None:
        """Count a paragraph by its numbering properties, or those of its style."""
        name = next((name for numbering in (own, style.numbering) if (name := _value(numbering, "numId"))), NO_LIST)
        items = self._lists.get(name)
        if name == NO_LIST or items is None:
            return None
        depth = _value(own, "ilvl") or _value(style.numbering, "ilvl") or ""
        by_style = next((depth for depth, level in items.levels.items() if level.style == style.id), 0)
        ilvl = min(int(depth), MAX_LEVELS - 1) if depth.isdecimal() else by_style
        level = items.levels.get(ilvl, _Level())
        if level.format in UNNUMBERED:
            return Place(ilvl + 1, 0 if level.text.strip() else None)
        start = items.starts.pop(ilvl, None)
        number = start if start is not None else items.reached.get(ilvl, level.start - 1) + 1
        for deeper in [depth for depth in items.reached if depth > ilvl]:
            del items.reached[deeper]
        items.reached[ilvl] = number
        return Place(ilvl + 1, number)

    def _by_style(self, style: Style) -> Place | None:
        """Count a paragraph whose style is called "List Number 2" or the like."""
        if style.listed is None or style.listed.kind == "continue":
            return Place(style.listed.level) if style.listed and self._last else None
        level = style.listed.level
        self._named = {depth: reached for depth, reached in self._named.items() if depth <= level}
        if style.listed.kind == "bullet":
            return Place(level, 0)
        self._named[level] = self._named.get(level, 0) + 1
        return Place(level, self._named[level])


def _levels(container: Any) -> dict[int, _Level]:
    """Read the levels that a definition of a list gives, by their depth from 0."""
    levels = {}
    for element in container.iterfind(f"{W}lvl"):
        start = _value(element, "start") or ""
        levels[_depth(element)] = _Level(
            _value(element, "numFmt") or "decimal",
            int(start) if start.isdecimal() else 1,
            _value(element, "lvlText") or "",
            _value(element, "pStyle"),
        )
    return levels


def _value(element: Any, name: str) -> str | None:
    """Return the value of a child of an element, None if there is none."""
    return None if element is None else next((child.get(f"{W}val") for child in element.iterfind(f"{W}{name}")), None)


def _depth(element: Any) -> int:
    value = element.get(f"{W}ilvl") or ""
    return int(value) if value.isdecimal() else 0
