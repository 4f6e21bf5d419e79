"""Golden questions: a YAML list of questions with the passage that must, or must not, come back.

- question: When does the library open?
  document: opening-hours.md     # the document's path below the seeds folder
  fragment: nine in the morning  # must stand in the quote; white space does not matter
- question: Who founded it?
  expect: none                   # must be refused
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.records import Answer


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question and what must come back: a fragment of a document, or, where both are None, nothing."""

    question: str
    document: str | None
    fragment: str | None


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


def run_golden(questions: list[GoldenQuestion], ask: Callable[[str], Answer]) -> dict[str, Any]:
    """Ask every question; returns the counts and cases that the eval command prints."""
    cases = [_case(one, ask(one.question)) for one in questions]
    passed = sum(case["passed"] for case in cases)
    return {"passed": passed, "failed": len(cases) - passed, "cases": cases}


def _question(path: Path, number: int, entry: Any) -> GoldenQuestion:
    keys = set(entry) if isinstance(entry, dict) else set()
    texts = keys and all(isinstance(value, str) for value in entry.values())
    if texts and keys == {"question", "document", "fragment"}:
        return GoldenQuestion(entry["question"], entry["document"], entry["fragment"])
    if texts and keys == {"question", "expect"} and entry["expect"] == "none":
        return GoldenQuestion(entry["question"], None, None)
    expected = "question with document and fragment, or question with expect: none; every value a text"
    raise DataError(f"{path}, entry {number}: expected {expected}; got {str(entry)[:80]!r}")


def _case(golden: GoldenQuestion, answer: Answer) -> dict[str, Any]:
    """Return what was expected and given; the first quote counts."""
    given = answer.quotes[0] if answer.quotes else None
    if golden.document is None or golden.fragment is None:
        passed = given is None
    else:
        passed = given is not None and given.citation.document == golden.document
        passed = passed and _folded(golden.fragment) in _folded(given.text if given else "")
    return {
        "question": golden.question,
        "expected": None if golden.document is None else {"document": golden.document, "fragment": golden.fragment},
        "given": None if given is None else {"document": given.citation.document, "text": given.text},
        "confidence": round(answer.confidence, 4),
        "passed": passed,
    }


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
