"""Plain requests to the loopback Discord, including those that discord.py would never send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.discord_server.server import DiscordServer


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; `code` is Discord's own number of a refusal."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> int | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


async def call(
    server: DiscordServer,
    method: str,
    path: str,
    data: Any = None,
    *,
    token: str | None = None,
    text: str | None = None,
) -> Answer:
    """Send a request as the bot; `text` is sent as the body as it is, JSON or not."""
    headers = {"Authorization": f"Bot {server.token if token is None else token}", "Content-Type": "application/json"}
    body = text if text is not None else None if data is None else json.dumps(data)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, server.api + path, data=body, headers=headers) as response,
    ):
        raw = await response.text()
        is_json = response.content_type == "application/json"
        return Answer(response.status, dict(response.headers), json.loads(raw) if is_json else raw)
