"""Turn decoded JSON into parts: records into rows, objects into facts, each with the name of what it is about.

What is inside a record stands with it in one row if that is short ("name: Rose; owner, city: Selm."), else in rows of
its own behind the name of the record: "Rose — owner — city: Selm.".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retrieval.reading.formats.field_markup import cell_text
from retrieval.reading.formats.record_fields import NAME_NAMES, QUESTION_NAMES, field_roles, record_parts
from retrieval.reading.formats.table_parts import row_context
from retrieval.reading.isolated.protocol import Part
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH, record_text

MAX_FIELDS = 200
MAX_DEPTH = 8  # of objects in objects; what is inside deeper ones is left out
MAX_CONTEXT_NAMES = 2  # of the objects around that of a fact
Fields = Mapping[str, Any]


def value_text(value: Any) -> str:
    """Write a value as text, "" for what has names of its own or none."""
    if isinstance(value, list):
        is_nested = any(isinstance(item, list | dict) for item in value)
        return "" if is_nested else ", ".join(filter(None, map(value_text, value)))
    if isinstance(value, str):
        return value
    return ("yes" if value else "no") if isinstance(value, bool) else ""


def value_parts(value: Any, path: tuple[str, ...] = ()) -> Iterator[Part]:
    """Yield the parts of a value: the records of a list, or the facts of an object.

    `path` has the names around it, outermost first; the last one is the heading above the value.
    """
    if isinstance(value, list):
        yield from numbered_parts([(None, item) for item in value], path)
    elif not isinstance(value, dict) or _has_text(value) or _is_short_record(value):
        yield from _item_parts(value, path, None)
    else:
        own = [*path[-1:], _name_unlike(value, path)] if len(path) > 1 else [_name_unlike(value, path)]
        context = [*_context(path[:-1]), *_context(own)]
        for name, inner in value.items():
            if text := value_text(inner):
                yield from record_parts([str(name)], ["fact"], [text], None, context, markdown=True)
        for name, inner in _nested(value):
            if len(path) < MAX_DEPTH and (parts := list(value_parts(inner, (*path, name)))):
                yield Part("heading", one_line(name), len(path) + 1)
                yield from parts


def numbered_parts(items: Sequence[tuple[int | None, Any]], path: tuple[str, ...] = ()) -> Iterator[Part]:
    """Yield the parts of items with their numbers; if one has a heading, so has each, or the last one's would stay."""
    records = [(number, item, list(_item_parts(item, path, number))) for number, item in items]
    has_headings = any(part.kind == "heading" for _, _, parts in records for part in parts)
    for number, item, parts in records:
        if has_headings and parts and parts[0].kind != "heading" and isinstance(item, dict):
            name = record_name(item)
            yield from [Part("heading", name, len(path) + 1, number)] if name else []
        yield from parts


def _item_parts(item: Any, path: tuple[str, ...], at: int | None) -> Iterator[Part]:
    """Yield the parts of an item of a list: of an object what one of its rows would be, of another value a text."""
    if not isinstance(item, dict):
        yield from [Part("text", cell_text(text, markdown=True), at=at)] if (text := value_text(item)) else []
        return
    record = dict(list(item.items())[:MAX_FIELDS])
    fields, left = _flattened(record)
    names = list(fields)
    context = _context(path[:-1])
    level = len(path) + 1
    own = record_parts(names, field_roles(names), list(fields.values()), at, context, level, markdown=True)
    yield from own
    in_force = any(part.kind == "heading" and part.level > level for part in own)  # a heading that is not the record's
    for name, value in left:
        inner = list(_inner_parts(value, (*path[:-1], record_name(record), name), level + 1, at))
        if in_force and inner and inner[0].kind != "heading":
            yield Part("heading", one_line(name), level + 1, at)
        yield from inner
        in_force = any(part.kind == "heading" for part in inner)


def record_name(record: Fields) -> str:
    """Return what names a record: the value of a field whose name says so, else of the first that is a short text."""
    names = _short_texts(record)
    return _named(names) or next((text for text in names.values() if any(map(str.isalpha, text))), "")


def _named(record: Fields) -> str:
    """Return the value of the field whose name says that it names a record, "" without one."""
    names = _short_texts(record)
    return next((names[name] for name in (*NAME_NAMES, *QUESTION_NAMES) if name in names), "")


def _short_texts(record: Fields) -> dict[str, str]:
    """Return the texts of a record that can be names, by the names of their fields without case."""
    texts = ((str(name).casefold(), _short(value) or _translated(name, value)) for name, value in record.items())
    return {name: text for name, text in texts if text}


def _inner_parts(value: Any, path: tuple[str, ...], level: int, at: int | None) -> Iterator[Part]:
    """Yield the parts of what is inside a record, each behind the names around it."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                yield from _inner_parts(item, path, level, at)
        return
    record = dict(list(value.items())[:MAX_FIELDS])
    fields, left = _flattened(record)
    names = list(fields)
    yield from record_parts(names, field_roles(names), list(fields.values()), at, _context(path), level, markdown=True)
    for name, inner in left:
        if len(path) < MAX_DEPTH:
            yield from _inner_parts(inner, (*path, *filter(None, [_named(record)]), name), level + 1, at)


def _flattened(record: Fields) -> tuple[dict[str, str], list[tuple[str, Any]]]:
    """Return the texts of a record with those of the objects inside it that still fit one row, and what is left."""
    fields = {str(name): value_text(value) for name, value in record.items()}
    left = []
    for name, value in _nested(record):
        inner = {f"{name}, {key}": value_text(field) for key, field in value.items()} if isinstance(value, dict) else {}
        at = list(fields).index(name)
        longer = dict([*list(fields.items())[:at], *inner.items(), *list(fields.items())[at + 1 :]])
        if not inner or any(map(_is_nested, value.values())) or _row_length(longer) > MAX_DATA_CELL_LENGTH:
            left.append((name, value))
            fields[name] = _translated(name, value)
        else:
            fields = longer
    return fields, left


def _translated(name: Any, value: Any) -> str:
    """Return the first of the names that a record has in several languages, "" if a value is none."""
    if str(name).casefold() not in NAME_NAMES or not isinstance(value, dict):
        return ""
    texts = [_short(inner) for inner in value.values()]
    return texts[0] if texts and all(texts) else ""


def _has_text(value: Fields) -> bool:
    """Tell whether an object has a text, under a name that says so."""
    return "text" in field_roles([str(name) for name, inner in value.items() if value_text(inner)])


def _is_short_record(value: Fields) -> bool:
    """Tell whether an object with a name fits one row."""
    is_named = any(str(name).casefold() in NAME_NAMES and _short(inner) for name, inner in value.items())
    fields, left = _flattened(value) if is_named else ({}, [])
    return is_named and not left and _row_length(fields) <= MAX_DATA_CELL_LENGTH


def _row_length(fields: Mapping[str, str]) -> int:
    """Count the characters of the row that the facts of a record make."""
    names = list(fields)
    facts = [name for name, role in zip(names, field_roles(names), strict=True) if role == "fact"]
    return len(record_text(facts, [fields[name] for name in facts]))


def _nested(fields: Fields) -> Iterator[tuple[str, Any]]:
    """Yield the objects and the lists of objects in an object."""
    yield from ((str(name), value) for name, value in fields.items() if _is_nested(value))


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, list | dict) for item in value))


def _name_unlike(value: Fields, path: Sequence[str]) -> str:
    """Return the name that an object gives itself, unless it is the heading above."""
    name = next(
        (text for key, inner in value.items() if str(key).casefold() in NAME_NAMES and (text := _short(inner))), ""
    )
    return "" if path and name.casefold() == path[-1].casefold() else name


def _context(names: Sequence[str]) -> list[str]:
    """Return the last of the names around a fact that are short enough to be repeated."""
    return row_context([], [name for name in names if name])[-MAX_CONTEXT_NAMES:]


def _short(value: Any) -> str:
    """Return a value that can be a name."""
    text = one_line(cell_text(value, markdown=True)) if isinstance(value, str) else ""
    return text if len(text) <= MAX_DATA_CELL_LENGTH // 4 else ""
