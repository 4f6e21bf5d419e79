"""`footnote worker` as operators run it, with the real model: killed at a job, it costs that job and nothing else."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot import building
from bot.commands import worker_command
from bot.encoding_queue import encoding_worker, shared_encoding
from bot.encoding_queue.queue_connection import QueueConnection
from config.settings import ConfigError, load_settings
from tests.support.paths import ROOT, SEEDS

IN_HAND = "SELECT count(*) FROM encoding_windows WHERE vectors IS NULL AND fence > 0"
WAIT_S = 30.0


def rebuild(index: Path, compiled: Path, seeds: Path) -> int:
    """Rebuild an index with a model that is compiled already; return how many windows were encoded."""
    shutil.copytree(compiled / "models", index / "models")
    return building.run_rebuild(load_settings(seeds=str(seeds), index=str(index))).encoded_windows


def contents(index: Path) -> dict[str, Any]:
    """Return the bytes of every file of an index, and its manifest without the times."""
    found: dict[str, Any] = {
        path.relative_to(index).as_posix(): path.read_bytes()
        for path in index.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }
    manifest = json.loads(found.pop("gen-1/manifest.json"))
    del found["gen-1/manifest.sha256"]
    return found | {"manifest": {name: value for name, value in manifest.items() if name not in ("created", "pace")}}


def wait_for_job(connection: psycopg.Connection, worker: subprocess.Popen[bytes]) -> int:
    """Stop a worker while it has leased windows and not stored them, and return how many."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if connection.execute(IN_HAND.encode()).fetchone() != (0,):
            worker.send_signal(signal.SIGSTOP)
            time.sleep(0.05)  # what it sent before arrives
            row = connection.execute(IN_HAND.encode()).fetchone()
            if row and row[0]:
                return int(row[0])
            worker.send_signal(signal.SIGCONT)
        time.sleep(0.002)
    raise TimeoutError("no job was taken")


def test_a_killed_worker_loses_one_job_and_the_index_is_the_same(
    libpq_url: str, tmp_path: Path, compiled_model: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index of a rebuild that only waits equals that of one machine byte for byte, though kill -9 ends a worker."""
    seeds = tmp_path / "seeds"
    for copy in range(3):  # different titles make different windows
        shutil.copytree(SEEDS, seeds / f"copy{copy}")
        for path in (seeds / f"copy{copy}").rglob("*.md"):
            path.write_text(path.read_text("utf-8").replace("\n# ", f"\n# Part {copy} of "), "utf-8")
            os.utime(path, (0, 1_700_000_000))  # not so new that it may still be changing
    windows = rebuild(tmp_path / "alone", compiled_model[0], seeds)
    monkeypatch.setenv("FOOTNOTE_ENCODING__QUEUE", libpq_url)
    monkeypatch.setenv("FOOTNOTE_ENCODING__TAKES_PART", "false")
    monkeypatch.setattr(shared_encoding.SharedEncoding, "forget", lambda _: None)
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "worker"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FOOTNOTE_THREADS": "1", "TMPDIR": str(tmp_path)}
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool, psycopg.connect(libpq_url, autocommit=True) as connection:
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as worker:
            together = pool.submit(rebuild, tmp_path / "together", compiled_model[0], seeds)
            while not connection.execute("SELECT to_regclass('encoding_fences')").fetchone()[0]:  # type: ignore[index]
                time.sleep(0.01)
            lost = wait_for_job(connection, worker)
            worker.kill()
        connection.execute("UPDATE encoding_windows SET leased_until = '-infinity'")  # as time would
        other = pool.submit(encoding_worker.work, libpq_url, 1, stop, lambda _: None)
        assert together.result() == windows
        stop.set()
        stored = other.result()
        leases = connection.execute("SELECT sum(leases), count(*) FROM encoding_windows").fetchone()
    assert leases == (windows + lost, windows)
    assert lost <= stored <= windows
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def test_a_worker_without_a_queue_says_what_to_set() -> None:
    """It would have nothing to do."""
    with pytest.raises(ConfigError, match=r"set encoding\.queue"):
        worker_command.work(load_settings(), once=True)


def test_sigterm_ends_a_worker_with_its_count(
    libpq_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stops between two jobs, prints what it did, and exits with 0."""
    monkeypatch.setenv("FOOTNOTE_ENCODING__QUEUE", libpq_url)
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(QueueConnection, "wait", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        assert worker_command.work(load_settings(), once=False) == 0
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    assert capsys.readouterr().out == "Encoded 0 windows.\n"
