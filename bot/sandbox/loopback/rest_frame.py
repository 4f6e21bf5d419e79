"""What every request of the REST API passes through: authorization, rate limits, and refusals as JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.message_posting import Upload
from bot.sandbox.loopback.refusals import RefusedError, not_found, unauthorized
from bot.sandbox.loopback.rest_limits import Limits
from bot.sandbox.loopback.world_records import Json

PREFIX = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reply(data: Any, status: int = 200) -> web.Response:
    """Build a response with JSON, and with exactly Discord's content type."""
    return web.Response(status=status, body=json.dumps(data).encode(), content_type="application/json")


def nothing() -> web.Response:
    """Build a response without content."""
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

    def __init__(self, world: World, limits: Limits) -> None:
        self._world, self._limits = world, limits

    @property
    def middleware(self) -> Any:
        """Return the middleware as a function, as aiohttp expects it."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.process(request, handler)

        return middleware

    async def process(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, and count and note it."""
        path = request.path.removeprefix(PREFIX)
        line = f"{request.method} {path}"
        response = await self.answer(request, handler, line)
        self._limits.invalid += response.status in (401, 403, 429)
        self._world.note("request", line=line, status=response.status)
        return response

    async def answer(self, request: web.Request, handler: Handler, line: str) -> web.StreamResponse:
        """Answer a request, whose `line` is its method and its path."""
        return await self._serve(request, handler, line.partition(" ")[2])

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
