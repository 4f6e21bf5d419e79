"""One writer: told at once who writes, and never blocked by the dead."""

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

HOLD = (
    "import sys, time; from pathlib import Path; from retrieval.store import write_lock\n"
    "with write_lock.writing(Path(sys.argv[1])):\n print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that writes the index in tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_writes_and_a_killed_one_blocks_nobody(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    """Process id and time stand in the error; after kill -9 the lock is free, whatever is left on the disk."""
    started = time.monotonic()
    with pytest.raises(BusyError, match=rf"^another process \({holder.pid}, since 20.*\) is writing the index in"):
        write_lock.writing(tmp_path).__enter__()
    assert time.monotonic() - started < 1.0
    holder.kill()
    holder.wait()
    assert json.loads((tmp_path / write_lock.WRITER).read_text())["process"] == holder.pid
    with write_lock.writing(tmp_path):
        assert json.loads((tmp_path / write_lock.WRITER).read_text())["process"] == os.getpid()
    assert not (tmp_path / write_lock.WRITER).exists()


def test_the_command_line_exits_within_a_second_of_asking(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    """A second rebuild is one line on stderr and exit code 2; what it loads before is not waited for."""
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
    assert f"footnote: another process ({holder.pid}, since" in done.stderr


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"process": "x"}', b"\xff", b'{"process": 1, "host": 2}'])
def test_what_is_said_of_the_holder_is_never_trusted(
    tmp_path: Path, holder: "subprocess.Popen[str]", content: bytes
) -> None:
    """A note that makes no sense changes the words, not who may write."""
    (tmp_path / write_lock.WRITER).write_bytes(content)
    with pytest.raises(BusyError, match=r"^another process is writing"):
        write_lock.writing(tmp_path).__enter__()
    holder.kill()
    holder.wait()
    with write_lock.writing(tmp_path):
        pass
