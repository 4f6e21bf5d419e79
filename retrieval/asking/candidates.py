"""Find the candidates for a question: the rows that dense and lexical search consider best.

A question, an index and an encoder come in; rows go out, together with what the searches worked out on the way. The
numbers that rank the rows are left to `features`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from retrieval.asking.replies import has_reply
from retrieval.concurrency import Cores
from retrieval.index.copies import limit_copies, search_distinct_texts
from retrieval.index.equal_terms import EqualForms, unite_postings
from retrieval.index.index import Index
from retrieval.index.lexical import idf
from retrieval.index.row_ranges import RowRanges
from retrieval.index.scope import Scope, whole_scope
from retrieval.index.search_engine import TermPostings
from retrieval.text.answer_types import NO_ANSWER, QUESTION
from retrieval.text.terms import split_terms
from retrieval.types import Encoded, Encoder, Int32, Int64

CANDIDATES_PER_SEARCH = 20  # texts; with more, no more questions of XQuAD-R were answered
KEPT_CANDIDATES = 8  # rows
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows that might answer a question, ascending, and what is known about the question.

    `terms` are the question's distinct terms, sorted. `rarities` maps them, and the terms of each word on its own, to
    their idf within the scope. `corpus_size` is the number of distinct texts in the scope. `dense_rows` and
    `lexical_rows` are what either search found, best first. `equal` has the forms that a glossary calls equal to a
    term, and `united` the postings of such a term together with those of the forms.
    """

    question: str
    rows: Int64
    encoded: Encoded
    terms: list[str]
    rarities: dict[str, float]
    corpus_size: int
    dense_rows: Int64
    lexical_rows: Int64
    equal: EqualForms = field(default_factory=dict)
    united: Mapping[str, TermPostings] = field(default_factory=dict)

    def rows_with(self, index: Index, term: str) -> Int32:
        """Return the rows with a term of the question or with a form that is equal to it, ascending."""
        rows, _ = self.united[term] if term in self.united else index.lexical.postings(term)
        return rows


def find_candidates(
    index: Index,
    question: str,
    encoder: Encoder,
    scope: Scope | None = None,
    cores: Cores | None = None,
    equal: EqualForms | None = None,
    kept: RowRanges | None = None,
) -> Candidates:
    """Find the best rows of dense and of lexical search, up to CANDIDATES_PER_SEARCH texts each.

    Those of `kept`, the answers that moderators keep, take part in both searches as all others do, and the best
    KEPT_CANDIDATES are candidates in any case: whoever asks again in other words is to find them.

    Only rows within the scope, by default the whole index, can become candidates, and nothing outside it has any
    influence. A text counts once, however many rows contain it. Rows that are never answers are left out, such as
    questions; one in a chat that another message replies to leads to its reply.
    `equal` has the forms that mean the same as a term; a row with such a form counts as a row with the term.
    """
    scope, equal = scope or whole_scope(index), equal or {}
    united = unite_postings(index.lexical, equal)
    search_terms = partial(_search_terms, index, question, united, scope)
    # A second core can take the lexical search, since the model leaves the interpreter free while it runs.
    lexical = cores.start_if_free(search_terms) if cores else search_terms
    encoded = encoder.encode_question(question)
    dense_rows = search_distinct_texts(
        lambda k, without: index.dense.search(encoded.vector, k, scope.rows, without)[0],
        scope.texts,
        CANDIDATES_PER_SEARCH,
    )
    results = [dense_rows]
    if kept is not None and kept.count:
        results.append(index.dense.search(encoded.vector, KEPT_CANDIDATES, kept)[0])
    terms, rarities, lexical_rows = lexical()
    rows = limit_copies(index, scope.texts, (*results, lexical_rows))
    return Candidates(
        question=question,
        rows=rows[[_may_answer(index, row) for row in rows.tolist()]],
        encoded=encoded,
        terms=terms,
        rarities=rarities,
        corpus_size=scope.size,
        dense_rows=dense_rows,
        lexical_rows=lexical_rows,
        equal=equal,
        united=united,
    )


def _may_answer(index: Index, row: int) -> bool:
    types = index.answer_types[row]
    return not types & NO_ANSWER and (not types & QUESTION or has_reply(index, row))


def _search_terms(
    index: Index, question: str, united: Mapping[str, TermPostings], scope: Scope
) -> tuple[list[str], dict[str, float], Int64]:
    """Search for the terms of a question; return the terms, their rarities, and the rows, best first."""
    terms = sorted({*split_terms(question, index.language), *united})
    rarities = _rarities(index, scope, [*terms, *_terms_of_words(question, index.language)], united)
    scoped_rarities = None if scope.counted is None else rarities  # the index has those of all its rows in its scores
    rows = search_distinct_texts(
        lambda k, without: index.lexical.search(terms, k, scope.rows, scoped_rarities, without, united)[0],
        scope.texts,
        CANDIDATES_PER_SEARCH,
    )
    return terms, rarities, rows


def _rarities(index: Index, scope: Scope, terms: Iterable[str], united: Mapping[str, TermPostings]) -> dict[str, float]:
    """Compute the idf of each term among the distinct texts of a scope."""
    frequencies = {term: index.lexical.frequency(term, scope.counted) for term in set(terms)}
    for term, (rows, _) in united.items():
        frequencies[term] = len(rows) if scope.counted is None else scope.counted.count_in(rows)
    return {term: idf(frequency, scope.size) for term, frequency in frequencies.items()}


def _terms_of_words(question: str, language: str) -> Iterator[str]:
    """Yield the terms of each word alone; these can differ from the question's own terms, for example for initials."""
    for word in WORD.findall(question):
        yield from split_terms(word, language)
