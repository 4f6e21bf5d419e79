"""Plain requests to the loopback Discord, for what discord.py would never send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.discord_server.server import DiscordServer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `code` is Discord's own number for a refusal."""

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
    """Ask the API for something, as the bot; `text` sends a body that need not be JSON."""
    headers = {"Authorization": f"Bot {server.token if token is None else token}", "Content-Type": "application/json"}
    body = text if text is not None else None if data is None else json.dumps(data)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, server.api + path, data=body, headers=headers) as response,
    ):
        raw = await response.text()
        is_json = response.content_type == "application/json"
        return Answer(response.status, dict(response.headers), json.loads(raw) if is_json else raw)
