"""A question for a thing as a whole is answered by the only section that has its name."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.asking import named_sections
from retrieval.asking.named_sections import NAMED_PROBABILITY, find_section_names, prefer_named_section
from retrieval.asking.quotes import make_quote
from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.index.row_ranges import one_range
from retrieval.index.scope import Scope, whole_scope
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

LONG = "It needs a rope and it needs a herb. " * 30
VEIL = f"# Veil\n\nDuration: one hour.\n\nNobody sees the caster.\n\n{LONG}\n\nIt is rare.\n\n## Price\n\nA staff."
PAGES = {
    "spells/veil.md": VEIL,
    "spells/cure.md": "# Cure\n\nA wound closes.\n\n## Price\n\nTwo herbs.",
    "Map.txt": "It shows the lake. It is blue.",
    "rules.md": "# Rules\n\n## Not hidden\n\nEverybody sees you.\n\n## Resting\n\nYou sleep for a night.",
}


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index of pages about spells."""
    return index_of(word_encoder, PAGES)


def first(index: Index, question: str, texts: tuple[str, ...], scope: Scope | None = None) -> tuple[str, float] | None:
    """Return the first text and its probability, of hits with some texts and 0.3; None if none has the name."""
    rows = [next(row for row in range(index.count) if index.text(row) == text) for text in texts]
    hits = [Hit(row, 9.0 - place, 0.3, np.zeros(1, np.float32)) for place, row in enumerate(rows)]
    names = find_section_names(index)
    preferred = prefer_named_section(index, hits, question, scope or whole_scope(index), lambda: names)
    if preferred is None:
        return None
    assert sorted(hit.row for hit in preferred) == sorted(rows)
    assert [hit.score for hit in preferred] == sorted((hit.score for hit in preferred), reverse=True)
    return index.text(preferred[0].row), preferred[0].probability


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("what does veil do", "Nobody sees the caster."),
        ("what is the veil spell?", "Nobody sees the caster."),
        ("how does cure work", "A wound closes."),
        ("resting?", "You sleep for a night."),
        ("what is the price of cure", "Two herbs."),
        ("price of veil", "A staff."),
        ("what does not hidden mean", "Everybody sees you."),
        ("resting rules", "You sleep for a night."),
        ("what are rules", None),
        ("what is a map", "It shows the lake."),
        ("what is the price", None),
        ("what does hidden mean", None),
        ("what is a cure for veil", None),
        ("what is the range of cure", None),
        ("when can i rest", None),
    ],
)
def test_the_section_that_has_the_name_comes_first(index: Index, question: str, text: str | None) -> None:
    """If there is one only, its heading is whole in the question, and all else of that is above it."""
    texts = ("You sleep for a night.", "Nobody sees the caster.", "Two herbs.", "A wound closes.", "A staff.")
    expected = None if text is None else (text, NAMED_PROBABILITY)
    assert first(index, question, (*texts, "Everybody sees you.", "It shows the lake.")) == expected


def test_a_hit_in_the_beginning_of_the_section_is_preferred(index: Index) -> None:
    """It is shown from there, up to 800 characters; and a sentence is before a fact."""
    late = "It is rare."
    assert first(index, "what is veil", (late, "Nobody sees the caster.")) == ("Nobody sees the caster.", 0.9)
    assert first(index, "what is veil", ("A wound closes.", late)) == (late, 0.9)
    assert first(index, "what is veil", ("Duration: one hour.", "Nobody sees the caster.")) == (
        "Nobody sees the caster.",
        0.9,
    )
    row = next(row for row in range(index.count) if index.text(row) == "Nobody sees the caster.")
    shown = [part.text for part in make_quote(index, row, 0.9, "what is veil").passage]
    assert shown == ["Veil", "Duration: one hour.", "Nobody sees the caster."]
    assert [part.text for part in make_quote(index, row, 0.9, "who sees the caster").passage][:1] == ["Veil"]


def test_of_very_many_headings_no_list_is_made(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take long; a document without headings counts as one."""
    headings = 1 + 2 + 2 + 3  # of the map, the two spells and the rules
    monkeypatch.setattr(named_sections, "MAX_NAMES", headings)
    assert sum(map(len, find_section_names(index).values())) == headings
    monkeypatch.setattr(named_sections, "MAX_NAMES", headings - 1)
    assert find_section_names(index) == {}


def test_the_retriever_answers_with_it(index: Index, word_encoder: WordEncoder) -> None:
    """Without asking a reader."""
    hits = Retriever(index, word_encoder, BY_LATE).rank("how does resting work")
    assert (index.text(hits[0].row), hits[0].probability >= NAMED_PROBABILITY) == ("You sleep for a night.", True)


def test_another_section_with_the_name_is_in_doubt_although_it_was_not_found(word_encoder: WordEncoder) -> None:
    """One that begins with the same text is no other, nor is one that may not be searched or lacks words."""
    pages = {
        "a.md": "# Lamp\n\n## Cleaning\n\nWipe the glass.",
        "b.md": "# Ferry\n\n## Cleaning\n\nScrub the deck.",
        "c.md": "# Boat\n\n## Mooring\n\nTie the rope.",
        "d.md": "# Barge\n\n## Mooring\n\nTie the rope.",
    }
    index = index_of(word_encoder, pages)
    assert first(index, "how does cleaning work", ("Wipe the glass.",)) is None
    assert first(index, "what is the cleaning of the lamp", ("Wipe the glass.",)) == ("Wipe the glass.", 0.9)
    assert first(index, "how does mooring work", ("Tie the rope.",)) == ("Tie the rope.", 0.9)
    scope = replace(whole_scope(index), rows=one_range(*index.document_range(0)))
    assert first(index, "how does cleaning work", ("Wipe the glass.",), scope) == ("Wipe the glass.", 0.9)


PARTS = {
    "docs/lake/oar.md": "# Oar\n\nIt floats.\n\n## Status\n\nIt is wet.\n\n## Grip\n\nIt holds.",
    "docs/lake/list.md": "# List\n\nNames of boats are here.",
}


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("what is the status", None),
        ("status", None),
        ("what is the status of the oar", "It is wet."),
        ("what does status do", "It is wet."),
        ("oar status", "It is wet."),
        ("what is the lake status", None),
        ("what is the grip", "It holds."),
        ("what is the lake grip", None),
        ("what is the grip of the oar", "It holds."),
        ("what is the lake oar", "It floats."),
    ],
)
def test_a_section_is_named_with_what_it_is_a_part_of(
    word_encoder: WordEncoder, question: str, text: str | None
) -> None:
    """A folder says that of a document as a whole only, and a command may have the name of a part."""
    expected = None if text is None else (text, NAMED_PROBABILITY)
    index = index_of(word_encoder, PARTS)
    documents = tuple(replace(document, title=document.title.rpartition("/")[2]) for document in index.documents)
    assert first(replace(index, documents=documents), question, ("It is wet.", "It holds.", "It floats.")) == expected


def test_a_section_about_an_abbreviation_does_not_tell_what_it_means(word_encoder: WordEncoder) -> None:
    """It tells what it is, and what a word means."""
    index = index_of(word_encoder, {"a.md": "# SOS\n\nIt is free.\n\n# Gale\n\nThe wind is strong."})
    texts = ("It is free.", "The wind is strong.")
    assert first(index, "what does SOS mean", texts) is None
    assert first(index, "what is SOS", texts) == ("It is free.", 0.9)
    assert first(index, "what does gale mean", texts) == ("The wind is strong.", 0.9)


def test_a_question_for_rules_is_answered_by_a_sentence(word_encoder: WordEncoder) -> None:
    """And by no number; a sentence also comes before a label where only the thing is asked for."""
    index = index_of(word_encoder, {"a.md": "# Horn\n\n+44 1632 960 22\n\n# Bell\n\nNote\n\nIt rings at noon."})
    assert first(index, "horn", ("+44 1632 960 22",)) == ("+44 1632 960 22", 0.9)
    assert first(index, "horn rules", ("+44 1632 960 22",)) is None
    assert first(index, "bell rules", ("Note", "It rings at noon.")) == ("It rings at noon.", 0.9)
    assert first(index, "what is the bell", ("Note", "It rings at noon.")) == ("It rings at noon.", 0.9)


@pytest.mark.parametrize(
    ("heading", "text", "found"),
    [
        ("What are sails?", "They pull.", True),
        ("About the sails", "They pull.", True),
        ("Overview", "They pull.", True),
        ("Cloth", "A sail pulls.", True),
        ("Cloth", "It is white.", False),
        ("Why is my sail wet?", "It rains.", True),
        ("Why is my rope wet?", "A sail drips.", False),
    ],
)
def test_a_chapter_is_answered_by_its_beginning_if_that_has_its_name(
    word_encoder: WordEncoder, heading: str, text: str, found: bool
) -> None:
    """The first of the things in a chapter, or of the questions in a FAQ, is not what all of it is about."""
    index = index_of(word_encoder, {"a.md": f"# Boats\n\n## Sails\n\n### {heading}\n\n{text}\n\n### Hem\n\nIt holds."})
    assert first(index, "how do sails work", (text,)) == ((text, 0.9) if found else None)
