"""Serve MCP at /mcp, and import its SDK with the first request only: that takes longer than everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.request_values import read_body

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
        """Answer a request, once its body has arrived: the SDK would log one that does not as a fault.

        Raises RequestError for a body that is too large or does not arrive.
        """
        assert self._started is not None  # noqa: S101 - requests come while the application runs
        body = await read_body(Request(scope, receive))
        self._wanted.set()
        app = await asyncio.shield(self._started)
        await app(scope, receive_again(body, receive), send)

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


def receive_again(body: bytes, receive: Receive) -> Receive:
    """Make what receives a body that was read already, and then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_next() -> Message:
        return messages.pop() if messages else await receive()

    return receive_next
