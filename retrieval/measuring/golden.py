"""Golden questions: a YAML list of questions with the passage that must, or must not, come back.

- question: When does the library open?
  document: opening-hours.md     # the document's path below the seeds folder
  fragment: nine in the morning  # must stand in the quote; white space does not matter
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
    """A question and what must come back: a fragment of a document, or, where both are None, nothing."""

    question: str
    document: str | None
    fragment: str | None

    @property
    def answerable(self) -> bool:
        """Return whether a passage must come back."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A golden question and what was answered; the first quote counts."""

    golden: GoldenQuestion
    answer: Answer

    @property
    def given(self) -> Quote | None:
        """Return the quote that was given, None after a refusal."""
        return self.answer.quotes[0] if self.answer.quotes else None

    @property
    def passed(self) -> bool:
        """Return whether the right passage came back, or rightly none."""
        given = self.given
        if given is None:
            return not self.golden.answerable
        return is_expected(self.golden, given.citation.document, given.text)


def read_golden(path: Path) -> list[GoldenQuestion]:
    """Read a golden file. Raises DataError, naming the entry, when one cannot be understood."""
    import yaml

    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path} is not a list of questions")
    return [_question(path, number, entry) for number, entry in enumerate(entries, 1)]


def is_expected(golden: GoldenQuestion, document: str | None, text: str) -> bool:
    """Return whether a sentence of a document is what must come back."""
    return document == golden.document and golden.fragment is not None and _folded(golden.fragment) in _folded(text)


def run_golden(questions: list[GoldenQuestion], ask: Callable[[str], Answer]) -> list[GoldenCase]:
    """Ask every question; case i belongs to questions[i]."""
    return [GoldenCase(one, ask(one.question)) for one in questions]


def golden_json(cases: Sequence[GoldenCase]) -> dict[str, Any]:
    """Return the counts and cases as the eval command prints them."""
    passed = sum(case.passed for case in cases)
    return {"passed": passed, "failed": len(cases) - passed, "cases": [_case_json(case) for case in cases]}


def _question(path: Path, number: int, entry: Any) -> GoldenQuestion:
    keys = set(entry) if isinstance(entry, dict) else set()
    texts = keys and all(isinstance(value, str) for value in entry.values())
    if texts and keys == {"question", "document", "fragment"}:
        return GoldenQuestion(entry["question"], entry["document"], entry["fragment"])
    if texts and keys == {"question", "expect"} and entry["expect"] == "none":
        return GoldenQuestion(entry["question"], None, None)
    expected = "question with document and fragment, or question with expect: none; every value a text"
    raise DataError(f"{path}, entry {number}: expected {expected}; got {str(entry)[:80]!r}")


def _case_json(case: GoldenCase) -> dict[str, Any]:
    golden, given = case.golden, case.given
    return {
        "question": golden.question,
        "expected": {"document": golden.document, "fragment": golden.fragment} if golden.answerable else None,
        "given": None if given is None else {"document": given.citation.document, "text": given.text},
        "confidence": round(case.answer.confidence, 4),
        "passed": case.passed,
    }


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
