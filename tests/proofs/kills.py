"""Kill rebuilds with SIGKILL, at every step of publishing and at random times: python -m tests.proofs.kills [N].

After each kill the index must open without a warning, in the state before or after the rebuild, and in the state after
it if the rebuild had reported success. Leftovers of a killed rebuild must not disturb the next one.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from retrieval import files
from retrieval.store import layout, opening
from tests.support import small_corpus
from tests.support.fork_server import ForkServer

DISK_CALLS = ("open", "write", "flush", "fsync", "close")  # functions written in C that reach the disk
Hook = Callable[[FrameType, str, Any], None]


@dataclass(slots=True)
class Outcome:
    """How the rebuilds ended, which state was found, and at which steps they were killed."""

    killed: int = 0
    finished: int = 0
    before: int = 0
    after: int = 0
    steps: set[str] = field(default_factory=set)


def make_hook(step: Callable[[str], None]) -> Hook:
    """Make a profile hook that calls `step` with the name of each call and return in retrieval/files.py and below."""

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        code, caller = frame.f_code, frame.f_back
        if event.startswith("c_"):
            if code.co_filename == files.__file__ and argument.__name__ in DISK_CALLS:
                step(f"{code.co_name}: {event[2:]} {argument.__name__}")
        elif files.__file__ in (code.co_filename, caller and caller.f_code.co_filename):
            step(f"{code.co_name}: {event}")

    return profile


def list_steps(root: str) -> int:
    """Rebuild and write the names of the steps to root/steps."""
    names: list[str] = []
    sys.setprofile(make_hook(names.append))
    small_corpus.rebuild_corpus(Path(root))
    sys.setprofile(None)
    (Path(root) / "steps").write_text("\n".join(names))
    return 0


def rebuild_until(root: str, last: int) -> int:
    """Rebuild, and die at a step unless it is -1. The exit code 0 reports success."""
    count = 0

    def step(_: str) -> None:
        nonlocal count
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    if last >= 0:
        sys.setprofile(make_hook(step))
    small_corpus.rebuild_corpus(Path(root))
    return 0


def warm() -> None:
    """Rebuild once, so that all lazy imports are done."""
    with tempfile.TemporaryDirectory() as folder:
        small_corpus.fill(Path(folder), random.Random(0))
        small_corpus.rebuild_corpus(Path(folder))


JOBS = {"list_steps": list_steps, "rebuild_until": rebuild_until}


def prove(root: Path, count: int, seed: int = 0) -> Outcome:
    """Kill `count` rebuilds, three of four at steps. Raises AssertionError if an index is not whole."""
    rng = random.Random(seed)
    outcome = Outcome()
    small_corpus.fill(root, rng)
    with ForkServer("tests.proofs.kills") as server:
        for _ in range(3):  # so that there is something to prune
            small_corpus.edit(root, rng)
            assert server.wait(server.start("list_steps", str(root))) == 0
        names = (root / "steps").read_text().splitlines()
        started = time.monotonic()
        small_corpus.edit(root, rng)
        assert server.wait(server.start("rebuild_until", str(root), -1)) == 0
        duration_s = time.monotonic() - started
        steps = _order_steps(names, rng)
        for number in range(count):
            _kill_one(
                root, server, rng, outcome, steps[number * 3 // 4 % len(steps)] if number % 4 else None, duration_s
            )
            if number % 4:
                continue
            small_corpus.edit(root, rng)
            assert server.wait(server.start("rebuild_until", str(root), -1)) == 0, "a later rebuild failed"
            assert small_corpus.opened_digest(root) == small_corpus.expected_digest(root)
            assert not small_corpus.leftovers(root), small_corpus.leftovers(root)
    return outcome


def _order_steps(names: list[str], rng: random.Random) -> list[tuple[int, str]]:
    """Shuffle the steps, but begin with one of each name."""
    steps = list(enumerate(names))
    rng.shuffle(steps)
    seen: set[str] = set()
    first = [step for step in steps if not (step[1] in seen or seen.add(step[1]))]  # type: ignore[func-returns-value]
    return first + [step for step in steps if step not in first]


def _kill_one(
    root: Path,
    server: ForkServer,
    rng: random.Random,
    outcome: Outcome,
    step: tuple[int, str] | None,
    duration_s: float,
) -> None:
    before = small_corpus.opened_digest(root)
    small_corpus.edit(root, rng)
    after = small_corpus.expected_digest(root)
    child = server.start("rebuild_until", str(root), step[0] if step else -1)
    if step is None:
        time.sleep(rng.uniform(0, duration_s))
        with suppress(ProcessLookupError):  # it has ended already
            os.kill(child, signal.SIGKILL)
    code = server.wait(child)
    assert code in (0, -signal.SIGKILL), f"the rebuild ended with {code}"
    state = small_corpus.opened_digest(root)
    place = step[1] if step else "a random time"
    assert state in (before, after), f"killed at {place}: neither the state before nor the state after"
    assert code != 0 or state == after, f"{place}: reported and lost"
    for name in layout.generations(root / "index"):
        opening.open_generation(root / "index" / name, name)
    outcome.killed += code != 0
    outcome.finished += code == 0
    outcome.after += state == after
    outcome.before += state == before
    if step and code:
        outcome.steps.add(step[1])


def main() -> int:
    """Kill rebuilds and print the outcome."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), count)
    print(f"{outcome.killed} rebuilds killed (at {len(outcome.steps)} different steps), {outcome.finished} finished;")
    print(f"states before the rebuild: {outcome.before}, after it: {outcome.after}; 0 unopenable, 0 lost, 0 mixed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
