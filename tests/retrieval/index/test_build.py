"""Building an index: all parts have the same rows, and known windows are not encoded again."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.errors import DamagedIndexError
from retrieval.index.build import build_index
from retrieval.index.index import Column
from retrieval.index.late_interaction import Segment
from retrieval.index.window_vectors import sentence_vectors
from retrieval.types import Encoded
from tests.support.small_index import TEXTS, index_of, read
from tests.support.word_encoder import WORDS, WordEncoder


def test_rows_are_the_sentences_in_order_with_their_windows(word_encoder: WordEncoder) -> None:
    """Row i is the i-th sentence; a heading ends a window, and each window begins with title and heading."""
    index = index_of(word_encoder)
    assert [index.text(row) for row in range(index.count)] == [
        "The ferry has a price of four.",
        "The cat sleeps on the ferry.",
        "The library opens at nine.",
        "It closes on monday.",
        "The museum sleeps.",
    ]
    assert index.table[:, Column.WINDOW].tolist() == [0, 0, 1, 1, 2]
    assert word_encoder.encoded == [
        "ferry. The ferry has a price of four. The cat sleeps on the ferry.",
        "library. Hours. The library opens at nine. It closes on monday.",
        "library. Museum. The museum sleeps.",
    ]


def test_the_vector_of_a_sentence_is_the_unit_mean_of_its_own_tokens(word_encoder: WordEncoder) -> None:
    """Three words of "The cat sleeps on the ferry." are unknown to the encoder."""
    vector = index_of(word_encoder).dense.rows(np.array([1]))[0]
    expected = np.zeros(word_encoder.dimension, np.float32)
    for word in ("cat", "sleeps", "ferry"):
        expected[WORDS.index(word)] = 1
    expected[-1] = 3
    np.testing.assert_array_equal(vector, (expected / np.linalg.norm(expected)).astype(np.float16))


def test_a_sentence_beyond_the_models_window_gets_the_windows_vector() -> None:
    """So every sentence has a unit vector."""
    encoded = Encoded(
        np.array([0.6, 0.8], np.float32), np.eye(2, dtype=np.float32), np.array([[0, 1], [2, 3]], np.int32)
    )
    assert sentence_vectors(encoded, (50, 60))[1].tolist() == pytest.approx([0.6, 0.8])
    assert sentence_vectors(encoded, (2, 3))[1].tolist() == [0.0, 1.0]


def test_an_incremental_index_equals_a_full_one_and_encodes_only_changed_windows(word_encoder: WordEncoder) -> None:
    """After an edit, the index built with the previous one is the same as one built from scratch."""
    before = index_of(word_encoder)
    word_encoder.encoded.clear()
    reads = [read("ferry.txt", TEXTS["ferry.txt"]), read("library.md", TEXTS["library.md"].replace("museum", "cat"))]
    built = build_index(reads, word_encoder, "en", "gen-2", previous=before)
    assert (built.encoded_windows, word_encoder.encoded) == (1, ["library. Museum. The cat sleeps."])
    full = build_index(reads, WordEncoder(), "en", "gen-2").index
    np.testing.assert_array_equal(built.index.table, full.table)
    np.testing.assert_array_equal(built.index.dense.rows(np.arange(5)), full.dense.rows(np.arange(5)))
    np.testing.assert_array_equal(built.index.lexical.scores, full.lexical.scores)


def test_damaged_token_vectors_are_encoded_again(word_encoder: WordEncoder) -> None:
    """Damage is never copied from one index to the next."""
    before = index_of(word_encoder)
    tokens = before.late.segments[0].tokens.copy()
    tokens[0] ^= 1
    damaged = replace(before, late=replace(before.late, segments=(Segment(tokens),)))
    reads = [read(*item) for item in sorted(TEXTS.items())]
    built = build_index(reads, word_encoder, "en", "gen-2", previous=damaged)
    assert built.encoded_windows == 1
    np.testing.assert_array_equal(built.index.late.segments[0].tokens, before.late.segments[0].tokens)


def test_vectors_of_another_model_are_never_kept(word_encoder: WordEncoder) -> None:
    """If the fingerprint changed, every window is encoded."""
    before = index_of(word_encoder)
    other = WordEncoder()
    other.fingerprint = "other"
    built = build_index([read(*item) for item in sorted(TEXTS.items())], other, "en", "g", previous=before)
    assert built.encoded_windows == len(built.corpus.windows) == 3


def test_an_index_cannot_be_made_of_parts_with_different_numbers_of_rows(word_encoder: WordEncoder) -> None:
    """Otherwise a quote could come from another row than its score."""
    index = index_of(word_encoder)
    with pytest.raises(DamagedIndexError, match="different numbers of rows"):
        replace(index, table=index.table[:-1])


def test_a_text_that_differs_from_the_indexed_one_is_never_quoted(word_encoder: WordEncoder) -> None:
    """The checksum of the sentence is compared, not only its offsets used."""
    index = index_of(word_encoder)
    document = index.documents[0]
    forged = replace(document, text=document.text.replace("four", "five"))
    tampered = replace(index, documents=(forged, *index.documents[1:]))
    assert tampered.text(1) == "The cat sleeps on the ferry."
    with pytest.raises(DamagedIndexError, match="sentence 0 of gen-1 is not in its document"):
        tampered.text(0)


def test_equal_windows_are_encoded_once(word_encoder: WordEncoder) -> None:
    """For a file in ten folders the model encodes one window; all copies get its vectors and token vectors."""
    index = index_of(word_encoder, {f"{folder}/cat.txt": "The cat sleeps at nine." for folder in "abcdefghij"})
    assert len(word_encoder.encoded) == 1
    rows = index.dense.rows(np.arange(10))
    assert (rows == rows[0]).all()
    assert all((index.late.row(row) == index.late.row(0)).all() for row in range(10))
