"""A small corpus for tests, indexed with the word encoder."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.index.build import build_index
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.reading.metadata import collection_of
from retrieval.store import publishing, write_lock
from retrieval.store.manifest import MANIFEST, SEAL, BuildSettings, Provenance
from retrieval.text.sections import collect_headings, collect_tables
from retrieval.types import Document, Encoder, ReadDocument
from tests.support.reading import split_text
from tests.support.word_encoder import WordEncoder

TEXTS = {
    "library.md": "# Hours\n\nThe library opens at nine. It closes on monday.\n\n# Museum\n\nThe museum sleeps.",
    "ferry.txt": "The ferry has a price of four.\n\nThe cat sleeps on the ferry.",
}
# Two articles with three paragraphs and four questions, in the format of SQuAD.
ARTICLES = {
    "data": [
        {
            "title": "The_library",
            "paragraphs": [
                {
                    "context": "The library opens at nine. It closes on monday.",
                    "qas": [
                        {"question": "library opens nine", "answers": [{"answer_start": 21, "text": "nine"}]},
                        {"question": "closes monday", "answers": [{"answer_start": 40, "text": "monday"}]},
                    ],
                },
                {
                    "context": "The cat sleeps.",
                    "qas": [{"question": "cat sleeps", "answers": [{"answer_start": 4, "text": "cat"}]}],
                },
            ],
        },
        {
            "title": "Boats",
            "paragraphs": [
                {
                    "context": "The ferry has a price of four.",
                    "qas": [{"question": "ferry price", "answers": [{"answer_start": 25, "text": "four"}]}],
                }
            ],
        },
    ]
}
# Ranks by late interaction alone, that is by the share of the question's words in the sentence; 0.5 is even odds.
BY_LATE = Ranker(
    tuple(float(n == "late") for n in FEATURE_NAMES), tuple(10.0 * (n == "late") for n in FEATURE_NAMES), -5.0, ()
)
# Ranks in the opposite order, so that the best candidate comes last.
BACKWARDS = Ranker(tuple(-weight for weight in BY_LATE.order), BY_LATE.confidence, BY_LATE.bias, ())
# The provenance of an index that was not made by a rebuild.
PROVENANCE = Provenance(
    created="2026-01-01T00:00:00+00:00", model="words", model_files={}, settings=BuildSettings(0, "en", 1_000_000),
    cut_sentences=0, cut={}, letters_per_piece=None, knows_language=True, calibration=None, golden=None, pace=None,
    rejected=(), sources={},
)  # fmt: skip


def read(name: str, text: str, published: str | None = None) -> ReadDocument:
    """Make the document that reading a file with this name and text would give."""
    checksum = hashlib.sha256(text.encode()).hexdigest()
    text, blocks = split_text(text, markdown=name.endswith(".md"))
    document = Document(
        name, name.split(".")[0], None, published, None, text, checksum, collection_of(name), collect_headings(blocks),
        tables=collect_tables(text, blocks),
    )  # fmt: skip
    return ReadDocument(document, blocks)


def index_of(
    encoder: Encoder,
    texts: Mapping[str, str] = TEXTS,
    *,
    generation: str = "gen-1",
    published: Mapping[str, str] | None = None,
) -> EmbeddedIndex:
    """Build the index of texts by file name; `published` maps some of the names to dates."""
    dates = published or {}
    reads = [read(name, text, dates.get(name)) for name, text in sorted(texts.items())]
    return build_index(reads, encoder, "en", generation).index


def write_as_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write any JSON in place of a generation's manifest, with the right checksum."""
    (folder / MANIFEST).write_text(json.dumps(content))
    checksum = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    (folder / SEAL).write_text(f"{checksum}  {MANIFEST}\n")


def publish_texts(folder: Path, words: WordEncoder, number: int = 1) -> None:
    """Publish TEXTS and a document that depends on the number as a generation."""
    publish(folder, index_of(words, TEXTS | {"new.txt": f"The cat is {number}."}, generation=f"gen-{number}"))


def publish(folder: Path, index: EmbeddedIndex) -> None:
    """Publish an index as the generation that it is named after."""
    with write_lock.writing(folder):
        publishing.publish(folder, index, PROVENANCE)
