"""Nothing that is shown misleads: the words that turn or limit a quote are shown with it.

Each trap is asked of its own document, in one index of all of them, with what is shipped: the model, the weights and
the reader. The first quote is judged, however improbable it is.
"""

import importlib

import pytest

from bot.answering_stack import answer_threshold
from config.settings import RANKER, READER, load_settings
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.encoding.span_reader import open_reader
from retrieval.index.build import build_index
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.isolated import parent
from retrieval.reading.isolated.protocol import Extracted, dumps, loads
from tests.support.reading import read_content
from tests.traps import lists, marked, sections, sentences, tables
from tests.traps.trap import Trap, normalise, shown_text

TRAPS: list[Trap] = [*lists.TRAPS, *tables.TRAPS, *sentences.TRAPS, *sections.TRAPS, *marked.TRAPS]


def extract_here(content: bytes, suffix: str, _language: str | None = None) -> Extracted:
    """Extract a file without the child process that production uses, which takes most of a second to start."""
    reader = importlib.import_module(f"retrieval.reading.formats.{FORMATS[suffix].module}")
    return loads(dumps(reader.read(content)))


@pytest.fixture(scope="module")
def retriever(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """Return the retriever of an index of all documents."""
    folder = tmp_path_factory.mktemp("traps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parent, "extract", extract_here)
        contents = {trap.document: trap.content for trap in TRAPS}
        reads = [read_content(folder, document, content) for document, content in sorted(contents.items())]
    index = build_index(reads, encoder, "en", "traps").index
    return Retriever(index, encoder, read_ranker(RANKER), reader=open_reader(READER))


@pytest.fixture(scope="module")
def default_threshold() -> float:
    """Return the threshold from which the default settings let a passage answer."""
    return answer_threshold(load_settings(), read_ranker(RANKER))


@pytest.mark.parametrize("trap", [pytest.param(trap, id=trap.id) for trap in TRAPS if not trap.silent])
def test_what_is_shown_says_what_the_document_says(trap: Trap, retriever: Retriever) -> None:
    """The first quote is shown with what turns or limits it, and without what the document does not say."""
    documents = [document.id for document in retriever.index.documents]
    answer = retriever.ask(trap.question, threshold=0.0, document=documents.index(trap.document))
    shown = " … ".join(map(shown_text, answer.quotes[:1]))
    assert [text for text in trap.shows if normalise(text) not in normalise(shown)] == [], shown
    assert [text for text in trap.hides if normalise(text) in normalise(shown)] == [], shown


def test_names_of_traps_are_unique() -> None:
    """Each trap is counted once."""
    names = [trap.id for trap in TRAPS]
    assert sorted(set(names)) == sorted(names)
