"""`footnote serve` as people start it: the address at once, one line for what goes wrong, and a quiet end."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.web.http_server import bind, page_address
from config.settings import ConfigError
from tests.bot.commands.test_extras import footnote_without
from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT


@contextmanager
def serving(index: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Start the service on a free port; yield the first line that it prints, and the process."""
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "serve", "--index", str(index), "--port", "0", *options]
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rstrip("\n"), process
        finally:
            process.kill()
            watchdog.cancel()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_address_is_printed_and_answers_until_a_signal(sample_index: Path, number: int) -> None:
    """Whoever connects before the index is opened waits for it; the end is no error."""
    with serving(sample_index) as (address, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        page = httpx.get(address, params={"q": "Who is the defence minister of Japan?"}, timeout=60)
        assert (page.status_code, "Yasukazu Hamada" in page.text) == (200, True)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines()[-1] == "footnote: ready; Ctrl-C stops it"


def test_a_port_that_is_taken_is_one_line(footnote: RunFootnote, sample_index: Path) -> None:
    """It says what to do, before anything is opened."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = footnote("serve", "--index", str(sample_index), "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"footnote: port {port} of 127.0.0.1 cannot be used: Address already in use; choose another one with --port or "
        "serve.port\n"
    )


@pytest.mark.parametrize(("host", "said"), [("not a host", "--host"), ("nowhere.invalid", "serve.host")])
def test_a_host_that_cannot_be_used_is_one_line(
    footnote: RunFootnote, sample_index: Path, host: str, said: str
) -> None:
    """Whether it is malformed or unknown."""
    done = footnote("serve", "--index", str(sample_index), "--host", host, "--port", "0")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert said in done.stderr


def test_a_free_port_is_found_for_each_kind_of_address() -> None:
    """An address that is not of this machine cannot be used."""
    with bind("127.0.0.1", 0) as listening:
        assert listening.getsockname()[1] > 0
    with pytest.raises(ConfigError, match=r"port 0 of 192\.0\.2\.1 cannot be used"):
        bind("192.0.2.1", 0)
    assert [page_address(host, 80) for host in ("localhost", "::1", "::")] == [
        "http://localhost:80/", "http://[::1]:80/", "http://127.0.0.1:80/",
    ]  # fmt: skip


@pytest.mark.parametrize("library", ["starlette", "uvicorn", "jinja2"])
def test_a_missing_library_is_one_line(library: str, sample_index: Path) -> None:
    """Before the address is printed."""
    done = footnote_without({library}, "serve", "--index", str(sample_index), "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "run: pip install 'footnote[" in done.stderr
