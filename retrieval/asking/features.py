"""Candidates for a question, and the features that rank them.

late                  mean over the question's tokens of the largest cosine with a token of the sentence
kind                  1 when the sentence holds the kind of thing asked for (a date, a number, a name), 0 when it
                      does not, 0.5 when the question asks for none of them
coverage_neighbours   share of the question's terms that the sentence, the ones beside it in its window, or the title
                      and heading hold
coverage_window       the same for the whole window
coverage_text         the same for the question's terms that the title does not hold; ALL_IN_TITLE when it holds all
coverage_names        the same as coverage_window for names and numbers only, 1 when the question has none
late_window           as late, but with the tokens of all candidates of the same window
late_window_rare      late_window, each token weighted by the rarity of its word
off_topic             how far late_window stays under ON_TOPIC, as a negative number; else 0
margin                late, weighted by rarity, over that of the best candidate of another window and another subject
size                  powers of ten by which what is searched has more sentences than SMALL, copies counted once:
                      among more of them, more resemble an answer by chance
margin_size           margin times size

Cosines are given on the model's own scale: 0 is that of unrelated words, 1 that of the same word in
other company. Terms are weighted by rarity (idf) among the sentences that may be found, copies counted once; those that
were never seen there as the rarest.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.neighbours import read_out
from retrieval.concurrency import beside
from retrieval.index.copies import best_texts, distinct
from retrieval.index.index import Index
from retrieval.index.lexical import idf
from retrieval.index.scope import Scope, whole
from retrieval.text.answer_types import QUESTION, asked_kind
from retrieval.text.similarity import same_subject
from retrieval.text.terms import split_terms
from retrieval.types import Bool, Encoded, Encoder, Float32, Int32, Int64

NAMES = (
    "late",
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
SMALL = 1_000  # sentences; the confidence was fitted with about as many
CANDIDATES = 20  # from each of the two searches; more found no more answers on XQuAD-R
ON_TOPIC = 0.5
ALL_IN_TITLE = 0.7  # near the mean, for it says nothing either way
COMMON_WEIGHT = 1.0  # of tokens that belong to no term, such as "when" or "?", and of the commonest terms
RIVALS = 8  # windows that are looked at for one that says another thing
WORD = re.compile(r"\w+")
NAMED = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w*|\d\w*)")  # capitalised, but not the first word, or a number


def candidates(index: Index, question: str, encoder: Encoder, scope: Scope | None = None) -> tuple[Int64, Float32]:
    """Return the candidate rows, ascending, and their features, float32 (len(rows), len(NAMES)).

    Only rows of the scope can be candidates, by default those of the whole index, and nothing outside of it changes
    a feature. A text counts once among the CANDIDATES of each search, however often it stands there.
    """
    scope = scope or whole(index)
    # While the model runs, which leaves the interpreter free.
    looked_up = beside(partial(_look_up, index, question, scope))
    encoded = encoder.encode_question(question)
    near = best_texts(
        lambda k, without: index.vectors.search(encoded.vector, k, scope.rows, without)[0], scope.texts, CANDIDATES
    )
    terms, rarities, holding = looked_up()
    rows = distinct(index, scope.texts, (near, holding))
    rows = rows[index.kinds[rows] & QUESTION == 0]  # a question in a document is never an answer
    if len(rows) == 0:
        return rows, np.zeros((0, len(NAMES)), np.float32)
    unrelated, same = encoder.similarity_range
    cosines = index.late.similarities(encoder.project(encoded.tokens), rows)
    similarities = (cosines - unrelated) / max(same - unrelated, 1e-3)
    windows = index.table[rows, 6]
    weights = _token_weights(index, rarities, question, encoded)
    margin = _margin(index, weights @ similarities, rows, windows)
    size = np.full(len(rows), max(np.log10(max(scope.size, 1) / SMALL), 0.0), np.float32)
    columns = {
        "late": _mean(similarities),
        "kind": _kind(index, question, rows),
        **_coverage(index, terms, rarities, _named_terms(question, index.language), rows),
        **_late_windows(similarities, weights, windows),
        "margin": margin,
        "size": size,
        "margin_size": margin * size,
    }
    return rows, np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)


def _look_up(index: Index, question: str, scope: Scope) -> tuple[list[str], dict[str, float], Int64]:
    """Return the terms of a question, how rare each is, and the rows that lexical search finds, best first."""
    terms = sorted(set(split_terms(question, index.language)))
    rarities = _rarities(index, scope, [*terms, *_terms_of_words(question, index.language)])
    counted = None if scope.counted is None else rarities  # otherwise the index knows them
    holding = best_texts(
        lambda k, without: index.lexical.search(terms, k, scope.rows, counted, without)[0], scope.texts, CANDIDATES
    )
    return terms, rarities, holding


def _mean(similarities: Float32) -> Float32:
    """Return the mean over the question's tokens, 0 where it has none."""
    mean: Float32 = similarities.mean(axis=0) if len(similarities) else np.zeros(similarities.shape[1], np.float32)
    return mean


def _late_windows(similarities: Float32, weights: Float32, windows: Int32) -> dict[str, Float32]:
    """Return the columns of whole windows from similarities (q, n) of ascending windows (n,)."""
    starts = np.flatnonzero(np.diff(windows, prepend=-1))
    sizes = np.diff(starts, append=len(windows))
    best = np.maximum.reduceat(similarities, starts, axis=1) if len(similarities) else similarities[:, starts]
    late_window = np.repeat(_mean(best), sizes)
    return {
        "late_window": late_window,
        "late_window_rare": np.repeat(weights @ best, sizes),
        "off_topic": np.minimum(late_window - ON_TOPIC, 0.0),
    }


def _margin(index: Index, scores: Float32, rows: Int64, windows: Int32) -> Float32:
    """Return each score less the best one of another window, float32; 0 where there is no other.

    A window whose best sentence is about the same subject as the best of all is no rival: copies and
    newer versions of a document must not make an answer doubtful.
    """
    of, said = windows.tolist(), scores.tolist()  # a few dozen: quicker without arrays
    best: dict[int, int] = {}  # of each window
    for place, window in enumerate(of):
        if window not in best or said[place] > said[best[window]]:
            best[window] = place
    tops = sorted(best.values(), key=lambda place: -said[place])[: RIVALS + 1]
    family = {of[tops[0]]}
    rival = None
    for top in tops[1:]:
        if not same_subject(read_out(index, int(rows[tops[0]])), read_out(index, int(rows[top])), index.language):
            rival = said[top]
            break
        family.add(of[top])
    if rival is None:
        return np.zeros(len(scores), np.float32)
    return scores - np.array([rival if window in family else said[tops[0]] for window in of], np.float32)


def _kind(index: Index, question: str, rows: Int64) -> Float32:
    """Return the column `kind`, float32 (len(rows),)."""
    asked = asked_kind(question)
    return (index.kinds[rows] & asked > 0).astype(np.float32) if asked else np.full(len(rows), 0.5, np.float32)


def _token_weights(index: Index, rarities: Mapping[str, float], question: str, encoded: Encoded) -> Float32:
    """Return the weight of each token of a question, float32 (t,), summing to 1."""
    spans = encoded.spans.tolist()
    weights = [COMMON_WEIGHT] * len(spans)
    for word in WORD.finditer(question):
        terms = split_terms(word[0], index.language)
        inside = [i for i, (start, end) in enumerate(spans) if start >= word.start() and end <= word.end()]
        for i in inside if terms else ():
            weights[i] = max(*(rarities[term] for term in terms), COMMON_WEIGHT) / len(inside)
    return (np.array(weights) / max(sum(weights), 1e-9)).astype(np.float32)


def _rarities(index: Index, scope: Scope, terms: Iterable[str]) -> dict[str, float]:
    """Return the weight of each term, its idf among the texts of a scope."""
    return {term: idf(index.lexical.frequency(term, scope.counted), scope.size) for term in set(terms)}


def _terms_of_words(question: str, language: str) -> Iterator[str]:
    """Yield the terms of each word alone, which may be others than those of the question: of initials, for one."""
    for word in WORD.findall(question):
        yield from split_terms(word, language)


def _named_terms(question: str, language: str) -> set[str]:
    """Return the terms of the question's names and numbers."""
    return {term for word in NAMED.findall(question) for term in split_terms(word, language)}


@dataclass(frozen=True, slots=True)
class _Held:
    """Which terms each of n rows holds, bool (terms, n): with its neighbours, in its window, in its title."""

    neighbours: Bool
    window: Bool
    title: Bool


def _coverage(
    index: Index, terms: list[str], rarities: Mapping[str, float], named: set[str], rows: Int64
) -> dict[str, Float32]:
    """Return the coverage columns, each float32 (len(rows),), 0 to 1."""
    postings = [index.lexical.postings(term)[0] for term in terms]
    weights = np.array([rarities[term] for term in terms])
    held = _held(index, terms, postings, rows)
    in_text = ~held.title
    names = np.array([term in named for term in terms], bool)[:, np.newaxis] & np.ones(len(rows), bool)
    return {
        "coverage_neighbours": _share(weights, held.neighbours, np.ones_like(held.neighbours), 0.0),
        "coverage_window": _share(weights, held.window, np.ones_like(held.window), 0.0),
        "coverage_text": _share(weights, held.window, in_text, ALL_IN_TITLE),
        "coverage_names": _share(weights, held.window, names, 1.0),
    }


def _share(weights: NDArray[np.float64], held: Bool, counted: Bool, otherwise: float) -> Float32:
    """Return the weighted share of the counted terms that are held, float32 (n,); `otherwise` where none counts."""
    total = weights @ counted
    share = weights @ (held & counted) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, share, otherwise).astype(np.float32)


def _held(index: Index, terms: list[str], postings: list[Int32], rows: Int64) -> _Held:
    windows = index.table[:, 6]
    # All of the type of the postings: numbers of another one would have these copied.
    own = rows.astype(np.int32)
    starts = np.searchsorted(windows, windows[rows], "left").astype(np.int32)
    ends = np.searchsorted(windows, windows[rows], "right").astype(np.int32)
    first, end = np.maximum(own - 1, starts), np.minimum(own + 2, ends)
    held = _Held(*(np.zeros((len(terms), len(rows)), bool) for _ in range(3)))
    documents, of_row = np.unique(index.table[rows, 0], return_inverse=True)
    titles = [_title_terms(index.documents[row].title, index.language) for row in documents.tolist()]
    edges = np.concatenate([first, end, starts, ends])
    for place, (term, found) in enumerate(zip(terms, postings, strict=True)):
        # A range of rows meets an ascending list of rows where its end comes later in it than its beginning.
        places = np.searchsorted(found, edges).reshape(4, -1)
        held.neighbours[place] = places[0] < places[1]
        held.window[place] = places[2] < places[3]
        held.title[place] = np.array([term in title for title in titles])[of_row]
    return held


@lru_cache(maxsize=4_096)
def _title_terms(title: str, language: str) -> frozenset[str]:
    return frozenset(split_terms(title, language))
