"""Quotes of all our questions and documents are in their files, byte for byte, at their offsets."""

from pathlib import Path

import pytest

from config.settings import RANKER
from retrieval.asking.quotes import make_quote, make_quote_with_surroundings
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.measuring.golden import read_golden
from retrieval.measuring.metrics import ranking_figures
from retrieval.measuring.squad import gold_rows, read_squad
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.types import Quote, ReadDocument
from tests.support.paths import ROOT, SEEDS
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder


def assert_verbatim(quote: Quote, text: str) -> None:
    citation = quote.citation
    assert text[citation.start : citation.end].encode() == quote.text.encode()
    assert text.count("\n", 0, citation.start) + 1 == citation.line
    assert quote.passage
    for part in quote.passage:
        assert text[part.start : part.end].encode() == part.text.encode()
    assert any(part.start <= citation.start and citation.end <= part.end for part in quote.passage)


def test_every_quote_from_xquad_r_is_in_its_article_and_most_are_right(
    measuring_data: Path, encoder: OnnxEncoder
) -> None:
    """All 1,190 questions, five quotes each; the ranking is as good as docs/evaluating.md says, within a margin."""
    corpus = read_squad(measuring_data / "data" / "xquad-r" / "en.json")
    index = build_index(corpus.reads, encoder, "en", "gen-1").index
    retriever = Retriever(index, encoder, read_ranker(RANKER))
    texts = {read.document.id: read.document.text for read in corpus.reads}
    ranked = []
    quotes = 0
    for question in corpus.questions:
        hits = retriever.rank(question.text)
        ranked.append([hit.row for hit in hits])
        for hit in hits[:5]:
            quote = make_quote(index, hit.row, hit.probability, question.text)
            assert_verbatim(quote, texts[quote.citation.document])
            quotes += 1
    assert quotes == 5 * 1190
    figures = ranking_figures(gold_rows(index, corpus.questions), ranked)
    assert figures["p_at_1"] >= 0.83
    assert figures["r_at_5"] >= 0.975
    assert figures["mrr_at_10"] >= 0.895


def test_every_quote_from_the_seeds_is_in_its_file(encoder: OnnxEncoder) -> None:
    """The quotes for all golden questions, and every indexed sentence, are compared with the files on the disk."""
    files, rejected = list_files(SEEDS)
    reads = [read_file(file, 1_000_000) for file in files]
    assert rejected == []
    documents = [read for read in reads if isinstance(read, ReadDocument)]
    index = build_index(documents, encoder, "en", "gen-1").index
    retriever = Retriever(index, encoder, read_ranker(RANKER))
    for golden in read_golden(ROOT / "tests" / "golden" / "seeds.yaml"):
        answer = retriever.ask(golden.question, top=5)
        for quote in (*answer.quotes, *answer.closest):
            assert_verbatim(quote, (SEEDS / quote.citation.path).read_text("utf-8"))
    _assert_every_sentence_verbatim(index)


@pytest.mark.parametrize(
    ("document", "sentence", "has_more"),
    [
        ("# Lamp\n\nIt shines.\n\n- It is old.\n\n# Door\n\nIt creaks.\n", "It shines.", False),
        ("It shines.\n", "It shines.", False),
        (f"# Lamp\n\nIt shines.\n\n{'It was made of brass and glass. ' * 40}\n", "It shines.", True),
        ("# Lamps\n\n| Lamp | Power |\n|---|---|\n| Hall | 40 |\n| Yard | 60 |\n", "Yard", False),
        ("# Lamps\n\n| Lamp | Power |\n|---|---|\n| Hall | 40 |\n" + "| Yard of the mill | 60 |\n" * 40, "Hall", True),
    ],
)
def test_a_quote_tells_whether_its_surroundings_show_more(
    word_encoder: WordEncoder, document: str, sentence: str, has_more: bool
) -> None:
    """Nothing is left to show of a short section; what is near shows all there is."""
    index = index_of(word_encoder, {"a.md": document})
    row = next(row for row in range(index.count) if sentence in index.text(row))
    assert make_quote(index, row, 1.0).has_more is has_more
    assert make_quote_with_surroundings(index, row).has_more is False


def _assert_every_sentence_verbatim(index: Index) -> None:
    for row in range(index.count):
        sentence = index.sentence(row)
        file = (SEEDS / index.documents[sentence.document].id).read_text("utf-8")
        assert file[sentence.start : sentence.end] == index.text(row)
