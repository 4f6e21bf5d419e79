"""The launcher: sets up once, finishes what was interrupted, and then gets out of the way."""

import importlib.util
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bot import bootstrap
from tests.support.paths import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small checkout: the real launcher and set-up, no requirements, a command line that echoes."""
    root = tmp_path / "the checkout"
    (root / "bot" / "commands").mkdir(parents=True)
    shutil.copy(ROOT / "footnote", root)
    shutil.copy(ROOT / "bot" / "bootstrap.py", root / "bot")
    (root / "bot" / "__init__.py").touch()
    (root / "bot" / "commands" / "cli.py").write_text("import os, sys; print(os.getcwd(), *sys.argv[1:], sep='|')\n")
    (root / "requirements.lock").write_text("# nothing\n")
    return root


def launch(program: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=environment or None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_first_run_sets_up_and_the_next_ones_only_start(checkout: Path, tmp_path: Path) -> None:
    """Through a symlink, from another folder, with odd arguments; a changed lock file is noticed."""
    code, out, err = launch(checkout / "footnote", "ask", "a b", "")
    assert (code, out) == (0, f"{Path.cwd()}|ask|a b|\n")
    assert "first use: setting up .venv" in err
    assert "ready after" in err

    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin" / "fn"
    link.symlink_to("../the checkout/footnote")
    (tmp_path / "json.py").write_text("raise SystemExit('a stray file was imported')")
    assert launch(link, "x", cwd=tmp_path) == (0, f"{tmp_path}|x\n", "")

    (checkout / "requirements.lock").write_text("# nothing more\n")
    _, out, err = launch(checkout / "footnote")
    assert "the pinned requirements changed" in err
    assert launch(checkout / "footnote")[2] == ""


def test_an_interrupted_set_up_is_finished_by_the_next_run(checkout: Path) -> None:
    """Killed while pip works: the environment counts as unfinished and is made anew."""
    (checkout / "requirements.lock").write_text(f"broken @ file://{checkout}/missing\n")
    assert launch(checkout / "footnote")[0] == 2
    (checkout / "requirements.lock").write_text("# nothing\n")
    with subprocess.Popen([checkout / "footnote"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while not (checkout / ".venv" / "pyvenv.cfg").exists():
            time.sleep(0.01)  # the event that is waited for is the file
        process.send_signal(signal.SIGKILL)
    # What the killed launcher had started goes on for a moment; the lock makes the next run wait for it.
    code, out, _ = launch(checkout / "footnote", "x")
    assert (code, out) == (0, f"{Path.cwd()}|x\n")


def test_two_runs_at_once_set_up_once(checkout: Path) -> None:
    """The second one waits, then starts."""
    runs = [
        subprocess.Popen([checkout / "footnote", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    results = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert [out for out, _ in results] == [f"{Path.cwd()}|one\n", f"{Path.cwd()}|two\n"]
    assert sum("ready after" in err for _, err in results) == 1
    assert sum("another run is setting up" in err for _, err in results) == 1


def test_without_a_new_enough_python_one_sentence_says_so(checkout: Path, tmp_path: Path) -> None:
    """An old python3 is no python3."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    code, out, err = launch(checkout / "footnote", PATH=str(tools))
    assert (code, out) == (2, "")
    assert err == "footnote: needs Python 3.11 or newer as python3; on Debian: apt install python3 python3-venv\n"


def test_without_venv_one_sentence_says_so(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Debian ships Python without ensurepip unless python3-venv is there."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match="2"):
        bootstrap.install(checkout)
    assert "Python's venv is missing; on Debian: apt install python3" in capsys.readouterr().err


def test_a_failing_installation_shows_the_end_of_its_log(checkout: Path) -> None:
    """The reason is on the screen, the rest in a file that is named."""
    (checkout / "requirements.lock").write_text(f"broken @ file://{checkout}/missing\n")
    code, _, err = launch(checkout / "footnote")
    assert code == 2
    assert "installing the pinned requirements failed; the whole output is in" in err
    assert not (checkout / ".venv" / bootstrap.STAMP).exists()
