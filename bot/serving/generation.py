"""The generation that answers, as the bot needs it: its passages, its list of documents, and the swap to the next one.

A service that `bot.services` opened comes in. Watching and swapping happen on the event loop.
"""

import asyncio
import contextlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from bot import hot_swap
from bot.answering_stack import AnsweringStack
from bot.serving.visible import VisibleCollections, is_visible
from retrieval.asking.quotes import make_quote, make_quote_with_surroundings
from retrieval.concurrency import once
from retrieval.index.citations import CitationLookup
from retrieval.index.index import Column, Index
from retrieval.reading.folder import is_removed_answer
from retrieval.text.locations import address_at
from retrieval.types import Document, Quote

MAX_CACHED_LISTS = 32  # of visible documents
WATCH_INTERVAL_S = 2.0  # each look reads CURRENT, a file of a few bytes


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document as the bot lists it."""

    row: int  # in the documents of the index
    id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    collection: str
    sentences: int
    folded: str  # title and id, case-folded, to match what a member types
    version: str | None = None


class Passages:
    """The passages of one index, found by the ids of their citations. Safe to share between threads."""

    def __init__(self, index: Index, lookup: CitationLookup | None = None, seeds: Path | None = None) -> None:
        """Wrap an index; a `lookup` that was built before is used again.

        Kept answers that were removed from the folder `seeds` since the index was built are not there.
        """
        self.index = index
        self._seeds = seeds
        self._lookup = once(lambda: lookup or CitationLookup(index))

    @property
    def lookup(self) -> CitationLookup:
        """The table of citation ids; building it takes seconds for a million sentences, once."""
        return self._lookup()

    def document(self, citation_id: str, visible: VisibleCollections) -> Document | None:
        """Return the document that a citation quotes, None if it is unknown or not visible."""
        row = self._row(citation_id, visible)
        return None if row is None else self.index.documents[self.index.sentence(row).document]

    def quote(self, citation_id: str, visible: VisibleCollections) -> Quote | None:
        """Return the quote of a citation, None if it is unknown or not visible."""
        row = self._row(citation_id, visible)
        return None if row is None else make_quote(self.index, row, 0.0)

    def surrounded(self, citation_id: str, visible: VisibleCollections) -> Quote | None:
        """Return the quote of a citation with the paragraphs around it, None if it is unknown or not visible."""
        row = self._row(citation_id, visible)
        return None if row is None else make_quote_with_surroundings(self.index, row)

    def is_removed(self, document: str) -> bool:
        """Return whether a document, given by its id, is a kept answer that was removed since."""
        return self._seeds is not None and is_removed_answer(self._seeds, document)

    def hides(self, older: "Passages", citation_id: str, visible: VisibleCollections) -> bool:
        """Tell whether the document that a citation of an older generation quotes may be one that is not visible now.

        That is one with its id or content, unless such a one is visible, and else one with its file name, its title or
        any of its sentences: a document that moved and changed at once leaves no other trace.
        """
        row = older.lookup.row(citation_id)
        if visible is None or row is None:
            return False
        number = older.index.sentence(row).document
        document, documents = older.index.documents[number], self.index.documents
        same = [other for other in documents if _is_same(other, document)]
        if same:
            return not any(is_visible(other.collection, visible) for other in same)
        texts = older.index.checksums[older.index.document_rows(number)]
        sharing = np.unique(self.index.table[np.isin(self.index.checksums, texts), Column.DOCUMENT]).tolist()
        alike = [documents[other] for other in sharing]
        alike += [other for other in documents if _is_named_like(other, document)]
        return not all(is_visible(other.collection, visible) for other in alike)

    def _row(self, citation_id: str, visible: VisibleCollections) -> int | None:
        row = self.lookup.row(citation_id)
        if row is None:
            return None
        document = self.index.documents[self.index.sentence(row).document]
        return row if is_visible(document.collection, visible) and not self.is_removed(document.id) else None


def _is_same(document: Document, other: Document) -> bool:
    return document.id == other.id or document.sha256 == other.sha256


def _is_named_like(document: Document, other: Document) -> bool:
    names = (PurePosixPath(document.id).name.casefold(), PurePosixPath(other.id).name.casefold())
    return names[0] == names[1] or document.title.casefold() == other.title.casefold()


class Generation:
    """An opened generation: it answers questions, finds passages by their citations and lists its documents."""

    def __init__(self, stack: AnsweringStack, seeds: Path | None = None) -> None:
        """List the documents, newest first, then by title; `seeds` is the folder that they were read from."""
        self.stack = stack
        index = stack.retriever.index
        self.passages = Passages(index, seeds=seeds)
        counts = np.bincount(index.table[:, 0], minlength=len(index.documents)).tolist()
        listed = [
            ListedDocument(
                row=row,
                id=document.id,
                title=document.title,
                source=document.source,
                published=document.published,
                url=address_at(document, None),
                collection=document.collection,
                sentences=sentences,
                folded=f"{document.title}\n{document.id}".casefold(),
                version=document.version or None,
            )
            for row, (document, sentences) in enumerate(zip(index.documents, counts, strict=True))
        ]
        listed.sort(key=lambda document: (document.title.casefold(), document.id))
        listed.sort(key=lambda document: document.published or "", reverse=True)
        self._documents = listed
        self._visible_documents: dict[frozenset[str], list[ListedDocument]] = {}
        self.collections = sorted({document.collection for document in listed})

    @property
    def name(self) -> str:
        """The name of the generation, such as "gen-7"."""
        return self.stack.retriever.index.generation

    def visible_documents(self, visible: VisibleCollections) -> list[ListedDocument]:
        """Return the documents in the visible collections, newest first."""
        if visible is None:
            return self._documents
        documents = self._visible_documents.get(visible)
        if documents is None:
            documents = [document for document in self._documents if is_visible(document.collection, visible)]
            if len(self._visible_documents) >= MAX_CACHED_LISTS:
                self._visible_documents.clear()  # from another thread perhaps: nothing is read back
            self._visible_documents[visible] = documents
        return documents

    def find_documents(self, typed: str, visible: VisibleCollections) -> list[ListedDocument]:
        """Find the visible documents that a text names, newest first.

        It names those with that id; or else with that title or file name, in any case; or else with that in their title
        or path.
        """
        documents = self.visible_documents(visible)
        named = [document for document in documents if document.id == typed]
        wanted = _folded(typed)
        if named or not wanted:
            return named
        named = [document for document in documents if wanted in _names(document)]
        return named or [document for document in documents if wanted in _folded(document.folded)]


def _names(document: ListedDocument) -> tuple[str, str, str]:
    """Return the title of a document and the name of its file, with and without its ending, folded."""
    path = PurePosixPath(document.id)
    return _folded(document.title), _folded(path.name), _folded(path.stem)


def _folded(text: str) -> str:
    """Fold a name for comparison: case, spaces, and other forms of the same characters."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class LiveGeneration:
    """Holds the generation in use and swaps it for a newer one while questions are being answered."""

    def __init__(
        self,
        folder: Path,
        reopen: Callable[[AnsweringStack], AnsweringStack],
        first: AnsweringStack,
        *,
        seeds: Path | None,
        swapped: Callable[[Generation], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Start with the opened stack of an index folder.

        `reopen` opens the live generation of the folder, given the stack in use; it runs in a thread. `seeds` is the
        folder of the documents; without it, removed answers are quoted until the next generation. `swapped` gets each
        new generation, `failed` one line for each generation that cannot be opened.
        """
        generation = Generation(first, seeds)
        self._live = hot_swap.HotSwap(
            folder, generation, generation.name, lambda current: Generation(reopen(current.stack), seeds), failed
        )
        self._swapped = swapped
        self._woken = asyncio.Event()

    @property
    def generation(self) -> Generation:
        """The generation in use."""
        return self._live.current

    async def watch(self) -> None:
        """Look for a new generation at intervals and when told to, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_INTERVAL_S):
                    await self._woken.wait()
            self._woken.clear()
            await self.refresh()

    def look_now(self) -> None:
        """Let the watcher look at once; for calls on its event loop."""
        self._woken.set()

    async def refresh(self) -> bool:
        """Swap to the live generation if it is another one, and return whether it was.

        If it cannot be opened, the generation in use stays.
        """
        swapped = await asyncio.to_thread(self._live.refresh)
        if swapped:
            self._swapped(self.generation)
        return swapped
