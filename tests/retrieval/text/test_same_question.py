"""Two questions are compared word by word: what either lacks, and whether one says the opposite."""

import pytest

from retrieval.text.opposites import have_opposites
from retrieval.text.same_question import asked_text, compare_questions


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("How many rages at level 6?", "how many rages at 6th level"),
        ("xp needed for lvl 5", "XP needed for level five?"),
        ("is pvp allowed?", "Is PvP allowed"),
        ("docs in german?", "are the docs in German"),
        ("jump with str 16", "Can I jump with strength 16?"),
        ("What is it?", "what is it"),
    ],
)
def test_the_same_words_in_another_form_are_no_difference(asked: str, stored: str) -> None:
    assert compare_questions(asked, stored, "en").is_none
    assert compare_questions(stored, asked, "en").is_none


@pytest.mark.parametrize(
    ("language", "asked", "stored", "same"),
    [
        ("de", "Was kostet ein Kanu?", "was kostet das kanu", True),
        ("de", "Wann ist die Bücherei offen?", "Wo ist die Bücherei offen?", False),
        ("de", "Kann man mit Hund kommen?", "Kann man ohne Hund kommen?", False),
        ("es", "¿Cuándo abre?", "cuando abre", True),
        ("es", "¿Cuándo abre la sala?", "¿Dónde abre la sala?", False),
        ("es", "¿Hasta cuándo se puede?", "¿Desde cuándo se puede?", False),
        ("fr", "Où est le livre ?", "Quand est le livre ?", False),
        ("fr", "C'est ouvert ?", "Ce n'est pas ouvert ?", False),
        ("pl", "Gdzie jest gra?", "Kiedy jest gra?", False),
    ],
)
def test_words_that_ask_or_turn_a_question_count_in_other_languages(
    language: str, asked: str, stored: str, same: bool
) -> None:
    """Although searches leave those that ask out."""
    assert compare_questions(asked, stored, language).is_none is same


@pytest.mark.parametrize(("asked", "stored"), [("???", "!?"), ("👍?", "???"), ("", "")])
def test_texts_without_a_word_are_not_the_same_question(asked: str, stored: str) -> None:
    """Else any picture would get what is kept below another one, as surely as can be."""
    assert not compare_questions(asked, stored, "en").is_none


@pytest.mark.parametrize(
    ("asked", "stored", "left", "stored_left", "shared"),
    [
        ("is drinking a potion free", "is brewing a potion free", {"drink"}, {"brew"}, 2 / 3),
        ("what breaks a long rest", "what interrupts a long rest", {"break"}, {"interrupt"}, 2 / 3),
        ("is pvp allowed here now", "is pvp allowed", {"here", "now"}, set(), 1.0),
        ("opening hours", "where do I park", {"open", "hor"}, {"park"}, 0.0),
        ("where is it", "what was that", {"where", "is", "it"}, {"what", "was", "that"}, 0.0),
    ],
)
def test_words_that_only_one_has_are_named(
    asked: str, stored: str, left: set[str], stored_left: set[str], shared: float
) -> None:
    difference = compare_questions(asked, stored, "en")
    assert (set(difference.asked), set(difference.stored)) == (left, stored_left)
    assert difference.shared == pytest.approx(shared)
    assert not difference.conflicting
    assert not difference.opposed


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("how far can I jump with str 10", "how far can I jump with str 16"),
        ("where are the v1 docs", "where are the v2 docs"),
        ("is the a310 good", "is the b580 good"),
        ("who kicks after two warnings", "who kicks after 3 warnings"),
        ("when is session 14", "where is session 14"),
        ("how many players are there", "when are the players there"),
    ],
)
def test_other_numbers_and_other_kinds_of_answers_conflict(asked: str, stored: str) -> None:
    assert compare_questions(asked, stored, "en").conflicting
    assert compare_questions(stored, asked, "en").conflicting


@pytest.mark.parametrize(
    ("asked", "stored", "opposed"),
    [
        ("how do I make it scan one folder", "how do I make it not scan one folder", True),
        ("my commands dont show up", "my commands show up", True),
        ("what interrupts a short rest in the long camp", "what interrupts a long rest in the long camp", True),
        ("how do I uninstall cogs", "how do I install cogs", True),
        ("when was the last call", "when is the next call", True),
        ("enabling dark mode", "disabled dark mode", True),
        ("ios isn't supported", "ios is unsupported", False),
        ("the library isn't visible", "cant see the library", False),
    ],
)
def test_a_negation_or_an_opposite_opposes_unless_both_do(asked: str, stored: str, opposed: bool) -> None:
    assert compare_questions(asked, stored, "en").opposed is opposed
    assert compare_questions(stored, asked, "en").opposed is opposed


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("1.2. What is this FAQ?", "What is this FAQ?"),
        ("Q: Is it free?", "Is it free?"),
        ("How to reset your password", "How to reset your password"),
        ("How do I add a bot", "How do I add a bot"),
        ("Opening hours", ""),
        ("Whatever you like", ""),
        ("2. Installation", ""),
    ],
)
def test_a_heading_that_asks_loses_its_number(heading: str, text: str) -> None:
    assert asked_text(heading) == text


@pytest.mark.parametrize(
    "pair", [("before", "after"), ("raising", "lowering"), ("unlock", "lock"), ("enable", "disables")]
)
def test_opposites_are_found_in_any_form_and_order(pair: tuple[str, str]) -> None:
    one, other = pair
    assert have_opposites([one], [other])
    assert have_opposites(["cat", other], [one, "dog"])


@pytest.mark.parametrize(
    "pair", [("before", "before"), ("inform", "form"), ("reader", "read"), ("on", "an"), ("do", "undo")]
)
def test_other_words_are_no_opposites(pair: tuple[str, str]) -> None:
    one, other = pair
    assert have_opposites([one], [other]) is (pair == ("inform", "form"))
