"""Set up .venv from requirements.lock; started by the launcher with the system's Python.

Uses the standard library only, for nothing else is there yet. The copy of the lock file inside
.venv is written last, so an environment without it was interrupted and is made anew.
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

STAMP = "installed.lock"
HEARTBEAT_SECONDS = 10.0
TORCH = re.compile(r"^# (torch==[0-9.]+)$", re.MULTILINE)


def say(message: str) -> None:
    """Print one line for people on stderr; stdout belongs to the answer."""
    print(f"footnote: {message}", file=sys.stderr, flush=True)


def run(command: list[str], log: Path, task: str) -> None:
    """Run a command with its output in log, saying every ten seconds that it is still at work.

    Raises SystemExit(2), after the last lines of the log, when the command fails.
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
                    code = process.wait(HEARTBEAT_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    say(f"{task} … {time.monotonic() - started:.0f} s")
        except BaseException:
            process.kill()
            raise
    if code:
        tail = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
        say(f"{task} failed; the whole output is in {log}:\n  " + "\n  ".join(tail))
        raise SystemExit(2)


def install(root: Path) -> None:
    """Make root/.venv hold what requirements.lock pins. Raises SystemExit(2) when it cannot."""
    venv, lock, log = root / ".venv", root / "requirements.lock", root / ".venv.log"
    stamp = venv / STAMP
    wanted = lock.read_bytes()
    python = venv / "bin" / "python"
    if stamp.exists() and python.exists() and stamp.read_bytes() == wanted:
        return  # another run finished the job while this one waited
    log.write_bytes(b"")
    started = time.monotonic()
    if stamp.exists() and python.exists():
        say("the pinned requirements changed; bringing .venv up to date")
        stamp.unlink()
    else:
        if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            say(f"Python's venv is missing; on Debian: apt install python{version}-venv")
            raise SystemExit(2)
        say("first use: setting up .venv, about 3 minutes and 1.5 GB (once)")
        shutil.rmtree(venv, ignore_errors=True)
        # The real path, so that a later upgrade of python3 leaves a dangling link that is noticed.
        run([os.path.realpath(sys.executable), "-m", "venv", str(venv)], log, "making .venv")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    # The lock names every package with its hashes, so pip must not look for others; PyTorch comes last, by its
    # version alone, since its builds for CPU and CUDA differ in their hashes and the latter bring more packages along.
    run([*pip, "--no-deps", "--require-hashes", "--requirement", str(lock)], log, "installing the pinned requirements")
    if torch := TORCH.search(wanted.decode("utf-8")):
        run([*pip, torch[1]], log, "installing PyTorch")
    partial = venv / (STAMP + ".tmp")
    partial.write_bytes(wanted)
    partial.replace(stamp)
    log.unlink()
    say(f"ready after {time.monotonic() - started:.0f} s")


def main() -> None:
    """Install once, whoever else tries at the same time."""
    root = Path(sys.argv[1])
    try:
        with (root / ".venv.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another run is setting up .venv; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            install(root)
    except OSError as error:
        say(f"cannot set up .venv: {error}")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        say("interrupted; the next run finishes the job")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
