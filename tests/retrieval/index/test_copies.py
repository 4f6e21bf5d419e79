"""Copies: a text counts once among the candidates and in the statistics, and each of its rows can be cited."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.candidates import find_candidates
from retrieval.asking.features import compute_features
from retrieval.asking.retriever import MAX_ALSO, Retriever
from retrieval.encoding.encoder import CachedQuestions, OnnxEncoder
from retrieval.index.build import build_index
from retrieval.index.copies import MAX_COPIES_PER_RESULT, find_copies, find_texts
from retrieval.index.index import Column
from retrieval.index.row_ranges import one_range
from retrieval.index.scope import whole_scope
from retrieval.measuring.squad import read_squad
from tests.proofs.copies import measure_copies
from tests.support.small_index import BY_LATE, TEXTS, index_of
from tests.support.word_encoder import WordEncoder

COPIES = {f"copies/{number:03}.txt": "The cat sleeps at nine.\n\nIt opens on monday." for number in range(200)}


def test_texts_are_numbered_and_the_first_row_of_each_is_counted() -> None:
    """Six rows have three texts; the first row of each is counted, among all rows or among some."""
    texts = find_texts(np.array([9, 4, 9, 7, 4, 9], np.uint64))
    rows = np.arange(6)
    assert texts.numbers(rows).tolist() == [0, 1, 0, 3, 1, 0]
    assert [texts.copies(number).tolist() for number in (0, 1, 3)] == [[0, 2, 5], [1, 4], [3]]
    assert texts.counted().repeats.tolist() == [2, 4, 5]
    assert texts.counted(one_range(1, 5)).repeats.tolist() == [4]
    assert [texts.counted(one_range(1, 6)).count_in(np.array(some, np.int32)) for some in ([0, 1, 4], [2, 5])] == [1, 1]


def test_rows_without_copies_are_their_own_texts() -> None:
    """Without equal texts, or without any rows, nothing is a repeat."""
    for checksums in ([9, 4, 7], []):
        texts = find_texts(np.array(checksums, np.uint64))
        assert texts.numbers(np.arange(len(checksums))).tolist() == list(range(len(checksums)))
        assert texts.counted().repeats.tolist() == []


def test_copies_do_not_crowd_out_other_candidates(word_encoder: WordEncoder) -> None:
    """Despite two hundred copies, all earlier candidates remain candidates, and a few of the copies join them."""
    alone, crowded = index_of(word_encoder), index_of(word_encoder, TEXTS | COPIES)
    before = find_candidates(alone, "cat sleeps nine", word_encoder).rows
    after = find_candidates(crowded, "cat sleeps nine", word_encoder).rows
    texts = [crowded.text(row) for row in after]
    assert {alone.text(row) for row in before} <= set(texts)
    assert texts.count("The cat sleeps at nine.") <= 2 * MAX_COPIES_PER_RESULT


def test_all_copies_of_a_passage_become_candidates_with_the_same_sentences(word_encoder: WordEncoder) -> None:
    """A window chosen for one sentence contributes the other too, so that no copy becomes a rival."""
    index = index_of(word_encoder, COPIES)
    rows = find_candidates(index, "cat sleeps monday", word_encoder).rows
    windows = index.table[rows, Column.WINDOW].tolist()
    assert all(windows.count(window) == 2 for window in windows)


def test_copies_do_not_change_how_rare_a_word_is(word_encoder: WordEncoder) -> None:
    """With one copy or with two hundred, the features of all other candidates are equal to the last bit."""
    once = {name: text for name, text in COPIES.items() if name.endswith("000.txt")}
    for question in ("ferry price four", "library closes", "museum sleeps", "who"):
        features_by_text = []
        for copies in (once, COPIES):
            index = index_of(word_encoder, TEXTS | copies)
            candidates = find_candidates(index, question, word_encoder)
            features = compute_features(index, word_encoder, candidates)
            rows = candidates.rows
            other = [i for i, row in enumerate(rows) if index.documents[index.sentence(row).document].id in TEXTS]
            features_by_text.append({index.text(int(rows[i])): features[i].tolist() for i in other})
        assert features_by_text[0] == features_by_text[1]


def test_a_text_in_many_files_is_one_quote_that_counts_its_copies(word_encoder: WordEncoder) -> None:
    """The first few copies are cited and the others counted, none of them twice."""
    retriever = Retriever(index_of(word_encoder, TEXTS | COPIES), word_encoder, BY_LATE)
    (quote,) = retriever.ask("When does the cat sleep at nine?").quotes
    cited = [citation.document for citation in (quote.citation, *quote.also)]
    assert quote.text == "The cat sleeps at nine."
    assert len(quote.also) == MAX_ALSO
    assert len(set(cited)) == MAX_ALSO + 1
    assert quote.more == len(COPIES) - MAX_ALSO - 1


def test_a_text_in_two_files_is_one_quote_with_two_citations(word_encoder: WordEncoder) -> None:
    """No further copies are counted if all are cited."""
    texts = {"a.txt": "The cat sleeps at nine.", "b/a.txt": "The cat sleeps at nine.", "c.txt": "The ferry opens."}
    (quote,) = Retriever(index_of(word_encoder, texts), word_encoder, BY_LATE).ask("cat sleeps").quotes
    assert [citation.document for citation in (quote.citation, *quote.also)] == ["a.txt", "b/a.txt"]
    assert quote.more == 0


def test_the_same_words_under_another_title_are_not_a_copy(word_encoder: WordEncoder) -> None:
    """If the question contains the title, the other documents do not answer it in the same way."""
    texts = {f"{name}.txt": "It opens at nine." for name in ("museum", "library", "ferry")}
    index = index_of(word_encoder, texts)
    retriever = Retriever(index, word_encoder, BY_LATE)
    numbers = whole_scope(index).texts
    assert find_copies(index, numbers, 2, ["museum", "open"]).tolist() == []
    assert find_copies(index, numbers, 2, ["open"]).tolist() == [0, 1]
    assert {hit.row for hit in retriever.rank("museum opens nine")} == {0, 1, 2}


@pytest.mark.parametrize("count", [2, 50, 400])
def test_the_closest_passages_have_different_texts(word_encoder: WordEncoder, count: int) -> None:
    """However many copies there are, no two of the passages shown with a refusal have the same text."""
    many = {f"c{number}.txt": "The cat sleeps at nine." for number in range(count)}
    retriever = Retriever(index_of(word_encoder, TEXTS | many), word_encoder, BY_LATE)
    refused = retriever.ask("cat sleeps", threshold=1.1)
    assert len({quote.text for quote in refused.closest}) == len(refused.closest) == 3


def test_a_thousand_copies_change_no_other_answer(measuring_data: Path, encoder: OnnxEncoder) -> None:
    """The test has the real model and ten articles; python -m tests.proofs.copies has all articles."""
    corpus = read_squad(measuring_data / "data" / "xquad-r" / "en.json")
    questions = [question for question in corpus.questions if question.document < 10]
    some = replace(corpus, reads=corpus.reads[:10], questions=questions)
    alone = build_index(some.reads, encoder, "en", "alone").index
    effect = measure_copies(some, alone, CachedQuestions(encoder), (0, 0), 1_000, step=3)
    assert effect.other_changed <= effect.other_questions / 100
    assert effect.max_places > 1_000
