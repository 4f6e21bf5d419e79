"""Rebuild and roll back while the bot answers: the rebuild is a process of its own, with less of the machine."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from bot.showing.exit_codes import CHECK_FAILED, SUCCESS
from bot.showing.wording import many, sizes
from config.settings import PREFIX, Settings, as_environment
from retrieval.child_process import python_path
from retrieval.errors import BusyError, FootnoteError
from retrieval.store import publishing

NICE = 10
LONGEST_LINE = 1_000_000  # bytes that a rebuild may print in one line
SECRETS = ("DISCORD_TOKEN",)
CLOSED = "the bot is being restarted"
KINDS = ("added", "changed", "removed", "renamed")


class MaintenanceError(FootnoteError):
    """A rebuild failed; the text is its last line."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: the report that `footnote rebuild --json` printed."""

    report: dict[str, Any]

    @property
    def line(self) -> str:
        """Return the report in one line."""
        counts, changes = self.report["counts"], self.report["changes"]
        named = ", ".join(f"{len(changes[kind])} {kind}" for kind in KINDS if changes[kind])
        rejected = f" Rejected: {many(len(self.report['rejected']), 'file')}." if self.report["rejected"] else ""
        gate = self.report.get("gate")
        if gate and not gate["open"]:
            count = len(gate["broken"] if gate["rule"] == "no worse" else gate["failed"])
            questions = f"{count} golden question{'' if count == 1 else 's'}"
            return f"Not published: {questions} would be answered worse; what answered before goes on."
        if not self.report["published"]:
            return f"Nothing changed; {self.report['generation']} stays.{rejected}"
        took, size = f"{self.report['seconds']:.0f} s", sizes(counts["documents"], counts["sentences"])
        return f"{self.report['generation']} is live after {took}: {size} ({named or 'built anew'}).{rejected}"


class Maintenance:
    """Changes the index for the bot, one thing at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._busy = False
        self._closed = False
        self._process: asyncio.subprocess.Process | None = None

    def allowed(self, server: int | None, servers: Collection[int]) -> bool:
        """Return whether the managers of a server may change the index; `servers` are all that the bot is in."""
        if server not in servers:
            return False
        named = self._settings.discord.maintenance
        if named == "auto":
            return len(servers) == 1
        return named == "all" or str(server) in named

    async def rebuild(self, progress: Callable[[str], Awaitable[None]]) -> Rebuilt:
        """Rebuild, handing on the lines that tell how far it is. Raises BusyError, MaintenanceError."""
        if self._closed:
            raise MaintenanceError(CLOSED)
        if self._busy:
            raise BusyError("a rebuild is running already")
        self._busy = True
        try:
            return await self._rebuild(progress)
        except MaintenanceError:
            if self._closed:
                raise MaintenanceError(CLOSED) from None
            raise
        finally:
            self._busy = False

    async def rollback(self) -> str:
        """Make the generation before the live one live again; returns its name. Raises MaintenanceError."""
        try:
            opened = await asyncio.to_thread(publishing.rollback, self._settings.index_folder)
        except FootnoteError as error:
            raise MaintenanceError(self._without_paths(str(error))) from None
        return opened.index.generation

    async def close(self) -> None:
        """End a running rebuild, and begin no other one; the index stays as it is."""
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def _rebuild(self, progress: Callable[[str], Awaitable[None]]) -> Rebuilt:
        kept = {name: value for name, value in os.environ.items() if name not in SECRETS and PREFIX not in name}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--json",
            env=kept | as_environment(self._settings) | {"PYTHONPATH": python_path()},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )  # fmt: skip
        self._process = process
        try:
            return await self._report(process, progress)
        finally:
            await self._end()  # whatever ended the waiting for it, nothing goes on unwatched

    async def _report(self, process: asyncio.subprocess.Process, progress: Callable[[str], Awaitable[None]]) -> Rebuilt:
        """Hand on what a rebuild prints, and return its report. Raises MaintenanceError."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
        printed = asyncio.ensure_future(process.stdout.read())
        last = ""
        async for line in process.stderr:
            last = self._without_paths(line.decode("utf-8", "replace").strip().removeprefix("footnote: "))
            await progress(last)
        if await process.wait() not in (SUCCESS, CHECK_FAILED):  # the latter: kept from going live by golden questions
            printed.cancel()
            raise MaintenanceError(last or f"the rebuild ended with {process.returncode}")
        try:
            return Rebuilt(json.loads(await printed))
        except ValueError:
            raise MaintenanceError(last or f"the rebuild ended with {process.returncode}") from None

    def _without_paths(self, line: str) -> str:
        """Return a line that does not tell a server's managers where things lie on the operator's machine."""
        for folder in (self._settings.index_folder, self._settings.seeds_folder):
            line = line.replace(str(folder), folder.name)
        return line
