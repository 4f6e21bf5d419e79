"""The generation that answers, as the bot needs it; looked after on the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bot import hot_swap
from bot.answering_stack import AnsweringStack
from bot.discord_bot.access.visibility import Visible, shows
from retrieval.asking.quotes import make_quote, make_quote_with_surroundings
from retrieval.index.citations import CitationLookup
from retrieval.index.index import Index
from retrieval.types import Document, Quote

MOST_LISTED = 32  # lists of what may be seen, kept for the next time
SECONDS = 2.0  # between two looks at CURRENT, a file of a few bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A document as the bot lists it."""

    row: int
    id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    collection: str
    sentences: int
    folded: str  # title and id, for those who type a part of them


class Passages:
    """What the citations of one index lead to. Safe to share between threads."""

    def __init__(self, index: Index, lookup: CitationLookup | None = None) -> None:
        """Take an index and, where it was made before, the table of the ids of its citations."""
        self.index = index
        self._lookup = lookup

    @cached_property
    def lookup(self) -> CitationLookup:
        """Return the table of the ids of citations; takes seconds for a million sentences, once."""
        return self._lookup or CitationLookup(self.index)

    def document(self, citation: str, seen: Visible) -> Document | None:
        """Return the document that a citation quotes, None when there is none that may be seen."""
        row = self._row(citation, seen)
        return None if row is None else self.index.documents[self.index.sentence(row).document]

    def quote(self, citation: str, seen: Visible) -> Quote | None:
        """Return the quote of a citation, None when there is none that may be seen."""
        row = self._row(citation, seen)
        return None if row is None else make_quote(self.index, row, 0.0)

    def surrounded(self, citation: str, seen: Visible) -> Quote | None:
        """Return the quote of a citation with the paragraphs around it, None when there is none that may be seen."""
        row = self._row(citation, seen)
        return None if row is None else make_quote_with_surroundings(self.index, row)

    def hides(self, older: Document, seen: Visible) -> bool:
        """Return whether a document of an older state is there, by its id or its content, but may not be seen now."""
        same = [one for one in self.index.documents if one.id == older.id or one.sha256 == older.sha256]
        return bool(same) and not any(shows(seen, one.collection) for one in same)

    def _row(self, citation: str, seen: Visible) -> int | None:
        row = self.lookup.row(citation)
        if row is None or not shows(seen, self.index.documents[self.index.sentence(row).document].collection):
            return None
        return row


class Generation:
    """An opened generation: it answers, leads from citations to passages, and lists its documents."""

    def __init__(self, stack: AnsweringStack) -> None:
        """List the documents, newest first."""
        self.stack = stack
        index = stack.retriever.index
        self.passages = Passages(index)
        counts = np.bincount(index.table[:, 0], minlength=len(index.documents)).tolist()
        found = (
            Source(
                row, d.id, d.title, d.source, d.published, d.url, d.collection, sentences,
                f"{d.title}\n{d.id}".casefold(),
            )
            for row, (d, sentences) in enumerate(zip(index.documents, counts, strict=True))
        )  # fmt: skip
        by_title = sorted(found, key=lambda one: (one.title.casefold(), one.id))
        self._sources = sorted(by_title, key=lambda one: one.published or "", reverse=True)
        self._listed: dict[frozenset[str], list[Source]] = {}
        self.collections = sorted({one.collection for one in self._sources})

    @property
    def name(self) -> str:
        """Return the name of the generation."""
        return self.stack.retriever.index.generation

    def seen(self, seen: Visible) -> list[Source]:
        """Return the documents that may be seen, newest first."""
        if seen is None:
            return self._sources
        if seen not in self._listed:
            if len(self._listed) >= MOST_LISTED:
                self._listed.clear()
            self._listed[seen] = [one for one in self._sources if shows(seen, one.collection)]
        return self._listed[seen]

    def source(self, document: str, seen: Visible) -> Source | None:
        """Return the document of an id, None when there is none that may be seen."""
        return next((one for one in self.seen(seen) if one.id == document), None)


class LiveGeneration:
    """Holds the generation in use, and takes up a new one while questions go on."""

    def __init__(
        self,
        folder: Path,
        reopen: Callable[[AnsweringStack], AnsweringStack],
        first: AnsweringStack,
        *,
        swapped: Callable[[Generation], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin with an opened service; `reopen` opens the live one of the folder, in a thread, given that in use."""
        begun = Generation(first)
        self._live = hot_swap.HotSwap(folder, begun, begun.name, lambda held: Generation(reopen(held.stack)), failed)
        self._swapped = swapped

    @property
    def generation(self) -> Generation:
        """Return the generation in use."""
        return self._live.current

    async def watch(self) -> None:
        """Look for a new generation until cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            await self.refresh()

    async def refresh(self) -> bool:
        """Take up the live generation if it is another one; where it cannot be opened, the old one goes on."""
        swapped = await asyncio.to_thread(self._live.refresh)
        if swapped:
            self._swapped(self.generation)
        return swapped
