"""Read the facts of HTML that stand in no table: the infobox of a wiki at Fandom, and a list of names with values."""

from collections.abc import Iterator
from typing import Any

from retrieval.reading.formats.html_elements import is_hidden, tag_of
from retrieval.reading.formats.html_tables import HtmlTable, shown_text
from retrieval.reading.short_lines import MAX_LABEL_LENGTH
from retrieval.text.cleaning import one_line

INFOBOX, INFOBOX_TITLE, INFOBOX_GROUP = "portable-infobox", "pi-title", "pi-header"
LABEL, VALUE = "pi-data-label", "pi-data-value"
MAX_VALUE_LENGTH = 120  # characters of a value in a list of facts, unlike a definition
MIN_FACTS = 2  # in such a list
SENTENCE_ENDS = (".", "!", "?", ":")
INNER_BLOCKS = frozenset(("p", "ul", "ol", "table", "pre", "dl", "blockquote"))
Grid = list[list[str | None]]


def read_facts(element: Any, tag: str) -> HtmlTable | None:
    """Read an infobox or a list of short facts as a table whose rows have a name and its value; None if it is neither.

    A row with a single cell names the rows below it.
    """
    title = ""
    if has_class(element, INFOBOX):
        title, grid = _infobox(element)
    else:
        grid = _listed_facts(element) if tag == "dl" else []
    return HtmlTable(grid, ["fact" if row[-1] else "" for row in grid], title) if grid else None


def has_class(element: Any, name: str) -> bool:
    """Tell whether an element has a class."""
    return name in (element.get("class") or "").split()


def _infobox(box: Any) -> tuple[str, Grid]:
    """Return the title of an infobox, "" if it is the only one of its page, and its facts."""
    is_only = sum(has_class(element, INFOBOX) for element in box.getroottree().iter("{*}aside")) < 2
    grid: Grid = []
    title = label = ""
    for element in box.iterdescendants("{*}*"):
        if is_hidden(element):
            continue
        if has_class(element, INFOBOX_TITLE) and not is_only:
            title = one_line(shown_text(element))
        elif has_class(element, INFOBOX_GROUP):
            grid.append([one_line(shown_text(element)), None])
        elif has_class(element, LABEL):
            label = one_line(shown_text(element)).rstrip(" :")
        elif has_class(element, VALUE) and label:
            grid.append([label, "; ".join(_lines(element))])
            label = ""
    return title, [row for row in grid if row[0] and row[1] != ""] if any(row[1] for row in grid) else []


def _lines(element: Any) -> Iterator[str]:
    """Yield the items of a value, or all of it."""
    items = [item for item in element.iter("{*}li") if not is_hidden(item)]
    yield from filter(None, (one_line(shown_text(item)) for item in items or [element]))


def _listed_facts(element: Any) -> Grid:
    """Return the facts of a list whose terms have one short value each that is no sentence; none if some have more."""
    children = [child for child in element if isinstance(child.tag, str) and not is_hidden(child)]
    tags = [tag_of(child) for child in children]
    if len(children) < 2 * MIN_FACTS or tags != ["dt", "dd"] * (len(children) // 2):
        return []
    if any(tag_of(inner) in INNER_BLOCKS for child in children for inner in child.iterdescendants("{*}*")):
        return []
    texts = [one_line(shown_text(child)) for child in children]
    names, values = texts[::2], texts[1::2]
    are_names = all(0 < len(name) <= MAX_LABEL_LENGTH and not name.endswith(("?", "!", ".")) for name in names)
    are_values = all(0 < len(value) <= MAX_VALUE_LENGTH and not value.endswith(SENTENCE_ENDS) for value in values)
    if not (are_names and are_values):
        return []
    return [[name.rstrip(" :"), value] for name, value in zip(names, values, strict=True)]
