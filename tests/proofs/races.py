"""Start several rebuilds at once: python -m tests.proofs.races [N].

Exactly one may write. It is made to wait before it encodes until the others have ended, each with an error that says
that another process is writing. In every other race the winner is killed while it waits; its lock must be free then.
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
from tests.support.fork_server import ForkServer
from tests.support.word_encoder import WordEncoder

WINNER_TIMEOUT_S = 30.0  # until the winner waits
__all__ = ["JOBS", "warm"]


class WaitingEncoder(WordEncoder):
    """Waits before its first use until the other end of a pipe is opened and closed."""

    def __init__(self, gate: Path) -> None:
        super().__init__()
        self._gate: Path | None = gate

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        gate, self._gate = self._gate, None
        if gate:
            gate.read_bytes()
        return super().count_tokens(texts)


def waiting_rebuild(root: str, name: str) -> int:
    """Run `footnote rebuild`, which waits before it encodes; its output goes to root/name."""
    folder = Path(root)
    folders = ["--seeds", str(folder / "seeds"), "--index", str(folder / "index")]
    with (
        (folder / name).open("w") as output,
        small_corpus.use_encoder(WaitingEncoder(folder / "gate")),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        return cli.run(["rebuild", *folders])


JOBS = {"waiting_rebuild": waiting_rebuild}


def prove(root: Path, races: int, seed: int = 0) -> int:
    """Race 2 to 4 rebuilds `races` times; return how many lost. Raises AssertionError unless one wins each time."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    small_corpus.rebuild_corpus(root)
    os.mkfifo(root / "gate")
    lost = 0
    with ForkServer("tests.proofs.races") as server:
        for race in range(races):
            before = small_corpus.opened_digest(root)
            small_corpus.edit(root, rng)
            runners = {server.start("waiting_rebuild", str(root), f"output{n}"): n for n in range(2 + race % 3)}
            while len(runners) > 1:
                runner = server.wait_for_any(set(runners))
                code, output = server.wait(runner), (root / f"output{runners.pop(runner)}").read_text()
                assert code == ERROR, f"{code}: {output}"
                assert "another process" in output, output
                assert output.count("\n") == 1, output
                lost += 1
            winner = min(runners)
            gate = _open_gate(root / "gate")
            if race % 2:
                os.kill(winner, signal.SIGKILL)
                assert server.wait(winner) == -signal.SIGKILL
                os.close(gate)
                assert small_corpus.opened_digest(root) == before
            else:
                os.close(gate)
                assert server.wait(winner) == 0, (root / f"output{runners[winner]}").read_text()
                assert small_corpus.opened_digest(root) == small_corpus.expected_digest(root)
    try:
        small_corpus.rebuild_corpus(root)
    except FootnoteError as error:
        raise AssertionError(f"the lock of a dead process remains: {error}") from error
    return lost


def _open_gate(gate: Path) -> int:
    """Open a pipe for writing as soon as a process reads it."""
    deadline = time.monotonic() + WINNER_TIMEOUT_S
    while True:
        try:
            return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def main() -> int:
    """Race rebuilds and print how many lost."""
    races = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        lost = prove(Path(folder), races)
    print(f"{races} races with one winner each; {lost} other rebuilds said that another process is writing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
