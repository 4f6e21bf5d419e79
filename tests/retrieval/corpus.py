"""A small corpus for tests, read and indexed with the encoder that can be explained."""

from collections.abc import Mapping

from retrieval.blocks import body_blocks
from retrieval.build import build_index
from retrieval.documents import ReadDocument
from retrieval.features import NAMES
from retrieval.index import Index
from retrieval.ranker import Ranker
from retrieval.records import Document, Encoder

TEXTS = {
    "library.md": "# Hours\n\nThe library opens at nine. It closes on monday.\n\n# Museum\n\nThe museum sleeps.",
    "ferry.txt": "The ferry has a price of four.\n\nThe cat sleeps on the ferry.",
}
# Ranks by late interaction alone: the share of the question's words that the sentence holds; 0.5 is even odds.
BY_LATE = Ranker(tuple(float(n == "late") for n in NAMES), tuple(10.0 * (n == "late") for n in NAMES), -5.0, 0.5)


def read(name: str, text: str, published: str | None = None) -> ReadDocument:
    """Return a document as if it had been read from a file."""
    document = Document(name, name.split(".")[0], None, published, None, text, "")
    return ReadDocument(document, tuple(body_blocks(text, 0, markdown=name.endswith(".md"))))


def index_of(
    encoder: Encoder,
    texts: Mapping[str, str] = TEXTS,
    *,
    generation: str = "gen-1",
    published: Mapping[str, str] | None = None,
) -> Index:
    """Return the index of some texts, with the dates of those that have one."""
    dates = published or {}
    reads = [read(name, text, dates.get(name)) for name, text in sorted(texts.items())]
    return build_index(reads, encoder, "en", generation)[0]
