"""Building: rows agree, vectors are slices of windows, and a kept window is not encoded built.index."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.errors import DamagedIndexError
from retrieval.index.build import build_index, sentence_vectors
from retrieval.index.citations import citation_id
from retrieval.index.index import Column
from retrieval.index.late_interaction import Segment
from retrieval.types import Encoded
from tests.support.small_index import TEXTS, index_of, read
from tests.support.word_encoder import WORDS, WordEncoder


def test_rows_are_the_sentences_in_order_with_their_windows(words: WordEncoder) -> None:
    """Row i is the i-th sentence; a heading ends a window; title and heading open each."""
    index = index_of(words)
    assert [index.text(row) for row in range(index.count)] == [
        "The ferry has a price of four.",
        "The cat sleeps on the ferry.",
        "The library opens at nine.",
        "It closes on monday.",
        "The museum sleeps.",
    ]
    assert index.table[:, Column.WINDOW].tolist() == [0, 0, 1, 1, 2]
    assert words.encoded == [
        "ferry. The ferry has a price of four. The cat sleeps on the ferry.",
        "library. Hours. The library opens at nine. It closes on monday.",
        "library. Museum. The museum sleeps.",
    ]


def test_a_sentences_vector_is_the_unit_mean_of_its_tokens_alone(words: WordEncoder) -> None:
    """Of "The cat sleeps on the ferry." three words are unknown to the encoder."""
    vector = index_of(words).dense.rows(np.array([1]))[0]
    expected = np.zeros(words.dimension, np.float32)
    for word in ("cat", "sleeps", "ferry"):
        expected[WORDS.index(word)] = 1
    expected[-1] = 3
    np.testing.assert_array_equal(vector, (expected / np.linalg.norm(expected)).astype(np.float16))


def test_a_sentence_cut_off_by_the_model_gets_the_windows_vector() -> None:
    """There is always a unit vector."""
    encoded = Encoded(
        np.array([0.6, 0.8], np.float32), np.eye(2, dtype=np.float32), np.array([[0, 1], [2, 3]], np.int32)
    )
    assert sentence_vectors(encoded, (50, 60))[1].tolist() == pytest.approx([0.6, 0.8])
    assert sentence_vectors(encoded, (2, 3))[1].tolist() == [0.0, 1.0]


def test_incremental_equals_full_and_encodes_only_what_changed(words: WordEncoder) -> None:
    """After an edit, the index made with the previous one is the index made from nothing."""
    before = index_of(words)
    words.encoded.clear()
    reads = [read("ferry.txt", TEXTS["ferry.txt"]), read("library.md", TEXTS["library.md"].replace("museum", "cat"))]
    built = build_index(reads, words, "en", "gen-2", previous=before)
    assert (built.encoded_windows, words.encoded) == (1, ["library. Museum. The cat sleeps."])
    full = build_index(reads, WordEncoder(), "en", "gen-2").index
    np.testing.assert_array_equal(built.index.table, full.table)
    np.testing.assert_array_equal(built.index.dense.rows(np.arange(5)), full.dense.rows(np.arange(5)))
    np.testing.assert_array_equal(built.index.lexical.scores, full.lexical.scores)


def test_damaged_token_vectors_are_encoded_again(words: WordEncoder) -> None:
    """Damage to an index never gets into the next one."""
    before = index_of(words)
    tokens = before.late.segments[0].tokens.copy()
    tokens[0] ^= 1
    spoilt = replace(before, late=replace(before.late, segments=(Segment(tokens),)))
    reads = [read(*item) for item in sorted(TEXTS.items())]
    built = build_index(reads, words, "en", "gen-2", previous=spoilt)
    assert built.encoded_windows == 1
    np.testing.assert_array_equal(built.index.late.segments[0].tokens, before.late.segments[0].tokens)


def test_another_models_vectors_are_never_kept(words: WordEncoder) -> None:
    """A changed fingerprint means that every window is encoded."""
    before = index_of(words)
    other = WordEncoder()
    other.fingerprint = "other"
    built = build_index([read(*item) for item in sorted(TEXTS.items())], other, "en", "g", previous=before)
    assert built.encoded_windows == len(built.corpus.windows) == 3


def test_an_index_whose_parts_differ_in_rows_cannot_be_made(words: WordEncoder) -> None:
    """A quote would come from another row than its score."""
    index = index_of(words)
    with pytest.raises(DamagedIndexError, match="differ in their rows"):
        replace(index, table=index.table[:-1])


def test_a_text_that_changed_under_the_index_is_never_quoted(words: WordEncoder) -> None:
    """The stored checksum of the sentence decides, not the offsets alone."""
    index = index_of(words)
    document = index.documents[0]
    forged = replace(document, text=document.text.replace("four", "five"))
    tampered = replace(index, documents=(forged, *index.documents[1:]))
    assert tampered.text(1) == "The cat sleeps on the ferry."
    with pytest.raises(DamagedIndexError, match="sentence 0 of gen-1 is not in its document"):
        tampered.text(0)


def test_a_citation_id_depends_on_document_and_sentence_only() -> None:
    """Ten letters and digits, part of the format: links to it must go on working."""
    assert citation_id("a.md", "It opens.") == "cnjvsaohg7"
    assert (
        len({citation_id("a.md", "It opens."), citation_id("b.md", "It opens."), citation_id("a.md", "It shuts.")}) == 3
    )
    assert citation_id("a.md", "It opens.").isalnum()
    assert len(citation_id("a.md", "It opens.")) == 10


def test_the_same_window_is_encoded_once(words: WordEncoder) -> None:
    """A file that lies in ten folders costs the model one window; every copy has its vectors and token vectors."""
    index = index_of(words, {f"{folder}/cat.txt": "The cat sleeps at nine." for folder in "abcdefghij"})
    assert len(words.encoded) == 1
    rows = index.dense.rows(np.arange(10))
    assert (rows == rows[0]).all()
    assert all((index.late.row(row) == index.late.row(0)).all() for row in range(10))
