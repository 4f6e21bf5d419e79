"""What stands under the very name of a question comes before pages with a longer name, or that only mention it."""

import numpy as np
import pytest

from retrieval.asking import named_titles
from retrieval.asking.named_titles import prefer_named_titles
from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.index.scope import Scope, Scopes, whole_scope
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

SPELLS = {
    "wiki/a.md": "# Mass Cure\n\nRange: 60 feet. It needs a staff.",  # rows 0 and 1
    "wiki/b.md": "# Cure\n\nRange: 30 feet. It needs a herb.",  # rows 2 and 3
    "wiki/c.md": "# Veil\n\nIts range ends where a cure begins.",  # row 4
    "wiki/d.md": "# Spells\n\n## Greater Veil\n\nRange: 90 feet.",  # row 5
}


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index of pages about spells."""
    return index_of(word_encoder, SPELLS)


def order(index: Index, question: str, rows: tuple[int, ...]) -> list[tuple[int, float, float]]:
    """Return rows, scores and probabilities of hits after a name was preferred; the first one had 9 and 0.8."""
    hits = [Hit(row, 9.0 - place, 0.8 - place / 10, np.zeros(1, np.float32)) for place, row in enumerate(rows)]
    preferred = prefer_named_titles(index, hits, question, whole_scope(index))
    return [(hit.row, hit.score, round(hit.probability, 3)) for hit in preferred]


def test_a_hit_under_the_name_takes_the_first_place_and_the_others_follow(index: Index) -> None:
    """Scores stay with the places; its probability is the mean of its own and that of the first."""
    expected = [(2, 9.0, 0.7), (0, 8.0, 0.8), (4, 7.0, 0.7), (5, 6.0, 0.5)]
    assert order(index, "What is the range of cure?", (0, 4, 2, 5)) == expected


@pytest.mark.parametrize(
    ("question", "rows", "expected"),
    [
        ("range of greater veil", (4, 0, 5), [5, 4, 0]),  # a heading
        ("what is cure", (0, 3, 2), [3, 0, 2]),  # nothing but the name: the best one below it
        ("range of cure", (3, 2), [3, 2]),  # the first one is below the name
        ("range of mass cure", (0, 2), [0, 2]),
        ("range of mass cure", (2, 0), [0, 2]),  # the longer name
        ("range of mass cure and veil", (4, 0), [4, 0]),  # another name, no longer one
        ("staff of cure", (0, 2, 3), [0, 2, 3]),  # nothing below the name has the rest
        ("range of a spell", (0, 2), [0, 2]),  # no name
        ("", (0, 2), [0, 2]),
    ],
)
def test_only_what_has_the_rest_of_the_question_comes_first(
    index: Index, question: str, rows: tuple[int, ...], expected: list[int]
) -> None:
    """And only if the first hit is under no name of the question."""
    assert [row for row, _, _ in order(index, question, rows)] == expected


@pytest.mark.parametrize(
    ("documents", "question"),
    [
        (  # the first hit says all of it
            {"a.md": "# Baths\n\nThe price of the pool is 5.", "b.md": "# Pool\n\nThe price is 15 in Marl."},
            "price of the pool",
        ),
        (  # a heading of several pages is no name
            {"a.md": "# Haste\n\nDuration: 1 minute.", "b.md": "# Potions\n\n## Duration\n\nThat of haste: 2 minutes."},
            "duration of haste",
        ),
        (  # what tells pages apart is no part of their names
            {"a.md": "# Ember (sword)\n\nDamage: 45.", "b.md": "# Ember (coals)\n\nThey cause damage."},
            "damage of ember",
        ),
        (  # a name that negates what the question does not
            {"a.md": "# Events\n\nWater damage is paid.", "b.md": "# Not covered\n\nWater damage by floods."},
            "is water damage covered",
        ),
        (
            {"a.md": "# Events\n\nFloods are excluded.", "b.md": "# Covered\n\nWater damage."},
            "water damage not covered",
        ),
    ],
    ids=["all said", "recurring heading", "told apart", "negated name", "negated question"],
)
def test_what_only_looks_like_the_name_does_not_come_first(
    word_encoder: WordEncoder, documents: dict[str, str], question: str
) -> None:
    """The first hit keeps its place."""
    index = index_of(word_encoder, documents | {"c.md": "# Stove\n\n## Duration\n\nNobody knows."})
    assert [row for row, _, _ in order(index, question, tuple(range(index.count)))] == list(range(index.count))


def test_a_hit_that_is_far_behind_stays(index: Index) -> None:
    """By its score."""
    hits = [Hit(row, score, 0.5, np.zeros(1, np.float32)) for row, score in ((0, 9.0), (2, 2.9))]
    assert [hit.row for hit in prefer_named_titles(index, hits, "range of cure", whole_scope(index))] == [0, 2]


def test_the_name_of_everything_is_no_name(word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of the product that all documents are about; only documents in the scope are counted."""
    monkeypatch.setattr(named_titles, "MIN_ROWS", 6)
    crowd = {f"zoo/{number}.txt": "A cure." for number in range(9)}  # their rows come last
    index = index_of(word_encoder, SPELLS | crowd)
    hits = [Hit(row, 9.0 - row, 0.5, np.zeros(1, np.float32)) for row in (0, 2)]

    def first(scope: Scope) -> int:
        return prefer_named_titles(index, hits, "range of cure", scope)[0].row

    assert (first(whole_scope(index)), first(Scopes(index).of(["wiki"]))) == (0, 2)


def test_a_retriever_prefers_the_name(index: Index, word_encoder: WordEncoder) -> None:
    """Whatever the ranking says of the pages."""
    retriever = Retriever(index, word_encoder, BY_LATE)
    best = {question: retriever.rank(question)[0].row for question in ("range of cure", "range of mass cure")}
    assert best == {"range of cure": 2, "range of mass cure": 0}
    assert retriever.rank("range of cure", collections=["wiki"])[0].row == 2
