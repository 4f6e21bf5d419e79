"""Read what components state in their attributes: titles, fields of an API, and tables of properties.

`<ParamField path="timeout" default="30">` is the title "timeout" above "Default: 30", and so is each object of an array
`content={[{ name: "timeout", default: "30" }]}`. Other arrays of objects are code and left out.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from retrieval.reading.markdown import Markup
from retrieval.reading.site_markup.site_changes import TEXT, TITLE, Changes, Own, Title, box_title
from retrieval.text.source_map import Edit

SIGNS = ("={[",)
FIELDS, FIELD_ATTRIBUTES = ("ParamField", "ResponseField", "Property"), ("path", "query", "body", "header", "name")
KNOWN_COMPONENTS = frozenset((  # of Docusaurus, Starlight, Mintlify, Nextra and VitePress, where nothing imports them
    "Accordion", "AccordionGroup", "Admonition", "Aside", "Badge", "Callout", "Card", "CardGrid", "CardGroup", "Cards",
    "CodeGroup", "Details", "Expandable", "Frame", "Icon", "Info", "LinkCard", "Note", "Step", "Steps", "Tab",
    "TabItem", "TabPanel", "Tabs", "Tip", "Update", "Warning",
))  # fmt: skip
ATTRIBUTE = re.compile(r"([\w-]+)=(?:\{?[\"']([^\"']{0,300})[\"']\}?)")
TITLED = ("Card", "Step", "Tab", "TabItem", "Accordion", "Details", "Expandable", "Update", "TabPanel")
TITLE_ATTRIBUTES = ("label", "title", "header", "summary", "name")
BOXES = ("Admonition", "Aside", "Callout", "Note", "Tip", "Warning", "Info")
FACT = re.compile(r"\b(type|default)=(?:\{\s*)?(?:\"([^\"{}\n]{1,200})\"|'([^'{}\n]{1,200})'|([\w.+-]{1,40})(?=\s*\}))")
COMPONENT = re.compile(r"<[A-Z][\w.]{0,60}\s[^<>{}]{0,2000}?(?=[\w-]{1,40}=\{\[)")
TOKEN = re.compile(
    r"'(?:[^'\\]|\\.){0,2000}+'|\"(?:[^\"\\]|\\.){0,2000}+\"|`(?:[^`\\]|\\.){0,2000}+`|[{}\[\]():,'\"`]|[^\s'\"`{}\[\]():,]+",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
NAME_KEYS, TYPE_KEYS = ("name", "prop", "parameter"), ("type",)
TEXT_KEYS, DEFAULT_KEYS = ("description",), ("default", "defaultValue")
MAX_LENGTH, MAX_STRING_LENGTH = 200_000, 2_000  # characters of an attribute, and of a string in it
MAX_DEPTH = 50  # of brackets


class _Object(NamedTuple):
    """The strings and numbers of an object by their keys; `above` is the name of the nearest object around it."""

    values: dict[str, str]
    above: str


def fact(name: str, value: str) -> str:
    """Write what is stated of something as a line: "Default: `30`"."""
    return f"{name.capitalize()}: {value if '`' in value else f'`{value}`'}"


def component_title(kind: str, attributes: str, *, is_void: bool) -> tuple[str, Markup]:
    """Return what readers see above the content of a component, and its markup; "" if nothing."""
    values = dict(ATTRIBUTE.findall(attributes))
    names = FIELD_ATTRIBUTES if kind in FIELDS else TITLE_ATTRIBUTES
    title = next((values[key] for key in names if values.get(key)), "")
    if kind in BOXES:
        name = kind.lower() if kind in ("Note", "Tip", "Warning", "Info") else values.get("type", "")
        return box_title(name or "note", title or None, is_followed=True)
    return title if kind in TITLED or kind in FIELDS else "", TEXT if is_void else TITLE


def facts_of(attributes: str) -> list[str]:
    """Return a line for each attribute that states something of a field: "Type: `number`"."""
    return [fact(match[1], match[2] or match[3] or match[4]) for match in FACT.finditer(attributes)]


def read_properties(changes: Changes) -> None:
    """Replace components that list properties in an array of objects, and take out other arrays of objects."""
    position = changes.body
    while component := COMPONENT.search(changes.text, position):
        position = component.end()
        if changes.is_code(component.start()):
            continue
        start = changes.text.index("{", position)
        objects, end, is_whole = _objects(changes.text, start)
        position = end
        if not is_whole or not objects:
            continue
        properties = [each for each in objects if _first(each.values, NAME_KEYS) and len(each.values) > 1]
        closing = re.compile(r"\s*/>").match(changes.text, end)
        if properties and closing:
            _write_properties(changes, component.start(), closing.end(), properties)
        else:
            changes.remove(component.end(), end)


def _write_properties(changes: Changes, start: int, end: int, properties: Sequence[_Object]) -> None:
    """Write a title with paragraphs below it for each property in the place of text[start:end]."""
    before, after = changes.apart(start, end)
    pieces = ["\n\n".join([_name(each), *_paragraphs(each), ""]) for each in properties]
    leads = list(accumulate(map(len, pieces[:-1]), initial=len(before)))
    edit = Edit(start, end, before + "".join(pieces).rstrip("\n") + after)
    changes.edits.append(edit)
    ends = [*[None] * (len(leads) - 1), end]
    changes.titles += [Title(edit, lead, Own(TITLE, until)) for lead, until in zip(leads, ends, strict=True)]


def _objects(text: str, start: int) -> tuple[list[_Object], int, bool]:
    """Return the objects in an expression between braces, in order, where reading ended, and whether it ends there."""
    opened: list[_Object | None] = []  # for each bracket, the object that it opens, if any
    objects: list[_Object] = []
    before: list[str] = ["", ""]  # the last two tokens
    for token in TOKEN.finditer(text, start, start + MAX_LENGTH):
        mark = token[0]
        if len(opened) > MAX_DEPTH or mark in ("'", '"', "`"):
            return [], token.end() + MAX_STRING_LENGTH, False
        if mark in ("{", "[", "("):
            inner = next((each for each in reversed(opened) if each and _first(each.values, NAME_KEYS)), None)
            is_object = mark == "{" and bool(opened)
            opened.append(_Object({}, _name(inner) if inner else "") if is_object else None)
            objects += [each for each in opened[-1:] if each]
        elif mark in ("}", "]", ")"):
            opened.pop()
            if not opened:
                return objects, token.end(), True
        elif before[1] == ":" and opened[-1] is not None:
            opened[-1].values[before[0].strip("'\"")] = _value(mark)
        before = [before[1], mark]
    return [], start + MAX_LENGTH, False


def _paragraphs(each: _Object) -> list[str]:
    """Return what is said of a property: its type, its description, and its default."""
    facts = [("type", _first(each.values, TYPE_KEYS)), ("default", _first(each.values, DEFAULT_KEYS))]
    kind, default = ([fact(name, value)] if value else [] for name, value in facts)
    text = _first(each.values, TEXT_KEYS)
    return [*kind, *([text] if text else []), *default]


def _name(each: _Object) -> str:
    name = _first(each.values, NAME_KEYS)
    return f"{each.above} › {name}" if each.above else name


def _first(values: Mapping[str, str], keys: Sequence[str]) -> str:
    return next((values[key] for key in keys if values.get(key)), "")


def _value(token: str) -> str:
    """Return what a token says: the text of a string on one line, a number, or a word."""
    text = ESCAPE.sub(r"\1", token[1:-1]) if token[0] in "'\"`" else token
    return " ".join(text.split())
