"""Copies: one text counts once among the candidates and in the statistics, and each place can be cited."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.candidates import find_candidates
from retrieval.asking.features import compute_features
from retrieval.asking.retriever import MOST_ALSO, Retriever
from retrieval.encoding.encoder import CachedQuestions, OnnxEncoder
from retrieval.index.build import build_index
from retrieval.index.copies import MAX_COPIES_PER_RESULT, find_copies, mark_first_rows, number_texts
from retrieval.index.index import Column
from retrieval.index.scope import whole_scope
from retrieval.measuring.squad import read_squad
from tests.proofs import copies as proof
from tests.support.small_index import BY_LATE, TEXTS, index_of
from tests.support.word_encoder import WordEncoder

COPIED = {f"copies/{number:03}.txt": "The cat sleeps at nine.\n\nIt opens on monday." for number in range(200)}


def test_texts_are_numbered_and_the_first_of_each_is_marked() -> None:
    """Of five rows with three texts the first of each counts, among all or among some."""
    texts = number_texts(np.array([9, 4, 9, 7, 4], np.uint64))
    assert texts.tolist() == [0, 1, 0, 3, 1]
    assert number_texts(np.array([9, 4, 7], np.uint64)).tolist() == [0, 1, 2]
    assert mark_first_rows(texts).tolist() == [True, True, False, True, False]
    within = np.array([False, True, True, False, True])
    assert mark_first_rows(texts, within).tolist() == [False, True, True, False, False]
    assert mark_first_rows(texts[:0]).tolist() == []


def test_copies_do_not_crowd_out_other_candidates(words: WordEncoder) -> None:
    """Among two hundred copies every other sentence that was a candidate is one still, and a few of the copies are."""
    alone, crowded = index_of(words), index_of(words, TEXTS | COPIED)
    before = find_candidates(alone, "cat sleeps nine", words).rows
    after = find_candidates(crowded, "cat sleeps nine", words).rows
    texts = [crowded.text(row) for row in after]
    assert {alone.text(row) for row in before} <= set(texts)
    assert texts.count("The cat sleeps at nine.") <= 2 * MAX_COPIES_PER_RESULT


def test_the_places_of_a_copied_passage_are_alike(words: WordEncoder) -> None:
    """A window that is chosen for one sentence brings the others that were found, so that none becomes a rival."""
    index = index_of(words, COPIED)
    rows = find_candidates(index, "cat sleeps monday", words).rows
    windows = index.table[rows, Column.WINDOW].tolist()
    assert all(windows.count(window) == 2 for window in windows)


def test_copies_do_not_change_how_rare_a_word_is(words: WordEncoder) -> None:
    """With one copy or two hundred the features of every other candidate are the same, to the last bit."""
    once = {name: text for name, text in COPIED.items() if name.endswith("000.txt")}
    for question in ("ferry price four", "library closes", "museum sleeps", "who"):
        found = []
        for copied in (once, COPIED):
            index = index_of(words, TEXTS | copied)
            candidates = find_candidates(index, question, words)
            features = compute_features(index, words, candidates)
            rows = candidates.rows
            other = [i for i, row in enumerate(rows) if index.documents[index.sentence(row).document].id in TEXTS]
            found.append({index.text(int(rows[i])): features[i].tolist() for i in other})
        assert found[0] == found[1]


def test_the_same_text_in_many_files_is_one_answer_that_counts_its_places(words: WordEncoder) -> None:
    """The first few are cited and the rest counted, none twice; every place answers to the id of its citation."""
    retriever = Retriever(index_of(words, TEXTS | COPIED), words, BY_LATE)
    (found,) = retriever.ask("When does the cat sleep at nine?").quotes
    cited = [one.document for one in (found.citation, *found.also)]
    assert found.text == "The cat sleeps at nine."
    assert len(found.also) == MOST_ALSO
    assert len(set(cited)) == MOST_ALSO + 1
    assert found.more == len(COPIED) - MOST_ALSO - 1


def test_the_same_text_in_two_files_is_one_answer_with_two_citations(words: WordEncoder) -> None:
    """Nothing is said of more places where all are named."""
    texts = {"a.txt": "The cat sleeps at nine.", "b/a.txt": "The cat sleeps at nine.", "c.txt": "The ferry opens."}
    (found,) = Retriever(index_of(words, texts), words, BY_LATE).ask("cat sleeps").quotes
    assert [found.citation.document, *(one.document for one in found.also)] == ["a.txt", "b/a.txt"]
    assert found.more == 0


def test_the_same_words_under_another_title_are_no_copy(words: WordEncoder) -> None:
    """A question that the title decides is answered from that document, and the other one does not "say the same"."""
    texts = {f"{name}.txt": "It opens at nine." for name in ("museum", "library", "ferry")}
    index = index_of(words, texts)
    retriever = Retriever(index, words, BY_LATE)
    texts_of_rows = whole_scope(index).texts
    assert find_copies(index, texts_of_rows, 2, ["museum", "open"]).tolist() == []
    assert find_copies(index, texts_of_rows, 2, ["open"]).tolist() == [0, 1]
    found = retriever.rank("museum opens nine")
    assert {hit.row for hit in found} == {0, 1, 2}


@pytest.mark.parametrize("count", [2, 50, 400])
def test_the_closest_passages_and_the_others_are_different_ones(words: WordEncoder, count: int) -> None:
    """However often one stands there, each of the passages beside an answer or under a refusal says something else."""
    many = {f"c{number}.txt": "The cat sleeps at nine." for number in range(count)}
    retriever = Retriever(index_of(words, TEXTS | many), words, BY_LATE)
    refused = retriever.ask("cat sleeps", threshold=1.1)
    assert len({quote.text for quote in refused.closest}) == len(refused.closest) == 3


def test_a_thousand_copies_change_no_other_answer(data: Path, encoder: OnnxEncoder) -> None:
    """With the real model and ten articles; python -m tests.proofs.copies is the long form, with all articles."""
    corpus = read_squad(data / "data" / "xquad-r" / "en.json")
    some = replace(corpus, reads=corpus.reads[:10], questions=[one for one in corpus.questions if one.document < 10])
    alone = build_index(some.reads, encoder, "en", "alone").index
    found = proof.compare(some, alone, CachedQuestions(encoder), (0, 0), 1_000, every=3)
    assert found.changed <= found.other / 100
    assert found.places > 1_000
