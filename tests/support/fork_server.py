"""A process that has imported everything and forks a child for each job, so that a job starts in milliseconds.

It reads a job from each line of its standard input, as JSON: [name, arguments …]. It prints the process id of the
child, and "id status" when a child has ended.
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

JOB_TIMEOUT_S = 60.0  # on a busy machine


class ForkServer:
    """Starts jobs and returns how they ended: the exit code, or the negative number of the signal."""

    def __init__(self, jobs: str) -> None:
        """Take the name of a module with a dictionary JOBS and a function `warm`, which is called once at the start."""
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
        self._process.wait(JOB_TIMEOUT_S)

    def start(self, job: str, *arguments: object) -> int:
        """Start a job and return its process id."""
        print(json.dumps([job, *arguments]), file=self._process.stdin)
        while len(numbers := self._read_line()) != 1:
            self._record_end(numbers)
        return numbers[0]

    def wait(self, child: int) -> int:
        """Wait for a child and return how it ended."""
        while child not in self._ended:
            self._record_end(self._read_line())
        return self._ended.pop(child)

    def wait_for_any(self, children: set[int]) -> int:
        """Wait until one of some children has ended and return its process id."""
        while not (ended := children & self._ended.keys()):
            self._record_end(self._read_line())
        return ended.pop()

    def _record_end(self, numbers: list[int]) -> None:
        self._ended[numbers[0]] = numbers[1]

    def _read_line(self) -> list[int]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise AssertionError("the fork server ended")
        return [int(number) for number in line.split()]

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def _serve(jobs: dict[str, Callable[..., int]]) -> None:
    running: set[int] = set()
    signalled, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    partial_line = b""
    while True:
        ready = select.select([0, signalled], [], [])[0]
        if signalled in ready:
            os.read(signalled, 4096)
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
            *lines, partial_line = (partial_line + data).split(b"\n")
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
        signal.alarm(int(JOB_TIMEOUT_S))  # jobs must not outlive a failed proof
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
