"""Read the golden questions of the answers that moderators kept, as far as their file still fits the documents.

The file is written beside the kept answers, and people may change those by hand. A question whose answer was changed or
removed since guards nothing, and must not stop a rebuild.
"""

from pathlib import Path

from retrieval.errors import DataError
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion, read_valid_golden
from retrieval.measuring.visible_text import contains_fragment
from retrieval.reading.folder import GOLDEN_FILE, KEPT_KIND


def read_kept_golden(seeds: Path, index: Index) -> list[GoldenQuestion]:
    """Read the golden questions of a folder whose answers are all in an index; [] if there are none."""
    path = seeds / GOLDEN_FILE
    if path.is_symlink() or not path.is_file():
        return []
    try:
        questions = read_valid_golden(path)
    except DataError:
        return []
    texts = {document.id: document.text for document in index.documents if document.collection == path.parent.name}
    return [question for question in questions if is_kept(question) and _is_true(question, texts)]


def is_kept(question: GoldenQuestion) -> bool:
    """Tell whether a golden question is that of a kept answer."""
    return question.kind == KEPT_KIND


def _is_true(question: GoldenQuestion, texts: dict[str, str]) -> bool:
    return question.answerable and all(
        contains_fragment(texts.get(answer.document, ""), fragment)
        for answer in question.answers
        for fragment in answer.fragments
    )
