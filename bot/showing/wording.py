"""What several commands print alike: JSON, lists cut to a screen, counts, warnings."""

import datetime
import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.showing.safe_text import UNSAFE, one_line
from bot.showing.terminal import console

if TYPE_CHECKING:
    from retrieval.types import Rejected

ANSWERED, NO_ANSWER, ERROR = 0, 1, 2
NO_FOLDER = '"" (directly in the folder)'
LISTED = 20  # entries of a list on a terminal; --json has them all


def print_json(content: dict[str, Any], *, indent: int | None = 1) -> None:
    """Print one JSON object; characters that could mislead a terminal are escaped."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    print(UNSAFE.sub(_escape, text), flush=True)


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def print_list(entries: Sequence[str], prefix: str = "") -> None:
    """Print the first LISTED entries, a line each after a prefix, and how many more there are."""
    out = console(sys.stdout)
    for entry in entries[:LISTED]:
        out.print(prefix + one_line(entry), soft_wrap=True)
    if len(entries) > LISTED:
        out.print(f"{prefix}… and {len(entries) - LISTED:,} more (--json has all)")


def print_rejected(rejected: Sequence["Rejected"]) -> None:
    """Print which files are not used, and why."""
    if rejected:
        console(sys.stdout).print(f"{many(len(rejected), 'file')} {'is' if len(rejected) == 1 else 'are'} not used:")
    print_list([f"{one.path}: {one.reason}" for one in rejected], "  ")


def sizes(documents: int, sentences: int) -> str:
    """Return how many documents and sentences there are."""
    return f"{many(documents, 'document')}, {many(sentences, 'sentence')}"


def many(count: int, what: str) -> str:
    """Return how many there are of something: "1 document", "2,000 documents"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def collection_name(name: str) -> str:
    """Return what a collection is called in a list; what stands directly in the folder has no name of its own."""
    return one_line(name) or NO_FOLDER


def age(created: str) -> str:
    """Return how long ago a time in ISO format was."""
    passed = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(created)
    return duration(passed.total_seconds())


def duration(seconds: float) -> str:
    """Return a duration in the unit that fits."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"
