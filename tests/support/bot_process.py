"""Run the bot as operators do: `footnote discord` in a process of its own, connected to a loopback Discord."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.discord_server.server import DiscordServer
from tests.support.paths import ROOT


@dataclass
class BotProcess:
    """A running bot: its process, its log, and the port of /healthz and /metrics."""

    process: asyncio.subprocess.Process
    log: Path
    port: int

    def lines(self) -> list[str]:
        """Return the lines of its log."""
        return self.log.read_text("utf-8").splitlines()

    def entries(self) -> list[dict[str, Any]]:
        """Parse its log, in which every line must be one JSON object."""
        parsed = [json.loads(line) for line in self.lines()]
        assert all(isinstance(entry, dict) for entry in parsed)
        return parsed

    async def stop(self, seconds: float = 15.0) -> int:
        """Ask it to stop, and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), seconds)

    async def metrics(self) -> dict[str, float]:
        """Read /metrics: name with labels to value."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/metrics") as answer,
        ):
            text = await answer.text()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    async def health(self) -> tuple[int, dict[str, object]]:
        """Request /healthz, and return status and body."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/healthz") as answer,
        ):
            return answer.status, await answer.json()


@asynccontextmanager
async def running_bot(
    server: DiscordServer, index: Path, folder: Path, *options: str, **environment: str
) -> AsyncIterator[BotProcess]:
    """Start a bot and yield it; kill it at the end if it is still running."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    settings = {
        "DISCORD_TOKEN": server.token,
        "FOOTNOTE_DISCORD__API": server.api,
        "FOOTNOTE_DISCORD__GATEWAY": f"ws://127.0.0.1:{server.port}/ws",
        "FOOTNOTE_DISCORD__CDN": server.cdn,
        "FOOTNOTE_DISCORD__HEALTH_PORT": str(port),
        "FOOTNOTE_MODEL_CACHE": "",
        "FOOTNOTE_DISCORD__DATABASE": f"sqlite+aiosqlite:///{folder / 'bot.sqlite'}",
        "PYTHONPATH": str(ROOT),
    }
    log = folder / "bot.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "bot.commands.cli", "discord", "--index", str(index), *options,
            env=inherited | settings | environment, cwd=folder, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield BotProcess(process, log, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
