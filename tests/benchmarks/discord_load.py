"""Load the real bot through a loopback Discord: python tests/benchmarks/discord_load.py [SECONDS].

Starts `footnote discord` in a process of its own and prints JSON lines. `burst`: 500 slash questions in one second from
500 members of ten servers; how many were deferred and settled, and within how many seconds. `lag`: 20 questions a
second for SECONDS (20), some with hostile markup, during a full rebuild; how late the event loop was, as the shares
below each bound of the histogram in /metrics. `exit`: the exit code.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bot.sandbox.loopback.world_records import Channel, Guild, Interaction
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from tests.discord_server.server import DiscordServer
from tests.support.bot_process import BotProcess, running_bot
from tests.support.paths import ROOT, SEEDS

SERVERS, BURST, PER_SECOND = 10, 500, 20
QUESTIONS = (
    "When did the security dialogue first meet?",
    "Who is the defence minister of Japan?",
    "Who won the football World Cup?",
    "[](" * 250 + "`" * 99 + "<@&1>" * 20,
    "\u202e" + "||*_~" * 150,
)


async def main() -> int:
    """Run the bot under both loads, and print the results."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = folder / "seeds"
        shutil.copytree(SEEDS, seeds)
        rebuild(RebuildOptions(seeds, folder / "index", load_settings().model, "en", 20_000_000), silent)
        async with DiscordServer() as server:
            guilds = [server.world.guild(f"Server {number}") for number in range(SERVERS)]
            async with running_bot(server, folder / "index", folder, "--seeds", str(seeds)) as bot:
                await server.ready(60)
                await server.synced(20)
                print(json.dumps({"burst": await burst(server, guilds)}), flush=True)
                print(json.dumps({"lag": await lag(server, guilds, bot, seconds)}), flush=True)
                print(json.dumps({"exit": await bot.stop()}))
    return 0


async def burst(server: DiscordServer, guilds: list[Guild]) -> dict[str, object]:
    """Ask 500 questions as fast as possible."""
    people = [(server.user(f"m{n}", guilds[n % SERVERS]), server.general(guilds[n % SERVERS])) for n in range(BURST)]
    asked = [await server.slash(user, channel, "ask", question=QUESTIONS[0]) for user, channel in people]
    deferred = [await question.deferred(10) for question in asked]
    settled = [await question.settled(40) for question in asked]
    return {
        "deferred": len(deferred), "deferred_s": round(max(deferred), 3),
        "settled": len(settled), "settled_s": round(max(settled), 3),
        "answered": sum(bool(message.embeds) for question in asked for message in question.shown),
    }  # fmt: skip


async def lag(server: DiscordServer, guilds: list[Guild], bot: BotProcess, seconds: float) -> dict[str, object]:
    """Ask steadily during a rebuild, and compare the histogram before and after."""
    before = await bot.metrics()
    command = (sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--full")
    folders = ("--index", str(bot.log.parent / "index"), "--seeds", str(bot.log.parent / "seeds"))
    building = await asyncio.create_subprocess_exec(*command, *folders, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    asked: list[Interaction] = []
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        number = len(asked)
        guild = guilds[number % SERVERS]
        channel: Channel = server.general(guild)
        user = server.user(f"s{number % 200}", guild)
        asked.append(await server.slash(user, channel, "ask", question=QUESTIONS[number % len(QUESTIONS)]))
        await asyncio.sleep(max(0.0, started + (number + 1) / PER_SECOND - time.monotonic()))
    settled = [await question.settled(40) for question in asked]
    await building.wait()
    after = await bot.metrics()
    name = "footnote_loop_lag_seconds_bucket"
    bounds = {key: after[key] - before.get(key, 0.0) for key in after if key.startswith(name)}
    total = max(bounds.values())
    return {
        "questions": len(asked), "settled_s": round(max(settled), 3),
        "shown": dict(Counter("answer" if question.shown[-1].embeds else "line" for question in asked)),
        "looks": int(total),
        "up_to_s": {key.split('"')[1]: round(count / total, 5) for key, count in bounds.items()},
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
