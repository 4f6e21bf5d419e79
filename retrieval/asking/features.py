"""Compute the features that rank the candidates for a question.

late                  mean over the question's tokens of the highest cosine with a token of the sentence
kind                  1 if the sentence contains the kind of thing that the question asks for (a date, a number, a
                      name), 0 if it does not, 0.5 if the question asks for none of them
coverage_neighbours   share of the question's terms in the sentence, its neighbours in the window, title and heading
coverage_window       the same for the whole window
coverage_text         coverage_window of the terms that are not in the title; NEUTRAL_COVERAGE_TEXT if all are
coverage_names        coverage_window of names and numbers only; 1 if the question has none
late_window           like late, but over the tokens of all candidates in the same window
late_window_rare      late_window, each token weighted by the rarity of its word
off_topic             late_window minus ON_TOPIC_SIMILARITY if that is negative, else 0
margin                late, weighted by rarity, minus that of the best candidate in another window on another subject
size                  log10 of the number of distinct texts in the scope over SMALL_CORPUS_TEXTS, at least 0: in a
                      larger corpus, more texts resemble an answer by chance
margin_size           margin times size

Cosines are on the model's own scale: 0 is the mean for unrelated words, 1 the mean for the same word in other contexts.
Terms are weighted by their rarity (idf) among the distinct texts of the scope; terms that occur in none of them count
as the rarest.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.candidates import WORD, Candidates
from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Column, Index
from retrieval.text.answer_types import expected_type
from retrieval.text.similarity import same_subject
from retrieval.text.terms import split_terms
from retrieval.types import Bool, Encoder, Float32, Int32, Int64

FEATURE_NAMES = (
    "late",
    "window",
    "kind",
    "coverage_neighbours",
    "coverage_window",
    "coverage_text",
    "coverage_names",
    "late_window",
    "late_window_rare",
    "off_topic",
    "margin",
    "size",
    "margin_size",
)
SMALL_CORPUS_TEXTS = 1_000  # about as many as the confidence was fitted on
ON_TOPIC_SIMILARITY = 0.5
NEUTRAL_COVERAGE_TEXT = 0.7  # near the mean, so that it counts neither for nor against a sentence
COMMON_TOKEN_WEIGHT = 1.0  # for tokens without a term, such as "when" or "?", and the minimum for all others
MAX_RIVAL_WINDOWS = 8
NAME_OR_NUMBER = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w*|\d\w*)")  # digits, or a capitalised word that is not the first


def compute_features(index: Index, encoder: Encoder, candidates: Candidates) -> Float32:
    """Compute the features of n candidates, float32 (n, len(FEATURE_NAMES)); row i belongs to candidates.rows[i]."""
    rows = candidates.rows
    if len(rows) == 0:
        return np.zeros((0, len(FEATURE_NAMES)), np.float32)
    unrelated, same = encoder.similarity_range
    cosines = index.late.similarities(encoder.project(candidates.encoded.tokens), rows)
    similarities = (cosines - unrelated) / max(same - unrelated, 1e-3)
    windows = index.table[rows, Column.WINDOW]
    weights = _token_weights(index, candidates)
    margin = _margin(index, weights @ similarities, rows, windows)
    log_size = max(np.log10(max(candidates.corpus_size, 1) / SMALL_CORPUS_TEXTS), 0.0)
    size = np.full(len(rows), log_size, np.float32)
    columns = {
        "late": _mean(similarities),
        "window": index.window_cosines(candidates.encoded.vector, rows),
        "kind": _kind(index, candidates),
        **_coverage(index, candidates),
        **_late_windows(similarities, weights, windows),
        "margin": margin,
        "size": size,
        "margin_size": margin * size,
    }
    return np.stack([columns[name] for name in FEATURE_NAMES], axis=1).astype(np.float32)


def _mean(similarities: Float32) -> Float32:
    """Average similarities (t, n) over the question's tokens, float32 (n,); 0 if it has no tokens."""
    mean: Float32 = similarities.mean(axis=0) if len(similarities) else np.zeros(similarities.shape[1], np.float32)
    return mean


def _late_windows(similarities: Float32, weights: Float32, windows: Int32) -> dict[str, Float32]:
    """Compute the columns about whole windows from similarities (t, n) and ascending windows (n,)."""
    starts = np.flatnonzero(np.diff(windows, prepend=-1))
    sizes = np.diff(starts, append=len(windows))
    best = np.maximum.reduceat(similarities, starts, axis=1) if len(similarities) else similarities[:, starts]
    late_window = np.repeat(_mean(best), sizes)
    return {
        "late_window": late_window,
        "late_window_rare": np.repeat(weights @ best, sizes),
        "off_topic": np.minimum(late_window - ON_TOPIC_SIMILARITY, 0.0),
    }


def _margin(index: Index, scores: Float32, rows: Int64, windows: Int32) -> Float32:
    """Subtract from each score the best score of a rival window, float32 (n,); 0 if there is no rival.

    A window is no rival if its best sentence has the same subject as the best of all: copies and newer versions of a
    document must not make an answer doubtful.
    """
    window_of, score_of = windows.tolist(), scores.tolist()  # for a few dozen, lists are faster than arrays
    best: dict[int, int] = {}  # window -> place of its best candidate
    for place, window in enumerate(window_of):
        if window not in best or score_of[place] > score_of[best[window]]:
            best[window] = place
    top, *others = sorted(best.values(), key=lambda place: -score_of[place])[: MAX_RIVAL_WINDOWS + 1]
    same_subject_windows = {window_of[top]}
    for other in others:
        top_text, other_text = (readable_text(index, int(rows[place])) for place in (top, other))
        if not same_subject(top_text, other_text, index.language):
            opponents = [score_of[other if window in same_subject_windows else top] for window in window_of]
            return scores - np.array(opponents, np.float32)
        same_subject_windows.add(window_of[other])
    return np.zeros(len(scores), np.float32)


def _kind(index: Index, candidates: Candidates) -> Float32:
    """Compute the column `kind`, float32 (n,)."""
    rows, kind = candidates.rows, expected_type(candidates.question)
    return (index.answer_types[rows] & kind > 0).astype(np.float32) if kind else np.full(len(rows), 0.5, np.float32)


def _token_weights(index: Index, candidates: Candidates) -> Float32:
    """Weight each token of the question by the rarity of its word, float32 (t,), summing to 1."""
    spans = candidates.encoded.spans.tolist()
    weights = [COMMON_TOKEN_WEIGHT] * len(spans)
    for word in WORD.finditer(candidates.question):
        terms = split_terms(word[0], index.language)
        tokens = [i for i, (start, end) in enumerate(spans) if start >= word.start() and end <= word.end()]
        for token in tokens if terms else ():
            rarity = max(*(candidates.rarities[term] for term in terms), COMMON_TOKEN_WEIGHT)
            weights[token] = rarity / len(tokens)
    return (np.array(weights) / max(sum(weights), 1e-9)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _TermMatches:
    """Where t terms occur for n rows, bool (t, n) each: in the row or beside it, in its window, in its title."""

    neighbours: Bool
    window: Bool
    title: Bool


def _coverage(index: Index, candidates: Candidates) -> dict[str, Float32]:
    """Compute the coverage columns, each float32 (n,), from 0 to 1."""
    terms = candidates.terms
    weights = np.array([candidates.rarities[term] for term in terms])
    matches = _match_terms(index, candidates)
    all_terms = np.ones_like(matches.window)
    words = NAME_OR_NUMBER.findall(candidates.question)
    names = {term for word in words for term in split_terms(word, index.language)}
    name_terms = np.array([term in names for term in terms], bool)[:, np.newaxis] & all_terms
    return {
        "coverage_neighbours": _share(weights, matches.neighbours, all_terms, 0.0),
        "coverage_window": _share(weights, matches.window, all_terms, 0.0),
        "coverage_text": _share(weights, matches.window, ~matches.title, NEUTRAL_COVERAGE_TEXT),
        "coverage_names": _share(weights, matches.window, name_terms, 1.0),
    }


def _share(weights: NDArray[np.float64], matches: Bool, counted: Bool, default: float) -> Float32:
    """Compute the weighted share of the counted terms that match, float32 (n,); `default` where none is counted."""
    total = weights @ counted
    share = weights @ (matches & counted) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, share, default).astype(np.float32)


def _match_terms(index: Index, candidates: Candidates) -> _TermMatches:
    """Find where each term, or a form that a glossary calls equal to it, occurs around each row."""
    terms, rows = candidates.terms, candidates.rows
    windows = index.table[:, Column.WINDOW]
    own = rows.astype(np.int32)  # the type of the postings: searchsorted would copy them for any other
    starts = np.searchsorted(windows, windows[rows], "left").astype(np.int32)
    ends = np.searchsorted(windows, windows[rows], "right").astype(np.int32)
    first, end = np.maximum(own - 1, starts), np.minimum(own + 2, ends)
    edges = np.concatenate([first, end, starts, ends])
    matches = _TermMatches(*(np.zeros((len(terms), len(rows)), bool) for _ in range(3)))
    documents, document_places = np.unique(index.table[rows, Column.DOCUMENT], return_inverse=True)
    titles = [_title_terms(index.documents[document].title, index.language) for document in documents.tolist()]
    for i, term in enumerate(terms):
        postings = candidates.rows_with(index, term)
        # A range of rows contains a posting if its end is inserted after its start.
        places = np.searchsorted(postings, edges).reshape(4, -1)
        matches.neighbours[i] = places[0] < places[1]
        matches.window[i] = places[2] < places[3]
        forms = [{term}, *map(set, candidates.equal.get(term, ()))]
        in_title = [any(form <= title for form in forms) for title in titles]
        matches.title[i] = np.array(in_title)[document_places]
    return matches


@lru_cache(maxsize=4_096)
def _title_terms(title: str, language: str) -> frozenset[str]:
    return frozenset(split_terms(title, language))
