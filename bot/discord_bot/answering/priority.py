"""Give acknowledgements, which Discord requires within three seconds, priority over searches and answers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

MAX_WAIT_S = 2.0


class Acknowledgements:
    """Counts the acknowledgements that are being sent. Belongs to one event loop."""

    def __init__(self) -> None:
        self._pending = 0
        self._all_sent = asyncio.Event()
        self._all_sent.set()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Count one acknowledgement; what waits in `wait_until_sent` goes on after it."""
        self._pending += 1
        self._all_sent.clear()
        try:
            yield
        finally:
            self._pending -= 1
            if not self._pending:
                self._all_sent.set()

    async def wait_until_sent(self) -> None:
        """Wait until no acknowledgement is being sent, but at most MAX_WAIT_S."""
        if self._all_sent.is_set():
            return
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._all_sent.wait()
        except TimeoutError:
            return
