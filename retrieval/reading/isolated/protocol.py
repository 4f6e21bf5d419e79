"""What a reader makes of a file: its text in parts, where each part stands, and what the file says of itself."""

import json
import re
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args

from retrieval.text.cleaning import one_line

PartKind = Literal["text", "heading", "aside", "row"]
Unit = Literal["", "page", "row", "time", "line"]
DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?![\d:])|(\d{4})(\d\d)(\d\d)(?:[T\d].*)?$")


class RefusedError(Exception):
    """Why a file is not read, in words for people."""


class Turn(NamedTuple):
    """From character `offset` of a part on, the text stands on page, row, time or line `at`."""

    offset: int
    at: int | str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, heading, aside or row of a table, on one line except for asides.

    A heading has a level from 1. `at` is the page, row, time or line on which the part begins, `turns` says from
    which of its characters on it is another one.
    """

    kind: PartKind
    text: str
    level: int = 0
    at: int | str | None = None
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """The parts of a file in reading order; `unit` is what their `at` counts. Dates are YYYY, YYYY-MM or YYYY-MM-DD."""

    parts: tuple[Part, ...]
    unit: Unit = ""
    title: str | None = None
    source: str | None = None
    published: str | None = None
    url: str | None = None


def date_of(text: str | None) -> str | None:
    """Return the date at the start of a text such as 2024-05-01T09:00:00Z or 20240501, None where there is none."""
    match = DATE.match((text or "").strip().removeprefix("D:"))
    if not match:
        return None
    year, month, day = (one or "" for one in (match.groups()[:3] if match[1] else match.groups()[3:]))
    if not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31 or not 1000 <= int(year) <= 2999:
        return None
    return "-".join(filter(None, (year, month, day)))


def dumps(extracted: Extracted) -> bytes:
    """Return what a child process prints of a file that it read."""
    said: dict[str, Any] = {one.name: getattr(extracted, one.name) for one in fields(Extracted)}
    said["parts"] = [(one.kind, one.text, one.level, one.at, one.turns) for one in extracted.parts]  # short: many rows
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def loads(content: bytes) -> Extracted:
    """Return what a child process printed; nothing of it is taken on trust.

    Raises RefusedError with what the child said, or when it said something else than a reader would.
    """
    try:
        said = json.loads(content)
        if "refused" in said:
            raise RefusedError(one_line(str(said["refused"]))[:300])
        parts = tuple(_part(one) for one in said.pop("parts"))
        if said["unit"] not in get_args(Unit) or any(
            value is not None and not isinstance(value, str) for value in said.values()
        ):
            raise ValueError
        return Extracted(parts, **said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RefusedError("its reader ended without a result") from None


def _part(one: Any) -> Part:
    kind, text, level, at, told = one
    turns = tuple(Turn(offset, _at(value)) for offset, value in told)
    if kind not in get_args(PartKind) or not isinstance(text, str) or not isinstance(level, int):
        raise ValueError
    if not all(isinstance(offset, int) and 0 <= offset <= len(text) for offset, _ in turns):
        raise ValueError
    return Part(kind, text, level, _at(at), turns)


def _at(value: Any) -> int | str | None:
    if isinstance(value, str):
        return one_line(value)[:20]
    if value is not None and not isinstance(value, int):
        raise ValueError
    return value
