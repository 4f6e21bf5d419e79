"""Questions worded with a glossary: which wordings are asked, what they find, and what is said about it."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.asking.retriever import Retriever
from retrieval.asking.wordings import Wording, deciding_forms, word_question
from retrieval.index.index import Index
from retrieval.index.scope import Scopes, whole_scope
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

GLOSSARY = (("cinema", "museum"), ("lib", "library", "reading room"), ("fe", "ferry price"))
TEXTS = {
    "museum/a.txt": "Museum opens nine.",
    "town/b.txt": "The cat sleeps.\n\nThe library closes on monday.\n\nA reading room is a lib.",
}


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index with a glossary."""
    return replace(index_of(word_encoder, TEXTS), glossary=GLOSSARY)


def alone(question: str) -> Wording:
    """Return the only wording of a question."""
    return Wording(question, "")


def test_a_question_without_a_form_has_one_wording(index: Index) -> None:
    """It is asked as it is, and so is one whose other forms no document has."""
    scope = whole_scope(index)
    assert word_question(index, "When does the museum open?", scope) == [alone("When does the museum open?")]
    assert word_question(index, "Is there a fe?", scope) == [alone("Is there a fe?")]


def test_forms_of_the_documents_replace_those_of_the_question(index: Index) -> None:
    """One wording for each other form, at most two; equal terms go both ways."""
    own, other = word_question(index, "When does the cinema open?", whole_scope(index))
    assert (own.text, own.equal) == ("When does the cinema open?", {"cinema": [("museum",)]})
    assert (other.text, other.equal) == ("When does the museum open?", {})
    wordings = word_question(index, "Where is the lib?", whole_scope(index))
    assert [wording.text for wording in wordings] == [
        "Where is the lib?", "Where is the library?", "Where is the reading room?",
    ]  # fmt: skip
    assert wordings[0].equal == {"lib": [("librari",), ("read", "room")]}
    assert wordings[2].equal == {"read": [("lib",), ("librari",)], "room": [("lib",), ("librari",)]}


def test_a_named_day_is_asked_by_its_date_as_the_documents_write_it(word_encoder: WordEncoder) -> None:
    """With a day that they do not have, the question is asked as it is; so is a date."""
    scope = whole_scope(index := index_of(word_encoder, {"a.txt": "Closed on 24 Dec and January 1st."}))
    asked = ("Open on Christmas Eve?", "open new years day", "Open on boxing day?", "Open on 24 Dec?")
    assert [[wording.text for wording in word_question(index, question, scope)] for question in asked] == [
        ["Open on Christmas Eve?", "Open on 24 Dec?", "Open on Dec 24?"],
        ["open new years day", "open 1 January", "open January 1"],
        ["Open on boxing day?"],
        ["Open on 24 Dec?"],
    ]


@pytest.mark.parametrize(
    ("question", "equal"),
    [
        ("What is the maximum level?", {"maximum": [("max",)], "level": [("lvl",)]}),
        ("which requirements", {"requir": [("req",)]}),
        ("who may request it", {}),  # of "req", it is not the most usual meaning
        ("how many minutes", {}),  # which the documents do not have
    ],
)
def test_a_word_is_equal_to_its_short_form_in_the_documents(
    word_encoder: WordEncoder, question: str, equal: dict[str, list[tuple[str, ...]]]
) -> None:
    """So that "max lvl: 9" has the words of the question, which stays as it is."""
    index = index_of(word_encoder, {"a.txt": "max lvl: 9. req: oars; reqs: none. Level 3 has 5 hit points, HP."})
    (wording,) = word_question(index, question, whole_scope(index))
    assert (wording.text, wording.equal) == (question, equal)


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("how much hp", ["how much hp", "how much hit points"]),
        ("which lvl has most hp?", ["which lvl has most hp?", "which level has most hit points?"]),
        ("what is 'lvl' or `hp`", ["what is 'lvl' or `hp`"]),
        ("set max_lvl, lvl.up or LVL", ["set max_lvl, lvl.up or LVL"]),
        ("what is the max", ["what is the max"]),  # nobody says "maximum" here
    ],
)
def test_a_short_form_that_the_documents_have_is_asked_by_its_words_as_well(
    word_encoder: WordEncoder, question: str, texts: list[str]
) -> None:
    """By those that they have, too; not if it is quoted or part of a name."""
    index = index_of(word_encoder, {"a.txt": "max lvl: 9. Level 3 has 5 hit points, hp."})
    assert [wording.text for wording in word_question(index, question, whole_scope(index))] == texts


def test_documents_outside_of_the_scope_have_no_influence(index: Index) -> None:
    """A form that only hidden documents have is not used."""
    scope = Scopes(index).of(["town"])
    assert word_question(index, "When does the cinema open?", scope) == [alone("When does the cinema open?")]


@pytest.mark.parametrize(
    ("question", "row", "said"),
    [("What is the max level?", 0, ()), ("How much hp?", 1, ("hp = hitpoints",)), ("How much hp?", 2, ())],
)
def test_what_a_short_form_stands_for_is_said_unless_it_only_shortens(
    word_encoder: WordEncoder, question: str, row: int, said: tuple[str, ...]
) -> None:
    """Nobody wonders what "max" is; a text that has the form itself explains it."""
    texts = {"a.txt": "The maximum level is nine.", "b.txt": "It has hitpoints.", "c.txt": "The max of hp."}
    index = index_of(word_encoder, texts)
    _, wording = word_question(index, question, whole_scope(index))
    assert deciding_forms(index, wording, [row]) == said


def test_the_answer_is_found_and_says_what_decided(index: Index, word_encoder: WordEncoder) -> None:
    """Without the glossary there is none."""
    retriever = Retriever(index, word_encoder, BY_LATE)
    answer = retriever.ask("cinema opens nine", threshold=0.9)
    assert (answer.question, answer.glossary) == ("cinema opens nine", ("cinema = museum",))
    assert answer.quotes[0].text == "Museum opens nine."
    without = Retriever(replace(index, glossary=()), word_encoder, BY_LATE)
    assert not without.ask("cinema opens nine", threshold=0.9).answered


def test_a_form_that_the_quote_has_itself_explains_nothing(index: Index, word_encoder: WordEncoder) -> None:
    """The note would be noise."""
    retriever = Retriever(index, word_encoder, BY_LATE)
    answer = retriever.ask("museum opens nine", threshold=0.9)
    assert (answer.answered, answer.glossary) == (True, ())


def test_a_glossary_changes_nothing_for_other_questions(index: Index, word_encoder: WordEncoder) -> None:
    """Rows, scores and features stay the same to the bit."""
    own = Retriever(index, word_encoder, BY_LATE).rank("cat sleeps monday")
    without = Retriever(replace(index, glossary=()), word_encoder, BY_LATE).rank("cat sleeps monday")
    assert [(hit.row, hit.score, hit.probability) for hit in own] == [
        (hit.row, hit.score, hit.probability) for hit in without
    ]
    assert all(np.array_equal(hit.features, other.features) for hit, other in zip(own, without, strict=True))


@pytest.mark.parametrize(
    ("text", "question", "equal"),
    [
        ("Thu: felting.", "who is there on Thursday", {"thursday": [("thu",)]}),
        ("Thurs: felting.", "who is there on thursdays?", {"thursday": [("thur",)]}),
        ("On Thursday we felt.", "who is there thu", {"thu": [("thursday",)]}),
        ("On Thursday we felt. Thu: felting.", "who is there on Thursday", {}),  # where some text has it
        ("The sun sets. Thu: felting.", "who is there on Friday", {}),
    ],
)
def test_days_are_found_by_their_other_names(
    word_encoder: WordEncoder, text: str, question: str, equal: dict[str, list[tuple[str, ...]]]
) -> None:
    """Only those that no document has under the name of the question."""
    index = index_of(word_encoder, {"a.txt": text})
    assert [wording.equal for wording in word_question(index, question, whole_scope(index))] == [equal]
