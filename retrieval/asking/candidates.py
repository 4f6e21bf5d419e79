"""Find the candidates for a question: the rows that dense and lexical search consider best.

A question, an index and an encoder come in; rows go out, together with what the searches worked out on the way. The
numbers that rank the rows are left to `features`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from retrieval.concurrency import Cores
from retrieval.index.copies import limit_copies, search_distinct_texts
from retrieval.index.index import Index
from retrieval.index.lexical import idf
from retrieval.index.scope import Scope, whole_scope
from retrieval.text.answer_types import QUESTION
from retrieval.text.terms import split_terms
from retrieval.types import Encoded, Encoder, Int64

CANDIDATES_PER_SEARCH = 20  # texts; with more, no more questions of XQuAD-R were answered
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows that might answer a question, ascending, and what is known about the question.

    `terms` are the question's distinct terms, sorted. `rarities` maps them, and the terms of each word on its own, to
    their idf within the scope. `corpus_size` is the number of distinct texts in the scope.
    """

    question: str
    rows: Int64
    encoded: Encoded
    terms: list[str]
    rarities: dict[str, float]
    corpus_size: int


def find_candidates(
    index: Index, question: str, encoder: Encoder, scope: Scope | None = None, cores: Cores | None = None
) -> Candidates:
    """Find the best rows of dense and of lexical search, up to CANDIDATES_PER_SEARCH texts each.

    Only rows within the scope, by default the whole index, can become candidates, and nothing outside it has any
    influence. A text counts once, however many rows contain it. Rows that are questions themselves are left out.
    """
    scope = scope or whole_scope(index)
    search_terms = partial(_search_terms, index, question, scope)
    # A second core can take the lexical search, since the model leaves the interpreter free while it runs.
    lexical = cores.start_if_free(search_terms) if cores else search_terms
    encoded = encoder.encode_question(question)
    dense_rows = search_distinct_texts(
        lambda k, without: index.dense.search(encoded.vector, k, scope.rows, without)[0],
        scope.texts,
        CANDIDATES_PER_SEARCH,
    )
    terms, rarities, lexical_rows = lexical()
    rows = limit_copies(index, scope.texts, (dense_rows, lexical_rows))
    return Candidates(question, rows[index.answer_types[rows] & QUESTION == 0], encoded, terms, rarities, scope.size)


def _search_terms(index: Index, question: str, scope: Scope) -> tuple[list[str], dict[str, float], Int64]:
    """Search for the terms of a question; return the terms, their rarities, and the rows, best first."""
    terms = sorted(set(split_terms(question, index.language)))
    rarities = _rarities(index, scope, [*terms, *_terms_of_words(question, index.language)])
    scoped_rarities = None if scope.counted is None else rarities  # the index has those of all its rows in its scores
    rows = search_distinct_texts(
        lambda k, without: index.lexical.search(terms, k, scope.rows, scoped_rarities, without)[0],
        scope.texts,
        CANDIDATES_PER_SEARCH,
    )
    return terms, rarities, rows


def _rarities(index: Index, scope: Scope, terms: Iterable[str]) -> dict[str, float]:
    """Compute the idf of each term among the distinct texts of a scope."""
    return {term: idf(index.lexical.frequency(term, scope.counted), scope.size) for term in set(terms)}


def _terms_of_words(question: str, language: str) -> Iterator[str]:
    """Yield the terms of each word alone; these can differ from the question's own terms, for example for initials."""
    for word in WORD.findall(question):
        yield from split_terms(word, language)
