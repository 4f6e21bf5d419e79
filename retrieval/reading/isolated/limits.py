"""What a child process gives up before it reads a file: memory, time, the network, and opening anything at all."""

import resource
import sys
from contextlib import suppress
from typing import Any

MEMORY = 512 * 1024 * 1024  # bytes
SECONDS = 60  # of the processor; the parent allows as many by the clock
DENIED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "pty.", "urllib.", "ftplib.")


def bound() -> None:
    """Bound memory and time, and let no core be dumped; before any library of a reader is imported."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_DATA, MEMORY),  # where address space has no limit
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(limit, (value, value))


def confine() -> None:
    """Open nothing from here on: no file, no socket, no process, whichever library or language asks for it."""
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    sys.addaudithook(_deny)


def _deny(event: str, _: Any) -> None:
    if event.startswith(DENIED):
        raise PermissionError(f"{event} is not allowed here")
