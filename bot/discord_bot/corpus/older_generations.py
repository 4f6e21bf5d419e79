"""Search the older generations of an index folder for quotes that the generation in use no longer contains."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.discord_bot.corpus.generation import LiveGeneration, Passages
from retrieval.errors import StoreError
from retrieval.index.citations import CitationLookup
from retrieval.store import layout, opening

T = TypeVar("T")


class OlderGenerations:
    """Opens older generations one at a time, and only for a citation that they contain.

    Opening one takes as long as a start and as much memory as the generation in use. So that nobody can make the bot
    do it over and over with made-up ids, the citation ids of each generation stay in memory. Safe to share between
    threads.
    """

    def __init__(self, folder: Path, live: LiveGeneration) -> None:
        self._folder = folder
        self._live = live
        self._lock = threading.Lock()
        self._lookups: dict[str, CitationLookup | None] = {}  # by the name of the generation; None for a damaged one

    def search(self, citation_id: str, find: Callable[[Passages], T | None]) -> T | None:
        """Apply `find` to the generations that contain a citation, newest first, until it returns something."""
        with self._lock:
            names = [name for name in layout.generations(self._folder) if name != self._live.generation.name]
            self._lookups = {name: lookup for name, lookup in self._lookups.items() if name in names}
            for name in names:
                if name not in self._lookups or self._contains(name, citation_id):
                    passages = self._open(name)
                    result = find(passages) if passages else None
                    if result is not None:
                        return result
        return None

    def _contains(self, name: str, citation_id: str) -> bool:
        lookup = self._lookups[name]
        return lookup is not None and lookup.row(citation_id) is not None

    def _open(self, name: str) -> Passages | None:
        """Open the passages of a generation; return None and remember it if it is damaged."""
        try:
            passages = Passages(opening.open_generation(self._folder / name, name)[0], self._lookups.get(name))
        except StoreError:
            self._lookups[name] = None
            return None
        self._lookups[name] = passages.lookup
        return passages
