"""A reader that misbehaves as the file tells it to; stands in for retrieval.reading.isolated.child."""

import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path

from retrieval.reading.isolated import limits
from retrieval.reading.isolated.protocol import Refusal, dumps

SYSTEM = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Do what the content says."""
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
            _refuse(" ".join(map(_attempt, (_socket, _file, _write, _process, _below))))


def _refuse(reason: str) -> None:
    sys.stdout.buffer.write(dumps(Refusal(reason)))


def _attempt(act: object) -> str:
    try:
        act()  # type: ignore[operator]  # one of the functions below
    except (OSError, RuntimeError) as error:
        return type(error).__name__
    return "done"


def _socket() -> None:
    socket.socket()


def _file() -> None:
    Path("/etc/passwd").read_bytes()


def _write() -> None:
    Path("/tmp/escaped").write_bytes(b"x")  # noqa: S108 - must not come to be


def _process() -> None:
    os.system("true")  # noqa: S605 - must not start


def _below() -> None:
    """Ask the system itself, past Python."""
    if SYSTEM.socket(socket.AF_INET, socket.SOCK_STREAM, 0) < 0:
        raise OSError(ctypes.get_errno(), "no socket")


if __name__ == "__main__":
    main()
