"""Run a bot as several processes: start them, replace those that die, restart one after another, sum their figures.

The parent answers nothing itself. What a child printed last on its standard output is the port of its /healthz and
/metrics on 127.0.0.1; it ends when its standard input does, so that no child outlives its parent.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from aiohttp import web

from bot.discord_bot.operations import health
from bot.discord_bot.processes.summed_metrics import SummedMetrics
from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.wire.connection_errors import EXIT_FINAL
from bot.discord_bot.wire.retries import backoff
from config.settings import DiscordSettings

EXIT_STOPPED, EXIT_ERROR = 0, 2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0  # before a child that died is replaced
STEADY_S = 60.0  # a child that lived so long did not fail at its start
STOP_TIMEOUT_S = 13.0  # a child ends within 10 s
READY_TIMEOUT_S = 120.0  # for a new child to serve what falls to it
READY_INTERVAL_S = 0.2
LOOK_INTERVAL_S, MAX_MISSES = 2.0, 6  # a child that was silent so often, for up to 30 s, hangs
NO_ANSWER = 0
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=3.0)
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Child:
    """A process that serves a part of the bot."""

    name: str
    process: asyncio.subprocess.Process
    started: float = field(default_factory=time.monotonic)
    port: int | None = None
    leaving: bool = False  # it was asked to stop

    async def read_port(self) -> None:
        """Read the port that the child reports once it listens."""
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(ValueError):
            self.port = int(await self.process.stdout.readline())

    async def get(self, session: aiohttp.ClientSession, path: str) -> tuple[int, str]:
        """Request one of its pages; status NO_ANSWER if it does not answer."""
        try:
            async with session.get(f"http://127.0.0.1:{self.port or 0}{path}", timeout=REQUEST_TIMEOUT) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return NO_ANSWER, ""

    async def stop(self) -> None:
        """Ask it to stop, and kill it if it does not."""
        self.leaving = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            log.warning("a process did not stop in time and was killed", extra={"child": self.name})
            self.process.kill()
            await self.process.wait()


def report_port(runner: web.AppRunner) -> None:
    """Tell the parent, as its child, on which port the state and the metrics are served."""
    print(runner.addresses[0][1] if runner.addresses else 0, flush=True)


async def run(settings: DiscordSettings, database_address: str, processes: int) -> int:
    """Run so many processes until SIGTERM or Ctrl-C, and return the exit code. Raises DatabaseError."""
    database = await Database.open(database_address)
    parent = Parent(SharingStore(database), processes)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, parent.stop.set)
    loop.add_signal_handler(signal.SIGHUP, parent.restart.set)
    runner = await health.serve_pages(
        settings.health_host, settings.health_port, parent.healthz, parent.metrics
    ) if settings.health_port else None  # fmt: skip
    try:
        return await parent.run()
    finally:
        if runner is not None:
            await runner.cleanup()
        await parent.close()
        await database.close()
        log.info("stopped")


def _parse(text: str) -> object:
    """Parse the state of a child, None if it gave none."""
    with contextlib.suppress(ValueError):
        return cast("object", json.loads(text))
    return None


class Parent:
    """Keeps its children running."""

    def __init__(self, store: SharingStore, processes: int) -> None:
        self.stop = asyncio.Event()
        self.restart = asyncio.Event()
        self.children: list[Child] = []
        self._store = store
        self._processes = processes
        self._code: int | None = None  # with which everything ends
        self._summed = SummedMetrics()
        self._session = aiohttp.ClientSession()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Start the children and keep them running; return the exit code."""
        for _ in range(self._processes):
            await self._start()
        while not self.stop.is_set():
            waits = {asyncio.create_task(event.wait()) for event in (self.stop, self.restart)}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if self.restart.is_set() and not self.stop.is_set():
                await self._restart_all()
                self.restart.clear()
        await asyncio.gather(*(child.stop() for child in self.children))
        return EXIT_STOPPED if self._code is None else self._code

    async def close(self) -> None:
        """End what runs beside the children."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._store.close()

    async def healthz(self) -> tuple[bool, dict[str, object]]:
        """Return whether all is well, and the state of each process."""
        children = list(self.children)
        states = await asyncio.gather(*(child.get(self._session, "/healthz") for child in children))
        parts = {child.name: _parse(text) for child, (_, text) in zip(children, states, strict=True)}
        ok = len(children) >= self._processes and all(status == 200 for status, _ in states)
        return ok, {"connected": ok, "processes": parts}

    async def metrics(self) -> bytes:
        """Return the metrics of all processes, summed."""
        children = list(self.children)
        pages = await asyncio.gather(*(child.get(self._session, "/metrics") for child in children))
        for child, (status, text) in zip(children, pages, strict=True):
            if status == 200:
                self._summed.update(child.name, text)
        return self._summed.render()

    async def _start(self, tries: int = 0) -> Child:
        name = secrets.token_hex(4)
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-P", "-m", "bot.commands.cli", *sys.argv[1:], "--child", name)
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        child = Child(name, process)
        self.children.append(child)
        log.info("a process was started", extra={"child": name, "pid": process.pid})
        self._spawn(child.read_port())
        self._spawn(self._watch(child, tries))
        return child

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, child: Child, tries: int) -> None:
        """Wait for the end of a child, free what it had at once, and replace it unless it was asked to stop."""
        looking = asyncio.create_task(self._kill_when_hung(child))
        code = await child.process.wait()
        looking.cancel()
        self.children.remove(child)
        self._summed.end(child.name)
        with contextlib.suppress(DatabaseError):  # others wait for the end of its lease
            await self._store.leave(name=child.name)
        if self.stop.is_set() or child.leaving:
            return
        failed_at_start = code == EXIT_ERROR and child.port is None
        if code == EXIT_FINAL or failed_at_start:
            self._code = code
            self.stop.set()
            return
        tries = 0 if time.monotonic() - child.started >= STEADY_S else tries
        pause = backoff(tries, first=FIRST_PAUSE_S, longest=LONGEST_PAUSE_S)
        log.warning(
            "a process died and is replaced", extra={"child": child.name, "code": code, "pause": round(pause, 1)}
        )
        await asyncio.sleep(pause)
        if not self.stop.is_set():
            await self._start(tries + 1)

    async def _kill_when_hung(self, child: Child) -> None:
        """Kill a child that no longer answers: frozen in a transaction, it would keep all others from the database."""
        misses = 0
        while misses < MAX_MISSES:
            await asyncio.sleep(LOOK_INTERVAL_S)
            if child.port is not None:
                misses = misses + 1 if (await child.get(self._session, "/healthz"))[0] == NO_ANSWER else 0
        log.error("a process does not answer and is killed", extra={"child": child.name})
        with contextlib.suppress(ProcessLookupError):
            child.process.kill()

    async def _restart_all(self) -> None:
        """Replace one child after another; each goes only once its successor serves what falls to it."""
        for old in list(self.children):
            new = await self._start()
            if not await self._ready(new):
                log.error("the restart was given up: a new process is not ready", extra={"child": new.name})
                await new.stop()
                return
            await self.metrics()  # the last figures of the old one
            await old.stop()
        log.info("all processes were restarted")

    async def _ready(self, child: Child) -> bool:
        until = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < until and child.process.returncode is None and not self.stop.is_set():
            if (await child.get(self._session, "/healthz"))[0] == 200:
                return True
            await asyncio.sleep(READY_INTERVAL_S)
        return False
