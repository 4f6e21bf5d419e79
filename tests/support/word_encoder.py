"""An encoder whose vectors, and a cross-encoder whose scores, can be computed by hand."""

from collections.abc import Sequence

import numpy as np

from retrieval.types import Encoded, Float32

WORDS = ("library", "opens", "closes", "nine", "ferry", "price", "four", "cat", "sleeps", "monday", "who", "museum")
TWO = np.array([[1, 1], [1, -1]], np.float32)
HADAMARD = np.kron(np.kron(TWO, TWO), np.kron(TWO, TWO)) / np.float32(4)


class WordEncoder:
    """An Encoder whose vector of a text counts its words from WORDS, scaled to unit length.

    Each word is a token, whose vector is one-hot; words outside of WORDS share the last dimension. Projected tokens are
    rows of a Hadamard matrix: different words are orthogonal, and quantizing to two bits loses nothing.
    """

    fingerprint = "words"
    dimension = len(WORDS) + 1
    window_tokens = 32

    def __init__(self) -> None:
        self.encoded: list[str] = []
        self.similarity_range = (0.0, 1.0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def project(self, tokens: Float32) -> Float32:
        return np.asarray(tokens @ HADAMARD[: tokens.shape[1]], np.float32)

    def encode_question(self, question: str) -> Encoded:
        return self._encode(question)

    def encode_windows(self, texts: Sequence[str]) -> list[Encoded]:
        self.encoded.extend(texts)
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> Encoded:
        spans, tokens, end = [], [], 0
        for word in text.split()[: self.window_tokens - 2]:
            start = text.index(word, end)
            end = start + len(word)
            spans.append((start, end))
            bare = word.strip(".,:;?!").lower()
            tokens.append(np.eye(self.dimension, dtype=np.float32)[WORDS.index(bare) if bare in WORDS else -1])
        matrix = np.array(tokens, np.float32).reshape(-1, self.dimension)
        mean = matrix.mean(axis=0) if len(matrix) else np.eye(self.dimension, dtype=np.float32)[-1]
        vector = (mean / np.linalg.norm(mean)).astype(np.float32)
        return Encoded(vector, matrix, np.array(spans, np.int32).reshape(-1, 2))


class CountingCrossEncoder:
    """A CrossEncoder whose score of a passage counts a word in it; the question does not matter."""

    fingerprint = "counting"

    def __init__(self, word: str) -> None:
        self.word = word
        self.read: list[tuple[str, str]] = []

    def scores(self, question: str, passages: Sequence[str]) -> Float32:
        self.read.extend((question, passage) for passage in passages)
        return np.array([passage.split().count(self.word) for passage in passages], np.float32)
