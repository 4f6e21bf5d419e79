"""What every engine for the search finds, to the last bit: the rows and scores of searches by marks on every row."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace

import faiss
import numpy as np
import pytest

from retrieval.asking.candidates import find_candidates
from retrieval.asking.retriever import Retriever
from retrieval.index import lexical
from retrieval.index.copies import find_texts
from retrieval.index.dense import MAX_BRUTE_FORCE_ROWS, DenseIndex, build_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Column, Index
from retrieval.index.lexical import LexicalIndex, idf
from retrieval.index.scope import Scope, Scopes
from retrieval.reading.metadata import collection_of
from retrieval.remote.mirror import mirror_live, open_mirrored
from retrieval.types import Bool, Float32, Int64
from tests.support.searcher import running_searcher
from tests.support.small_index import BY_LATE, index_of, publish
from tests.support.word_encoder import WORDS, WordEncoder

LIMITS: dict[str, dict[str, object]] = {  # what a question can be limited to
    "everything": {},
    "a folder": {"collections": ["a"]},
    "folders apart": {"collections": ["a", "c"]},
    "a document": {"document": 40},
    "a document of a folder": {"document": 40, "collections": ["a", "b", "c", "d"]},
    "nothing": {"collections": []},
}


@pytest.fixture(scope="module")
def embedded() -> EmbeddedIndex:
    """Return an index of 1,500 sentences in four folders, a fifth of them copies, with random vectors."""
    rng = random.Random(0)
    texts = {}
    for number in range(500):
        sentences = [
            " ".join(["The", *(rng.choice([*WORDS, f"item{rng.randrange(90)}"]) for _ in range(5))]) for _ in "123"
        ]
        sentences[0] = f"The ferry has item{rng.randrange(200)}" if number % 2 else sentences[0]
        texts[f"{'abcd'[number % 4]}/{number}.txt"] = "\n\n".join(f"{sentence}." for sentence in sentences)
    index = index_of(WordEncoder(), texts)
    vectors = np.random.default_rng(1).normal(size=(index.count, index.dense.dimension)).astype(np.float32)
    return replace(index, dense=build_dense(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))


@pytest.fixture(scope="module", params=["embedded", "searcher"])
def engine(
    request: pytest.FixtureRequest, embedded: EmbeddedIndex, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    """Return the same index behind an engine."""
    if request.param == "embedded":
        yield embedded
        return
    folder = tmp_path_factory.mktemp("searcher")
    publish(folder / "index", embedded)
    with running_searcher(folder / "index") as searcher:
        mirror_live(searcher.client, folder / "mirror")
        yield open_mirrored(searcher.client, folder / "mirror")[0]


@pytest.fixture(params=LIMITS)
def scope(request: pytest.FixtureRequest, engine: Index) -> Scope:
    """Return the rows that a question is limited to."""
    return Scopes(engine).of(**LIMITS[request.param])  # type: ignore[arg-type]


def marks(index: Index, scope: Scope) -> Bool:
    """Mark every row of a scope, worked out from the document of each row."""
    return np.ones(index.count, np.bool_) if scope.rows is None else np.isin(np.arange(index.count), scope.rows.rows())


def nearest(dense: DenseIndex, vector: Float32, k: int, marked: Bool) -> tuple[Int64, Float32]:
    """Find the nearest marked rows: FAISS with a mark for every row, or products of the few rows."""
    if np.count_nonzero(marked) <= MAX_BRUTE_FORCE_ROWS:
        rows = np.flatnonzero(marked)
        products = dense.rows(rows) @ vector
        order = np.lexsort((rows, -products))[:k]
        return rows[order], products[order]
    selector = faiss.IDSelectorBitmap(np.packbits(marked, bitorder="little"))  # type: ignore[arg-type,call-arg]
    scores, rows = dense.index.search(vector[np.newaxis], k, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
    return rows[0][rows[0] >= 0], scores[0][rows[0] >= 0]


def matching(
    index: LexicalIndex, terms: list[str], k: int, marked: Bool, rarities: Mapping[str, float] | None
) -> tuple[list[int], list[float]]:
    """Add up the scores of each row in the order of the terms, and sort the marked rows."""
    total = np.zeros(index.count, np.float32)
    for term in sorted(set(terms)):
        rows, scores = index.postings(term)
        if len(rows):
            total[rows] += scores * np.float32(1 if rarities is None else rarities[term] / idf(len(rows), index.count))
    best = sorted(np.flatnonzero((total > 0) & marked).tolist(), key=lambda row: (-total[row], row))[:k]
    return best, total[best].tolist()


def questions() -> Iterator[list[str]]:
    """Yield the terms of twenty questions, common and rare."""
    rng = random.Random(5)
    for _ in range(20):
        yield [
            *rng.sample(["librari", "open", "ferri", "price", "cat", "museum"], 2),
            f"item{rng.randrange(90)}",
            "zebra",
        ]


def test_a_scope_has_the_rows_of_its_documents(engine: Index) -> None:
    """Each row belongs to a document of one of the folders, and a text is counted at its first row there."""
    scopes = Scopes(engine)
    folders = np.array([collection_of(document.id) for document in engine.documents])[engine.table[:, Column.DOCUMENT]]
    for names in (["a"], ["a", "c"], ["b", "c", "d"], []):
        scope = scopes.of(names)
        rows = np.flatnonzero(np.isin(folders, names))
        assert scope.rows is not None
        assert scope.rows.rows().tolist() == rows.tolist()
        assert scope.size == len(set(engine.checksums[rows].tolist()))
        first_rows = {checksum: row for row, checksum in reversed([*zip(rows, engine.checksums[rows], strict=True)])}
        assert scope.counted is not None
        everything = np.arange(engine.count, dtype=np.int32)
        assert scope.counted.count_in(everything) == len(first_rows)
        assert [scope.counted.count_in(everything[row : row + 1]) for row in first_rows.values()] == [1] * len(
            first_rows
        )


def test_dense_search_finds_what_marks_find(embedded: EmbeddedIndex, engine: Index, scope: Scope) -> None:
    """Rows and scores are equal to the last bit, with and without rows left out."""
    marked = marks(embedded, scope)
    for seed in range(10):
        vector = np.random.default_rng(seed).normal(size=embedded.dense.dimension).astype(np.float32)
        rows, scores = engine.dense.search(vector, 40, scope.rows)
        expected = nearest(embedded.dense, vector, 40, marked)
        assert (rows.tolist(), scores.tobytes()) == (expected[0].tolist(), expected[1].tobytes())
        without = np.sort(np.append(rows[:15], seed))
        expected = nearest(embedded.dense, vector, 40, marked & ~np.isin(np.arange(len(marked)), without))
        rows, scores = engine.dense.search(vector, 40, scope.rows, without)
        assert (rows.tolist(), scores.tobytes()) == (expected[0].tolist(), expected[1].tobytes())


@pytest.mark.parametrize("max_exhaustive", [0, lexical.MAX_EXHAUSTIVE_ROWS], ids=["large", "small"])
def test_lexical_search_finds_what_marks_find(
    embedded: EmbeddedIndex, engine: Index, scope: Scope, max_exhaustive: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and scores are equal to the last bit, with the rarities of a scope, and with and without rows left out."""
    monkeypatch.setattr(lexical, "MAX_EXHAUSTIVE_ROWS", max_exhaustive)
    marked = marks(embedded, scope)
    for terms in questions():
        frequencies = {term: engine.lexical.frequency(term, scope.counted) for term in terms}
        for rarities in (None, {term: idf(frequency, scope.size) for term, frequency in frequencies.items()}):
            rows, scores = engine.lexical.search(terms, 40, scope.rows, rarities)
            assert (rows.tolist(), scores.tolist()) == matching(embedded.lexical, terms, 40, marked, rarities)
            without = np.sort(rows[::2])
            left = marked & ~np.isin(np.arange(len(marked)), without)
            rows, scores = engine.lexical.search(terms, 40, scope.rows, rarities, without)
            assert (rows.tolist(), scores.tolist()) == matching(embedded.lexical, terms, 40, left, rarities)


def test_frequencies_count_each_text_once(embedded: EmbeddedIndex, engine: Index) -> None:
    """The frequency of a term is the number of texts with it, in the whole index and in folders."""
    folders = np.array([document.collection for document in engine.documents])[engine.table[:, Column.DOCUMENT]]
    for names in (None, ["a"], ["b", "c", "d"], ["a", "b", "c", "d"], []):
        counted = Scopes(engine).of(names).counted
        for term in ("ferri", "cat", "item7", "zebra"):
            rows, _ = embedded.lexical.postings(term)
            marked = rows if names is None else rows[np.isin(folders[rows], names)]
            assert engine.lexical.frequency(term, counted) == len(set(embedded.checksums[marked].tolist()))
            assert engine.lexical.frequency(term) == len(rows)


def test_terms_have_the_same_rows_scores_and_counts(embedded: EmbeddedIndex, engine: Index) -> None:
    """Also a term that no row has; and the lengths of rows are the same."""
    for term in ("ferri", "item7", "zebra"):
        for name in ("postings", "occurrences"):
            ours, theirs = (getattr(index.lexical, name)(term) for index in (engine, embedded))
            assert [array.tolist() for array in ours] == [array.tolist() for array in theirs]
    rows = np.array([3, 700, 1_499], np.int32)
    assert engine.lexical.lengths_of(rows).tolist() == embedded.lexical.lengths[rows].tolist()
    assert engine.lexical.mean_length == embedded.lexical.lengths.mean()


def test_token_vectors_give_the_same_cosines(embedded: EmbeddedIndex, engine: Index) -> None:
    """Rows in any order, also twice, and none at all."""
    words = WordEncoder()
    question = words.project(words.encode_question("the ferry opens at nine").tokens)
    for rows in ([5, 3, 1_400, 3], list(range(60)), []):
        wanted = np.array(rows, np.int64)
        assert (
            engine.late.similarities(question, wanted).tobytes()
            == embedded.late.similarities(question, wanted).tobytes()
        )


def test_candidates_of_copies_come_from_further_searches(embedded: EmbeddedIndex, engine: Index, scope: Scope) -> None:
    """Candidates have as many texts as there are, however many copies each has, and only rows of the scope."""
    texts, marked = find_texts(embedded.checksums), marks(embedded, scope)
    found = find_candidates(engine, "The ferry has item7", WordEncoder(), scope)
    assert marked[found.rows].all()
    with_terms = np.unique(np.concatenate([embedded.lexical.postings(term)[0] for term in found.terms]))
    available = len(set(texts.numbers(with_terms[marked[with_terms]].astype(np.int64)).tolist()))
    assert len(set(texts.numbers(found.lexical_rows).tolist())) == min(20, available)


def test_answers_are_equal(embedded: EmbeddedIndex, engine: Index) -> None:
    """Quotes, confidences, copies and closest passages are the same, whatever a question is limited to."""
    words = WordEncoder()
    ours, theirs = (Retriever(index, words, BY_LATE) for index in (engine, embedded))
    for limits in LIMITS.values():
        for question in ("The ferry has item7", "When does the cat sleep?", "museum library price", "zebra"):
            assert ours.ask(question, top=3, **limits) == theirs.ask(question, top=3, **limits)  # type: ignore[arg-type]
