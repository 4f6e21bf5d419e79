"""The launcher: sets up .venv once, resumes an interrupted set-up, and otherwise only starts Python."""

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
    """Return a small checkout: the real launcher and bootstrap, no requirements, a command line that echoes."""
    root = tmp_path / "the checkout"
    (root / "bot" / "commands").mkdir(parents=True)
    shutil.copy(ROOT / "footnote", root)
    shutil.copy(ROOT / "bot" / "bootstrap.py", root / "bot")
    (root / "bot" / "__init__.py").touch()
    (root / "bot" / "commands" / "cli.py").write_text("import os, sys; print(os.getcwd(), *sys.argv[1:], sep='|')\n")
    (root / "requirements.lock").write_text("# nothing\n")
    return root


def launch(program: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> tuple[int, str, str]:
    """Run the launcher; return exit code, stdout and stderr."""
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


def test_first_run_sets_up_and_later_ones_only_start(checkout: Path, tmp_path: Path) -> None:
    """Also through a symlink, from another folder and with odd arguments. A changed lock file is installed."""
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
    assert "requirements.lock changed" in err
    assert launch(checkout / "footnote")[2] == ""


def test_next_run_resumes_an_interrupted_set_up(checkout: Path) -> None:
    """Without the copy of the lock file, .venv counts as unfinished and is created again."""
    (checkout / "requirements.lock").write_text(f"broken @ file://{checkout}/missing\n")
    assert launch(checkout / "footnote")[0] == 2
    (checkout / "requirements.lock").write_text("# nothing\n")
    with subprocess.Popen([checkout / "footnote"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while not (checkout / ".venv" / "pyvenv.cfg").exists():
            time.sleep(0.01)  # until the file exists
        process.send_signal(signal.SIGKILL)
    # Processes of the killed launcher run on for a moment; the lock makes the next run wait for them.
    code, out, _ = launch(checkout / "footnote", "x")
    assert (code, out) == (0, f"{Path.cwd()}|x\n")


def test_concurrent_runs_set_up_once(checkout: Path) -> None:
    """The second run waits for the first, then starts."""
    processes = [
        subprocess.Popen([checkout / "footnote", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [out for out, _ in results] == [f"{Path.cwd()}|one\n", f"{Path.cwd()}|two\n"]
    assert sum("ready after" in err for _, err in results) == 1
    assert sum("another process is setting up" in err for _, err in results) == 1


def test_old_python_is_refused_in_one_line(checkout: Path, tmp_path: Path) -> None:
    """It says which version is needed and how to get it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    code, out, err = launch(checkout / "footnote", PATH=str(tools))
    assert (code, out) == (2, "")
    assert err == "footnote: Python 3.11 or newer is needed; on Debian: apt install python3 python3-venv\n"


def test_missing_venv_module_is_one_line(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Debian ships Python without ensurepip unless python3-venv is installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match="2"):
        bootstrap.install(checkout)
    assert "Python's venv module is not installed; on Debian: apt install python3" in capsys.readouterr().err


def test_failed_installation_shows_the_end_of_its_log(checkout: Path) -> None:
    """The reason is on the screen, and the full output in a file that is named."""
    (checkout / "requirements.lock").write_text(f"broken @ file://{checkout}/missing\n")
    code, _, err = launch(checkout / "footnote")
    assert code == 2
    assert "installing the pinned requirements failed; the full output is in" in err
    assert not (checkout / ".venv" / bootstrap.STAMP).exists()
