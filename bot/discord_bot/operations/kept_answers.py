"""Keep answers of moderators and messages as documents: files in the folder `answers` of the documents.

Questions and a text come in, a Markdown file goes out, which the next rebuild indexes like any other and which people
may edit. What is kept is in these files alone. All of it was typed by members, so it decides on no path and cannot end
its field in the file.
"""

import contextlib
import datetime
import hashlib
import json
import os
import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.showing import kept_sources
from bot.showing.languages import Message
from bot.showing.safe_text import one_line, safe_lines
from retrieval.files import replace_text
from retrieval.reading.folder import GOLDEN_FILE, KEPT_FOLDER, KEPT_KIND
from retrieval.reading.wrong_quotes import forget_document

FOLDER = KEPT_FOLDER
ANSWERED_BY = kept_sources.ANSWERED_BY.english
MAX_QUESTIONS = 6  # there are six levels of headings
MAX_QUESTION_CHARS, MAX_TEXT_CHARS, MAX_FIELD_CHARS = 250, 3_500, 250
MAX_SLUG_CHARS = 40
MAX_GOLDEN, MAX_GOLDEN_LINES = 200, 20  # golden questions, of the newest answers, and lines of an answer in them
FILE_NAME = re.compile(r"[0-9a-z-]{1,80}\.md")
FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
FIELD = re.compile(r"^(\w+): (.*)$", re.MULTILINE)
QUESTION_LINE = re.compile(r"#{1,6} (.+)")
MESSAGE_ADDRESS = re.compile(r"https?://[\w.:-]+/channels/\d+/(?P<channel>\d+)/(?P<message>\d+)")
MEMBER = re.compile(r"(?P<name>.*) \((?P<id>\d+)\)")  # as in "author" and "kept_by"
_WRITING_GOLDEN = threading.Lock()  # so that of two changes at once the later one is written last
ADDRESS = re.compile(r"\]\([^\n]*\)|<[^<>\n]*>")  # of a link, an image or a mention, which readers of a page do not see
MASKED_LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]\n]+)\]\(<?(?P<address>https?://[^\s<>()]+)>?\)")
NOT_THERE = Message("that answer is not there any more")
BOTH_NEEDED = Message("a question and an answer are needed")
NOT_WRITTEN, NOT_DELETED = (
    Message("the file cannot be written: {reason}"),
    Message("the file cannot be deleted: {reason}"),
)
UNREADABLE = Message("the folder cannot be read: {reason}")
LINKED = Message("the folder {folder} is a link, which is not followed")
# A line that would be a heading or the line below one, with the backslashes before it; one more makes it text.
LEADING_MARK = re.compile(r"^(\s{0,3})(\\*(?:#{1,6}(?:\s|$)|(?:=+|-+)\s*$))")


class KeptAnswerError(Exception):
    """An answer cannot be kept, for a reason that may be shown."""


class NotWrittenError(KeptAnswerError):
    """The file of an answer cannot be written, so that what was typed would be lost."""


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
    kept_by: str = ""  # who kept the message that this is; "" for an answer that its author typed for this
    edited: str = ""  # when that message was last edited before it was kept, "" if never

    @property
    def author_id(self) -> int | None:
        """The id of the author, None if people removed it from the file."""
        match = MEMBER.fullmatch(self.author)
        return int(match["id"]) if match else None

    @property
    def message_ids(self) -> tuple[int, int] | None:
        """The ids of the channel and of the message, None without an address."""
        match = MESSAGE_ADDRESS.fullmatch(self.message)
        return (int(match["channel"]), int(match["message"])) if match else None


def parse_form(questions: str, text: str) -> tuple[tuple[str, ...], str]:
    """Clean what was typed: a question on each line, and a text. Raises KeptAnswerError if one of them is empty."""
    lines = dict.fromkeys(one_line(line)[:MAX_QUESTION_CHARS] for line in questions.splitlines())
    asked = tuple(line for line in lines if _says_something(line))[:MAX_QUESTIONS]
    visible = MASKED_LINK.sub(r"\g<text> (\g<address>)", safe_lines(text))  # quotes show no hidden addresses
    cleaned = "\n".join(line.rstrip() for line in visible.split("\n")).strip("\n")[:MAX_TEXT_CHARS].rstrip()
    if not asked or not _says_something(cleaned):
        raise KeptAnswerError(BOTH_NEEDED())
    return asked, cleaned


def revise(before: KeptAnswer, questions: str, text: str, member: str) -> KeptAnswer:
    """Put what a member typed into an answer or a message that is kept; the author of a message stays its author.

    A message whose text is no longer word for word says that it was edited. Raises KeptAnswerError.
    """
    asked, cleaned = parse_form(questions, text)
    if not before.kept_by:
        source = before.source if cleaned == before.text.strip() else ANSWERED_BY
        return KeptAnswer(asked, cleaned, member, message=before.message, source=source, name=before.name)
    is_excerpt = _is_excerpt(cleaned, before.text)
    source = before.source if is_excerpt else message_source(before.author, kept_sources.EDITED_MESSAGE_BY)
    return replace(before, questions=asked, text=cleaned, kept_by=member, source=source)


def message_source(author: str, said: Message = kept_sources.MESSAGE_BY) -> str:
    """Say of a message who wrote it, as citations show it."""
    match = MEMBER.fullmatch(author)
    return said.english.format(name=one_line(match["name"] if match else author))


def _is_excerpt(text: str, whole: str) -> bool:
    """Tell whether each line of a text is in another one, word for word."""
    words = " ".join(safe_lines(whole).split())
    return all(" ".join(line.split()) in words for line in text.split("\n"))


def is_writable(seeds: Path) -> bool:
    """Tell whether answers can be kept: whether the bot may write to their folder, or make it."""
    folder = seeds / FOLDER
    return os.access(folder if folder.exists() else seeds, os.W_OK | os.X_OK)


def find_message(seeds: Path, message: int) -> KeptAnswer | None:
    """Find the kept message with an id, None if it is not kept. Raises KeptAnswerError."""
    return next((answer for answer in messages(seeds) if answer.message_ids and answer.message_ids[1] == message), None)


def messages(seeds: Path) -> list[KeptAnswer]:
    """Read the kept messages, newest first. Raises KeptAnswerError."""
    return [answer for answer in listed(seeds) if answer.kept_by]


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def write(seeds: Path, answer: KeptAnswer) -> str:
    """Write an answer to its file, a new one unless it has a name, and return the name.

    Raises KeptAnswerError, NotWrittenError among them.
    """
    folder = _folder(seeds)
    name = answer.name or _new_name(answer)
    try:
        folder.mkdir(exist_ok=True)
        replace_text(folder / name, _format(answer))
    except OSError as error:
        raise NotWrittenError(NOT_WRITTEN(reason=error.strerror)) from None
    _write_golden(seeds)
    return name


def remove(seeds: Path, name: str) -> None:
    """Delete a kept answer, with what wrong_quotes.jsonl quotes of it. Raises KeptAnswerError."""
    if not any(answer.name == name for answer in listed(seeds)):
        raise KeptAnswerError(NOT_THERE())
    try:
        (_folder(seeds) / name).unlink(missing_ok=True)
    except OSError as error:
        raise KeptAnswerError(NOT_DELETED(reason=error.strerror)) from None
    with contextlib.suppress(OSError):  # a file that people broke or linked; what was kept is gone in any case
        forget_document(seeds, f"{FOLDER}/{name}")
    _write_golden(seeds)


def listed(seeds: Path) -> list[KeptAnswer]:
    """Read the kept answers, newest first; files that are none of ours are left out. Raises KeptAnswerError."""
    folder = _folder(seeds)
    try:
        names = sorted((path.name for path in folder.iterdir() if FILE_NAME.fullmatch(path.name)), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeptAnswerError(UNREADABLE(reason=error.strerror)) from None
    return [answer for name in names for answer in _read(folder / name)]


def _write_golden(seeds: Path) -> None:
    """Write the golden questions of all that is kept, in the form that retrieval.measuring.golden reads."""
    with _WRITING_GOLDEN:
        questions = [(question, answer) for answer in listed(seeds) for question in answer.questions]
        lines = [line for question, answer in questions[:MAX_GOLDEN] for line in _format_golden(question, answer)]
        with contextlib.suppress(OSError):  # they guard what is kept, and the next change writes them again
            if lines:
                replace_text(seeds / GOLDEN_FILE, "\n".join([*lines, ""]))
            else:
                (seeds / GOLDEN_FILE).unlink(missing_ok=True)


def _format_golden(question: str, answer: KeptAnswer) -> Iterator[str]:
    """Format a golden question: any line of the answer is right that says something besides addresses."""
    lines = [line.strip() for line in answer.text.split("\n")]
    fragments = [line for line in lines if _says_something(ADDRESS.sub(" ", line))][:MAX_GOLDEN_LINES]
    if not fragments:
        return
    answers = [{"document": f"{FOLDER}/{answer.name}", "fragment": fragment} for fragment in fragments]
    entry = {"question": question, "kind": KEPT_KIND, "answers": answers}
    yield json.dumps(entry, ensure_ascii=False)


def _folder(seeds: Path) -> Path:
    folder = seeds / FOLDER
    if folder.is_symlink():
        raise KeptAnswerError(LINKED(folder=FOLDER))
    return folder


def _new_name(answer: KeptAnswer) -> str:
    """Make the name of a file from the date and the first question; two messages never share one."""
    plain = unicodedata.normalize("NFKD", answer.questions[0]).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:MAX_SLUG_CHARS].strip("-") or "answer"
    distinct = (*answer.questions, answer.text, *([answer.message] if answer.kept_by else []))
    digest = hashlib.sha256("\n".join(distinct).encode()).hexdigest()[:8]
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
    if answer.kept_by:  # a message can be opened from its quotes
        fields |= {"url": answer.message, "kept_by": answer.kept_by, "edited": answer.edited}
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
    yield KeptAnswer(
        asked,
        cleaned,
        values.get("author", ""),
        date,
        values.get("message", ""),
        values.get("source", ANSWERED_BY),
        path.name,
        values.get("kept_by", ""),
        values.get("edited", ""),
    )


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
