"""Explanations in words: what an operator reads."""

from dataclasses import replace

import pytest

from bot.showing.explanation_lines import explanation_lines, reason_text
from retrieval.explanations import Considered, Explanation, Reason

CONSIDERED = Considered(
    document="a\u202e.md", line=3, text="It opens\nat nine.", by_meaning=2, by_words=None, by_ranker=1,
    reasons=(Reason("kind", 0.62), Reason("margin", -1.0)), covered=0.8, reader=0.95, better_half=0.88,
    confidence_before=0.4, confidence=0.7,
)  # fmt: skip
EXPLANATION = Explanation(
    question="When?", asked_as="When?", unseen=(), candidates=1, considered=(CONSIDERED,), read=8, confidence=0.7,
    threshold=0.6,
)  # fmt: skip


def test_an_answer_is_explained_from_the_searches_to_the_threshold() -> None:
    """In this order, each on a line, without characters that mislead."""
    assert explanation_lines(EXPLANATION) == [
        "Found by meaning and by words: 1 sentence to choose from.",
        "1. a\ufffd.md:3 “It opens at nine.”",
        "   place 2 by meaning, not found by words, place 1 by the ranker",
        "   compared with the others: +0.6 it has the kind of thing that is asked for; -1.0 another subject matches "
        "better",
        "   80% of the question's words in the passage; confidence 40%, then 70%: the reader says 95% that it answers, "
        "88% that its better half does",
        "Read together with the question: 8 passages.",
        "Answered: the first passage has a confidence of 70.0%, and an answer needs 60.0%.",
    ]


def test_a_question_that_was_understood_otherwise_is_said_first() -> None:
    """And the words that no document has."""
    explanation = replace(EXPLANATION, asked_as="When now?", unseen=("zebra", "lion"))
    assert explanation_lines(explanation)[:2] == ["Asked as: When now?", "No document has: zebra, lion"]


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        (
            {"threshold": 0.9},
            [
                "Refused: the first passage has a confidence of 70.0%, and an answer needs 90.0%.",
                "The passage lacks words of the question: by their rarity, 20% of them.",
            ],
        ),
        (
            {"threshold": 0.9, "unseen": ("zebra",)},
            [
                "Refused: the first passage has a confidence of 70.0%, and an answer needs 90.0%.",
                "Words that no document has count against every passage; if the documents have other words for the "
                "same, write them into the glossary.",
            ],
        ),
        (
            {
                "confidence": 0.1,
                "threshold": 0.3,
                "considered": (replace(CONSIDERED, covered=1.0, reader=0.01, confidence=0.1),),
            },
            [
                "Refused: the first passage has a confidence of 10.0%, and an answer needs 30.0%.",
                "The reader is the reason: without it the question would have been answered.",
            ],
        ),
        (
            {"candidates": 0, "considered": (), "read": None, "confidence": 0.0},
            ["Refused: no sentence has anything in common with the question."],
        ),
    ],
)
def test_a_refusal_says_why(changed: dict[str, object], lines: list[str]) -> None:
    """By the threshold, the reader, and the words."""
    assert explanation_lines(replace(EXPLANATION, **changed))[-len(lines) :] == lines  # type: ignore[arg-type]


def test_a_withheld_answer_is_no_answer() -> None:
    """Although its confidence would be enough."""
    assert explanation_lines(replace(EXPLANATION, withheld=True))[-1] == (
        "Refused: what answers, with a confidence of 70.0%, was called wrong for this question (in "
        "answers/wrong_quotes.jsonl) or removed from the folder since."
    )


def test_a_feature_without_words_has_its_name() -> None:
    """New features need no words to be shown."""
    assert reason_text(Reason("new_feature", 1.25)) == "+1.2 new_feature"


def test_without_a_reader_nothing_is_said_about_it() -> None:
    """Only the confidence."""
    considered = replace(CONSIDERED, reader=None, better_half=None, reasons=())
    lines = explanation_lines(replace(EXPLANATION, considered=(considered,), read=None))
    assert lines[3] == "   80% of the question's words in the passage; confidence 70%"
    assert not any("read" in line.lower() for line in lines)
