"""Rebuild and roll back the index while the bot answers; a rebuild runs in a process of its own, at low priority."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.languages import ENGLISH, Message, number, speaking
from bot.showing.wording import CHANGE_KINDS, sizes
from config.settings import Settings, as_environment
from retrieval.child_process import child_environment
from retrieval.errors import BusyError, FootnoteError, NothingOlderError
from retrieval.store import publishing

REBUILD_NICENESS = 10
MAX_LINE_BYTES = 1_000_000  # of the output of a rebuild
ROOT_OF_PATH = r"(?:[A-Za-z]:[\\/]|~/|/{1,3}|\\\\)"
QUOTED_PATH = re.compile(rf"""(?P<quote>['"]){ROOT_OF_PATH}(?:[^'"\n]*[\\/])?(?P<name>[^'"\\/\n]+)[\\/]?(?P=quote)""")
NAME = r"""[^\s\\/:;,'"()]+"""
PLAIN_PATH = re.compile(rf"(?P<address>https?://\S+)|(?<![\w.~]){ROOT_OF_PATH}(?:{NAME}[\\/]+)+(?P<name>{NAME})[\\/]*")
CLOSING = Message("the bot is restarting")
RUNNING = Message("a rebuild is already running")
NOTHING_OLDER = Message("there is no older state of the index")
IN_FULL = Message("rebuilt in full")
REJECTED = Message("Rejected: {count} files.", "Rejected: {count} file.")
NOT_PUBLISHED = Message(
    "Not published: {count} golden questions would be answered worse. The previous generation stays in use.",
    "Not published: {count} golden question would be answered worse. The previous generation stays in use.",
)
NOTHING_CHANGED = Message("Nothing changed; {generation} stays.")
LIVE = Message("{generation} is live after {seconds} s: {size} ({changes}).")


class MaintenanceError(FootnoteError):
    """A rebuild or rollback failed; the text is one line."""


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """The report that `footnote rebuild --json` printed."""

    report: dict[str, Any]

    @property
    def summary(self) -> str:
        """The report in one line."""
        counts, changes = self.report["counts"], self.report["changes"]
        changed = ", ".join(change(count=len(changes[kind])) for kind, change in CHANGE_KINDS.items() if changes[kind])
        rejected = f" {REJECTED(count=len(self.report['rejected']))}" if self.report["rejected"] else ""
        gate = self.report.get("gate")
        if gate and not gate["open"]:
            count = len(gate["broken"] if gate["rule"] == "no worse" else gate["failed"])
            return NOT_PUBLISHED(count=count)
        if not self.report["published"]:
            return f"{NOTHING_CHANGED(generation=self.report['generation'])}{rejected}"
        line = LIVE(
            generation=self.report["generation"],
            seconds=number(self.report["seconds"]),
            size=sizes(counts["documents"], counts["sentences"]),
            changes=changed or IN_FULL(),
        )
        return f"{line}{rejected}"

    @property
    def log_line(self) -> str:
        """The summary in the language of the log."""
        with speaking(ENGLISH):
            return self.summary


class Maintenance:
    """Rebuilds the index for the bot, one rebuild at a time, and rolls it back."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle = asyncio.Event()  # set while no rebuild runs
        self._idle.set()
        self._next: asyncio.Future[RebuildResult] | None = None  # an update that did not begin yet
        self._closed = False
        self._process: asyncio.subprocess.Process | None = None

    def allowed(self, server: int | None, servers: Collection[int]) -> bool:
        """Return whether the managers of a server may change the index; `servers` are all servers of the bot."""
        if server not in servers:
            return False
        permitted = self._settings.discord.maintenance
        if permitted == "auto":
            return len(servers) == 1
        return permitted == "all" or str(server) in permitted

    async def rebuild(self, progress: Callable[[str], Awaitable[None]], *, wait: bool = False) -> RebuildResult:
        """Rebuild the index, passing each line of progress to `progress`; with `wait`, after another process.

        Raises BusyError, MaintenanceError.
        """
        if self._closed:
            raise MaintenanceError(CLOSING())
        if not self._idle.is_set():
            raise BusyError(RUNNING())
        self._idle.clear()
        try:
            return await self._rebuild(progress, wait=wait)
        except MaintenanceError:
            if self._closed:
                raise MaintenanceError(CLOSING()) from None
            raise
        finally:
            self._idle.set()

    async def update(self) -> RebuildResult:
        """Rebuild the index after a change; after the rebuild that is running, which may not have seen the change.

        That may be a rebuild of another process. All who wait for the same moment share one. Raises MaintenanceError.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._update())
        return await asyncio.shield(self._next)

    async def _update(self) -> RebuildResult:
        async def ignore(_: str) -> None:
            return

        while not self._idle.is_set():
            await self._idle.wait()
        self._next = None  # a change from now on may come too late for this rebuild
        return await self.rebuild(ignore, wait=True)

    async def rollback(self) -> str:
        """Make the previous generation live again and return its name. Raises MaintenanceError."""
        try:
            opened = await asyncio.to_thread(publishing.rollback, self._settings.index_folder)
        except NothingOlderError:
            raise MaintenanceError(NOTHING_OLDER()) from None
        except FootnoteError as error:
            raise MaintenanceError(self._without_paths(str(error))) from None
        return opened.index.generation

    async def close(self) -> None:
        """Stop a running rebuild and start no other one; the index stays as it is."""
        self._closed = True
        await self._terminate()

    async def _terminate(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def _rebuild(self, progress: Callable[[str], Awaitable[None]], *, wait: bool) -> RebuildResult:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--json", *(["--wait"] if wait else []),
            env=child_environment() | as_environment(self._settings),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE_BYTES,
        )  # fmt: skip
        self._process = process
        try:
            return await self._follow(process, progress)
        finally:
            await self._terminate()  # also if waiting for it was cancelled or failed

    async def _follow(
        self, process: asyncio.subprocess.Process, progress: Callable[[str], Awaitable[None]]
    ) -> RebuildResult:
        """Pass on what a rebuild prints until it ends, and return its report. Raises MaintenanceError."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, REBUILD_NICENESS)
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
        report = asyncio.ensure_future(process.stdout.read())
        last = ""
        async for line in process.stderr:
            last = self._without_paths(line.decode("utf-8", "replace").strip().removeprefix("footnote: "))
            await progress(last)
        # A rebuild that the golden questions stopped has a report as well.
        if await process.wait() not in (SUCCESS, CHECK_FAILED):
            report.cancel()
            raise MaintenanceError(last or f"the rebuild ended with exit code {process.returncode}")
        try:
            return RebuildResult(json.loads(await report))
        except ValueError:
            raise MaintenanceError(last or f"the rebuild ended with exit code {process.returncode}") from None

    def _without_paths(self, line: str) -> str:
        """Reduce the operator's absolute paths in a line to their names, as the managers of a server will read it."""
        settings = self._settings
        known: set[Path | None] = {
            settings.index_folder,
            settings.seeds_folder,
            settings.golden_file,
            Path.cwd(),
            Path.home(),
        }
        known |= {Path(model) for model in (settings.model, settings.ranker.cross_encoder) if Path(model).is_absolute()}
        for path in sorted(
            (path for path in known if path), key=lambda path: -len(path.parts)
        ):  # their names may contain spaces
            if len(path.parts) > 1:
                line = line.replace(str(path), path.name)
        line = QUOTED_PATH.sub(r"\g<quote>\g<name>\g<quote>", line)
        return PLAIN_PATH.sub(lambda match: match["address"] or match["name"], line)
