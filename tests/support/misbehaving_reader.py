"""A child process that misbehaves as the content of its file says, in place of retrieval.reading.isolated.child."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from retrieval.reading.isolated import limits
from retrieval.reading.isolated.protocol import Refusal, dumps

LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Do what the content of the file says."""
    limits.limit_resources()
    match sys.stdin.buffer.read().decode():
        case "sleep":
            time.sleep(60)
        case "memory":
            bytearray(limits.MEMORY_BYTES)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            sys.exit(3)
        case "flood":
            while True:
                sys.stdout.buffer.write(b" " * 1_000_000)
        case "garbage":
            print('{"type": "extracted", "parts": [["prose", 1, 0, null, []]]}')
        case "environment":
            _refuse(" ".join(sorted(os.environ)))
        case "escape":
            limits.forbid_opening()
            _refuse(" ".join(map(_attempt, (_open_socket, _read_file, _write_file, _start_process, _open_socket_in_c))))


def _refuse(reason: str) -> None:
    sys.stdout.buffer.write(dumps(Refusal(reason)))


def _attempt(action: Callable[[], None]) -> str:
    """Return the name of the error that an action raises."""
    try:
        action()
    except (OSError, RuntimeError) as error:
        return type(error).__name__
    return "done"


def _open_socket() -> None:
    socket.socket()


def _read_file() -> None:
    Path("/etc/passwd").read_bytes()


def _write_file() -> None:
    Path("/tmp/escaped").write_bytes(b"x")  # noqa: S108 - must fail


def _start_process() -> None:
    os.system("true")  # noqa: S605 - must fail


def _open_socket_in_c() -> None:
    """Call the C library, which no audit hook of Python sees."""
    if LIBC.socket(socket.AF_INET, socket.SOCK_STREAM, 0) < 0:
        raise OSError(ctypes.get_errno(), "no socket")


if __name__ == "__main__":
    main()
