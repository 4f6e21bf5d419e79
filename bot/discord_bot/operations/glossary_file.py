"""Add entries to the glossary of the documents' folder and take them back: lines of its glossary.toml.

What members typed is checked as the next rebuild will check it, so that it cannot break the file.
"""

import datetime
import json
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.showing.languages import Message
from bot.showing.safe_text import one_line
from retrieval.files import replace_text
from retrieval.reading.folder import GLOSSARY_FILE, read_bytes
from retrieval.reading.glossary import MAX_GLOSSARY_BYTES, parse_glossary
from retrieval.text.equal_forms import form_words
from retrieval.text.terms import split_terms
from retrieval.types import Glossary

ADDED_BY = re.compile(r"# (?P<member>[^#]* \(\d+\)), \d{4}-\d\d-\d\d$")
NOT_THERE = Message("that entry is not there any more, or was changed in the file")
TWO_WORDS = Message("two different words are needed, each with a letter or digit")
TOO_COMMON = Message("“{word}” is in most questions, whatever they ask")
SAME_ALREADY = Message("they mean the same already")
EACH_HAS_ENTRY = Message("each of them has an entry already; unite the entries in {file}")
CORRECT_FIRST = Message("{file} has to be corrected first: {reason}")
UNREADABLE, UNWRITABLE = Message("{file} cannot be read"), Message("{file} cannot be written: {reason}")
_CHANGING = threading.Lock()  # so that two changes at once are both written


class GlossaryError(Exception):
    """An entry cannot be added or removed, for a reason that may be shown."""


def add_entry(seeds: Path, forms: Sequence[str], member: str, language: str = "en") -> str:
    """Add an entry of forms that mean the same, with who added it, and return its line. Raises GlossaryError.

    `language`, that of the documents, decides which words are too common for one.
    """
    cleaned = list(dict.fromkeys(filter(None, map(one_line, forms))))
    with _CHANGING:
        text = _read(seeds)
        line = _format_entry(text, cleaned, member)
        if common := next((form for form in cleaned if form.islower() and not split_terms(form, language)), ""):
            raise GlossaryError(TOO_COMMON(word=common))
        try:
            parse_glossary(f"{text}{line}\n".encode())
        except ValueError as error:
            raise GlossaryError(str(error)) from None
        _write(seeds, f"{text}{line}\n")
    return line


def lines(seeds: Path) -> list[str]:
    """Read the entries that are a line each, newest first. Raises GlossaryError."""
    return [line for line in reversed(_read(seeds).split("\n")) if _is_entry(line)]


def members(seeds: Path) -> list[str]:
    """Find who added the entries that `add_entry` wrote; nobody in a glossary that cannot be read."""
    try:
        written = _read(seeds).split("\n")
    except GlossaryError:
        return []
    return [match["member"] for line in written if (match := ADDED_BY.search(line))]


def remove_line(seeds: Path, is_meant: Callable[[str], bool]) -> str:
    """Remove the last line that a test finds, and return it. Raises GlossaryError, also if there is none."""
    with _CHANGING:
        written = _read(seeds).split("\n")
        numbers = [number for number, line in enumerate(written) if line and is_meant(line)]
        if not numbers:
            raise GlossaryError(NOT_THERE())
        line = written.pop(numbers[-1])
        _write(seeds, "\n".join(written))
    return line


def _is_entry(line: str) -> bool:
    """Tell whether a line is an entry by itself, so that it can be removed alone."""
    import tomllib

    try:
        return not line.lstrip().startswith("[") and bool(tomllib.loads(line))
    except tomllib.TOMLDecodeError:
        return False


def _format_entry(text: str, forms: Sequence[str], member: str) -> str:
    """Format an entry under a name that the glossary does not have yet. Raises GlossaryError."""
    import tomllib

    groups = _parse(text)
    words = [form_words(form) for form in forms]
    if len(set(words)) < 2 or not all(words):
        raise GlossaryError(TWO_WORDS())
    if any(set(words) <= {form_words(form) for form in group} for group in groups):
        raise GlossaryError(SAME_ALREADY())
    names = tomllib.loads(text)
    name = next((form for form in forms if form not in names), None)
    if name is None:
        raise GlossaryError(EACH_HAS_ENTRY(file=GLOSSARY_FILE))
    others = ", ".join(_quoted(form) for form in forms if form != name)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"{_quoted(name)} = [{others}]  # {one_line(member)}, {day}"


def _parse(text: str) -> Glossary:
    try:
        return parse_glossary(text.encode())
    except ValueError as error:
        raise GlossaryError(CORRECT_FIRST(file=GLOSSARY_FILE, reason=error)) from None


def _quoted(text: str) -> str:
    """Quote a text on one line for TOML, whose strings have the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _read(seeds: Path) -> str:
    """Read the glossary, "" without one, with a line break at its end. Raises GlossaryError."""
    try:
        text = read_bytes(seeds / GLOSSARY_FILE, MAX_GLOSSARY_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise GlossaryError(UNREADABLE(file=GLOSSARY_FILE)) from None
    text = text.replace("\r\n", "\n")
    return text if not text or text.endswith("\n") else f"{text}\n"


def _write(seeds: Path, text: str) -> None:
    try:
        replace_text(seeds / GLOSSARY_FILE, text)
    except OSError as error:
        raise GlossaryError(UNWRITABLE(file=GLOSSARY_FILE, reason=error.strerror)) from None
