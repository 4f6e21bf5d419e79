"""Start several rebuilds at once: python -m tests.proofs.races [N].

Exactly one may write: it is held while it encodes until the others have ended, each with an error that says
that another process is writing. Every other time the winner is killed instead; its lock must not outlive it.
"""

import contextlib
import errno
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.commands import cli
from bot.showing.exit_codes import ERROR
from retrieval.errors import FootnoteError
from tests.proofs.swaps import warm
from tests.support import small_corpus
from tests.support.fork_server import Nursery
from tests.support.word_encoder import WordEncoder

PATIENCE = 30.0  # seconds until the winner must have come to where it is held
__all__ = ["JOBS", "warm"]


class HeldEncoder(WordEncoder):
    """Waits, before it is first used, until the other end of a pipe is opened and closed."""

    def __init__(self, gate: Path) -> None:
        super().__init__()
        self._gate: Path | None = gate

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        gate, self._gate = self._gate, None
        if gate:
            gate.read_bytes()
        return super().count_tokens(texts)


def held_rebuild(root: str, name: str) -> int:
    """Run the command line's rebuild, held before it encodes; what it says goes to root/name."""
    folder = Path(root)
    folders = ["--seeds", str(folder / "seeds"), "--index", str(folder / "index")]
    with (
        (folder / name).open("w") as said,
        small_corpus.in_place_of_the_model(HeldEncoder(folder / "gate")),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        return cli.run(["rebuild", *folders])


JOBS = {"held_rebuild": held_rebuild}


def prove(root: Path, races: int, seed: int = 0) -> int:
    """Race 2 to 4 rebuilds so many times; returns how many lost. Raises AssertionError unless one wins each time."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    small_corpus.rebuild_small(root)
    os.mkfifo(root / "gate")
    lost = 0
    with Nursery("tests.proofs.races") as nursery:
        for race in range(races):
            before = small_corpus.opened_digest(root)
            small_corpus.edit(root, rng)
            runners = {nursery.start("held_rebuild", str(root), f"said{n}"): n for n in range(2 + race % 3)}
            while len(runners) > 1:
                runner = nursery.wait_for_any(set(runners))
                code, said = nursery.wait(runner), (root / f"said{runners.pop(runner)}").read_text()
                assert code == ERROR, f"{code}: {said}"
                assert "another process" in said, said
                assert said.count("\n") == 1, said
                lost += 1
            winner = min(runners)
            gate = _opened(root / "gate")
            if race % 2:
                os.kill(winner, signal.SIGKILL)
                assert nursery.wait(winner) == -signal.SIGKILL
                os.close(gate)
                assert small_corpus.opened_digest(root) == before
            else:
                os.close(gate)
                assert nursery.wait(winner) == 0, (root / f"said{runners[winner]}").read_text()
                assert small_corpus.opened_digest(root) == small_corpus.expected(root)
    try:
        small_corpus.rebuild_small(root)
    except FootnoteError as error:
        raise AssertionError(f"the lock of a dead process: {error}") from error
    return lost


def _opened(gate: Path) -> int:
    """Open a pipe for writing as soon as somebody reads."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def main() -> int:
    """Print how the races went."""
    races = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        lost = prove(Path(folder), races)
    print(f"{races} races: one winner each, {lost} others told that another process is writing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
