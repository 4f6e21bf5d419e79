"""A short question that refers to something said before is understood from the previous question."""

import pytest

from retrieval.text.cleaning import MAX_QUESTION_LENGTH
from retrieval.text.follow_ups import Ask, Following, Previous, ask_following, is_follow_up
from retrieval.types import Answer, Citation, Quote

ASKED_BEFORE = "Who opened the museum?"
PREVIOUS = Previous(ASKED_BEFORE, frozenset({"aaaaaaaaaa"}))
CITATION = Citation("aaaaaaaaaa", "museum.md", "", None, None, None, "museum.md", 1, 1, 0, 1)


def asker(*answerable: str) -> tuple[Ask, list[str]]:
    """Return a function that answers some questions and refuses all others, and the list of what it was asked."""
    asked: list[str] = []

    def ask(question: str, *, following: Following | None = None) -> Answer:
        assert question.startswith(ASKED_BEFORE) == (following is not None and bool(following.given))
        asked.append(question)
        quotes = (Quote("In May.", "", "", 0.9, CITATION),) if question in answerable else ()
        return Answer(question, quotes, (), 0.9 if quotes else 0.1, 0.5, "gen-1")

    return ask, asked


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("and when was that?", ["Who opened the museum? and when was that?"]),
        ("When does it close?", ["When does it close?", "Who opened the museum? When does it close?"]),
        ("Is there a ferry?", ["Is there a ferry?", "Who opened the museum? Is there a ferry?"]),
        ("When does the ferry leave the harbour on Mondays?", ["When does the ferry leave the harbour on Mondays?"]),
        ("What is the price?", ["What is the price?"]),
        ("by whom?", ["by whom?", "Who opened the museum? by whom?"]),
        ("for children?", ["for children?", "Who opened the museum? for children?"]),
        ("when exactly?", ["when exactly?", "Who opened the museum? when exactly?"]),
        (
            "In which year was it sold?",
            ["In which year was it sold?", "Who opened the museum? In which year was it sold?"],
        ),
        ("In which year did Mr Falk retire?", ["In which year did Mr Falk retire?"]),
    ],
)
def test_follow_ups_are_searched_with_the_previous_question(question: str, searched: list[str]) -> None:
    """Only a short question that may refer to something said before is joined to the previous question."""
    ask, asked = asker(searched[-1])

    answer = ask_following(ask, question, PREVIOUS, "en")

    assert is_follow_up(question, "en") == (searched != [question])
    assert (answer.question, answer.answered, asked) == (searched[-1], True, searched)
    assert ask_following(ask, question, None, "en").question == question


@pytest.mark.parametrize(
    "question",
    [
        "and where is the library?",
        "But when does the library open?",
        "so is there a ferry?",
        "Then who runs the museum?",
        "And, then: can children swim?",
        "so what does a ticket cost?",
    ],
)
def test_a_whole_question_may_begin_with_and(question: str) -> None:
    """It is asked alone first, and together with the previous one only if it has no answer."""
    joined = f"{ASKED_BEFORE} {question}"
    for answerable, searched in (((question, joined), [question]), ((joined,), [question, joined])):
        ask, asked = asker(*answerable)
        assert ask_following(ask, question, PREVIOUS, "en").question == searched[-1]
        assert asked == searched


@pytest.mark.parametrize(
    "question",
    [
        "and when was that?",
        "but why does it close?",
        "and who is there?",
        "so what did he do there?",
        "and on Sunday?",
        "and when?",
        "and who was?",
        "then how much?",
        "What about the museum?",
        "and what about Sunday?",
        "how about children?",
        "and which museum?",
    ],
)
def test_a_fragment_is_not_asked_alone(question: str) -> None:
    """Alone it means nothing, or something else than it does here."""
    ask, asked = asker(question)
    ask_following(ask, question, PREVIOUS, "en")
    assert asked == [f"{ASKED_BEFORE} {question}"]


def test_a_question_that_is_answered_alone_is_not_joined() -> None:
    """The word "there" refers to nothing in this question, which has an answer."""
    question = "Is there a ferry on Sunday?"
    ask, asked = asker(question, f"{ASKED_BEFORE} {question}")

    assert ask_following(ask, question, PREVIOUS, "en").question == question
    assert asked == [question]


def test_a_question_without_an_answer_is_refused_alone() -> None:
    """The refusal is that of the question itself, not of the previous one; too long together, it is asked alone."""
    for previous, searches in ((PREVIOUS, 3), (Previous("x" * MAX_QUESTION_LENGTH), 1)):
        ask, asked = asker()
        answer = ask_following(ask, "When does it close?", previous, "en")
        assert (answer.question, answer.answered, len(asked)) == ("When does it close?", False, searches)


def test_joined_questions_know_what_was_asked_and_quoted() -> None:
    """The search gets the follow-up alone, and the citations of the answer before it; last it is no follow-up."""
    followings = []

    def ask(question: str, *, following: Following | None = None) -> Answer:
        followings.append(following)
        return Answer(question, (), (), 0.1, 0.5, "gen-1")

    ask_following(ask, "When does it close?", PREVIOUS, "en")
    alone, joined = (Following("When does it close?", given) for given in (frozenset(), PREVIOUS.given))
    assert followings == [alone, joined, None]


def test_a_follow_up_of_another_day_is_the_same_question_about_that() -> None:
    """If that has no answer, both are asked together."""
    before = Previous("When does the museum open on Saturday?")
    for answerable, searched in (
        ("When does the museum open on Sunday?", ["When does the museum open on Sunday?"]),
        ("", ["When does the museum open on Sunday?", f"{before.question} and on Sunday?"]),
    ):
        ask, asked = asker(answerable)
        ask_following(ask, "and on Sunday?", before, "en")
        assert asked == searched
