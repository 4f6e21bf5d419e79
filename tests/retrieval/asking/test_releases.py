"""The section of a release answers when it was released and what is new in it."""

from collections.abc import Mapping

import numpy as np
import pytest

from retrieval.asking.passages import compose_passage
from retrieval.asking.releases import find_release, find_release_pages, prefer_release, release_penalties
from retrieval.asking.retriever import Retriever
from retrieval.index.scope import whole_scope
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

NEWS = """# Changes

## 7.2 (2031-03-04)

- The cat sleeps.

## 7.1 (2030-05-06)

### Added

- A museum.
- A ferry.

### Fixed

- The price of the ferry.

## 7.0

- The library.
"""


def shown(encoder: WordEncoder, question: str, texts: Mapping[str, str]) -> list[str]:
    """Return what is shown of the release that a question asks for, with the id of its document first."""
    index = index_of(encoder, texts)
    release = find_release(index, question, whole_scope(index), lambda: find_release_pages(index.documents))
    if release is None or release.row is None:
        return []
    document = index.documents[index.sentence(release.row).document].id
    return [document, *(part.text for part in compose_passage(index, release.row, question))]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("when was 7.2 released", ["7.2 (2031-03-04)", "The cat sleeps."]),
        ("When did 7.1.0 come out?", [
            "7.1 (2030-05-06)", "Added", "A museum.", "A ferry.", "Fixed", "The price of the ferry.",
        ]),
        ("when was 7.0 released", []),
        ("when was 7.5 released", []),
        ("what's new in 7.1", [
            "7.1 (2030-05-06)", "Added", "A museum.", "A ferry.", "Fixed", "The price of the ferry.",
        ]),
        ("what was fixed in 7.1", ["7.1 (2030-05-06)", "Fixed", "The price of the ferry."]),
        ("what was removed in 7.1", []),
        ("what changed in 7.0", ["7.0", "The library."]),
        ("what changed in the windmill 7.0", []),
    ],
)  # fmt: skip
def test_a_release_answers_by_its_heading(word_encoder: WordEncoder, question: str, expected: list[str]) -> None:
    """With its date if that is asked for, and with the kind of change; other names than the document's find nothing."""
    assert shown(word_encoder, question, {"CHANGES.md": NEWS})[1:] == expected


ITEMS = "# Boat\n\n- 7.2 (2031-03-04):\n  - Grease the hull.\n- **7.1** (2030-05-06): new oars\n- 7.0 is old\n"


def item(encoder: WordEncoder, question: str, texts: Mapping[str, str]) -> str:
    """Return the text of the row that answers a question about a release, "" if there is none."""
    index = index_of(encoder, texts)
    release = find_release(index, question, whole_scope(index), lambda: find_release_pages(index.documents))
    return "" if release is None or release.row is None else index.text(release.row).replace("*", "")


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("what changed in 7.2", "7.2 (2031-03-04):"),
        ("when was 7.1 released", "7.1 (2030-05-06): new oars"),
        ("what is new in boat 7.2", "7.2 (2031-03-04):"),
        ("what is new in the mill 7.2", ""),
        ("what changed in 7.0", ""),
    ],
)
def test_an_item_with_version_and_date_answers_as_a_heading_does(
    word_encoder: WordEncoder, question: str, marked: str
) -> None:
    """Without a date, or in two lists, it does not."""
    assert item(word_encoder, question, {"boat.md": ITEMS}) == marked
    assert item(word_encoder, question, {"boat.md": ITEMS, "boat-2.md": ITEMS}) == ""


def test_a_page_of_its_own_comes_before_a_list_of_releases(word_encoder: WordEncoder) -> None:
    """Of two lists, which may be of different things, neither answers unless the question names it."""
    page = "# 7.0\n\n## Museum\n\nIt opens at nine."
    expected = ["v7.md", "7.0", "Museum", "It opens at nine."]
    assert shown(word_encoder, "what is new in 7.0", {"CHANGES.md": NEWS, "v7.md": page}) == expected
    lists = {"boat/CHANGES.md": NEWS, "mill/CHANGES.md": NEWS}
    assert shown(word_encoder, "when was 7.2 released", lists) == []
    assert shown(word_encoder, "when was boat 7.2 released", lists)[0] == "boat/CHANGES.md"


def test_other_releases_go_behind(word_encoder: WordEncoder) -> None:
    """The row of the release comes first, all others are less probable; without one, those of other releases are."""
    index = index_of(word_encoder, {"CHANGES.md": NEWS, "a.md": "# Museum\n\nIt opens."})
    rows = [
        next(r for r in range(index.count) if text in index.text(r)) for text in ("The cat", "A museum", "It opens")
    ]
    hits = [Hit(row, score, 0.6, np.zeros(1, np.float32)) for row, score in zip(rows, (3.0, 2.0, 1.0), strict=True)]

    def order(question: str) -> list[tuple[int, float, float]]:
        release = find_release(index, question, whole_scope(index), dict)
        return [(hit.row, hit.score, round(hit.probability, 2)) for hit in prefer_release(index, hits, release)]

    assert order("what's new in 7.1") == [(rows[1], 3.0, 0.95), (rows[2], 1.0, 0.03), (rows[0], 1.0, 0.03)]
    assert order("what was removed in 7.1") == [(rows[1], 2.0, 0.6), (rows[2], 1.0, 0.6), (rows[0], 1.0, 0.03)]
    assert order("is the cat new") == [(hit.row, hit.score, 0.6) for hit in hits]


@pytest.mark.parametrize(
    ("question", "expected"),
    [("does the cat sleep", [6.0, 6.0, 6.0, 0.0]), ("does the cat still sleep", [0.0, 0.0, 0.0, 0.0])],
)
def test_what_stands_below_a_release_comes_after_other_documents(
    word_encoder: WordEncoder, question: str, expected: list[float]
) -> None:
    """Release notes, and headings with a date in other files; unless the question may be about what changed."""
    dated = "# Mill\n\n## 1.5 (2029-01-02)\n\nThe ferry.\n\n## Hours\n\nThe cat sleeps."
    index = index_of(word_encoder, {"CHANGES.md": "# Changes\n\nThe cat.\n\nThe museum.", "mill.md": dated})
    assert release_penalties(index, np.arange(4, dtype=np.int64), question).tolist() == expected


def test_a_release_answers_though_neither_search_finds_it(word_encoder: WordEncoder) -> None:
    """Its row becomes a candidate."""
    many = "".join(f"The cat released {number}.\n\n" for number in range(40))
    answer = Retriever(index_of(word_encoder, {"CHANGES.md": NEWS, "cat.txt": many}), word_encoder, BY_LATE).ask(
        "when was 7.1 released"
    )
    assert [quote.text for quote in answer.quotes] == ["A museum."]
