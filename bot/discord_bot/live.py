"""The generation that answers, as the bot needs it; looked after on the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot import live
from bot.service import Service
from retrieval.index import Index
from retrieval.lookup import Lookup
from retrieval.quotes import quote, surrounded
from retrieval.records import Document, Quote

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
    folded: str  # title and id, for those who type a part of them


class Passages:
    """What the citations of one index lead to. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self.index = index

    @cached_property
    def lookup(self) -> Lookup:
        """Return the table of the ids of citations; takes seconds for a million sentences, once."""
        return Lookup(self.index)

    def document(self, citation: str) -> Document | None:
        """Return the document that a citation quotes, None when it is not in the index."""
        row = self.lookup.row(citation)
        return None if row is None else self.index.documents[self.index.sentence(row).document]

    def quote(self, citation: str) -> Quote | None:
        """Return the quote of a citation, None when it is not in the index."""
        row = self.lookup.row(citation)
        return None if row is None else quote(self.index, row, 0.0)

    def surrounded(self, citation: str) -> Quote | None:
        """Return the quote of a citation with the paragraphs around it, None when it is not in the index."""
        row = self.lookup.row(citation)
        return None if row is None else surrounded(self.index, row)


class Generation:
    """An opened generation: it answers, leads from citations to passages, and lists its documents."""

    def __init__(self, service: Service) -> None:
        """List the documents, newest first."""
        self.service = service
        index = service.retriever.index
        self.passages = Passages(index)
        found = (
            Source(row, d.id, d.title, d.source, d.published, d.url, f"{d.title}\n{d.id}".casefold())
            for row, d in enumerate(index.documents)
        )
        by_title = sorted(found, key=lambda one: (one.title.casefold(), one.id))
        self.sources = sorted(by_title, key=lambda one: one.published or "", reverse=True)

    @property
    def name(self) -> str:
        """Return the name of the generation."""
        return self.service.retriever.index.generation

    def source(self, document: str) -> Source | None:
        """Return the document of an id."""
        return next((one for one in self.sources if one.id == document), None)


class Live:
    """Holds the generation in use, and takes up a new one while questions go on."""

    def __init__(
        self,
        folder: Path,
        reopen: Callable[[Service], Service],
        first: Service,
        *,
        swapped: Callable[[Generation], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin with an opened service; `reopen` opens the live one of the folder, in a thread, given that in use."""
        begun = Generation(first)
        self._live = live.Live(folder, begun, begun.name, lambda held: Generation(reopen(held.service)), failed)
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
