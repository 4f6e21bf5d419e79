"""Candidates for a question, and the features that rank them.

late                  mean over the question's tokens of the largest cosine with a token of the sentence
late_rare             the same mean, each token weighted by the rarity of its word
kind                  1 when the sentence holds the kind of thing asked for (a date, a number, a name), 0 when it
                      does not, 0.5 when the question asks for none of them
coverage_sentence     share of the question's terms that the sentence, or the title, holds
coverage_neighbours   the same for the sentence and the ones beside it in its window
coverage_window       the same for the whole window
coverage_names        the same for the names and numbers of the question only, 1 when it has none
margin                late_rare over that of the best candidate from another window
Terms are weighted by rarity (idf), those that the index has never seen as the rarest.
"""

import re

import numpy as np

from retrieval.index import Index
from retrieval.kinds import QUESTION, asked_kind
from retrieval.lexical import idf
from retrieval.records import Encoded, Encoder, Float32, Int32, Int64
from retrieval.terms import split_terms

NAMES = (
    "late",
    "late_rare",
    "kind",
    "coverage_sentence",
    "coverage_neighbours",
    "coverage_window",
    "coverage_names",
    "margin",
)
CANDIDATES = 50  # from each of the two searches
WORD = re.compile(r"\w+")
NAMED = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w*|\d\w*)")  # capitalised, but not the first word, or a number
COMMON_WEIGHT = 0.25  # of tokens that belong to no term, such as "when" or "?"


def candidates(index: Index, question: str, encoder: Encoder) -> tuple[Int64, Float32]:
    """Return the candidate rows, ascending, and their features, float32 (len(rows), len(NAMES))."""
    encoded = encoder.encode_question(question)
    terms = sorted(set(split_terms(question, index.language)))
    dense, _ = index.vectors.search(encoded.vector, CANDIDATES)
    lexical, _ = index.lexical.search(terms, CANDIDATES)
    rows = np.union1d(dense, lexical).astype(np.int64)
    rows = rows[index.kinds[rows] & QUESTION == 0]  # a question in a document is never an answer
    similarities = index.late.similarities(encoder.project(encoded.tokens), rows)
    late_rare = _token_weights(index, question, encoded) @ similarities
    named = sorted({term for word in NAMED.findall(question) for term in split_terms(word, index.language)})
    columns = [
        similarities.mean(axis=0) if len(similarities) else np.zeros(len(rows)),
        late_rare,
        _kind(index, question, rows),
        *_coverage(index, terms, rows),
        _coverage(index, named, rows)[2] if named else np.ones(len(rows)),
        _margin(late_rare, index.table[rows, 6]),
    ]
    return rows, np.stack(columns, axis=1).astype(np.float32)


def _margin(scores: Float32, windows: Int32) -> Float32:
    """Return each score less the highest one of another window, float32; 0 where there is no other."""
    best: dict[int, float] = {}
    for score, window in zip(scores.tolist(), windows.tolist(), strict=True):
        best[window] = max(score, best.get(window, -1.0))
    ordered = sorted(best.items(), key=lambda item: -item[1])
    if len(ordered) < 2:
        return np.zeros(len(scores), np.float32)
    (first, highest), (_, second) = ordered[:2]
    return (scores - np.where(windows == first, second, highest)).astype(np.float32)


def _kind(index: Index, question: str, rows: Int64) -> Float32:
    """Return the column `kind`, float32 (len(rows),)."""
    asked = asked_kind(question)
    return (index.kinds[rows] & asked > 0).astype(np.float32) if asked else np.full(len(rows), 0.5, np.float32)


def _token_weights(index: Index, question: str, encoded: Encoded) -> Float32:
    """Return the weight of each token of a question, float32 (t,), summing to 1."""
    weights = np.full(len(encoded.spans), COMMON_WEIGHT)
    for word in WORD.finditer(question):
        terms = split_terms(word[0], index.language)
        if terms:
            rarity = max(idf(len(index.lexical.postings(term)[0]), index.count) for term in terms)
            inside = (encoded.spans[:, 0] >= word.start()) & (encoded.spans[:, 1] <= word.end())
            weights[inside] = max(rarity, COMMON_WEIGHT) / max(int(inside.sum()), 1)
    return (weights / max(float(weights.sum()), 1e-9)).astype(np.float32)


def _coverage(index: Index, terms: list[str], rows: Int64) -> list[Float32]:
    """Return the three coverage columns, each float32 (len(rows),), 0 to 1."""
    windows = index.table[:, 6]
    starts = np.searchsorted(windows, windows[rows], "left")
    ends = np.searchsorted(windows, windows[rows], "right")
    ranges = [
        (rows, rows + 1),
        (np.maximum(rows - 1, starts), np.minimum(rows + 2, ends)),
        (starts, ends),
    ]
    covered = np.zeros((3, len(rows)))
    total = 0.0
    for term in terms:
        found, _ = index.lexical.postings(term)
        weight = idf(len(found), index.count)
        total += weight
        for column, (first, end) in enumerate(ranges):
            covered[column] += weight * _holds(found, first, end)
    return list((covered / (total or 1.0)).astype(np.float32))


def _holds(postings: Int32, first: Int64, end: Int64) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return for each half-open range of rows whether an ascending list of rows meets it."""
    return np.searchsorted(postings, first, "left") < np.searchsorted(postings, end, "left")
