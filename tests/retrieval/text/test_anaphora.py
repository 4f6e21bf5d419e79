"""Sentences that need the one before them are told from those that stand alone."""

import pytest

from retrieval.text.anaphora import refers_back


@pytest.mark.parametrize(
    "text",
    [
        "It fell to 4 %.",
        "“He refused,” she said.",
        "The move was criticised by both sides.",
        "The agreement, signed in Vienna, ended the war.",
        "The museum reopened in May.",
        "However, nobody came.",
        "Two years later the bridge was closed.",
        "In 1785 he presented a paper.",
        "During his reign the town grew.",
        "As part of this merger, the network would have been renamed.",
        "(This report became famous.)",
    ],
)
def test_sentences_that_refer_back_are_recognised(text: str) -> None:
    """Pronouns, connectives, and nouns that only rename what the sentence before told."""
    assert refers_back(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "Rome fell in 476.",
        "The agreement of Vienna ended the war.",
        "The Nationals are strongest in the east.",
        "The library of the town opens at nine.",
        "In 1785 Hutton said that he had a theory.",
        "It is possible that ferries return.",
        "Theory and practice differ.",
    ],
)
def test_sentences_that_name_their_subject_stand_alone(text: str) -> None:
    """A name, a noun with its explanation, or an expletive "it"."""
    assert not refers_back(text, "en")


def test_every_sentence_of_another_language_refers_back() -> None:
    """The rules are for English, and too much context is better than too little."""
    assert refers_back("Rom fiel.", "de")
