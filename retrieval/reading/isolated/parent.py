"""Have a file of another format read in a process of its own, which no file can harm anything with.

A fresh interpreter for each file: it gets the content and no path, has a minute, 512 MB, no network and no secret in
its environment, and answers with JSON. What it says is checked, and when it is killed that is one rejected file.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

from retrieval.child_process import python_path
from retrieval.reading.isolated.child import MAX_REPLY_BYTES
from retrieval.reading.isolated.limits import MEMORY, SECONDS
from retrieval.reading.isolated.protocol import Extracted, RefusedError, loads

CHILD = "retrieval.reading.isolated.child"
# What a file begins with. A web page and a table begin with anything.
MAGIC = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04", ".epub": b"PK\x03\x04"}
PREAMBLE = 1_024  # bytes that may come before the mark of a PDF
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of a .docx with a password
KEPT = ("HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")  # of the environment; the rest may hold secrets


def extract(content: bytes, suffix: str) -> Extracted:
    """Return what is in a file of a format, read by a child process.

    Raises RefusedError with the reason for people, OSError when no process can be started now.
    """
    _check_magic(content, suffix)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "PYTHONPATH": python_path(),
        "PYTHONHASHSEED": "0",  # the same file, the same text
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    command = [sys.executable, "-P", "-m", CHILD, suffix]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        late = threading.Timer(SECONDS, process.kill)
        feeder = threading.Thread(target=_feed, args=(process, content))
        late.start()
        feeder.start()
        try:
            said = process.stdout.read(MAX_REPLY_BYTES + 1) if process.stdout else b""
            if len(said) > MAX_REPLY_BYTES:
                raise RefusedError(f"holds more than {MAX_REPLY_BYTES // 1_000_000} MB of text")
            process.wait()
            timed_out = late.finished.is_set()
        finally:
            late.cancel()
            process.kill()
            feeder.join()
    if process.returncode:
        raise RefusedError(_death(process.returncode, timed_out=timed_out))
    return loads(said)


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    if process.stdin:
        with suppress(OSError):  # a child that ended early reads no more
            process.stdin.write(content)
        with suppress(OSError):
            process.stdin.close()


def _check_magic(content: bytes, suffix: str) -> None:
    mark = MAGIC.get(suffix)
    if mark is None:
        return
    if content.startswith(OLD_OFFICE):
        raise RefusedError("is encrypted, or in the old format of Word; save it as .docx without a password")
    place = content.find(mark, 0, PREAMBLE + len(mark)) if suffix == ".pdf" else content.find(mark, 0, len(mark))
    if place < 0:
        raise RefusedError(f"is no {suffix} file: it does not begin like one")


def _death(code: int, *, timed_out: bool) -> str:
    """Return why a child process ended without a result."""
    if timed_out or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"took longer than {SECONDS} s to be read, or was stopped by the system"
    if code < 0:
        name = signal.Signals(-code).name
        return f"made its reader crash ({name}): it is damaged, or needs more than {MEMORY // 2**20} MB of memory"
    return f"its reader failed (exit code {code})"
