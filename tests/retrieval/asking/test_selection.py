"""Several quotes: from different places, the same words once, differing sources together."""

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.types import Answer
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

PUBLISHED = {"old.md": "2019-05", "new.md": "2023"}


def ask(words: WordEncoder, question: str, old: str, new: str, **options: object) -> Answer:
    index = index_of(words, {"old.md": old, "new.md": new}, published=PUBLISHED)
    return Retriever(index, words, BY_LATE).ask(question, threshold=0.5, **options)  # type: ignore[arg-type]


def places(answer: Answer) -> list[str]:
    return [quote.citation.document for quote in answer.quotes]


def test_sources_that_give_another_date_are_both_quoted_the_newer_first(words: WordEncoder) -> None:
    """Even where one quote was asked for; the answer says so."""
    answer = ask(words, "When closes the library", "The library closes on Monday.", "The library closes on Friday.")
    assert (places(answer), answer.sources_differ) == (["new.md", "old.md"], True)


def test_sources_that_give_another_number_or_time_of_day_differ(words: WordEncoder) -> None:
    """1,200 and 1200 are the same number, four and 4 too; the year in "in 2019" is none."""
    asked = "How many cat museum"
    assert ask(words, asked, "The cat museum holds 1,200.", "A cat museum holds 1300.").sources_differ
    assert not ask(words, asked, "The cat museum holds 1,200.", "A cat museum holds 1200.").sources_differ
    assert not ask(words, asked, "In 2019 the cat museum held 12.", "A cat museum holds 12 in 2023.").sources_differ
    assert not ask(words, asked, "The cat museum holds four.", "A cat museum now holds 4.").sources_differ
    times = "The library opens at nine.", "The library opens at ten."
    assert ask(words, "When opens the library", *times).sources_differ


@pytest.mark.parametrize(
    ("question", "old", "new"),
    [
        ("When closes the library", "The library closes in March 2018.", "The library closes in 2018."),
        ("Who closes the library", "The library closes on Monday.", "The library closes on Friday."),
        ("When closes the library", "The library closes on Monday.", "The museum closes on Friday."),
    ],
)
def test_a_less_exact_date_another_question_or_another_subject_is_no_difference(
    words: WordEncoder, question: str, old: str, new: str
) -> None:
    """Only a contradiction about what was asked counts."""
    answer = ask(words, question, old, new)
    assert (len(answer.quotes), answer.sources_differ) == (1, False)


def test_a_sentence_beside_the_one_that_answers_does_not_differ_from_it(words: WordEncoder) -> None:
    """Its numbers belong to something else; a pronoun, though, stands for what the sentence before names."""
    asked = "When opens the library"
    both = "The library opens at nine.", "The library has 300 books. The library opens at nine."
    assert not ask(words, asked, *both, top=5).sources_differ
    pronoun = "The library opens at nine.", "The library is new. It opens at ten."
    assert ask(words, asked, *pronoun).sources_differ


def test_numbers_of_one_document_do_not_contradict_each_other(words: WordEncoder) -> None:
    """A text may well give two dates; only two documents can differ."""
    text = "The library closes on Monday.\n\nThe library closes on Friday."
    answer = ask(words, "When closes the library", text, "Nothing here.")
    assert (len(answer.quotes), answer.sources_differ) == (1, False)


def test_near_duplicates_are_one_quote_with_all_their_citations(words: WordEncoder) -> None:
    """The same words elsewhere, but for a word without meaning, are cited, not quoted again."""
    answer = ask(words, "who sleeps cat", "The cat sleeps at four.", "A cat sleeps at four!", top=3)
    (quote,) = answer.quotes
    assert [quote.citation.document, *(one.document for one in quote.also)] == ["new.md", "old.md"]
    other = quote.also[0]
    assert "The cat sleeps at four."[other.start : other.end] == "The cat sleeps at four."


def test_near_duplicates_with_other_numbers_are_not_folded(words: WordEncoder) -> None:
    """One word apart, but it is the one that matters."""
    answer = ask(words, "who sleeps cat", "The cat sleeps at four.", "The cat sleeps at nine.", top=3)
    assert sorted(places(answer)) == ["new.md", "old.md"]
    assert all(quote.also == () for quote in answer.quotes)


def test_several_quotes_come_from_different_paragraphs(words: WordEncoder) -> None:
    """Two sentences of one paragraph are one place; the second would be seen as context anyway."""
    old = "The cat sleeps well. The cat sleeps on a museum.\n\nOn Monday the cat sleeps longer."
    answer = ask(words, "cat sleeps", old, "A library.", top=5)
    assert [quote.citation.paragraph for quote in answer.quotes] == [1, 2]


def test_newest_prefers_the_newer_of_equally_good_quotes_only(words: WordEncoder) -> None:
    """Without the option the tie goes by place; a worse quote stays behind however new it is."""
    equal = ("who sleeps cat", "The cat sleeps outside today.", "One cat sleeps somewhere else.")
    worse = ("who sleeps cat museum", "The museum cat sleeps outside.", "One cat sleeps somewhere else.")
    assert places(ask(words, *equal, newest=True)) == ["new.md"]
    assert places(ask(words, *worse, newest=True)) == ["old.md"]
    reverse = (equal[0], equal[2], equal[1])
    assert places(ask(words, *reverse, newest=True)) == ["new.md"]
