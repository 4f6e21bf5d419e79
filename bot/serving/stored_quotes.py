"""Find a quote by the id of its citation, and what has become of its document since."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.serving.generation import Passages
from bot.serving.visible import VisibleCollections
from retrieval.index.citations import CITATION_ID
from retrieval.reading.folder import KEPT_FOLDER, document_state
from retrieval.types import DocumentState, Quote


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """A quote of a citation; `in_use` tells whether the generation in use contains it, `state` is that of its file."""

    quote: Quote
    in_use: bool
    state: DocumentState


OlderSearch = Callable[[str, Callable[[Passages], StoredQuote | None]], StoredQuote | None]  # see OlderGenerations


def find_stored_quote(
    live: Passages,
    search_older: OlderSearch,
    typed_id: str,
    seeds: Path,
    visible: VisibleCollections,
    *,
    surrounded: bool = False,
) -> StoredQuote | None:
    """Find a quote in the generation in use or, if it is not there, in an older one; None if it is not visible.

    If its document is still indexed, its present collection decides: a document that moved to a hidden collection takes
    the quotes of older generations with it, also if it changed at the same time. A kept answer that was removed is gone
    at once. With `surrounded`, the passage is all that is near.
    """
    citation_id = typed_id.strip().strip("[]").casefold()
    if not CITATION_ID.fullmatch(citation_id):
        return None
    in_use = live.document(citation_id, None) is not None

    def find(passages: Passages) -> StoredQuote | None:
        make = passages.surrounded if surrounded else passages.quote
        quote, document = make(citation_id, visible), passages.document(citation_id, visible)
        if quote is None or document is None or live.hides(passages, citation_id, visible):
            return None
        state = document_state(document, seeds)
        if state == "vanished" and document.collection == KEPT_FOLDER:
            return None  # whoever removed it, perhaps the author of the message, meant it to be gone
        return StoredQuote(quote, in_use, state)

    return find(live) if in_use else search_older(citation_id, find)
