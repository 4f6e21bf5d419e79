"""What every request of the REST API passes through: authorization, rate limits, faults, and refusals as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.discord_server.errors import RefusedError, not_found, unauthorized
from tests.discord_server.faults import Fault, Faults, as_text, never
from tests.discord_server.limits import Limits
from tests.discord_server.link import reset
from tests.discord_server.messages import Upload
from tests.discord_server.records import Json
from tests.discord_server.state import World

PREFIX = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reply(data: Any, status: int = 200) -> web.Response:
    """Build a response with JSON, and with exactly Discord's content type."""
    return web.Response(status=status, body=json.dumps(data).encode(), content_type="application/json")


def nothing() -> web.Response:
    return web.Response(status=204)


async def payload_of(request: web.Request) -> tuple[Json, list[Upload]]:
    """Parse the JSON object of a request and the files that come with it. Raises RefusedError."""
    files: list[Upload] = []
    if request.content_type == "multipart/form-data":
        text = "{}"
        for name, part in (await request.post()).items():
            if isinstance(part, web.FileField):
                files.append(Upload(part.filename, part.content_type, part.file.read()))
            elif name == "payload_json" and isinstance(part, str):
                text = part
    else:
        text = (await request.read()).decode("utf-8", "surrogatepass") or "{}"
        if request.content_type != "application/json" and text != "{}":
            raise RefusedError(400, 50035, "Invalid Form Body")
    try:
        data = json.loads(text)
    except ValueError:
        raise RefusedError(400, 50109, "The request body contains invalid JSON.") from None
    if not isinstance(data, dict):
        raise RefusedError(400, 50035, "Invalid Form Body")
    return data, files


class Frame:
    """The middleware of the API."""

    def __init__(self, world: World, faults: Faults, limits: Limits) -> None:
        self._world, self._faults, self._limits = world, faults, limits

    @property
    def middleware(self) -> Any:
        """Return the middleware as a function, as aiohttp expects it."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/control") or request.path == "/":
                return await handler(request)
            return await self._process(request, handler)

        return middleware

    async def _process(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        line = f"{request.method} {path}"
        fault = self._faults.next(line, "before")
        response = await self._strike(fault, request) if fault else None
        if response is None:
            usual = await self._serve(request, handler, path)
            fault = self._faults.next(line, "after")
            response = await self._strike(fault, request, usual) or usual if fault else usual
        self._count(response.status)
        self._world.note("request", line=line, status=response.status)
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

    async def _serve(self, request: web.Request, handler: Handler, path: str) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        headers, refused = self._limits.take(request.method, path)
        if self._limits.banned():
            return reply({"message": "You are being blocked.", "code": 0}, 429)
        if refused is not None:
            response: web.StreamResponse = reply(refused, 429)
        else:
            response = await self._answer(request, handler, path)
        response.headers.update({"Via": "1.1 google"} | headers)
        return response

    async def _answer(self, request: web.Request, handler: Handler, path: str) -> web.StreamResponse:
        try:
            by_token = path.startswith(("/webhooks/", "/interactions/"))
            if not by_token and request.headers.get("Authorization") != f"Bot {self._world.token}":
                raise unauthorized()
            return await handler(request)
        except RefusedError as refused:
            self._world.note("refused", line=f"{request.method} {path}", code=refused.code, why=str(refused))
            return reply(refused.body(), refused.status)
        except web.HTTPNotFound:
            return reply(not_found().body(), 404)
        except web.HTTPMethodNotAllowed:
            return reply({"message": "405: Method Not Allowed", "code": 0}, 405)
        except web.HTTPRequestEntityTooLarge:
            return reply({"message": "Request entity too large", "code": 40005}, 413)

    def _count(self, status: int) -> None:
        self._limits.invalid += status in (401, 403, 429)
