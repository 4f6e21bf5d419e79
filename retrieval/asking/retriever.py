"""Answer a question with verified quotes, or with none: candidates, features, ranking, threshold, selection."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from retrieval.asking.alternatives import doubt_other_names
from retrieval.asking.asked_before import find_asked, kept_rows, prefer_asked, put_behind
from retrieval.asking.candidates import Candidates, find_candidates
from retrieval.asking.code_entries import ENTRY_PROBABILITY, find_code_entry, prefer_row
from retrieval.asking.constrained_hits import prefer_same_sense, respect_constraints
from retrieval.asking.default_entries import find_default_entry
from retrieval.asking.features import compute_features
from retrieval.asking.follow_up_hits import order_follow_up
from retrieval.asking.named_collections import ask_named, find_named_collection
from retrieval.asking.named_lists import is_all_of_a_list, prefer_named_lists
from retrieval.asking.named_sections import find_section_names, prefer_named_section
from retrieval.asking.named_titles import prefer_named_titles
from retrieval.asking.other_versions import doubt_other_versions
from retrieval.asking.quotes import citation_id_of_row, quote_passage
from retrieval.asking.ranker import Ranker
from retrieval.asking.releases import find_release, find_release_pages, prefer_release, release_penalties
from retrieval.asking.replies import answer_by_replies
from retrieval.asking.selection import SelectedHit, is_shown, select_distinct, select_hits
from retrieval.asking.solutions import answer_by_solutions
from retrieval.asking.spelling import mend_spelling
from retrieval.asking.symbol_items import add_symbol_items, is_symbol_item, prefer_symbol_item
from retrieval.asking.table_keys import prefer_named_rows
from retrieval.asking.wordings import Wording, deciding_forms, word_question
from retrieval.concurrency import Cores, available_cores, once
from retrieval.errors import DamagedIndexError
from retrieval.index.copies import find_copies
from retrieval.index.index import Index
from retrieval.index.lexical import top_positions
from retrieval.index.scope import Scope, Scopes
from retrieval.text.asked_symbols import asked_symbol
from retrieval.text.cleaning import clean_question
from retrieval.text.follow_ups import Following
from retrieval.text.pasted_errors import find_error
from retrieval.text.terms import split_terms
from retrieval.types import Answer, CrossEncoder, Encoder, Hit, Quote

if TYPE_CHECKING:
    from retrieval.asking.explaining import Trace
    from retrieval.asking.passage_reading import PassageReader
    from retrieval.explanations import Explanation

MAX_CLOSEST = 3
MAX_ASKED_VECTORS = 4_096  # of headings that ask, 6 MB
MAX_CLOSEST_HITS = 12  # among which the closest passages are sought
MAX_OTHERS = 5
MAX_ALSO = 10  # citations of places that say the same; further places are only counted
EVEN_ODDS = 0.5


class Retriever:
    """Answers questions from one index. Threads can share it."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        ranker: Ranker,
        cross_encoder: CrossEncoder | None = None,
        reader: "PassageReader | None" = None,
        *,
        newest_versions: bool = True,
    ) -> None:
        """Without `newest_versions`, the older versions of a page are searched as well.

        Raises DamagedIndexError when the index was made with another model than the encoder's.
        """
        if index.fingerprint != encoder.fingerprint or index.dense.dimension != encoder.dimension:
            raise DamagedIndexError(
                f"{index.generation} was made with model {index.fingerprint}, not {encoder.fingerprint}; "
                "run: footnote rebuild"
            )
        self._index = index
        self._encoder = encoder
        self._ranker = ranker
        self._cross_encoder = cross_encoder
        self._reader = reader if index.language == "en" else None  # it knows no other language
        self._scopes = Scopes(index, newest=newest_versions)
        self._cores = Cores(available_cores())
        self._kept = once(lambda: kept_rows(index))
        self._release_pages = once(lambda: find_release_pages(index.documents))
        self._section_names = once(lambda: find_section_names(index))
        self._encode_asked = lru_cache(MAX_ASKED_VECTORS)(lambda text: encoder.encode_question(text).vector)

    @property
    def index(self) -> Index:
        """Return the index that is searched."""
        return self._index

    @property
    def encoder(self) -> Encoder:
        """Return the encoder of the questions."""
        return self._encoder

    @property
    def ranker(self) -> Ranker:
        """Return the weights that order the candidates."""
        return self._ranker

    @property
    def cross_encoder(self) -> CrossEncoder | None:
        """Return the model that reorders the best hits, or None."""
        return self._cross_encoder

    @property
    def reader(self) -> "PassageReader | None":
        """Return the model that judges the best passages, or None."""
        return self._reader

    @property
    def collections(self) -> Mapping[str, int]:
        """Return the number of documents in each collection, by name."""
        return self._scopes.collections

    def rank(self, question: str, document: int | None = None, collections: Collection[str] | None = None) -> list[Hit]:
        """Rank the candidates for a cleaned question, best first, ties by row.

        `document` (a row) limits the search to its sentences, `collections` and the versions that the question names to
        those of their documents; nothing outside has any influence. A cross-encoder reorders the best hits, but scores
        and probabilities stay those of the ranker; a reader orders and judges the best passages.
        """
        with self._cores.turns:
            named = self._scopes.named_versions(question, collections, document)
            scope = self._scopes.of(collections, document, named.matching)
            return self._judge(*self._rank(named.text, scope), scope)

    def _rank(self, question: str, scope: Scope, trace: "Trace | None" = None) -> tuple[Wording, list[Hit]]:
        """Rank the candidates for each wording of a question; return the one with the surest best hit, and its hits."""
        wordings = word_question(self._index, question, scope)
        release = find_release(self._index, question, scope, self._release_pages)
        entry = find_code_entry(self._index, question, scope)
        entry = find_default_entry(self._index, question, scope) if entry is None else entry
        named = [row for row in (entry, release.row if release else None) if row is not None]
        ranked = [(wording, *self._score(wording, scope, named)) for wording in wordings]
        wording, candidates, hits = max(ranked, key=lambda result: result[2][0].probability if result[2] else 0.0)
        if trace is not None:
            trace.asked_as, trace.candidates, trace.ranked = wording.text, candidates, tuple(hits)
        hits = prefer_release(self._index, self._reorder(wording.text, hits, scope), release)
        return wording, prefer_row(hits, entry, ENTRY_PROBABILITY)

    def _score(self, wording: Wording, scope: Scope, named: Sequence[int]) -> tuple[Candidates, list[Hit]]:
        """Find the candidates for a wording, with rows that the question names, and order them by the ranker."""
        question = wording.text
        kept = self._kept()
        if scope.rows is not None and kept.count:
            kept = scope.rows.within(int(kept.starts[0]), int(kept.ends[0]))
        candidates = find_candidates(self._index, question, self._encoder, scope, self._cores, wording.equal, kept)
        symbol = asked_symbol(question)
        if symbol:
            candidates = add_symbol_items(self._index, candidates, symbol)
        if named:
            candidates = replace(candidates, rows=np.union1d(candidates.rows, named).astype(np.int64))
        features = compute_features(self._index, self._encoder, candidates)
        scores = self._ranker.scores(features) - release_penalties(self._index, candidates.rows, question)
        order, _ = top_positions(scores, len(scores))
        rows, falling_scores = candidates.rows[order].tolist(), scores[order].tolist()
        probabilities = self._ranker.probabilities(features)[order].tolist()
        hits = list(map(Hit, rows, falling_scores, probabilities, features[order]))
        hits = prefer_named_lists(self._index, answer_by_replies(self._index, hits, question), question)
        return candidates, prefer_symbol_item(self._index, hits, symbol) if symbol else hits

    def _reorder(self, question: str, hits: list[Hit], scope: Scope) -> list[Hit]:
        """Reorder ranked hits by the cross-encoder, if there is one, and by what the question names."""
        if self._cross_encoder is not None:
            from retrieval.asking.rerank import rerank  # only needed with a cross-encoder

            positions = rerank(self._index, self._cross_encoder, question, [hit.row for hit in hits])
            hits = [hits[i] for i in positions]
        hits = prefer_named_titles(self._index, prefer_named_rows(self._index, hits, question), question, scope)
        return answer_by_solutions(self._index, self._doubt(question, hits), question)

    def _doubt(self, question: str, hits: list[Hit]) -> list[Hit]:
        """Order and lower hits by the constraints and names of a question that they lack."""
        kept = respect_constraints(self._index, prefer_same_sense(self._index, hits, question), question)
        return doubt_other_versions(self._index, doubt_other_names(self._index, kept, question), question)

    def _judge(self, wording: Wording, hits: list[Hit], scope: Scope, trace: "Trace | None" = None) -> list[Hit]:
        """Let the reader judge the best passages, and prefer what answers a heading that asks the same.

        Neither is for follow-ups, which the reader never learned to read. Nothing answers a question without a word
        that is searched for, unless a document asks it.
        """
        question, names = wording.text, self._section_names
        asked = find_asked(self._index, self._encoder, self._encode_asked, wording.compared, hits)
        symbol = asked_symbol(question)
        if asked is None and symbol and is_symbol_item(self._index, hits, symbol):
            return hits
        if asked is None and not split_terms(question, self._index.language):  # "why?" alone asks nothing
            return [replace(hit, probability=0.0) for hit in hits]
        if asked is None and (named := prefer_named_section(self._index, hits, question, scope, names)):
            return named
        if asked is not None and asked.other:
            hits, asked = put_behind(self._index, hits, asked) if asked.kept else hits, None
        if self._reader is None or self._ranker.reading is None or self._cross_encoder is not None:
            return hits if asked is None else prefer_asked(hits, asked, None)
        if asked is None and is_all_of_a_list(self._index, hits, question):
            return hits
        from retrieval.asking.passage_reading import judge_best, read_hit

        reader = self._reader
        if trace is not None:
            from retrieval.asking.explaining import TracedReader

            reader = TracedReader(reader, trace)
        judged = judge_best(self._index, reader, self._ranker, question, hits)
        if asked is None:
            return judged
        row = hits[asked.place].row
        place = next(place for place, hit in enumerate(judged) if hit.row == row)
        return prefer_asked(judged, replace(asked, place=place), partial(read_hit, self._index, reader, question))

    def ask(
        self,
        question: str,
        *,
        threshold: float = EVEN_ODDS,
        top: int = 1,
        newest: bool = False,
        document: int | None = None,
        collections: Collection[str] | None = None,
        following: Following | None = None,
        joined: bool = True,
        trace: "Trace | None" = None,
    ) -> Answer:
        """Answer with up to `top` quotes that have a probability of at least `threshold`.

        If sources differ, there are two quotes even if `top` is 1. `newest` prefers the newer of equally good quotes.
        `document` (a row) and `collections` limit the search; None means no limit, no names mean no documents. If the
        best hit is below the threshold, the answer has no quotes, only the closest passages. `following` is the part of
        the question that follows up what was quoted before. Unless passages may be `joined`, none shows two. `trace` is
        filled with what the stages found. If the question names versions that documents have, only these are searched,
        without the words that name them; a collection that it names is searched first. Of a pasted log, its error is.

        Raises QuestionError for an empty or overlong question, DamagedIndexError when a quote is not in its document.
        """
        cleaned = clean_question(question)
        asked = find_error(cleaned)
        with self._cores.turns:
            ask = partial(
                self._ask, threshold=threshold, top=top, newest=newest, document=document, following=following,
                joined=joined,
            )  # fmt: skip
            named = find_named_collection(self._index, self._scopes, asked, collections) if document is None else None
            answer = ask_named(ask, named, asked, collections, trace) if named else ask(asked, collections, trace)
            return replace(answer, question=cleaned, asked_as=answer.asked_as or (asked if asked != cleaned else ""))

    def _ask(
        self,
        question: str,
        collections: Collection[str] | None,
        trace: "Trace | None",
        *,
        threshold: float,
        top: int,
        newest: bool,
        document: int | None,
        following: Following | None,
        joined: bool,
    ) -> Answer:
        """Answer a cleaned question from some collections or a document, see `ask`."""
        named = self._scopes.named_versions(question, collections, document, following and following.text)
        scope = self._scopes.of(collections, document, named.matching)
        if named.versions and not split_terms(named.text, self._index.language):  # nothing is asked about them
            return Answer(question, (), (), 0.0, threshold, self._index.generation, versions=named.versions)
        wording, hits = self._rank(named.text, scope, trace)
        if following:
            follow_up = self._scopes.named_versions(following.text, collections, document, following.text)
            text = mend_spelling(self._index, follow_up.text, scope)
            hits = order_follow_up(self._index, hits, following._replace(text=text))
        else:
            hits = self._judge(wording, hits, scope, trace)
        if not joined:
            hits = [replace(hit, beside=None) for hit in hits]
        if trace is not None:
            trace.final = tuple(hits)
        answer = self._answer(wording, hits, threshold, top, newest, scope)
        return replace(answer, versions=named.versions)

    def explain(self, trace: "Trace", answer: Answer) -> "Explanation":
        """Explain an answer by the trace that `ask` filled. Raises DamagedIndexError."""
        from retrieval.asking.explaining import explain  # most questions need no explanation

        reads = self._reader is not None and self._ranker.reading is not None and self._cross_encoder is None
        return explain(self._index, self._ranker, trace, answer, reads=reads)

    def _answer(
        self,
        wording: Wording,
        hits: Sequence[Hit],
        threshold: float,
        top: int,
        newest: bool,
        scope: Scope,
    ) -> Answer:
        """Choose among ranked hits what answers a question, and quote it."""
        index, asked, asked_as = self._index, wording.text, wording.mended
        confidence = hits[0].probability if hits else 0.0
        if not hits or confidence < threshold:
            best = _without_copies(scope, hits, shown=())[:MAX_CLOSEST_HITS]
            near = select_distinct(index, asked, best, MAX_CLOSEST)
            closest = tuple(quote_passage(index, at.hit.row, at.hit.probability, at.passage) for at in near)
            return Answer(asked, (), closest, confidence, threshold, index.generation, asked_as=asked_as)
        good = [hit for hit in hits if hit.probability >= threshold]
        selection = select_hits(index, asked, good, top=top, newest=newest)
        quotes = tuple(self._quote(selected, asked, scope) for selected in selection.hits)
        shown = [row for selected in selection.hits for row in (selected.hit.row, *selected.duplicates)]
        others_unseen = (hit for hit in hits if not is_shown(index, hit, selection.hits))
        other_hits = _without_copies(scope, others_unseen, shown)[:MAX_OTHERS]
        return Answer(
            question=asked,
            quotes=quotes,
            closest=(),
            confidence=confidence,
            threshold=threshold,
            generation=index.generation,
            sources_differ=selection.sources_differ,
            others=tuple(citation_id_of_row(index, hit.row) for hit in other_hits),
            glossary=deciding_forms(index, wording, [selected.hit.row for selected in selection.hits]),
            asked_as=asked_as,
        )

    def _quote(self, selected: SelectedHit, question: str, scope: Scope) -> Quote:
        """Quote a selected hit and cite the places that say the same: first near-duplicates, then copies."""
        index, hit = self._index, selected.hit
        terms = sorted(set(split_terms(question, index.language)))
        copies = find_copies(index, scope.texts, hit.row, terms, scope.rows).tolist()
        also = list(dict.fromkeys((*selected.duplicates, *copies)))
        quote = quote_passage(index, hit.row, hit.probability, selected.passage, also[:MAX_ALSO])
        return replace(quote, more=len(also) - len(quote.also))


def _without_copies(scope: Scope, hits: Iterable[Hit], shown: Iterable[int]) -> list[Hit]:
    """Remove the hits whose text is that of a row in `shown` or of an earlier hit."""
    seen = set(scope.texts.numbers(np.array(list(shown), np.int64)).tolist())
    hits = list(hits)
    texts = scope.texts.numbers(np.array([hit.row for hit in hits], np.int64)).tolist()
    distinct_hits = []
    for hit, text in zip(hits, texts, strict=True):
        if text not in seen:
            seen.add(text)
            distinct_hits.append(hit)
    return distinct_hits
