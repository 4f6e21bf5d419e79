"""Serve MCP at /mcp, and import its SDK with the first request only: that takes longer than everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from bot.web.mcp_server import HttpTransport
    from bot.web.question_service import QuestionService


class McpEndpoint:
    """An ASGI application that answers once it is running. Belongs to one event loop."""

    def __init__(self, service: "QuestionService") -> None:
        self._service = service
        self._wanted = asyncio.Event()
        self._started: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        assert self._started is not None  # noqa: S101 - requests come while the application runs
        self._wanted.set()
        app = await asyncio.shield(self._started)
        await app(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Wait for the first request, and answer from then on."""
        self._started = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(self._started))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self, started: "asyncio.Future[ASGIApp]") -> None:
        await self._wanted.wait()
        try:
            transport = await asyncio.to_thread(self._make_transport)
        except Exception as error:  # such as a broken installation of the SDK: every request learns of it
            started.set_exception(error)
            return
        async with transport.run():
            started.set_result(transport.app)
            await asyncio.Event().wait()  # until cancelled

    def _make_transport(self) -> "HttpTransport":
        from bot.web.mcp_server import make_http_transport

        return make_http_transport(self._service)
