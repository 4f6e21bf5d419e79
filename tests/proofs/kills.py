"""Kill rebuilds with SIGKILL, at every step of publishing and at random times: python -m tests.proofs.kills [N].

After each kill the index must open without a warning as the whole state before or after, and as the one
after when the rebuild had reported its success. What a killed one leaves behind must not disturb the next.
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
from tests.support.fork_server import Nursery

CALLS = ("open", "write", "flush", "fsync", "close")  # of those that Python makes in C, what reaches the disk
Hook = Callable[[FrameType, str, Any], None]


@dataclass(slots=True)
class Outcome:
    """What happened to the rebuilds, and at which steps they were killed."""

    killed: int = 0
    finished: int = 0
    old: int = 0
    new: int = 0
    steps: set[str] = field(default_factory=set)


def hook(step: Callable[[str], None]) -> Hook:
    """Return a profile hook that names the calls and returns of retrieval/files.py and of what it calls."""

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        here, back = frame.f_code, frame.f_back
        if event.startswith("c_"):
            if here.co_filename == files.__file__ and argument.__name__ in CALLS:
                step(f"{here.co_name}: {event[2:]} {argument.__name__}")
        elif files.__file__ in (here.co_filename, back and back.f_code.co_filename):
            step(f"{here.co_name}: {event}")

    return profile


def list_steps(root: str) -> int:
    """Rebuild and write the names of its steps to root/steps."""
    names: list[str] = []
    sys.setprofile(hook(names.append))
    small_corpus.rebuild_small(Path(root))
    sys.setprofile(None)
    (Path(root) / "steps").write_text("\n".join(names))
    return 0


def rebuild_until(root: str, last: int) -> int:
    """Rebuild; die at a step, -1 is none. The exit code 0 is the report of success."""
    count = 0

    def step(_: str) -> None:
        nonlocal count
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    if last >= 0:
        sys.setprofile(hook(step))
    small_corpus.rebuild_small(Path(root))
    return 0


def warm() -> None:
    """Rebuild once, so that all is imported that a rebuild imports on its way."""
    with tempfile.TemporaryDirectory() as folder:
        small_corpus.fill(Path(folder), random.Random(0))
        small_corpus.rebuild_small(Path(folder))


JOBS = {"list_steps": list_steps, "rebuild_until": rebuild_until}


def prove(root: Path, count: int, seed: int = 0) -> Outcome:
    """Kill `count` rebuilds, three in four of them at steps; raises AssertionError where the index is not whole."""
    rng = random.Random(seed)
    outcome = Outcome()
    small_corpus.fill(root, rng)
    with Nursery("tests.proofs.kills") as nursery:
        for _ in range(3):  # then there is something to prune
            small_corpus.edit(root, rng)
            assert nursery.wait(nursery.start("list_steps", str(root))) == 0
        names = (root / "steps").read_text().splitlines()
        started = time.monotonic()
        small_corpus.edit(root, rng)
        assert nursery.wait(nursery.start("rebuild_until", str(root), -1)) == 0
        usual = time.monotonic() - started
        steps = _order(names, rng)
        for number in range(count):
            _kill_one(root, nursery, rng, outcome, steps[number * 3 // 4 % len(steps)] if number % 4 else None, usual)
            if number % 4:
                continue
            small_corpus.edit(root, rng)
            assert nursery.wait(nursery.start("rebuild_until", str(root), -1)) == 0, "a later rebuild failed"
            assert small_corpus.opened_digest(root) == small_corpus.expected(root)
            assert not small_corpus.leftovers(root), small_corpus.leftovers(root)
    return outcome


def _order(names: list[str], rng: random.Random) -> list[tuple[int, str]]:
    """Return every step in an order that begins with one of each name."""
    steps = list(enumerate(names))
    rng.shuffle(steps)
    seen: set[str] = set()
    first = [step for step in steps if not (step[1] in seen or seen.add(step[1]))]  # type: ignore[func-returns-value]
    return first + [step for step in steps if step not in first]


def _kill_one(
    root: Path, nursery: Nursery, rng: random.Random, outcome: Outcome, step: tuple[int, str] | None, usual: float
) -> None:
    before = small_corpus.opened_digest(root)
    small_corpus.edit(root, rng)
    after = small_corpus.expected(root)
    child = nursery.start("rebuild_until", str(root), step[0] if step else -1)
    if step is None:
        time.sleep(rng.uniform(0, usual))
        with suppress(ProcessLookupError):  # it was faster than usual
            os.kill(child, signal.SIGKILL)
    code = nursery.wait(child)
    assert code in (0, -signal.SIGKILL), f"the rebuild ended with {code}"
    found = small_corpus.opened_digest(root)
    where = step[1] if step else "a random time"
    assert found in (before, after), f"killed at {where}: neither the state before nor the one after"
    assert code != 0 or found == after, f"{where}: reported and lost"
    for name in layout.generations(root / "index"):
        opening.open_generation(root / "index" / name, name)
    outcome.killed += code != 0
    outcome.finished += code == 0
    outcome.new += found == after
    outcome.old += found == before
    if step and code:
        outcome.steps.add(step[1])


def main() -> int:
    """Print the outcome of many kills."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), count)
    print(f"{outcome.killed} killed ({len(outcome.steps)} different steps), {outcome.finished} finished before;")
    print(f"opened as before: {outcome.old}, as after: {outcome.new}; 0 unopenable, 0 lost, 0 mixed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
