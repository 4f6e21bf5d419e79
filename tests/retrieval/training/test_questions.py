"""Questions are reworded, altered and made as people would write them."""

import random

import pytest

from retrieval.training.altered_questions import alter
from retrieval.training.casual_wording import drop_small_words, keep_keywords, misspell, reword, shorten, wrap
from retrieval.training.made_questions import make_questions, questions_of
from retrieval.training.made_tables import NAME, make_tables
from retrieval.training.near_passages import NearPassages
from retrieval.training.reading_sets import Passage, ReadingSet

QUESTION = "What is the height of the tower in Paris?"


def test_without_rewording_only_the_question_mark_may_go() -> None:
    """A share of 0 leaves all words as they are."""
    assert {reword(QUESTION, random.Random(seed), share=0.0) for seed in range(20)} == {QUESTION, QUESTION[:-1]}


def test_a_reworded_question_keeps_most_of_its_words_that_carry_meaning() -> None:
    """One or two words may be misspelt; no rewording is empty."""
    for seed in range(300):
        reworded = reword(QUESTION, random.Random(seed), share=1.0).lower()
        assert sum(word in reworded for word in ("height", "tower", "paris")) >= 1


def test_a_question_that_must_stay_another_one_keeps_its_question_word() -> None:
    """Left with its keywords, every second one loses it."""
    why = "Why is the tower in Paris closed?"
    asked = [reword(why, random.Random(seed), share=1.0, as_keywords=False).lower() for seed in range(200)]
    assert sum(text.startswith("tower") for text in asked) == 0
    assert sum(reword(why, random.Random(seed), share=1.0).startswith("tower") for seed in range(200)) > 5


def test_the_same_seed_rewords_alike() -> None:
    """Training can be repeated."""
    assert reword(QUESTION, random.Random(5), 1.0) == reword(QUESTION, random.Random(5), 1.0)


def test_misspelling_changes_one_or_two_words_of_four_letters_or_more() -> None:
    """Short words and numbers stay."""
    for seed in range(50):
        changed = misspell("to be or 1234567 tower", random.Random(seed)).split()
        assert changed[:4] == ["to", "be", "or", "1234567"]
        assert abs(len(changed[4]) - len("tower")) <= 2


def test_keywords_are_the_words_that_carry_meaning() -> None:
    """Articles, prepositions and, mostly, the question word go."""
    kept = {keep_keywords(QUESTION, random.Random(seed)) for seed in range(10)}
    assert kept == {"height tower Paris", "What height tower Paris"}


def test_small_words_are_dropped_and_others_kept() -> None:
    """Nothing else changes."""
    dropped = drop_small_words(QUESTION, random.Random(1)).split()
    assert [word for word in dropped if word in ("What", "height", "tower", "Paris?")] == [
        "What", "height", "tower", "Paris?",
    ]  # fmt: skip
    assert len(dropped) < len(QUESTION.split())


def test_indirect_questions_hold_the_question() -> None:
    """With an opening before or a closing after it."""
    for seed in range(20):
        assert "is the height of the tower in Paris" in wrap(QUESTION, random.Random(seed))


def test_short_forms_are_whole_words() -> None:
    """The word "you" becomes "u", but "young" stays."""
    assert {shorten("can you ask young people", random.Random(seed)) for seed in range(9)} >= {"can u ask young ppl"}


@pytest.mark.parametrize(
    ("question", "window", "altered"),
    [
        ("Who led the army of Rome?", "rome had an army", "Who led the army of Carthage?"),
        ("which is the largest room", "the largest room has a door", "which is the smallest room"),
    ],
)
def test_what_is_altered_is_a_name_or_a_word_with_an_opposite(question: str, window: str, altered: str) -> None:
    """The name comes from another question of the article."""
    assert alter(question, ["When did they found Carthage?"], window, random.Random(0)) == altered


def test_a_number_is_altered_to_one_that_the_window_does_not_hold() -> None:
    """Or not at all."""
    for seed in range(30):
        altered = alter(
            "the prize in 1990", [], "it went to ann in 1990, bob in 1991, cem in 1992", random.Random(seed)
        )
        assert altered is None or altered.split()[-1] not in ("1990", "1991", "1992")


def test_a_question_without_anything_to_alter_is_left() -> None:
    """It has no such negative."""
    assert alter("how does it work", [], "it works by steam", random.Random(0)) is None


@pytest.mark.parametrize(
    ("sentence", "questions"),
    [
        ("The fort was built in the year 1840, by a duke.", ["was the fort built in the year 1840?"]),
        ("To reset the lamp, hold the button.", [
            "how do i reset the lamp?", "how to reset the lamp", "what should I do to reset the lamp?",
        ]),
        ("If the light blinks twice, call us.", [
            "what happens if the light blinks twice?", "what if the light blinks twice",
        ]),
        ("You can open the lid by pressing it.", [
            "can you open the lid by pressing it?", "how can I open the lid?", "how do you open the lid?",
        ]),
        ("The lamp is loud at night because it is old.", [
            "is the lamp loud at night?", "why is the lamp loud at night?",
        ]),
        ("It rained.", []),
    ],
)  # fmt: skip
def test_statements_become_the_questions_that_they_answer(sentence: str, questions: list[str]) -> None:
    """Only where the form is simple enough for the question to be right."""
    assert questions_of(sentence) == questions


def test_the_purpose_of_a_sentence_is_also_a_heading_above_what_is_left_of_it() -> None:
    """As in manuals, where the steps below a heading do not repeat it; the question is answered by that sentence."""
    text = "It is old. To reset the lamp, hold the button for a while. Wait."
    made = make_questions([ReadingSet("lamps", [], [Passage("Lamps", "", text, "Lamps")])], seed=0)
    asked, moved = made.questions
    assert made.passages[asked.passage].text == text
    assert moved.text == "how do i reset the lamp?"
    assert made.passages[moved.passage] == Passage(
        "Lamps", "Reset the lamp", "Hold the button for a while. Wait.", "Lamps"
    )
    assert moved.sentences == ((0, len("Hold the button for a while.")),)


def test_a_made_table_answers_with_the_cell_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence stands in the row of the name, or is the name of the row with the value."""
    monkeypatch.setattr("retrieval.training.made_tables.TABLES", 60)
    words = " ".join(a + b + "ed" for a in ("ba", "ce", "di", "fo", "gu") for b in ("lam", "nor", "pit", "rus", "tav"))
    tables = make_tables([ReadingSet("words", [], [Passage("", "", words, "")])], seed=1)
    assert (tables.name, len(tables.passages), len(tables.questions)) == (NAME, 60, 180)
    for question in tables.questions:
        text = tables.passages[question.passage].text
        ((start, end),) = question.answers
        row = text[text.rindex("\n", 0, start) + 1 if "\n" in text[:start] else 0 : text.index("\n", end)].lower()
        name = text[start:end].lower()
        in_row = [word for word in question.text.lower().replace("?", "").replace("'s", "").split() if word in row]
        assert in_row, (question.text, row)
        assert name in row


def test_near_passages_share_the_rarest_words() -> None:
    """Words of most passages count nothing; ties are in order."""
    index = NearPassages(["red fox den", "red fox", "red owl", "red cat", "red dog"])
    assert index.nearest("the red fox in its den", 2) == [0, 1]
    assert index.nearest("fox", 3, within={1, 2}) == [1]
    assert index.nearest("red", 3) == []
