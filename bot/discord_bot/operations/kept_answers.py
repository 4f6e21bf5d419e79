"""Keep the answers of moderators as documents: files in the folder `answers` of the documents, for people to edit.

Questions and a text come in, a Markdown file goes out, which the next rebuild indexes like any other. What is kept is
in these files alone. All of it was typed by members, so it decides on no path and cannot end its field in the file.
"""

import datetime
import hashlib
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.showing.safe_text import one_line, safe_lines

FOLDER = "answers"
ANSWERED_BY = "answered by a moderator"
MAX_QUESTIONS = 6  # there are six levels of headings
MAX_QUESTION_CHARS, MAX_TEXT_CHARS, MAX_FIELD_CHARS = 250, 3_500, 250
MAX_SLUG_CHARS = 40
FILE_NAME = re.compile(r"[0-9a-z-]{1,80}\.md")
FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
FIELD = re.compile(r"^(\w+): (.*)$", re.MULTILINE)
QUESTION_LINE = re.compile(r"#{1,6} (.+)")
# A line that would be a heading or the line below one, with the backslashes before it; one more makes it text.
LEADING_MARK = re.compile(r"^(\s{0,3})(\\*(?:#{1,6}(?:\s|$)|(?:=+|-+)\s*$))")


class KeptAnswerError(Exception):
    """An answer cannot be kept, for a reason that may be shown."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer to some questions: its text, who kept it when, the message that it is about, and its file."""

    questions: tuple[str, ...]
    text: str
    author: str = ""
    date: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())
    message: str = ""  # the address of a message
    source: str = ANSWERED_BY
    name: str = ""  # of the file; "" for one that is not written yet


def parse_form(questions: str, text: str) -> tuple[tuple[str, ...], str]:
    """Clean what was typed: a question on each line, and a text. Raises KeptAnswerError if one of them is empty."""
    lines = dict.fromkeys(one_line(line)[:MAX_QUESTION_CHARS] for line in questions.splitlines())
    asked = tuple(line for line in lines if _says_something(line))[:MAX_QUESTIONS]
    cleaned = "\n".join(line.rstrip() for line in safe_lines(text).split("\n")).strip("\n")[:MAX_TEXT_CHARS].rstrip()
    if not asked or not _says_something(cleaned):
        raise KeptAnswerError("a question and an answer are needed")
    return asked, cleaned


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def write(seeds: Path, answer: KeptAnswer) -> str:
    """Write an answer to its file, a new one unless it has a name, and return the name. Raises KeptAnswerError."""
    folder = _folder(seeds)
    name = answer.name or _new_name(answer)
    try:
        folder.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(_format(answer))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(folder / name)
    except OSError as error:
        raise KeptAnswerError(f"the file cannot be written: {error.strerror}") from None
    return name


def remove(seeds: Path, name: str) -> None:
    """Delete a kept answer. Raises KeptAnswerError."""
    if not any(answer.name == name for answer in listed(seeds)):
        raise KeptAnswerError("that answer is not there any more")
    try:
        (_folder(seeds) / name).unlink(missing_ok=True)
    except OSError as error:
        raise KeptAnswerError(f"the file cannot be deleted: {error.strerror}") from None


def listed(seeds: Path) -> list[KeptAnswer]:
    """Read the kept answers, newest first; files that are none of ours are left out. Raises KeptAnswerError."""
    folder = _folder(seeds)
    try:
        names = sorted((path.name for path in folder.iterdir() if FILE_NAME.fullmatch(path.name)), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeptAnswerError(f"the folder cannot be read: {error.strerror}") from None
    return [answer for name in names for answer in _read(folder / name)]


def _folder(seeds: Path) -> Path:
    folder = seeds / FOLDER
    if folder.is_symlink():
        raise KeptAnswerError(f"the folder {FOLDER} is a link, which is not followed")
    return folder


def _new_name(answer: KeptAnswer) -> str:
    """Make the name of a file from the date and the first question."""
    plain = unicodedata.normalize("NFKD", answer.questions[0]).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:MAX_SLUG_CHARS].strip("-") or "answer"
    digest = hashlib.sha256("\n".join((*answer.questions, answer.text)).encode()).hexdigest()[:8]
    return f"{answer.date.isoformat()}-{slug}-{digest}.md"


def _format(answer: KeptAnswer) -> str:
    """Format the file: front matter, the questions as headings inside each other, and the text below them."""
    fields = {
        "title": answer.questions[0],
        "source": answer.source,
        "published": answer.date.isoformat(),
        "author": answer.author,
        "message": answer.message,
    }
    lines = [
        f"{name}: {json.dumps(one_line(value)[:MAX_FIELD_CHARS], ensure_ascii=False)}" for name, value in fields.items()
    ]
    lines[2] = f"published: {fields['published']}"
    headings = [f"{'#' * level} {question}" for level, question in enumerate(answer.questions, 1)]
    text = "\n".join(LEADING_MARK.sub(r"\1\\\2", line) for line in answer.text.split("\n"))
    return "\n".join(["---", *lines, "---", "", *headings, "", text, ""])


def _read(path: Path) -> Iterator[KeptAnswer]:
    """Read a file that `write` wrote and people may have edited; yield nothing if it has no question or text."""
    try:
        content = path.read_text("utf-8") if path.is_file() and not path.is_symlink() else ""
    except (OSError, UnicodeDecodeError):
        return
    head = FRONT_MATTER.match(content)
    values = {name: _value(value) for name, value in FIELD.findall(head[1])} if head else {}
    lines = content[head.end() if head else 0 :].strip().split("\n")
    questions = []
    while lines and ((match := QUESTION_LINE.fullmatch(lines[0])) or not lines[0].strip()):
        questions += [match[1]] if match else []
        lines.pop(0)
    text = "\n".join(_without_backslash(line) for line in lines)
    try:
        date = datetime.date.fromisoformat(values.get("published", ""))
        asked, cleaned = parse_form("\n".join(questions), text)
    except (ValueError, KeptAnswerError):
        return
    source = values.get("source", ANSWERED_BY)
    yield KeptAnswer(asked, cleaned, values.get("author", ""), date, values.get("message", ""), source, path.name)


def _without_backslash(line: str) -> str:
    """Take away the backslash that `_format` put before a mark."""
    match = LEADING_MARK.match(line)
    return match[1] + line[match.end(1) + 1 :] if match and match[2].startswith("\\") else line


def _value(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    return value if isinstance(value, str) else text.strip()
