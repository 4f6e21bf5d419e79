"""From a question to verified quotes, or to none."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from retrieval.asking.candidates import find_candidates
from retrieval.asking.features import compute_features
from retrieval.asking.quotes import citation_of, quote
from retrieval.asking.ranker import Ranker
from retrieval.asking.selection import Selected, select
from retrieval.concurrency import Cores, available_cores
from retrieval.errors import DamagedIndexError
from retrieval.index.copies import find_copies
from retrieval.index.index import Index
from retrieval.index.lexical import top_positions
from retrieval.index.scope import Scope, Scopes
from retrieval.text.cleaning import clean_question
from retrieval.text.terms import split_terms
from retrieval.types import Answer, CrossEncoder, Encoder, Hit, Quote

CLOSEST = 3
OTHERS = 5
MOST_ALSO = 10  # citations of places that say the same; further ones are counted
EVEN_ODDS = 0.5


class Retriever:
    """Answers questions from one index. Safe to share between threads."""

    def __init__(
        self, index: Index, encoder: Encoder, ranker: Ranker, cross_encoder: CrossEncoder | None = None
    ) -> None:
        """Raise DamagedIndexError when the index was made with another model than the encoder's."""
        if index.fingerprint != encoder.fingerprint or index.dense.dimension != encoder.dimension:
            raise DamagedIndexError(
                f"{index.generation} was made with model {index.fingerprint}, not {encoder.fingerprint}; "
                "run footnote rebuild"
            )
        self._index = index
        self._encoder = encoder
        self._ranker = ranker
        self._cross_encoder = cross_encoder
        self._scopes = Scopes(index)
        self._cores = Cores(available_cores())

    @property
    def index(self) -> Index:
        """Return the index that is searched."""
        return self._index

    @property
    def encoder(self) -> Encoder:
        """Return the encoder that questions go through."""
        return self._encoder

    @property
    def ranker(self) -> Ranker:
        """Return the weights that order the candidates."""
        return self._ranker

    @property
    def cross_encoder(self) -> CrossEncoder | None:
        """Return what orders the best hits anew, None where nothing does."""
        return self._cross_encoder

    @property
    def collections(self) -> Mapping[str, int]:
        """Return the collections and how many documents each has, by name."""
        return self._scopes.collections

    def rank(self, question: str, document: int | None = None, collections: Collection[str] | None = None) -> list[Hit]:
        """Return the candidates for a cleaned question, best first, ties by row.

        With `document`, the row of one, only its sentences; with `collections` only those of their documents, and
        nothing of others changes anything. A cross-encoder orders the best of them anew; scores and probabilities stay
        those of the first stage.
        """
        with self._cores.turns:
            return self._rank(question, self._scopes.of(collections, document))

    def _rank(self, question: str, scope: Scope) -> list[Hit]:
        candidates = find_candidates(self._index, question, self._encoder, scope, self._cores)
        features = compute_features(self._index, self._encoder, candidates)
        scores = self._ranker.scores(features)
        probabilities = self._ranker.probabilities(features)
        order, _ = top_positions(scores, len(scores))
        found = zip(
            candidates.rows[order].tolist(), scores[order].tolist(), probabilities[order].tolist(), order, strict=True
        )
        hits = [Hit(row, score, probability, features[i]) for row, score, probability, i in found]
        if self._cross_encoder is None:
            return hits
        from retrieval.asking.rerank import reordered  # most answers need none

        places = reordered(self._index, self._cross_encoder, question, [hit.row for hit in hits])
        return [hits[place] for place in places]

    def ask(
        self,
        question: str,
        *,
        threshold: float = EVEN_ODDS,
        top: int = 1,
        newest: bool = False,
        document: int | None = None,
        collections: Collection[str] | None = None,
    ) -> Answer:
        """Answer with up to `top` quotes of a probability of at least `threshold`.

        Two quotes come in any case where sources differ; `newest` prefers the newer of equally good
        ones; `document`, the row of one, leaves all others out, and so do `collections`, where None is all
        and no name is none. When the best hit is below the threshold, there are no quotes, only the closest passages.
        Raises QuestionError for an empty or overlong question, DamagedIndexError when a quote is not in its document.
        """
        asked = clean_question(question)
        with self._cores.turns:
            return self._ask(asked, threshold, top, newest, self._scopes.of(collections, document))

    def _ask(self, asked: str, threshold: float, top: int, newest: bool, scope: Scope) -> Answer:
        index = self._index
        hits = self._rank(asked, scope)
        confidence = hits[0].probability if hits else 0.0
        if not hits or confidence < threshold:
            nearest = _different(scope, hits, ())[:CLOSEST]
            closest = tuple(quote(index, hit.row, hit.probability) for hit in nearest)
            return Answer(asked, (), closest, confidence, threshold, index.generation)
        good = [hit for hit in hits if hit.probability >= threshold]
        selection = select(index, asked, good, top=top, newest=newest)
        quotes = tuple(self._quote(one, asked, scope) for one in selection.chosen)
        shown = [row for one in selection.chosen for row in (one.hit.row, *one.also)]
        others = tuple(citation_of(index, hit.row) for hit in _different(scope, hits, shown)[:OTHERS])
        return Answer(asked, quotes, (), confidence, threshold, index.generation, selection.differ, others)

    def _quote(self, one: Selected, question: str, scope: Scope) -> Quote:
        """Return the quote of a selected hit with the places that say the same: first near-duplicates, then copies."""
        index = self._index
        terms = sorted(set(split_terms(question, index.language)))
        found = find_copies(index, scope.texts, one.hit.row, terms, scope.rows).tolist()
        also = list(dict.fromkeys((*one.also, *found)))
        named = quote(index, one.hit.row, one.hit.probability, also[:MOST_ALSO])
        return replace(named, more=len(also) - len(named.also))


def _different(scope: Scope, hits: Iterable[Hit], shown: Iterable[int]) -> list[Hit]:
    """Return the hits without those that are shown and without copies of these or of one another."""
    seen = {int(scope.texts[row]) for row in shown}
    found = []
    for hit in hits:
        text = int(scope.texts[hit.row])
        if text not in seen:
            seen.add(text)
            found.append(hit)
    return found
