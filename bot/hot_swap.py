"""What answers now: swapped by reference when another generation goes live, while questions go on.

A question keeps what it began with; the old generation is forgotten, and may be deleted, when nobody holds it.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from retrieval.store import layout

T = TypeVar("T")


class HotSwap(Generic[T]):
    """Holds what was made of the live generation of a folder. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        first: T,
        generation: str,
        reopen: Callable[[T], T],
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin with what was made of a generation; `reopen` makes it of the live one, given what is held.

        `failed` is told once why a generation cannot be opened.
        """
        self.current = first
        self._folder = folder
        self._name = generation
        self._seen = generation  # not CURRENT, which may have gone on since
        self._reopen = reopen
        self._failed = failed
        self._failure = ""
        self._refreshing = threading.Lock()

    def refresh(self) -> bool:
        """Take up the live generation if it is another one; returns whether it was.

        Where it cannot be opened, the old one goes on, and the next call tries again.
        """
        with self._refreshing:
            name = layout.current(self._folder)
            if name is None or name == self._seen:
                return False
            try:
                opened = self._reopen(self.current)
            except Exception as error:  # whatever is wrong with a new generation, the old one can answer
                self._report(f"cannot open {name}, so {self._name} goes on answering: {error}")
                return False
            self.current, self._name, self._seen, self._failure = opened, name, name, ""
            return True

    def _report(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            self._failed(failure)
