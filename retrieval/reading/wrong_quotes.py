"""Read and change which quotes people never want for a question: the wrong_quotes.jsonl among the kept answers.

Each line is an object with a question, the id of a citation, the quote, and for people its document, who said so and
when. Answers leave such a quote out when the question is asked again, also the same words in a document that was moved
or copied. A sentence whose words changed is another one: it may answer now, and is quoted again if it does.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from retrieval.files import replace_text
from retrieval.reading.folder import WRONG_QUOTES_FILE, read_inside
from retrieval.text.without_wrong_quotes import folded

MAX_BYTES = 4_194_304
MAX_TEXT_LENGTH = 1_000  # characters of a value
_CHANGING = threading.Lock()  # so that two changes at once are both written


@dataclass(frozen=True, slots=True)
class WrongQuote:
    """A quote that is never the answer to a question."""

    question: str
    citation: str
    quote: str = ""
    document: str = ""
    member: str = ""
    date: str = ""

    def concerns(self, question: str, citation: str) -> bool:
        """Tell whether this is about a question, in any case and punctuation, and a citation."""
        return self.citation == citation and folded(self.question) == folded(question)


def read_wrong_quotes(folder: Path) -> list[WrongQuote]:
    """Read the wrong quotes of a folder of documents, oldest first; lines that are not valid are left out."""
    try:
        content = read_inside(folder, WRONG_QUOTES_FILE, MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return [entry for line in content.split("\n") for entry in _parse(line)]


def add_wrong_quote(folder: Path, entry: WrongQuote) -> None:
    """Add an entry to the file of a folder, in the place of one about the same. Raises OSError."""
    line = json.dumps(asdict(entry), ensure_ascii=False)
    _change(folder, lambda other: other.concerns(entry.question, entry.citation), [line])


def remove_wrong_quotes(folder: Path, entries: Sequence[WrongQuote]) -> None:
    """Remove entries from the file of a folder. Raises OSError."""
    _change(folder, lambda entry: entry in entries)


def forget_document(folder: Path, document: str) -> None:
    """Remove the entries that contain quotes of a document. Raises OSError."""
    _change(folder, lambda entry: entry.document == document)


def _change(folder: Path, is_removed: Callable[[WrongQuote], bool], added: Sequence[str] = ()) -> None:
    """Remove entries and add lines; the file is deleted if nothing is left, and not touched if nothing changes.

    Lines that are not valid stay, for whoever wrote them. Raises OSError, also if the file cannot be read in full.
    """
    path = folder / WRONG_QUOTES_FILE
    if path.parent.is_symlink():
        raise OSError(f"{path.parent.name} is a link")
    with _CHANGING:
        try:
            content = read_inside(folder, WRONG_QUOTES_FILE, MAX_BYTES)
        except FileNotFoundError:
            content = b""
        before = [line for line in content.decode("utf-8", "replace").split("\n") if line.strip()]
        lines = [line for line in before if not any(map(is_removed, _parse(line)))] + list(added)
        text = "\n".join([*lines, ""])
        if lines == before:
            return
        if max(len(content), len(text.encode("utf-8", "replace"))) > MAX_BYTES:
            raise OSError(f"{WRONG_QUOTES_FILE} must not be larger than {MAX_BYTES:,} bytes")
        if not lines:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(exist_ok=True)
        replace_text(path, text)


class WrongQuotes:
    """The wrong quotes of a folder, read again whenever their file changed. Threads can share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: tuple[tuple[int, int] | None, dict[str, frozenset[str]]] = (None, {})

    def citations(self, question: str) -> frozenset[str]:
        """Return the ids of the citations that are never the answer to a question, and the words of their quotes."""
        try:
            status = (self._folder / WRONG_QUOTES_FILE).lstat()
        except OSError:
            return frozenset()
        state = (status.st_mtime_ns, status.st_size)
        if self._known[0] != state:
            citations: dict[str, set[str]] = {}
            for entry in read_wrong_quotes(self._folder):
                known = citations.setdefault(folded(entry.question), set())
                known.update(filter(None, (entry.citation, folded(entry.quote))))
            self._known = (state, {question: frozenset(ids) for question, ids in citations.items()})
        return self._known[1].get(folded(question), frozenset())

    def of_parts(self, question: str) -> Callable[[str], frozenset[str]]:
        """Return a function that returns the wrong citations of a part of a question, with those of the whole."""
        return lambda part: self.citations(question) | self.citations(part)


def _parse(line: str) -> list[WrongQuote]:
    try:
        values = json.loads(line) if line.strip() else None
    except (ValueError, RecursionError):
        return []
    if not isinstance(values, dict):
        return []
    names = [field.name for field in fields(WrongQuote)]
    texts = {name: values[name][:MAX_TEXT_LENGTH] for name in names if isinstance(values.get(name), str)}
    return [WrongQuote(**texts)] if texts.get("citation") and folded(texts.get("question", "")) else []
