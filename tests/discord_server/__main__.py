"""Run the loopback Discord as a process: `python -m tests.discord_server --port 8710`.

Prints one line of JSON with its addresses, the token of the bot, and the ids of a guild, a channel and a user; then
serves until SIGTERM or SIGINT. Users act through /control.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from tests.discord_server.server import DiscordServer


async def run(port: int, shards: int) -> None:
    """Serve until a signal to stop."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with DiscordServer(port) as server:
        server.gateway.shards = shards
        guild = server.world.guild("Town")
        user = server.user("ann", guild)
        summary = {"api": server.api, "gateway": server.gateway.url, "cdn": server.cdn, "token": server.token}
        summary |= {"control": f"http://127.0.0.1:{server.port}/control", "guild": str(guild.id), "user": str(user.id)}
        print(json.dumps(summary | {"channel": str(server.general(guild).id)}), flush=True)
        await stop.wait()


def main(arguments: list[str]) -> None:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord_server", description="A Discord on this machine.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 means any free port")
    parser.add_argument("--shards", type=int, default=1, help="how many shards /gateway/bot recommends")
    options = parser.parse_args(arguments)
    asyncio.run(run(options.port, options.shards))


if __name__ == "__main__":
    main(sys.argv[1:])
