"""Following a folder: one rebuild for a burst, none for nothing, another try for what failed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrieval.upkeep import watch


class Script:
    """A folder, a clock and a rebuild that are told what happens; each wait takes the next step."""

    def __init__(self, *seen: str, fails: int = 0) -> None:
        self.seen = list(seen)
        self.now = 0.0
        self.fails = fails
        self.attempts: list[tuple[float, str]] = []

    def look(self) -> str:
        return self.seen[0]

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.seen.pop(0)
        if not self.seen:
            raise KeyboardInterrupt

    def attempt(self) -> bool:
        self.attempts.append((self.now, self.seen[0]))
        self.fails -= 1
        return self.fails < 0

    def run(self) -> list[tuple[float, str]]:
        with pytest.raises(KeyboardInterrupt):
            watch.follow(self.look, self.attempt, self.wait, lambda: self.now)
        return self.attempts


def test_a_burst_of_saves_is_one_rebuild() -> None:
    """The folder is taken up when two looks see the same, and left alone until it changes again."""
    assert Script(*"aaabcdeeee").run() == [(0.0, "a"), (7.0, "e")]


def test_saves_that_never_end_are_taken_up_in_between() -> None:
    """After LONGEST_BURST the rebuild does not wait any longer."""
    states = [str(number) for number in range(40)]
    assert [now for now, _ in Script("a", "a", *states).run()] == [0.0, 2.0 + watch.MAX_BURST_S]


def test_what_failed_is_tried_again_and_a_change_is_taken_up_at_once() -> None:
    """Nothing changes for RETRY seconds: another attempt; a change does not wait for that."""
    assert [now for now, _ in Script(*"a" * 40, fails=1).run()] == [0.0, watch.RETRY_DELAY_S + 1.0]
    assert Script(*"aaabbb", fails=1).run() == [(0.0, "a"), (4.0, "b")]


def test_a_look_sees_every_kind_of_change(tmp_path: Path) -> None:
    """Content, names, golden questions, a folder that goes and comes back."""
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
