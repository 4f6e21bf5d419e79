"""The lock of the one writer: other writers learn at once who writes, and dead processes block nobody."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import BusyError
from retrieval.store import write_lock
from tests.support.paths import ROOT

HOLD_LOCK = (
    "import sys, time; from pathlib import Path; from retrieval.store import write_lock\n"
    "with write_lock.writing(Path(sys.argv[1])):\n print('locked', flush=True); time.sleep(60)"
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that has the write lock of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD_LOCK, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_second_writer_learns_who_writes_and_a_killed_writer_blocks_nobody(
    tmp_path: Path, writer: "subprocess.Popen[str]"
) -> None:
    """The error has the process id and the time; after kill -9 the lock is free, whatever is left on the disk."""
    started = time.monotonic()
    with pytest.raises(BusyError, match=rf"^another process \({writer.pid}, since 20.*\) is writing the index in"):
        write_lock.writing(tmp_path).__enter__()
    assert time.monotonic() - started < 1.0
    writer.kill()
    writer.wait()
    assert json.loads((tmp_path / write_lock.WRITER).read_text())["process"] == writer.pid
    with write_lock.writing(tmp_path):
        assert json.loads((tmp_path / write_lock.WRITER).read_text())["process"] == os.getpid()
    assert not (tmp_path / write_lock.WRITER).exists()


def test_a_second_rebuild_exits_with_one_line(tmp_path: Path, writer: "subprocess.Popen[str]") -> None:
    """The command line prints one line on stderr and exits with code 2."""
    (tmp_path / "seeds").mkdir()
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "rebuild", "--index", str(tmp_path)]
    done = subprocess.run(
        [*command, "--seeds", str(tmp_path / "seeds")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"footnote: another process ({writer.pid}, since" in done.stderr


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"process": "x"}', b"\xff", b'{"process": 1, "host": 2}'])
def test_a_malformed_description_of_the_writer_does_no_harm(
    tmp_path: Path, writer: "subprocess.Popen[str]", content: bytes
) -> None:
    """It changes the message, not who may write."""
    (tmp_path / write_lock.WRITER).write_bytes(content)
    with pytest.raises(BusyError, match=r"^another process is writing"):
        write_lock.writing(tmp_path).__enter__()
    writer.kill()
    writer.wait()
    with write_lock.writing(tmp_path):
        pass


def test_a_second_writer_fails_at_once(tmp_path: Path) -> None:
    """Even within one process."""
    with (
        write_lock.writing(tmp_path),
        pytest.raises(BusyError, match=r"process \(\d+, .* is writing"),
        write_lock.writing(tmp_path),
    ):
        pass
