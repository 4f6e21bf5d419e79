"""From a question to verified quotes, or to none."""

from dataclasses import dataclass

from retrieval.errors import DamagedIndexError
from retrieval.features import candidates
from retrieval.index import Index, citation_id
from retrieval.lexical import best
from retrieval.question import clean_question
from retrieval.ranker import Ranker
from retrieval.records import Answer, Citation, CrossEncoder, Encoder, Float32, Quote

CLOSEST = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate row with its ranking score, its probability, and the features of both."""

    row: int
    score: float
    probability: float
    features: Float32


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
    def threshold(self) -> float:
        """Return the fitted probability from which a passage is quoted."""
        return self._ranker.threshold

    def rank(self, question: str) -> list[Hit]:
        """Return the candidates for a cleaned question, best first, ties by row.

        A cross-encoder orders the best of them anew; scores and probabilities stay those of the first stage.
        """
        rows, features = candidates(self._index, question, self._encoder)
        scores = self._ranker.scores(features)
        probabilities = self._ranker.probabilities(features)
        order, _ = best(scores, len(scores))
        hits = [Hit(int(rows[i]), float(scores[i]), float(probabilities[i]), features[i]) for i in order]
        if self._cross_encoder is None:
            return hits
        from retrieval.rerank import reordered  # most answers need none

        places = reordered(self._index, self._cross_encoder, question, [hit.row for hit in hits])
        return [hits[place] for place in places]

    def ask(self, question: str, *, top: int = 1, threshold: float | None = None) -> Answer:
        """Answer with up to `top` quotes of at least `threshold` (by default the fitted one).

        When the best hit is below it, the answer holds no quotes, only the closest passages.
        Raises QuestionError for an empty or overlong question, DamagedIndexError when a quote is not
        in its document.
        """
        asked = clean_question(question)
        bar = self.threshold if threshold is None else threshold
        hits = self.rank(asked)
        confidence = hits[0].probability if hits else 0.0
        answered = bool(hits) and confidence >= bar
        quotes = [self.quote(hit) for hit in hits[:top] if hit.probability >= bar] if answered else []
        closest = [] if answered else [self.quote(hit) for hit in hits[:CLOSEST]]
        return Answer(asked, tuple(quotes), tuple(closest), confidence, bar, self._index.generation)

    def quote(self, hit: Hit) -> Quote:
        """Return the verified quote of a hit. Raises DamagedIndexError when it is not in its document."""
        sentence = self._index.sentence(hit.row)
        document = self._index.documents[sentence.document]
        text = self._index.text(hit.row)
        citation = Citation(
            id=citation_id(document.id, text),
            document=document.id,
            title=document.title,
            source=document.source,
            published=document.published,
            url=document.url,
            path=document.id,
            line=sentence.line,
            paragraph=sentence.paragraph,
            start=sentence.start,
            end=sentence.end,
        )
        return Quote(text, self._beside(hit.row, -1), self._beside(hit.row, 1), hit.probability, citation)

    def _beside(self, row: int, step: int) -> str:
        """Return the sentence before or after a row in the same section, or ""."""
        other = row + step
        if not 0 <= other < self._index.count:
            return ""
        here, there = self._index.sentence(row), self._index.sentence(other)
        return self._index.text(other) if (here.document, here.section) == (there.document, there.section) else ""
