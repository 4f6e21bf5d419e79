"""Read golden questions: each with the passages that answer it, or with none if it must be refused.

A YAML file is a list:

- question: When does the library open?
  document: opening-hours.md     # path below the seeds folder
  fragment: nine in the morning  # must be in what is shown of the quote
- question: How do I renew a book?
  kind: steps                    # any word; figures are given for each kind
  answers:                       # any of them is right
    - document: renewing.md
      fragment: Press Renew
    - document: opening-hours.md
      parts: [Bring the book, sign the list]  # all of them are needed
- question: Who founded it?
  expect: none                   # must be refused

A .jsonl file has one such object on each line. There, an answer may say "quotable": false, of a fragment that no quote
shows yet; a question of the kind "none" must be refused; "source" and "verified_absent" are notes for people.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.measuring.visible_text import visible_text

LINES_SUFFIX = ".jsonl"
SUFFIXES = (".yaml", ".yml", LINES_SUFFIX)
NO_ANSWER = "none"
ANSWER_KEYS = {"document", "fragment", "parts"}
LINE_KEYS = {"source", "verified_absent"}  # notes that only a .jsonl file may have
EXPECTED = (
    "expected question, optionally kind, and document with fragment or parts, or answers (a list of these), "
    "or expect: none"
)


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """A passage of a document that answers: all `fragments` are needed. `quotable` is what the file says of it."""

    document: str
    fragments: tuple[str, ...]
    quotable: bool = True


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question and the answers to it, of which any is right; without one, it must be refused."""

    question: str
    answers: tuple[GoldenAnswer, ...] = ()
    kind: str = ""

    @property
    def answerable(self) -> bool:
        """Return whether a passage must be quoted."""
        return bool(self.answers)

    @property
    def documents(self) -> tuple[str, ...]:
        """Return the documents of the answers, each once, in their order."""
        return tuple(dict.fromkeys(answer.document for answer in self.answers))


def read_golden(path: Path) -> list[GoldenQuestion]:
    """Read golden questions from a .yaml or .jsonl file. Raises DataError, naming the entry, when one is malformed."""
    in_lines = path.suffix.lower() == LINES_SUFFIX
    return [
        _parse_entry(f"{path}, {'line' if in_lines else 'entry'} {number}", entry, in_lines)
        for number, entry in (_read_lines(path) if in_lines else _read_yaml(path))
    ]


def read_valid_golden(path: Path) -> list[GoldenQuestion]:
    """Read the golden questions of a .jsonl file that are well formed. Raises DataError if its lines are not JSON."""
    questions = []
    for number, entry in _read_lines(path):
        try:
            questions.append(_parse_entry(f"{path}, line {number}", entry, in_lines=True))
        except DataError:
            continue
    return questions


def _read_yaml(path: Path) -> list[tuple[int, Any]]:
    import yaml

    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"cannot read {path} as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path} is not a list of questions")
    return list(enumerate(entries, 1))


def _read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    if not any(map(str.strip, lines)):
        raise DataError(f"{path} contains no questions")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}, line {number}: not valid JSON: {error}") from None


def _parse_entry(place: str, entry: Any, in_lines: bool) -> GoldenQuestion:
    """Parse an entry; `place` names it in errors."""
    if not isinstance(entry, dict) or not all(isinstance(key, str) for key in entry):
        raise DataError(f"{place}: {EXPECTED}; got {str(entry)[:80]!r}")
    fields = {key: value for key, value in entry.items() if not (in_lines and key in LINE_KEYS)}
    question, kind = fields.pop("question", None), fields.pop("kind", "")
    if not _is_text(question) or not isinstance(kind, str):
        raise DataError(f"{place}: {EXPECTED}; got {str(entry)[:80]!r}")
    if fields == {"expect": NO_ANSWER} or (in_lines and not fields and kind == NO_ANSWER):
        return GoldenQuestion(question, (), kind)
    answers = [fields] if fields.keys() <= ANSWER_KEYS else fields.get("answers")
    if not isinstance(answers, list) or not answers or (answers != [fields] and len(fields) > 1):
        raise DataError(f"{place}: {EXPECTED}; got {str(entry)[:80]!r}")
    return GoldenQuestion(question, tuple(_parse_answer(place, answer, in_lines) for answer in answers), kind)


def _parse_answer(place: str, answer: Any, in_lines: bool) -> GoldenAnswer:
    """Parse a document with its fragment or parts."""
    fields = dict(answer) if isinstance(answer, dict) else {}
    quotable = fields.pop("quotable", True) if in_lines else True
    if "fragment" in fields:
        fields["parts"] = [fields.pop("fragment")] if "parts" not in fields else None
    parts = fields.get("parts")
    if (
        fields.keys() != {"document", "parts"}
        or not _is_text(fields["document"])
        or not (isinstance(parts, list) and parts and all(_is_text(part) and visible_text(part) for part in parts))
        or not isinstance(quotable, bool)
    ):
        raise DataError(f"{place}: {EXPECTED}; got {str(answer)[:80]!r}")
    return GoldenAnswer(fields["document"], tuple(parts), quotable)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
