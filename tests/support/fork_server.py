"""A process that has everything imported and forks a child for each job, so that one starts in milliseconds.

Reads a job from each line of its input, as JSON: [name, arguments …]; prints the child's process id,
and "id status" when a child has ended.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

from tests.support.paths import ROOT

DEADLINE = 60.0  # seconds that a job may take on a busy machine


class Nursery:
    """Starts jobs and tells how they ended: the exit code, or the negative number of the signal."""

    def __init__(self, jobs: str) -> None:
        """Take the name of a module with a dictionary JOBS, and a function `warm` that is called once at first."""
        self._jobs = jobs

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.support.fork_server", self._jobs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )
        self._ended: dict[int, int] = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe(self._process.stdin).close()
        self._pipe(self._process.stdout).close()
        self._process.wait(DEADLINE)

    def start(self, job: str, *arguments: object) -> int:
        """Start a job; returns its process id."""
        print(json.dumps([job, *arguments]), file=self._process.stdin)
        while len(words := self._line()) != 1:
            self._note(words)
        return words[0]

    def wait(self, child: int) -> int:
        """Return how a child ended."""
        while child not in self._ended:
            self._note(self._line())
        return self._ended.pop(child)

    def wait_for_any(self, children: set[int]) -> int:
        """Return the one of some running children that ends first."""
        while not (found := children & self._ended.keys()):
            self._note(self._line())
        return found.pop()

    def _note(self, words: list[int]) -> None:
        self._ended[words[0]] = words[1]

    def _line(self) -> list[int]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise AssertionError("the nursery ended")
        return [int(word) for word in line.split()]

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def _serve(jobs: dict[str, Callable[..., int]]) -> None:
    running: set[int] = set()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting = b""
    while True:
        ready = select.select([0, woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
        while running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            running.discard(child)
            print(child, os.waitstatus_to_exitcode(status), flush=True)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, waiting = (waiting + data).split(b"\n")
            for line in lines:
                running.add(_fork(jobs, json.loads(line)))


def _fork(jobs: dict[str, Callable[..., int]], job: list[Any]) -> int:
    child = os.fork()
    if child:
        print(child, flush=True)
        return child
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.alarm(int(DEADLINE))  # no job outlives a failed proof
        code = jobs[job[0]](*job[1:])
    except BaseException:  # the child must never return into the server's loop
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    import importlib

    module = importlib.import_module(sys.argv[1])
    module.warm()
    _serve(module.JOBS)
