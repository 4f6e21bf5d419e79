"""Search the older generations of an index folder for quotes that the generation in use no longer contains."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.serving.generation import LiveGeneration, Passages
from retrieval.errors import StoreError
from retrieval.index.citations import CitationLookup
from retrieval.store import layout, opening

T = TypeVar("T")
MAX_OPEN = 2
KEEP_OPEN_S = 60.0  # after the last search: an open generation takes memory, and no rebuild can delete it


class OlderGenerations:
    """Opens older generations one at a time, and only for a citation that they contain.

    Opening one takes as long as a start and as much memory as the generation in use. So that nobody can make the bot
    do it over and over, the last MAX_OPEN of them stay open until KEEP_OPEN_S after the last search, and the citation
    ids of each generation stay in memory. Safe to share between threads.
    """

    def __init__(self, folder: Path, live: LiveGeneration) -> None:
        self._folder = folder
        self._live = live
        self._lock = threading.Lock()
        self._lookups: dict[str, CitationLookup | None] = {}  # by the name of the generation; None for a damaged one
        self._open: dict[str, Passages] = {}  # by the name of the generation, the last used one last
        self._release = threading.Timer(0, lambda: None)

    def search(self, citation_id: str, find: Callable[[Passages], T | None]) -> T | None:
        """Apply `find` to the generations that contain a citation, newest first, until it returns something."""
        with self._lock:
            names = [name for name in layout.generations(self._folder) if name != self._live.generation.name]
            self._lookups = {name: lookup for name, lookup in self._lookups.items() if name in names}
            self._open = {name: passages for name, passages in self._open.items() if name in names}
            try:
                return self._search(names, citation_id, find)
            finally:
                self._release_later()

    def _search(self, names: list[str], citation_id: str, find: Callable[[Passages], T | None]) -> T | None:
        for name in names:
            if name not in self._lookups or self._contains(name, citation_id):
                passages = self._opened(name)
                result = find(passages) if passages else None
                if result is not None:
                    return result
        return None

    def _release_later(self) -> None:
        self._release.cancel()
        if self._open:
            self._release = threading.Timer(KEEP_OPEN_S, self.release)
            self._release.daemon = True
            self._release.start()

    def release(self) -> None:
        """Close all generations that are open."""
        with self._lock:
            self._open.clear()

    def _contains(self, name: str, citation_id: str) -> bool:
        lookup = self._lookups[name]
        return lookup is not None and lookup.row(citation_id) is not None

    def _opened(self, name: str) -> Passages | None:
        """Return the passages of a generation, open; return None and remember it if it is damaged or deleted."""
        passages = self._open.pop(name, None)
        if passages is None:
            while len(self._open) >= MAX_OPEN:
                del self._open[next(iter(self._open))]
            try:
                passages = Passages(opening.open_for_quotes(self._folder / name, name), self._lookups.get(name))
            except StoreError:
                self._lookups[name] = None
                return None
            self._lookups[name] = passages.lookup
        self._open[name] = passages
        return passages
