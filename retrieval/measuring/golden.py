"""Ask golden questions: a YAML list of questions, each with the passage that must, or must not, be the answer.

- question: When does the library open?
  document: opening-hours.md     # path below the seeds folder
  fragment: nine in the morning  # must be in the quote; white space and case do not matter
- question: Who founded it?
  expect: none                   # must be refused
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.types import Answer, Quote


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question and the fragment of a document that must be quoted; both are None if it must be refused."""

    question: str
    document: str | None
    fragment: str | None

    @property
    def answerable(self) -> bool:
        """Return whether a passage must be quoted."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A golden question and the answer to it, of which the first quote counts."""

    golden: GoldenQuestion
    answer: Answer

    @property
    def given(self) -> Quote | None:
        """Return the first quote, None after a refusal."""
        return self.answer.quotes[0] if self.answer.quotes else None

    @property
    def passed(self) -> bool:
        """Return whether the right passage was quoted, or the question rightly refused."""
        given = self.given
        if given is None:
            return not self.golden.answerable
        return is_expected(self.golden, given.citation.document, given.text)


def read_golden(path: Path) -> list[GoldenQuestion]:
    """Read golden questions from a YAML file. Raises DataError, naming the entry, when one is malformed."""
    import yaml

    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"cannot read {path} as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path} is not a list of questions")
    return [_parse_entry(path, number, entry) for number, entry in enumerate(entries, 1)]


def is_expected(golden: GoldenQuestion, document: str | None, text: str) -> bool:
    """Return whether a sentence of a document is the one that must be quoted."""
    if document != golden.document or golden.fragment is None:
        return False
    return _normalized(golden.fragment) in _normalized(text)


def run_golden(questions: list[GoldenQuestion], ask: Callable[[str], Answer]) -> list[GoldenCase]:
    """Ask every question; case i belongs to questions[i]."""
    return [GoldenCase(golden, ask(golden.question)) for golden in questions]


def golden_json(cases: Sequence[GoldenCase]) -> dict[str, Any]:
    """Convert cases to the JSON of the eval command: counts, and each case."""
    passed = sum(case.passed for case in cases)
    return {"passed": passed, "failed": len(cases) - passed, "cases": [_case_json(case) for case in cases]}


def _parse_entry(path: Path, number: int, entry: Any) -> GoldenQuestion:
    if isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()):
        if entry.keys() == {"question", "document", "fragment"}:
            return GoldenQuestion(**entry)
        if entry.keys() == {"question", "expect"} and entry["expect"] == "none":
            return GoldenQuestion(entry["question"], None, None)
    raise DataError(
        f"{path}, entry {number}: expected the texts question, document and fragment, or question and expect: none; "
        f"got {str(entry)[:80]!r}"
    )


def _case_json(case: GoldenCase) -> dict[str, Any]:
    golden, given = case.golden, case.given
    return {
        "question": golden.question,
        "expected": {"document": golden.document, "fragment": golden.fragment} if golden.answerable else None,
        "given": None if given is None else {"document": given.citation.document, "text": given.text},
        "confidence": round(case.answer.confidence, 4),
        "passed": case.passed,
    }


def _normalized(text: str) -> str:
    return " ".join(text.split()).casefold()
