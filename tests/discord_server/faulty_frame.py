"""The middleware of the API, with the faults that a test asked for."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.gateway_link import reset
from bot.sandbox.loopback.rest_frame import Frame, Handler
from bot.sandbox.loopback.rest_limits import Limits
from tests.discord_server.faults import Fault, Faults, as_text, never


class FaultyFrame(Frame):
    """Lets faults strike before and after a request takes effect."""

    def __init__(self, world: World, limits: Limits, faults: Faults) -> None:
        super().__init__(world, limits)
        self._faults = faults

    async def process(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/control") or request.path == "/":
            return await handler(request)
        return await super().process(request, handler)

    async def answer(self, request: web.Request, handler: Handler, line: str) -> web.StreamResponse:
        fault = self._faults.next(line, "before")
        response = await self._strike(fault, request) if fault else None
        if response is None:
            usual = await super().answer(request, handler, line)
            fault = self._faults.next(line, "after")
            response = await self._strike(fault, request, usual) or usual if fault else usual
        return response

    async def _strike(
        self, fault: Fault, request: web.Request, usual: web.StreamResponse | None = None
    ) -> web.StreamResponse | None:
        """Apply a fault. Returns the response that it causes, or None to continue as usual."""
        if fault.kind == "cut" and isinstance(usual, web.Response) and isinstance(usual.body, bytes):
            partial = web.StreamResponse(status=usual.status, headers=usual.headers)
            partial.content_length = len(usual.body)
            await partial.prepare(request)
            await partial.write(usual.body[: len(usual.body) // 2])
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.kind == "silent":
            await never()
        if fault.kind in ("reset", "cut"):
            reset(request.transport)
            return web.Response(status=499)
        headers = {"Content-Type": "application/json"} | fault.headers
        return web.Response(status=fault.status, headers=headers, body=as_text(fault.body).encode())
