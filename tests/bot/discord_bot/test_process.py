"""The bot as a process of its own, over real sockets: start, questions, a new generation, shutdown."""

import asyncio
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.discord_bot.handlers.respond import WITHDRAWN
from bot.discord_bot.run import NOTHING_TO_REPLACE
from bot.discord_bot.wire.connection_errors import EXIT_FINAL
from bot.sandbox.loopback.world_records import Channel, User
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from tests.bot.conftest import RunFootnote
from tests.discord_server.server import DiscordServer
from tests.support.bot_process import BotProcess, running_bot
from tests.support.paths import ROOT, SEEDS
from tests.support.postgresql_server import PostgresqlServer

QUESTION = "When did the security dialogue first meet?"


@pytest.fixture
def index(tmp_path: Path, sample_index: Path) -> Path:
    """Return an index that belongs to the test, next to its seeds."""
    shutil.copytree(SEEDS, tmp_path / "seeds")
    shutil.copytree(sample_index, tmp_path / "index", copy_function=os.link)
    return tmp_path / "index"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Yield a Discord with one server."""
    async with DiscordServer() as running:
        running.world.guild("Town")
        yield running


@pytest_asyncio.fixture
async def bot(server: DiscordServer, index: Path, tmp_path: Path) -> AsyncIterator[BotProcess]:
    """Yield a bot that is connected, has registered its commands, and logs as much as it can."""
    seeds = ("--seeds", str(tmp_path / "seeds"))
    async with running_bot(server, index, tmp_path, *seeds, FOOTNOTE_DISCORD__LOG_LEVEL="debug") as running:
        await server.ready(60)
        await server.synced(20)
        yield running


def member_and_channel(server: DiscordServer, name: str = "alice") -> tuple[User, Channel]:
    """Return a member and a channel of the server."""
    guild = next(iter(server.world.guilds.values()))
    return server.user(name, guild), server.general(guild)


async def test_every_way_of_asking_is_answered_once(server: DiscordServer, bot: BotProcess) -> None:
    """A slash command, a mention, a direct message and a follow-up to an answer."""
    user, channel = member_and_channel(server)
    slash = await server.slash(user, channel, "ask", question=QUESTION)
    await slash.settled(20)
    assert slash.original is not None
    assert "first met in Seoul in June 1998" in slash.original.embeds[0]["description"]
    mention = await server.mention(user, channel, QUESTION)
    answer = await mention.answered(20)
    direct = await server.direct_message(user, QUESTION)
    follow = await server.reply_to(user, answer, "and where was that?")
    for question in (mention, direct, follow):
        shown = await question.answered(20)
        assert shown.embeds[0]["description"] == slash.original.embeds[0]["description"]
        assert len(question.answers) == 1
        assert not shown.pings
    assert await bot.stop() == 0
    log = bot.log.read_text("utf-8")
    assert QUESTION not in log
    assert "and where was that" not in log
    assert "first met in Seoul" not in log
    assert {entry["logger"] for entry in bot.entries()} >= {"footnote", "discord.client"}


async def test_hundred_questions_at_once_are_deferred_in_time(server: DiscordServer, bot: BotProcess) -> None:
    """Each gets an answer or a polite line, and the queue is empty afterwards."""
    guild = next(iter(server.world.guilds.values()))
    asked = [
        await server.slash(server.user(f"member {n}", guild), server.general(guild), "ask", question=QUESTION)
        for n in range(100)
    ]
    for question in asked:
        assert await question.deferred(10) < 3.0
    for question in asked:
        await question.settled(40)
        assert question.shown[-1].embeds or question.shown[-1].content.startswith(("Too many questions", WITHDRAWN()))
    metrics = await bot.metrics()
    assert metrics["footnote_queue"] == 0
    assert metrics['footnote_questions_total{way="slash"}'] == 100


async def test_new_generation_answers_without_a_restart(
    server: DiscordServer, bot: BotProcess, index: Path, tmp_path: Path
) -> None:
    """Another process indexes a new document; /healthz shows when the bot uses it."""
    user, channel = member_and_channel(server)
    before = await server.slash(user, channel, "ask", question="When does the ferry to Orrin leave?")
    await before.settled(20)
    assert before.shown[-1].content.startswith("I don't know")
    (tmp_path / "seeds" / "ferry.md").write_text("# The ferry to Orrin\n\nThe ferry to Orrin leaves at seven.\n")
    await asyncio.to_thread(
        rebuild, RebuildOptions(tmp_path / "seeds", index, load_settings().model, "en", 20_000_000), silent
    )
    async with asyncio.timeout(20):
        while (await bot.health())[1]["generation"] != "gen-2":
            await asyncio.sleep(0.05)
    after = await server.slash(user, channel, "ask", question="When does the ferry to Orrin leave?")
    await after.settled(20)
    assert "The ferry to Orrin leaves at seven" in after.shown[-1].embeds[0]["description"]


async def test_replaced_generation_is_released(bot: BotProcess, index: Path) -> None:
    """The bot keeps no file of its first generation open, nor in memory, once another one answers."""
    mapped = Path(f"/proc/{bot.process.pid}/maps")
    assert f"{index}/gen-1/" in mapped.read_text()
    seeds = index.parent / "seeds"
    (seeds / "ferry.md").write_text("# The ferry to Orrin\n\nThe ferry to Orrin leaves at seven.\n")
    await asyncio.to_thread(rebuild, RebuildOptions(seeds, index, load_settings().model, "en", 20_000_000), silent)
    async with asyncio.timeout(20):
        while f"{index}/gen-1/" in mapped.read_text():
            await asyncio.sleep(0.05)
    assert f"{index}/gen-2/" in mapped.read_text()


async def test_hangup_does_not_end_a_single_process(server: DiscordServer, bot: BotProcess) -> None:
    """It logs what would read changed settings, and answers the next question."""
    bot.process.send_signal(signal.SIGHUP)
    user, channel = member_and_channel(server)
    answer = await (await server.mention(user, channel, QUESTION)).answered(20)
    assert "first met in Seoul in June 1998" in answer.embeds[0]["description"]
    assert NOTHING_TO_REPLACE in [entry["event"] for entry in bot.entries()]
    assert await bot.stop() == 0


def test_service_reloads_nothing_without_processes() -> None:
    """The unit runs one process, so that `systemctl reload` must not be offered."""
    lines = (ROOT / "config" / "footnote.service").read_text("utf-8").splitlines()
    assert "ExecStart=/opt/footnote/footnote discord" in lines
    assert not [line for line in lines if line.startswith("ExecReload")]


async def test_accepted_questions_are_finished_at_shutdown(server: DiscordServer, bot: BotProcess) -> None:
    """After SIGTERM right behind twenty questions, all are settled, and the exit code is 0."""
    guild = next(iter(server.world.guilds.values()))
    asked = [
        await server.slash(server.user(f"member {n}", guild), server.general(guild), "ask", question=QUESTION)
        for n in range(20)
    ]
    await asyncio.gather(*(question.deferred(10) for question in asked))
    assert await bot.stop() == 0
    for question in asked:
        await question.settled(5)
    assert bot.entries()[-1]["event"] == "stopped"


async def test_refused_token_is_final(server: DiscordServer, index: Path, tmp_path: Path) -> None:
    """One line, exit code 3, and the token is not printed."""
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.wrong-wrong-wrong-wrong-wrong-wrong"  # noqa: S105 - invented
    async with running_bot(server, index, tmp_path, DISCORD_TOKEN=token) as bot:
        assert await asyncio.wait_for(bot.process.wait(), 40) == EXIT_FINAL
        entry = bot.entries()[-1]
        assert entry["level"] == "error"
        assert entry["event"].startswith("Discord refuses the token")
        assert token[-12:] not in bot.log.read_text()


async def test_bot_recovers_from_a_restart_of_postgresql(
    server: DiscordServer, index: Path, tmp_path: Path, postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    """It does not start without its database; later it goes on answering, and stores votes again once it can."""
    postgresql_server.stop()
    async with running_bot(server, index, tmp_path, FOOTNOTE_DISCORD__DATABASE=postgresql_url) as bot:
        assert await asyncio.wait_for(bot.process.wait(), 40) == 2
        assert bot.entries()[-1]["event"] == (
            f"the database footnote on 127.0.0.1:{postgresql_server.port} cannot be used: Connection refused"
        )
    postgresql_server.start()
    async with running_bot(server, index, tmp_path, FOOTNOTE_DISCORD__DATABASE=postgresql_url) as bot:
        await server.ready(60)
        await server.synced(20)
        user, channel = member_and_channel(server)
        await (await server.mention(user, channel, QUESTION)).answered(20)
        postgresql_server.stop()
        answer = await (await server.mention(user, channel, QUESTION)).answered(20)
        assert "first met in Seoul in June 1998" in answer.embeds[0]["description"]
        failed = await server.press(user, answer, "Helpful")
        await failed.settled(20)
        assert "Thank" not in failed.shown[-1].content
        postgresql_server.start()
        stored = await server.press(user, answer, "Helpful")
        await stored.settled(20)
        assert "Thank" in stored.shown[-1].content
        assert await bot.stop() == 0
    assert await postgresql_server.execute("SELECT count(*) FROM votes", database="footnote") == [(1,)]


def error_of(footnote: RunFootnote, index: Path, **environment: str) -> str:
    """Start a bot that must end with exit code 2, and return the error: the only line, which is an entry of the log."""
    done = footnote("discord", "--index", str(index), **environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    entry = json.loads(done.stderr)
    assert (entry["level"], entry["logger"]) == ("error", "footnote")
    return str(entry["event"])


def test_without_a_token_one_line_says_how_to_get_one(footnote: RunFootnote, sample_index: Path) -> None:
    """It comes before anything is loaded, with exit code 2."""
    assert "https://discord.com/developers/applications" in error_of(footnote, sample_index, DISCORD_TOKEN="")


@pytest.mark.parametrize("api", ["http://example.com/api/v10", "ftp://127.0.0.1/", "nonsense"])
def test_address_that_would_leak_the_token_is_rejected(footnote: RunFootnote, sample_index: Path, api: str) -> None:
    """One line names it, without the token; exit code 2."""
    token = "x" * 60
    error = error_of(footnote, sample_index, DISCORD_TOKEN=token, FOOTNOTE_DISCORD__API=api)
    assert api in error
    assert token not in error


@pytest.mark.parametrize("key", ["SERVERS", "MAINTENANCE"])
def test_server_that_is_not_an_id_ends_the_start(footnote: RunFootnote, sample_index: Path, key: str) -> None:
    """A name instead of an id is one line, before anything is opened."""
    named = '{"my server": []}' if key == "SERVERS" else '["my server"]'
    setting = {f"FOOTNOTE_DISCORD__{key}": named}
    error = error_of(footnote, sample_index, DISCORD_TOKEN="a.b.c", **setting)  # noqa: S106 - no token
    assert error == f"setting discord.{key.lower()} names 'my server', which is not the id of a server"


def test_notices_of_the_start_are_entries(footnote: RunFootnote, sample_index: Path, tmp_path: Path) -> None:
    """A missing index is built with notices, and then the database cannot be opened: every line is one JSON object."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "ferry.md").write_text("# The ferry\n\nThe ferry to Orrin leaves at seven.\n")
    (tmp_path / "folder").mkdir()
    shutil.copytree(sample_index / "models", tmp_path / "index" / "models", copy_function=os.link)
    done = footnote(
        "discord", "--index", str(tmp_path / "index"), "--seeds", str(tmp_path / "seeds"),
        DISCORD_TOKEN="a.b.c", FOOTNOTE_DISCORD__DATABASE=f"sqlite:///{tmp_path / 'folder'}",  # noqa: S106 - no token
    )  # fmt: skip
    entries = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 2
    assert entries[0]["event"] == f"no index yet; building it from {tmp_path / 'seeds'}"
    assert (entries[-1]["level"], entries[-1]["event"].partition(":")[0]) == (
        "error",
        f"the database {tmp_path / 'folder'} cannot be used",
    )


def test_on_a_terminal_the_lines_are_plain(index: Path) -> None:
    """The log has keys and values there, and an error is a sentence."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    environment = inherited | {"DISCORD_TOKEN": "two words", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "discord", "--index", str(index)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=theirs) as process:
        assert process.wait(60) == 2
    os.close(theirs)
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    assert text == ("footnote: the token contains spaces or line breaks; copy it again from the developer portal\r\n")
