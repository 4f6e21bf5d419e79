"""Selection: quotes are from different places, near-duplicates are merged, sources that disagree come together."""

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.types import Answer
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

PUBLISHED = {"old.md": "2019-05", "new.md": "2023"}


def ask(words: WordEncoder, question: str, old: str, new: str, **options: object) -> Answer:
    index = index_of(words, {"old.md": old, "new.md": new}, published=PUBLISHED)
    return Retriever(index, words, BY_LATE).ask(question, threshold=0.5, **options)  # type: ignore[arg-type]


def documents(answer: Answer) -> list[str]:
    return [quote.citation.document for quote in answer.quotes]


def test_sources_with_different_dates_are_both_quoted_the_newer_first(word_encoder: WordEncoder) -> None:
    """Even if only one quote was requested; the answer says that they differ."""
    answer = ask(
        word_encoder, "When closes the library", "The library closes on Monday.", "The library closes on Friday."
    )
    assert (documents(answer), answer.sources_differ) == (["new.md", "old.md"], True)


def test_sources_with_different_numbers_or_times_of_day_differ(word_encoder: WordEncoder) -> None:
    """1,200 equals 1200 and four equals 4; the year in "in 2019" is not a number."""
    how_many = "How many cat museum"
    assert ask(word_encoder, how_many, "The cat museum holds 1,200.", "A cat museum holds 1300.").sources_differ
    assert not ask(word_encoder, how_many, "The cat museum holds 1,200.", "A cat museum holds 1200.").sources_differ
    assert not ask(
        word_encoder, how_many, "In 2019 the cat museum held 12.", "A cat museum holds 12 in 2023."
    ).sources_differ
    assert not ask(word_encoder, how_many, "The cat museum holds four.", "A cat museum now holds 4.").sources_differ
    times = "The library opens at nine.", "The library opens at ten."
    assert ask(word_encoder, "When opens the library", *times).sources_differ


@pytest.mark.parametrize(
    ("question", "old", "new"),
    [
        ("When closes the library", "The library closes in March 2018.", "The library closes in 2018."),
        ("Who closes the library", "The library closes on Monday.", "The library closes on Friday."),
        ("When closes the library", "The library closes on Monday.", "The museum closes on Friday."),
    ],
)
def test_a_less_exact_date_or_another_kind_of_question_or_subject_is_not_a_disagreement(
    word_encoder: WordEncoder, question: str, old: str, new: str
) -> None:
    """Only sources that contradict each other about the question disagree."""
    answer = ask(word_encoder, question, old, new)
    assert (len(answer.quotes), answer.sources_differ) == (1, False)


def test_a_sentence_next_to_the_answer_does_not_disagree_with_it(word_encoder: WordEncoder) -> None:
    """Its numbers are about something else, unless a pronoun refers to the subject in the sentence before."""
    when = "When opens the library"
    both = "The library opens at nine.", "The library has 300 books. The library opens at nine."
    assert not ask(word_encoder, when, *both, top=5).sources_differ
    pronoun = "The library opens at nine.", "The library is new. It opens at ten."
    assert ask(word_encoder, when, *pronoun).sources_differ


def test_numbers_in_one_document_do_not_disagree(word_encoder: WordEncoder) -> None:
    """A text can well give two dates; only two documents can disagree."""
    text = "The library closes on Monday.\n\nThe library closes on Friday."
    answer = ask(word_encoder, "When closes the library", text, "Nothing here.")
    assert (len(answer.quotes), answer.sources_differ) == (1, False)


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom | 4 | 9 |", "| Cat | Sleeps |\n|---|---|\n| pia | 5 |", False),
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom | 4 | 9 |", "| Cat | Opens |\n|---|---|\n| tom | 5 |", False),
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom | 4 | 9 |", "Cat tom sleeps 5.", True),
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom | 4 | 9 |", "Cat tom sleeps 4.", False),
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom grey | 4 | 9 |", "Cat tom sleeps 5.", False),
        ("| Cat | Opens |\n|---|---|\n| tom | 9 |", "Cat tom sleeps 5.", False),
        ("| Cat | Sleeps | Opens |\n|---|---|---|\n| tom | 4 | 9 |", "| Cat | Sleeps |\n|---|---|\n| tom | 5 |", True),
    ],
)
def test_only_the_same_cell_of_a_table_can_disagree(
    word_encoder: WordEncoder, old: str, new: str, differ: bool
) -> None:
    """With another table or with a sentence about what the row is about; others are about something else."""
    assert ask(word_encoder, "How many sleeps cat tom", old, new).sources_differ is differ


def test_near_duplicates_are_one_quote_with_all_their_citations(word_encoder: WordEncoder) -> None:
    """The same sentence elsewhere, give or take a word without meaning, is cited but not quoted again."""
    answer = ask(word_encoder, "who sleeps cat", "The cat sleeps at four.", "A cat sleeps at four!", top=3)
    (quote,) = answer.quotes
    assert [quote.citation.document, *(citation.document for citation in quote.also)] == ["new.md", "old.md"]
    other = quote.also[0]
    assert "The cat sleeps at four."[other.start : other.end] == "The cat sleeps at four."


def test_sentences_with_different_numbers_are_not_near_duplicates(word_encoder: WordEncoder) -> None:
    """They differ in one word only, but that word matters."""
    answer = ask(word_encoder, "who sleeps cat", "The cat sleeps at four.", "The cat sleeps at nine.", top=3)
    assert sorted(documents(answer)) == ["new.md", "old.md"]
    assert all(quote.also == () for quote in answer.quotes)


def test_several_quotes_come_from_different_paragraphs(word_encoder: WordEncoder) -> None:
    """Two sentences of one paragraph are one place; the second one is visible in the context anyway."""
    old = "The cat sleeps well. The cat sleeps on a museum.\n\nOn Monday the cat sleeps longer."
    answer = ask(word_encoder, "cat sleeps", old, "A library.", top=5)
    assert [quote.citation.paragraph for quote in answer.quotes] == [1, 2]


def test_newest_prefers_only_the_newer_of_equally_good_quotes(word_encoder: WordEncoder) -> None:
    """Without it, ties are broken by row; a worse quote stays behind, however new it is."""
    equal = ("who sleeps cat", "The cat sleeps outside today.", "One cat sleeps somewhere else.")
    worse = ("who sleeps cat museum", "The museum cat sleeps outside.", "One cat sleeps somewhere else.")
    assert documents(ask(word_encoder, *equal, newest=True)) == ["new.md"]
    assert documents(ask(word_encoder, *worse, newest=True)) == ["old.md"]
    swapped = (equal[0], equal[2], equal[1])
    assert documents(ask(word_encoder, *swapped, newest=True)) == ["new.md"]


def test_rows_that_a_question_names_equally_are_all_quoted(word_encoder: WordEncoder) -> None:
    """Up to three, each sure enough by itself, unless the passage of the first shows them."""
    filler = "".join(f"| {name} | museum | nine | {'The museum sleeps. ' * 9}|\n" for name in "abcdefgh")
    rows = "| cat | ferry | four | x |\n| who | ferry | nine | y |\n"
    text = f"# Prices\n\n| name | place | price | note |\n|---|---|---|---|\n{filler}{rows}"
    retriever = Retriever(index_of(word_encoder, {"a.md": text}), word_encoder, BY_LATE)
    answer = retriever.ask("price of the ferry", threshold=0.0)
    assert [quote.text.split(" | ")[0] for quote in answer.quotes] == ["cat", "who"]
    assert not answer.sources_differ
    assert len(retriever.ask("price of the cat ferry", threshold=0.0).quotes) == 1


RETURNS = "| Boat | Returns |\n|---|---|\n| Ferry | Ferry returns Thu Feb 26 |\n| Cutter | Cutter returns Mon Mar 2 |"


@pytest.mark.parametrize(
    ("sentence", "differ"),
    [
        ("The ferry returns on Saturday 28 February.", True),
        ("The ferry has moved to 2026-02-28.", True),
        ("The ferry returns on Thursday, February 26th, at nine.", False),
        ("The ferry opens on Saturday February 28.", False),
        ("The night ferry from Lund returns on Saturday February 28.", True),
        ("The cutter returns on Saturday February 28.", False),
    ],
)
def test_a_row_and_a_sentence_with_another_date_differ(word_encoder: WordEncoder, sentence: str, differ: bool) -> None:
    """Also if the date is written otherwise, and if the sentence only says that there is a new one."""
    answer = ask(word_encoder, "When returns ferry", RETURNS, sentence)
    assert answer.sources_differ is differ
    assert documents(answer) == (["new.md", "old.md"] if differ else documents(answer)[:1])


def test_a_row_about_something_more_special_does_not_differ(word_encoder: WordEncoder) -> None:
    """What the row has besides the words of the question has to be in the sentence."""
    table = "| Event | Day |\n|---|---|\n| Ferry inspection | Mon Mar 9 |"
    assert not ask(word_encoder, "When ferry", table, "The ferry returns on Wednesday, March 11.").sources_differ


def test_a_deadline_and_what_is_due_are_the_same(word_encoder: WordEncoder) -> None:
    """Announcements seldom repeat the words of a plan."""
    table = "| Work | Deadline |\n|---|---|\n| Essay | Fri 6 Mar |"
    assert ask(word_encoder, "When is the essay due", table, "The essay is due on March 9 instead.").sources_differ
    old, new = "The essay is due on March 6.", "The deadline of the essay is March 9."
    assert ask(word_encoder, "When is the essay due", old, new).sources_differ


def test_numbers_that_are_counted_by_something_else_do_not_differ(word_encoder: WordEncoder) -> None:
    """Both can be so at the same time."""
    how_many = "How many free rides"
    term, day = "There are eight free rides for the whole term.", "There are two free rides per day."
    assert not ask(word_encoder, how_many, term, day).sources_differ
    assert ask(word_encoder, how_many, term, "There are nine free rides a term.").sources_differ


def test_what_holds_for_a_short_time_comes_after_what_always_holds(word_encoder: WordEncoder) -> None:
    """Even if it is newer; whoever asks about this week gets the newest first."""
    old, new = "The library opens on Tuesday.", "This week only, the library opens on Friday."
    answer = ask(word_encoder, "When opens the library", old, new)
    assert (documents(answer), answer.sources_differ) == (["old.md", "new.md"], True)
    asked = ask(word_encoder, "When opens the library this week", old, new)
    assert documents(asked)[0] == "new.md"
    old, new = "The library is in the hall.", "Today only, the library is in the hall of the museum."
    assert documents(ask(word_encoder, "library hall", old, new)) == ["old.md"]
