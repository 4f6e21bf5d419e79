"""Swap a value made from the live generation when another generation goes live, while questions go on.

A question keeps the value that it began with. The old generation may be deleted once nobody holds its value.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from retrieval.store import layout

T = TypeVar("T")


class HotSwap(Generic[T]):
    """The value made from the live generation of an index folder. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        first: T,
        generation: str,
        reopen: Callable[[T], T],
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin with the value made from a generation; `reopen` makes the next one, given the current one.

        `on_failure` is called once with the reason why a generation cannot be opened.
        """
        self.current = first
        self._folder = folder
        self._generation = generation  # not read from CURRENT, which may have changed since `first` was made
        self._reopen = reopen
        self._on_failure = on_failure
        self._last_failure = ""
        self._refreshing = threading.Lock()

    def refresh(self) -> bool:
        """Switch to the live generation if it is another one; return whether it was.

        If it cannot be opened, the current value stays, and the next call tries again.
        """
        with self._refreshing:
            live = layout.current(self._folder)
            if live is None or live == self._generation:
                return False
            try:
                value = self._reopen(self.current)
            except Exception as error:  # whatever is wrong with the new generation, the current one can answer
                self._report(f"cannot open {live}, still answering from {self._generation}: {error}")
                return False
            self.current, self._generation, self._last_failure = value, live, ""
            return True

    def _report(self, failure: str) -> None:
        if failure != self._last_failure:
            self._last_failure = failure
            self._on_failure(failure)
