"""Limit what a child process can do before it reads a file: memory, time, network, and opening anything at all."""

import resource
import sys
from contextlib import suppress
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
TIME_S = 60  # of processor time; the parent allows as much by the clock
DENIED_EVENTS = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "pty.", "urllib.", "ftplib.",
)  # fmt: skip


def limit_resources() -> None:
    """Limit memory and time, and disable core dumps; called before any library of a reader is imported."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_DATA, MEMORY_BYTES),  # for systems that do not limit address space
        (resource.RLIMIT_CPU, TIME_S),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS accepts only some of them
            resource.setrlimit(limit, (value, value))


def forbid_opening() -> None:
    """Forbid opening any file, socket or process from now on, from Python or any library."""
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    sys.addaudithook(_deny)


def _deny(event: str, _: Any) -> None:
    if event.startswith(DENIED_EVENTS):
        raise PermissionError(f"{event} is not allowed here")
