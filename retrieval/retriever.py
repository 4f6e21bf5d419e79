"""From a question to verified quotes, or to none."""

from retrieval import context
from retrieval.errors import DamagedIndexError
from retrieval.features import candidates
from retrieval.index import Index, citation_id
from retrieval.lexical import best
from retrieval.question import clean_question
from retrieval.ranker import Ranker
from retrieval.records import Answer, Citation, CrossEncoder, Encoder, Hit, Quote
from retrieval.selection import Selected, select

CLOSEST = 3
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

    def ask(self, question: str, *, threshold: float = EVEN_ODDS, top: int = 1, newest: bool = False) -> Answer:
        """Answer with up to `top` quotes of a probability of at least `threshold`.

        Two quotes come in any case where sources differ; `newest` prefers the newer of equally good
        ones. When the best hit is below the threshold, there are no quotes, only the closest passages.
        Raises QuestionError for an empty or overlong question, DamagedIndexError when a quote is not
        in its document.
        """
        asked = clean_question(question)
        hits = self.rank(asked)
        confidence = hits[0].probability if hits else 0.0
        if not hits or confidence < threshold:
            closest = tuple(self.quote(Selected(hit, ())) for hit in hits[:CLOSEST])
            return Answer(asked, (), closest, confidence, threshold, self._index.generation)
        good = [hit for hit in hits if hit.probability >= threshold]
        selection = select(self._index, asked, good, top=top, newest=newest)
        quotes = tuple(self.quote(selected) for selected in selection.chosen)
        return Answer(asked, quotes, (), confidence, threshold, self._index.generation, selection.differ)

    def quote(self, selected: Selected) -> Quote:
        """Return the verified quote of a hit. Raises DamagedIndexError when it is not in its document."""
        row = selected.hit.row
        return Quote(
            text=self._index.text(row),
            before=context.before(self._index, row),
            after=context.after(self._index, row),
            score=selected.hit.probability,
            citation=self._citation(row),
            also=tuple(self._citation(other) for other in selected.also),
        )

    def _citation(self, row: int) -> Citation:
        sentence = self._index.sentence(row)
        document = self._index.documents[sentence.document]
        return Citation(
            id=citation_id(document.id, self._index.text(row)),
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
