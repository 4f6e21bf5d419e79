"""First come the acknowledgements, which Discord allows three seconds; searches and answers wait for a calm moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 2.0  # seconds; whoever has waited that long goes on


class Acknowledgements:
    """Counts acknowledgements under way. Belongs to one event loop."""

    def __init__(self) -> None:
        self._pending = 0
        self._calm = asyncio.Event()
        self._calm.set()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Hold everything else back for a while."""
        self._pending += 1
        self._calm.clear()
        try:
            yield
        finally:
            self._pending -= 1
            if not self._pending:
                self._calm.set()

    async def wait_until_sent(self) -> None:
        """Wait until no acknowledgement is under way, but not for long."""
        if self._calm.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST):
                await self._calm.wait()
        except TimeoutError:
            return
