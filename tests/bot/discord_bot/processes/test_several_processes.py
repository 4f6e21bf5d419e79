"""A bot of several real processes that are killed, and as operators run it; see tests/proofs/process_kills.py."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from tests.discord_server.server import DiscordServer
from tests.proofs import process_kills
from tests.support.bot_process import BotProcess, running_bot

QUESTION = "When did the security dialogue first meet?"


def children_of(pid: int) -> list[int]:
    """Return the ids of the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_killed_processes_double_and_lose_nothing(sample_index: Path, tmp_path: Path) -> None:
    """Three of two processes are struck; each question is answered once, or Discord has told the asker."""
    shutil.copytree(sample_index, tmp_path / "index", copy_function=os.link)
    figures = await process_kills.play(tmp_path, 3, 3, 2, latest=3)
    assert figures.struck.total() >= 3
    assert figures.asked > 10
    assert (figures.doubled, figures.lost) == (0, 0)
    assert figures.identifies == 2
    assert max(figures.waits) < process_kills.MAX_WAIT_S


async def test_a_killed_child_is_replaced_without_a_new_session(sample_index: Path, tmp_path: Path) -> None:
    """Its question is answered meanwhile, /healthz and /metrics are about both, and no child outlives SIGTERM."""
    async with DiscordServer() as server:
        server.gateway.max_concurrency = 16
        guilds = [server.world.guild(name) for name in ("Town", "Village")]
        async with running_bot(server, sample_index, tmp_path, "--processes", "2") as bot:
            await server.ready(60, shards=2)
            await healthy(bot)
            children = children_of(bot.process.pid)
            os.kill(children[0], signal.SIGKILL)
            asked = [
                await server.mention(server.user(f"member {n}", guild), server.general(guild), QUESTION)
                for n, guild in enumerate(guilds)
            ]
            for question in asked:
                answer = await question.answered(20)
                assert "first met in Seoul in June 1998" in answer.embeds[0]["description"]
            await healthy(bot)
            assert (await bot.metrics())['footnote_questions_total{way="mention"}'] == 2
            assert server.gateway.identifies == 2
            children = children_of(bot.process.pid)
            assert len(children) == 2
            assert await bot.stop(20) == 0
            assert not any(Path(f"/proc/{child}").exists() for child in children)
            assert [len(question.answers) for question in asked] == [1, 1]


async def healthy(bot: BotProcess) -> None:
    """Wait until all processes are well."""
    async with asyncio.timeout(30):
        while (await bot.health())[0] != 200:
            await asyncio.sleep(0.05)
