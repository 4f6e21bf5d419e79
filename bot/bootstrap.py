"""Set up .venv from requirements.lock. The launcher runs this file with the system's Python.

Uses the standard library only, since nothing else is installed yet. The copy of the lock file inside .venv is written
last: without it, the installation was interrupted and starts over.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

STAMP = "installed.lock"  # in .venv: the lock file that it was installed from
PROGRESS_INTERVAL_S = 10.0
TORCH = re.compile(r"^# (torch==[0-9.]+)$", re.MULTILINE)


def say(message: str) -> None:
    """Print one line for people to stderr; stdout belongs to the answer."""
    print(f"footnote: {message}", file=sys.stderr, flush=True)


def run(command: list[str], log: Path, task: str) -> None:
    """Run a command and append its output to a log file; every PROGRESS_INTERVAL_S, say how long it has been running.

    If the command fails, prints the end of the log and raises SystemExit(2).
    """
    started = time.monotonic()
    with (
        log.open("ab") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=output, stderr=output
        ) as process,
    ):
        try:
            while True:
                try:
                    code = process.wait(PROGRESS_INTERVAL_S)
                    break
                except subprocess.TimeoutExpired:
                    say(f"{task} … {time.monotonic() - started:.0f} s")
        except BaseException:
            process.kill()
            raise
    if code:
        tail = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
        say(f"{task} failed; the full output is in {log}; it ends with:\n  " + "\n  ".join(tail))
        raise SystemExit(2)


def install(root: Path) -> None:
    """Install the packages that requirements.lock pins into root/.venv. Raises SystemExit(2) if that fails."""
    venv, lock, log = root / ".venv", root / "requirements.lock", root / ".venv.log"
    stamp = venv / STAMP
    pins = lock.read_bytes()
    python = venv / "bin" / "python"
    if stamp.exists() and python.exists() and stamp.read_bytes() == pins:
        return  # another run installed it while this one waited for the lock
    log.write_bytes(b"")
    started = time.monotonic()
    if stamp.exists() and python.exists():
        say("requirements.lock changed; updating .venv")
        stamp.unlink()
    else:
        if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            say(f"Python's venv module is not installed; on Debian: apt install python{version}-venv")
            raise SystemExit(2)
        say("first use: setting up .venv once, which takes about 3 minutes and 1.5 GB")
        shutil.rmtree(venv, ignore_errors=True)
        # .venv links to the real path of Python, so that upgrading python3 leaves a dangling link, which is noticed.
        run([os.path.realpath(sys.executable), "-m", "venv", str(venv)], log, "creating .venv")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    # The lock names every package with its hashes, so pip must not look for others. PyTorch comes last and by version
    # only, since the hashes of its CPU and CUDA builds differ and the CUDA build needs further packages.
    run([*pip, "--no-deps", "--require-hashes", "--requirement", str(lock)], log, "installing the pinned requirements")
    if torch := TORCH.search(pins.decode("utf-8")):
        run([*pip, torch[1]], log, "installing PyTorch")
    partial = venv / (STAMP + ".tmp")
    partial.write_bytes(pins)
    partial.replace(stamp)
    log.unlink()
    say(f"ready after {time.monotonic() - started:.0f} s")


def main() -> None:
    """Install, one process at a time."""
    root = Path(sys.argv[1])
    try:
        with (root / ".venv.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another process is setting up .venv; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            install(root)
    except OSError as error:
        say(f"cannot set up .venv: {error}")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        say("interrupted; the next run continues")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
