"""From a question to verified quotes, or to none."""

from retrieval.errors import DamagedIndexError
from retrieval.features import candidates
from retrieval.index import Index
from retrieval.lexical import best
from retrieval.question import clean_question
from retrieval.quotes import cite, quote
from retrieval.ranker import Ranker
from retrieval.records import Answer, CrossEncoder, Encoder, Hit
from retrieval.selection import select

CLOSEST = 3
OTHERS = 5
EVEN_ODDS = 0.5


class Retriever:
    """Answers questions from one index. Safe to share between threads."""

    def __init__(
        self, index: Index, encoder: Encoder, ranker: Ranker, cross_encoder: CrossEncoder | None = None
    ) -> None:
        """Raise DamagedIndexError when the index was made with another model than the encoder's."""
        if index.fingerprint != encoder.fingerprint or index.vectors.dimension != encoder.dimension:
            raise DamagedIndexError(
                f"{index.generation} was made with model {index.fingerprint}, not {encoder.fingerprint}; "
                "run footnote rebuild"
            )
        self._index = index
        self._encoder = encoder
        self._ranker = ranker
        self._cross_encoder = cross_encoder

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

    def rank(self, question: str, document: int | None = None) -> list[Hit]:
        """Return the candidates for a cleaned question, best first, ties by row.

        With `document`, the row of one, only its sentences. A cross-encoder orders the best of them anew; scores and
        probabilities stay those of the first stage.
        """
        within = None if document is None else self._index.document_rows(document)
        rows, features = candidates(self._index, question, self._encoder, within)
        scores = self._ranker.scores(features)
        probabilities = self._ranker.probabilities(features)
        order, _ = best(scores, len(scores))
        hits = [Hit(int(rows[i]), float(scores[i]), float(probabilities[i]), features[i]) for i in order]
        if self._cross_encoder is None:
            return hits
        from retrieval.rerank import reordered  # most answers need none

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
    ) -> Answer:
        """Answer with up to `top` quotes of a probability of at least `threshold`.

        Two quotes come in any case where sources differ; `newest` prefers the newer of equally good
        ones; `document`, the row of one, leaves all others out. When the best hit is below the threshold,
        there are no quotes, only the closest passages. Raises QuestionError for an empty or overlong
        question, DamagedIndexError when a quote is not in its document.
        """
        index = self._index
        asked = clean_question(question)
        hits = self.rank(asked, document)
        confidence = hits[0].probability if hits else 0.0
        if not hits or confidence < threshold:
            closest = tuple(quote(index, hit.row, hit.probability) for hit in hits[:CLOSEST])
            return Answer(asked, (), closest, confidence, threshold, index.generation)
        good = [hit for hit in hits if hit.probability >= threshold]
        selection = select(index, asked, good, top=top, newest=newest)
        quotes = tuple(quote(index, one.hit.row, one.hit.probability, one.also) for one in selection.chosen)
        shown = {row for one in selection.chosen for row in (one.hit.row, *one.also)}
        others = tuple(cite(index, hit.row).id for hit in [hit for hit in hits if hit.row not in shown][:OTHERS])
        return Answer(asked, quotes, (), confidence, threshold, index.generation, selection.differ, others)
