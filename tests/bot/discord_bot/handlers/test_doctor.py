"""The doctor in a channel where everything is missing, and where nothing is, over a loopback Discord."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.messages.doctor_card import ALL_WELL
from bot.sandbox.loopback import permission_bits
from tests.support.loop_walk import open_walk, outcome
from tests.support.loopback_bot import LoopbackBot

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server."""
    async with open_walk(tmp_path, compiled_model[0]) as running:
        yield running


async def examine(bot: LoopbackBot) -> list[str]:
    """Let the owner use /footnote doctor, and return the lines."""
    (embed,) = (await outcome(await bot.server.slash(bot.guild.owner, bot.channel, "footnote doctor"))).embeds
    return str(embed["description"]).split("\n")


async def test_nothing_is_missing(bot: LoopbackBot) -> None:
    """Of a bot that was invited with its permissions; the facts name the generation."""
    first, *facts = await examine(bot)

    assert first == ALL_WELL()
    assert facts[0].startswith("-# gen-1, built ")
    assert facts[0].endswith(" ago; 2 documents can be seen here")
    assert facts[1].startswith("-# A search took ")


async def test_outdated_index_is_told(bot: LoopbackBot) -> None:
    """By what changed in the documents' folder since it was built."""
    (bot.services.seeds / "later.md").write_text("# Later\n\nThe boathouse closes at six.\n")

    first, *_ = await examine(bot)

    assert first == "- **The documents changed since the index was built: 1 added.**"


async def test_everything_is_missing(bot: LoopbackBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions, the place, the team, commands, files, collections and searches, in this order."""
    world, server = bot.server.world, bot.services
    team = world.channel(bot.guild, "team")
    await bot.configure(channels=(team.id,), collections=("gone",), threads=True, team_channel=team.id)
    denied = permission_bits.SEND_MESSAGES | permission_bits.EMBED_LINKS | permission_bits.CREATE_PUBLIC_THREADS
    for channel in (bot.channel, team):
        world.allow(channel, world.bot, deny=denied)
    server.command_ids.pop("help")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(server.answerer.live.generation.stack.retriever, "ask", fail)
    await bot.server.happened("CHANNEL_UPDATE", times=0)

    lines = [line for line in await examine(bot) if line.startswith("- ")]

    assert lines == [
        f"- **I only answer in <#{team.id}>.**",
        "- **Send Messages is missing, which I need to answer when I am mentioned.**",
        "- **Create Public Threads is missing, which I need to answer in threads, as this server wants.**",
        "- **Embed Links is missing, which I need to show quotes when I am mentioned.**",
        f"- **To ask the team in <#{team.id}> I lack Send Messages, Embed Links, Create Public Threads.**",
        "- **These commands are not registered with Discord: help.**",
        "- **No document can be seen here.**",
        "- **A search failed just now.**",
    ]
