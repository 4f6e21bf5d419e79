"""The generations that are kept besides the one in use, for quotes that it no longer holds."""

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
    """Opens a generation only for an id that it holds, and one at a time.

    Opening one takes as long as a start and as much memory as the one in use: nobody shall make the bot do so again and
    again with ids that were never there. Safe to share between threads.
    """

    def __init__(self, folder: Path, live: LiveGeneration) -> None:
        self._folder = folder
        self._live = live
        self._lock = threading.Lock()
        self._lookups: dict[str, CitationLookup | None] = {}  # by generation; None for one that is damaged

    def search(self, citation: str, look: Callable[[Passages], T | None]) -> T | None:
        """Return what is first found in a generation that holds a citation, None when there is nothing."""
        with self._lock:
            names = [name for name in layout.generations(self._folder) if name != self._live.generation.name]
            self._lookups = {name: kept for name, kept in self._lookups.items() if name in names}
            for name in names:
                if name not in self._lookups or self._holds(name, citation):
                    passages = self._open(name)
                    found = look(passages) if passages else None
                    if found is not None:
                        return found
        return None

    def _holds(self, name: str, citation: str) -> bool:
        lookup = self._lookups[name]
        return lookup is not None and lookup.row(citation) is not None

    def _open(self, name: str) -> Passages | None:
        """Return the passages of a generation, None of a damaged one: it has nothing to tell."""
        try:
            passages = Passages(opening.open_generation(self._folder / name, name)[0], self._lookups.get(name))
        except StoreError:
            self._lookups[name] = None
            return None
        self._lookups[name] = passages.lookup
        return passages
