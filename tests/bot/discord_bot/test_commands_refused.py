"""A server that refuses the commands, or answers oddly, and two processes with one token, over the loopback Discord."""

import asyncio
from pathlib import Path

import pytest

from bot.answering_stack import AnsweringStack
from bot.discord_bot import client as client_module
from bot.sandbox.loopback.world_records import Json
from config.settings import Settings
from tests.discord_server.pointing import connected
from tests.discord_server.server import DiscordServer
from tests.support.loopback_bot import open_loopback_bot
from tests.support.real_services import new_client, open_services
from tests.support.simulated_server import MEETING

pytestmark = pytest.mark.asyncio
Shipped = tuple[Settings, AnsweringStack]
SYNC = r"PUT /applications/\d+/commands"
SECONDS = 10.0


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, {"code": 50001, "message": "Missing Access"}, "Discord answered 403 (code 50001): Missing Access"),
        (404, {"code": 0, "message": "404: Not Found"}, "Discord answered 404"),
        (400, {"code": 50035, "message": "Invalid Form Body"}, "Discord answered 400"),
        (200, [{"name": "ask"}], "the answer of the server cannot be read (KeyError: 'id')"),
        (200, {"odd": 1}, "the answer of the server cannot be read"),
    ],
)
async def test_bot_goes_on_without_commands(
    tmp_path: Path,
    sample_stack: Shipped,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: Json,
    why: str,
) -> None:
    """Mentions and direct messages are answered, one line says why there are no commands, and it is tried again."""
    monkeypatch.setattr(client_module, "FIRST_SYNC_PAUSE_S", 0.1)
    async with (
        DiscordServer() as server,
        open_services(sample_stack[0], tmp_path, opened=sample_stack[1]) as services,
    ):
        guild = server.world.guild("Town")
        alice = server.user("alice", guild)
        refused = server.faults.answer(status, body, SYNC)
        async with connected(server, new_client(services)):
            await refused.struck()
            mentioned = await server.mention(alice, server.general(guild), MEETING)
            direct = await server.direct_message(alice, MEETING)
            for question in (mentioned, direct):
                assert (await question.answered(SECONDS)).embeds
            await server.synced(SECONDS)  # the second try
            async with asyncio.timeout(SECONDS):
                while not services.command_ids:
                    await asyncio.sleep(0)
            assert {"ask", "footnote"} <= services.command_ids.keys()
    (line,) = [record for record in caplog.records if "commands were not registered" in record.getMessage()]
    assert why in line.getMessage()


async def test_second_process_with_the_token_is_warned_of(
    tmp_path: Path, sample_stack: Shipped, caplog: pytest.LogCaptureFixture
) -> None:
    """Both hear of each command; the one that comes second says once that there is another one."""
    async with open_loopback_bot(sample_stack[0], tmp_path, opened=sample_stack[1]) as bot:
        (tmp_path / "second").mkdir()
        async with open_services(sample_stack[0], tmp_path / "second", opened=sample_stack[1]) as services:
            second = new_client(services)
            running = asyncio.create_task(second.start(bot.server.token))
            await bot.server.happened("identify", SECONDS, times=2)
            await asyncio.wait_for(second.wait_until_ready(), SECONDS)
            for _ in range(3):
                asked = await bot.server.slash(bot.alice, bot.channel, "ask", question=MEETING)
                await asked.settled(SECONDS)
            await second.close()
            await asyncio.gather(running, return_exceptions=True)
    warnings = [record for record in caplog.records if "runs with the same token" in record.getMessage()]
    assert 1 <= len(warnings) <= 2  # at most one of each process


async def test_single_process_is_not_warned(
    tmp_path: Path, sample_stack: Shipped, caplog: pytest.LogCaptureFixture
) -> None:
    """An acknowledgement whose response is lost is repeated, and the refusal of the repetition is no other process."""
    async with open_loopback_bot(sample_stack[0], tmp_path, opened=sample_stack[1]) as bot:
        bot.server.faults.reset(r"POST /interactions/.*/callback", when="after")
        asked = await bot.server.slash(bot.alice, bot.channel, "ask", question=MEETING)
        await asked.settled(SECONDS)
    assert "same token" not in caplog.text
