"""Read a file of another format in a child process, which limits what a hostile file can do.

Each file gets a fresh interpreter, which receives the content but no path. It has a minute, 512 MB, no network and no
secrets in its environment, and replies with JSON, which is checked. If it is killed, one file is rejected.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from retrieval.child_process import python_path
from retrieval.reading.isolated import ocr
from retrieval.reading.isolated.child import DRAW, MAX_REPLY_BYTES, MEGABYTE, RECOGNIZED
from retrieval.reading.isolated.limits import MEMORY_BYTES, TIME_S
from retrieval.reading.isolated.protocol import Extracted, RefusedError, loads

CHILD = "retrieval.reading.isolated.child"
ARCHIVE = b"PK\x03\x04"
SIGNATURES = {  # first bytes; other formats have none
    ".pdf": b"%PDF-", ".docx": ARCHIVE, ".epub": ARCHIVE, ".odt": ARCHIVE, ".pptx": ARCHIVE, ".xlsx": ARCHIVE,
    ".zip": ARCHIVE,
}  # fmt: skip
PDF_PREAMBLE_BYTES = 1_024  # that may precede the signature of a PDF
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of a .docx with a password
PASSED_VARIABLES = ("HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")  # others may hold secrets


def extract(content: bytes, suffix: str, language: str | None = None) -> Extracted:
    """Extract the parts and metadata of a file in a child process.

    Pages that are pictures of text are recognized, in a language, if Tesseract is installed. Raises RefusedError with
    the reason, for people, and OSError if no process can be started now.
    """
    _check_signature(content, suffix)
    try:
        extracted = loads(_run_child(content, suffix))
    except RefusedError as error:
        if error.scanned and ocr.is_installed():
            return _extract_recognized(content, suffix, error.scanned, language)
        raise
    if extracted.scanned and ocr.is_installed():
        return _extract_recognized(content, suffix, extracted.scanned, language)
    return extracted


def _extract_recognized(content: bytes, suffix: str, numbers: Sequence[int], language: str | None) -> Extracted:
    """Extract a file of which some pages are pictures of text. Raises RefusedError, OSError."""

    def draw(few: Sequence[int]) -> bytes:
        with suppress(RefusedError):  # these pages are not recognized
            return _run_child(content, suffix, DRAW, ",".join(map(str, few)))
        return b""

    found = json.dumps(ocr.recognize(draw, numbers, language), ensure_ascii=False)
    return loads(_run_child(found.encode("utf-8", "replace") + b"\n" + content, suffix, RECOGNIZED))


def _run_child(content: bytes, *arguments: str) -> bytes:
    """Run a child process with arguments, which gets the content; returns its reply. Raises RefusedError, OSError."""
    environment = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ} | {
        "PYTHONPATH": python_path(),
        "PYTHONHASHSEED": "0",  # the same file gives the same text
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    command = [sys.executable, "-P", "-m", CHILD, *arguments]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        timeout = threading.Timer(TIME_S, process.kill)
        feeder = threading.Thread(target=_feed, args=(process, content))
        timeout.start()
        feeder.start()
        try:
            reply = process.stdout.read(MAX_REPLY_BYTES + 1) if process.stdout else b""
            if len(reply) > MAX_REPLY_BYTES:
                raise RefusedError(f"contains more than {MAX_REPLY_BYTES // MEGABYTE} MB of text")
            process.wait()
            timed_out = timeout.finished.is_set()
        finally:
            timeout.cancel()
            process.kill()
            feeder.join()
    if process.returncode:
        raise RefusedError(_failure(process.returncode, timed_out=timed_out))
    return reply


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Write the content to the child's stdin."""
    if process.stdin:
        with suppress(OSError):  # the child has ended
            process.stdin.write(content)
        with suppress(OSError):
            process.stdin.close()


def _check_signature(content: bytes, suffix: str) -> None:
    """Raise RefusedError if a file does not begin like one of its format."""
    signature = SIGNATURES.get(suffix)
    if signature is None:
        return
    if content.startswith(OLD_OFFICE):
        raise RefusedError(f"encrypted, or in an old format of Office; save it as {suffix} without a password")
    preamble = PDF_PREAMBLE_BYTES if suffix == ".pdf" else 0
    if content.find(signature, 0, preamble + len(signature)) < 0:
        raise RefusedError(f"not a {suffix} file: it does not begin like one")


def _failure(code: int, *, timed_out: bool) -> str:
    """Explain why a child process ended without a reply."""
    if timed_out or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"took longer than {TIME_S} s to read, or was stopped by the system"
    if code < 0:
        name = signal.Signals(-code).name
        return f"its reader crashed ({name}): damaged, or needs more than {MEMORY_BYTES // 2**20} MB of memory"
    return f"its reader failed (exit code {code})"
