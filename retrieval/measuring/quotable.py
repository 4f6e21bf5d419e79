"""Find the fragments of golden questions that no quote of an index can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.asking.quotes import make_quote
from retrieval.errors import DataError
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.visible_text import contains_fragment, shown_text, visible_text
from retrieval.text.cleaning import one_line
from retrieval.types import Rejected

MAX_NAMED = 5  # entries that an error names


@dataclass(frozen=True, slots=True)
class UnquotableFragment:
    """A fragment of an answer to questions[entry] that no quote can show, and the reason, for people."""

    entry: int
    answer: GoldenAnswer
    fragment: str
    reason: str


def find_unquotable(
    index: Index, rejected: Sequence[Rejected], questions: Sequence[GoldenQuestion]
) -> list[UnquotableFragment]:
    """Find the fragments that no quote shows: of documents that the index lacks, or not in what can be quoted of them.

    `rejected` are the files of the folder that could not be used.
    """
    rows = {document.id: row for row, document in enumerate(index.documents)}
    reasons = {file.path: file.reason for file in rejected}
    texts: dict[int, list[str]] = {}
    unquotable = []
    for entry, golden in enumerate(questions):
        for answer in golden.answers:
            row = rows.get(answer.document)
            if row is not None and row not in texts:
                texts[row] = _shown_texts(index, row)
            for fragment in answer.fragments:
                if row is None:
                    problem = reasons.get(answer.document)
                    reason = f"is not used: {problem}" if problem else "is not among the documents"
                elif any(contains_fragment(text, fragment) for text in texts[row]):
                    continue
                else:
                    reason = "has this in nothing that can be quoted"
                    if visible_text(fragment) not in visible_text(index.documents[row].text):
                        reason = "does not contain this"
                unquotable.append(UnquotableFragment(entry, answer, fragment, reason))
    return unquotable


def unquotable_json(
    questions: Sequence[GoldenQuestion], unquotable: Sequence[UnquotableFragment]
) -> list[dict[str, Any]]:
    """Convert the fragments that find_unquotable found to JSON; entries count from 1."""
    return [
        {
            "entry": missing.entry + 1,
            "question": questions[missing.entry].question,
            "document": missing.answer.document,
            "fragment": missing.fragment,
            "reason": missing.reason,
        }
        for missing in unquotable
    ]


def count_fragments(questions: Sequence[GoldenQuestion]) -> int:
    """Count the fragments of all answers."""
    return sum(len(answer.fragments) for question in questions for answer in question.answers)


def check_quotable(path: Path, unquotable: Sequence[UnquotableFragment]) -> None:
    """Raise DataError, naming the entries of a golden file, if fragments of them cannot be quoted.

    Those of answers that the file itself calls not quotable are no error.
    """
    wrong = [missing for missing in unquotable if missing.answer.quotable]
    if not wrong:
        return
    named = [
        f"entry {missing.entry + 1}: {missing.answer.document} {missing.reason} ({one_line(missing.fragment)[:60]!r})"
        for missing in wrong[:MAX_NAMED]
    ]
    more = [f"and {len(wrong) - MAX_NAMED} more"] if len(wrong) > MAX_NAMED else []
    raise DataError(f"{path} expects what can never be quoted: {'; '.join(named + more)}")


def _shown_texts(index: Index, document: int) -> list[str]:
    """Make what is shown of each sentence of a document (a row of documents)."""
    return [shown_text(make_quote(index, row, 0.0)) for row in index.document_rows(document).tolist()]
