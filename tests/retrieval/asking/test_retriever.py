"""Asking: exact rows and scores, quotes that are verified, silence below the threshold."""

import math
from dataclasses import replace

import pytest

from retrieval.asking.candidates import find_candidates
from retrieval.asking.features import FEATURE_NAMES, NEUTRAL_COVERAGE_TEXT, compute_features
from retrieval.asking.retriever import Retriever
from retrieval.errors import DamagedIndexError
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

COVERAGE = ("coverage_neighbours", "coverage_window", "coverage_text")


def test_the_best_hit_and_its_probability_can_be_worked_out(words: WordEncoder) -> None:
    """Of "cat sleeps nine" the sentence "The cat sleeps on the ferry." holds two words of three."""
    hits = Retriever(index_of(words), words, BY_LATE).rank("cat sleeps nine")
    assert hits[0].row == 1
    assert hits[0].score == pytest.approx(2 / 3, abs=1e-6)
    assert hits[0].probability == pytest.approx(1 / (1 + math.exp(5 - 10 * 2 / 3)), abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_coverage_counts_terms_by_rarity_in_neighbours_window_and_text(words: WordEncoder) -> None:
    """For "library monday", the title holds "library" for all its document, "monday" stands in one sentence."""
    index = index_of(words)
    hits = {
        hit.row: [hit.features[FEATURE_NAMES.index(name)] for name in COVERAGE]
        for hit in Retriever(index, words, BY_LATE).rank("library monday")
    }
    library, monday = (math.log1p((5 - n + 0.5) / (n + 0.5)) for n in (3, 1))
    share = library / (library + monday)
    assert hits[3] == pytest.approx([1.0, 1.0, 1.0])
    assert hits[2] == pytest.approx([1.0, 1.0, 1.0])
    assert hits[4] == pytest.approx([share, share, 0.0])
    assert hits[0] == [0.0, 0.0, 0.0]


def test_a_question_that_the_title_covers_says_nothing_of_the_text(words: WordEncoder) -> None:
    """Then coverage_text is the neutral value; a document with another title must hold the word itself."""
    hits = {hit.row: hit.features for hit in Retriever(index_of(words), words, BY_LATE).rank("library")}
    column = FEATURE_NAMES.index("coverage_text")
    assert [hits[row][column] for row in (2, 4)] == pytest.approx([NEUTRAL_COVERAGE_TEXT, NEUTRAL_COVERAGE_TEXT])
    assert hits[0][column] == 0.0


def test_late_window_takes_the_best_of_the_whole_window(words: WordEncoder) -> None:
    """For "opens monday" one word stands in each sentence: half for each, all for the window; then it is on topic."""
    hits = {hit.row: hit.features for hit in Retriever(index_of(words), words, BY_LATE).rank("opens monday")}
    columns = [FEATURE_NAMES.index(name) for name in ("late", "late_window", "late_window_rare", "off_topic")]
    assert hits[2][columns].tolist() == hits[3][columns].tolist() == pytest.approx([0.5, 1.0, 1.0, 0.0])
    assert hits[4][columns].tolist() == pytest.approx([0.0, 0.0, 0.0, -0.5])


def test_similarities_are_on_the_models_own_scale(words: WordEncoder) -> None:
    """What the model gives to unrelated words is 0, what it gives to the same word elsewhere is 1."""
    index = index_of(words)
    words.similarity_range = (0.2, 0.6)
    hits = {hit.row: hit.features[0] for hit in Retriever(index, words, BY_LATE).rank("opens monday")}
    assert hits[2] == pytest.approx((0.8 / 0.4 - 0.2 / 0.4) / 2)


def test_a_small_index_has_no_size(words: WordEncoder) -> None:
    """Up to a thousand sentences size is 0; at a hundred thousand it is 2, and the margin counts as often again."""
    index = index_of(words)
    columns = [FEATURE_NAMES.index(name) for name in ("margin", "size", "margin_size")]
    for hit in Retriever(index, words, BY_LATE).rank("cat sleeps"):
        assert hit.features[columns[1:]].tolist() == [0.0, 0.0]
    candidates = find_candidates(index, "cat sleeps", words)
    small = compute_features(index, words, candidates)
    large = compute_features(index, words, replace(candidates, corpus_size=100_000))
    assert large[:, columns[1]].tolist() == [2.0] * len(candidates.rows)
    assert large[:, columns[2]].tolist() == pytest.approx((2 * large[:, columns[0]]).tolist())
    assert small.shape == large.shape


def test_a_copy_is_no_rival(words: WordEncoder) -> None:
    """A second document that says the same of another day leaves the margin to what says something else."""
    texts = {"a.txt": "The cat sleeps at nine.", "b.txt": "The cat sleeps at four.", "c.txt": "The museum sleeps."}
    index = index_of(words, texts)
    column = FEATURE_NAMES.index("margin")
    margins = {hit.row: float(hit.features[column]) for hit in Retriever(index, words, BY_LATE).rank("cat sleeps")}
    assert margins[0] == margins[1] > 0
    assert margins[2] == pytest.approx(-margins[0])


def test_an_answer_holds_verified_quotes_with_their_context_and_place(words: WordEncoder) -> None:
    """The quote is the document's text at the citation's offsets; "It" brings the sentence before."""
    index = index_of(words)
    answer = Retriever(index, words, BY_LATE).ask("closes monday", threshold=0.1)
    (quote,) = answer.quotes
    citation = quote.citation
    assert (quote.before, quote.text, quote.after) == ("The library opens at nine.", "It closes on monday.", "")
    assert index.documents[1].text[citation.start : citation.end] == quote.text
    assert (citation.document, citation.line, citation.paragraph) == ("library.md", 3, 2)
    assert answer.closest == ()


def test_below_the_threshold_there_is_no_quote_only_what_was_closest(words: WordEncoder) -> None:
    """A refusal carries no quote, however many are asked for."""
    answer = Retriever(index_of(words), words, BY_LATE).ask("who", top=5)
    assert (answer.answered, answer.quotes) == (False, ())
    assert 0 < len(answer.closest) <= 3
    assert answer.confidence < answer.threshold == 0.5


def test_every_quote_of_an_answer_passes_the_threshold(words: WordEncoder) -> None:
    """Asking for more quotes never brings one that would not answer alone."""
    retriever = Retriever(index_of(words), words, BY_LATE)
    for threshold in (0.05, 0.3, 0.5):
        quotes = retriever.ask("cat sleeps museum", top=10, threshold=threshold).quotes
        assert all(quote.score >= threshold for quote in quotes)
    assert len(retriever.ask("cat sleeps museum", top=10, threshold=0.05).quotes) == 2


def test_an_index_of_another_model_is_refused(words: WordEncoder) -> None:
    """Vectors of two models do not compare."""
    index = index_of(words)
    words.fingerprint = "other"
    with pytest.raises(DamagedIndexError, match="was made with model words, not other"):
        Retriever(index, words, BY_LATE)


def test_an_index_without_a_sentence_refuses(words: WordEncoder) -> None:
    """There is nothing to find, and that is an answer without quotes."""
    answer = Retriever(index_of(words, {}), words, replace(BY_LATE, bias=9.0)).ask("cat")
    assert (answer.quotes, answer.closest, answer.confidence) == ((), (), 0.0)


def test_margin_is_the_lead_over_another_window(words: WordEncoder) -> None:
    """Candidates of the best window lead the second one; all others trail the best."""
    hits = Retriever(index_of(words), words, BY_LATE).rank("cat sleeps")
    margin = {hit.row: float(hit.features[FEATURE_NAMES.index("margin")]) for hit in hits}
    cat, sleeps = (math.log1p((5 - n + 0.5) / (n + 0.5)) for n in (1, 2))
    second = max(sleeps, 1.0) / (max(cat, 1.0) + max(sleeps, 1.0))  # "The museum sleeps."
    assert margin[1] == pytest.approx(1 - second)
    assert margin[4] == pytest.approx(second - 1)
    assert margin[0] == pytest.approx(0 - second)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("library", 1.0), ("is the Museum open", 1.0), ("is Paris there", 0.0), ("why 1931", 0.0)],
)
def test_names_and_numbers_of_the_question_are_looked_for(words: WordEncoder, question: str, expected: float) -> None:
    """Of "The museum sleeps." a name or number is covered or not; a question without any counts as covered."""
    hits = {hit.row: hit.features for hit in Retriever(index_of(words), words, BY_LATE).rank(question)}
    assert hits[4][FEATURE_NAMES.index("coverage_names")] == expected


def test_a_question_in_a_document_is_never_the_answer_to_itself(words: WordEncoder) -> None:
    """In a list of questions and answers the answer is quoted, found by the question above it."""
    texts = {"faq.txt": "When does the museum close?\n\nMonday at nine.", "help.md": "## Who sleeps?\n\nThe cat."}
    retriever = Retriever(index_of(words, texts), words, BY_LATE)
    assert [retriever.index.text(hit.row) for hit in retriever.rank("When does the museum close?")] == [
        "Monday at nine.",
        "The cat.",
    ]
    assert words.encoded[1].endswith("Who sleeps? The cat.")
