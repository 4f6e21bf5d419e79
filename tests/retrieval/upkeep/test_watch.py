"""Watching a folder: one rebuild after a burst of changes, and another attempt after a failure."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrieval.upkeep import watch


class Script:
    """A simulated folder, clock and rebuild: each wait moves on to the next of the folder's states."""

    def __init__(self, *states: str, fails: int = 0) -> None:
        self.states = list(states)
        self.now = 0.0
        self.fails = fails
        self.attempts: list[tuple[float, str]] = []

    def poll(self) -> str:
        return self.states[0]

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.states.pop(0)
        if not self.states:
            raise KeyboardInterrupt

    def attempt(self) -> bool:
        self.attempts.append((self.now, self.states[0]))
        self.fails -= 1
        return self.fails < 0

    def run(self) -> list[tuple[float, str]]:
        with pytest.raises(KeyboardInterrupt):
            watch.follow(self.poll, self.attempt, self.wait, lambda: self.now)
        return self.attempts


def test_a_burst_of_saves_is_one_rebuild() -> None:
    """The rebuild begins when two polls find the same state, and none follows until the state changes again."""
    assert Script(*"aaabcdeeee").run() == [(0.0, "a"), (7.0, "e")]


def test_an_endless_burst_does_not_delay_the_rebuild_forever() -> None:
    """It begins after MAX_BURST_S."""
    states = [str(number) for number in range(40)]
    assert [now for now, _ in Script("a", "a", *states).run()] == [0.0, 2.0 + watch.MAX_BURST_S]


def test_a_failed_attempt_is_repeated_later_or_after_a_change() -> None:
    """Without a change it is repeated after RETRY_DELAY_S; a change does not wait for that."""
    assert [now for now, _ in Script(*"a" * 40, fails=1).run()] == [0.0, watch.RETRY_DELAY_S + 1.0]
    assert Script(*"aaabbb", fails=1).run() == [(0.0, "a"), (4.0, "b")]


def test_every_kind_of_change_changes_the_fingerprint(tmp_path: Path) -> None:
    """Contents, names, golden questions, a folder that vanishes and returns."""
    seeds, golden = tmp_path / "seeds", tmp_path / "golden.yaml"
    seeds.mkdir()

    def steps() -> Iterator[Callable[[], object]]:
        yield lambda: (seeds / "a.txt").write_text("One.")
        yield lambda: (seeds / "a.txt").write_text("Another.")
        yield lambda: (seeds / "a.txt").rename(seeds / "b.txt")
        yield lambda: golden.write_text("[]")
        yield lambda: (seeds / "b.txt").unlink()
        yield seeds.rmdir
        yield seeds.mkdir
        yield lambda: (seeds / "c.txt").write_text("Two.")

    before = watch.fingerprint_inputs(seeds, golden)
    assert before == watch.fingerprint_inputs(seeds, golden)
    for step in steps():
        step()
        after = watch.fingerprint_inputs(seeds, golden)
        assert after != before
        before = after
