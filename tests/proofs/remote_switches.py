"""Prove that a mirror switches whole: python -m tests.proofs.remote_switches [SWITCHES].

A generation after the other is published where a searcher runs, one in five is rolled back, and a mirror follows, while
READERS threads open the mirror and search. Whatever a reader opened must find the one sentence that only its generation
has, and no other's. The searcher drops all connections now and then, as a restart does.
"""

import argparse
import re
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from retrieval.remote.mirror import mirror_live, open_mirrored
from retrieval.remote.remote_searches import SearchClient
from retrieval.store import layout, publishing
from tests.support.searcher import RunningSearcher, running_searcher
from tests.support.small_index import publish_texts
from tests.support.word_encoder import WordEncoder

READERS = 4
OWN = re.compile(r"The cat is (\d+)\.")


class Reader(threading.Thread):
    """Opens a mirror over and over, and compares what it finds with the name of the generation."""

    def __init__(self, client: SearchClient, mirror: Path, stop: threading.Event) -> None:
        """Prepare to read until stopped."""
        super().__init__()
        self._client, self._mirror, self._stop_reading = client, mirror, stop
        self.reads = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        """Read until stopped; note everything that is wrong."""
        words = WordEncoder()
        question = words.encode_question("cat is")
        while not self._stop_reading.is_set():
            try:
                index, _ = open_mirrored(self._client, self._mirror)
                rows, _ = index.dense.search(question.vector, index.count)
                index.late.similarities(words.project(question.tokens), rows)
                texts = [index.text(row) for row in np.sort(rows).tolist()]
            except Exception as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                continue
            numbers = [match[1] for match in map(OWN.fullmatch, texts) if match]
            if len(texts) != index.count or numbers != [str(layout.number(index.generation))]:
                self.wrong.append(f"{index.generation}: {numbers}, {len(texts)} of {index.count} rows")
            self.reads += 1


def prove(folder: Path, switches: int) -> tuple[int, list[str]]:
    """Switch so many times; return the number of reads, and what was wrong."""
    words = WordEncoder()
    index, mirror, stop = folder / "index", folder / "mirror", threading.Event()
    publish_texts(index, words)
    with running_searcher(index) as running:
        mirror_live(running.client, mirror)
        readers = [Reader(running.client, mirror, stop) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        try:
            for number in range(2, switches + 2):
                if number % 5:
                    publish_texts(index, words, number)
                else:
                    publishing.rollback(index)
                if number % 7 == 0:
                    drop_connections(running)
                mirror_live(running.client, mirror)
        finally:
            stop.set()
            for reader in readers:
                reader.join()
    return sum(reader.reads for reader in readers), [problem for reader in readers for problem in reader.wrong]


def drop_connections(running: RunningSearcher) -> None:
    """End every connection of a searcher that nobody waits for."""
    for connection in running.client._free[running.address][:]:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def main() -> int:
    """Prove and print; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description="Prove that a mirror switches whole.")
    parser.add_argument("switches", type=int, nargs="?", default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reads, wrong = prove(Path(folder), options.switches)
    print(f"{options.switches} switches, {reads} reads by {READERS} readers, {len(wrong)} wrong")
    for problem in sorted(set(wrong))[:10]:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
