"""Ask with many threads while generations are swapped: python -m tests.proofs.swaps [SWAPS QUESTIONS].

Another process rebuilds; the threads switch to each new generation as the bot does, by replacing a reference. Every
quote must be in its document as the answering generation has it, every citation id must belong to its quote, and
nothing may fail. The command also compares the times of answers during swaps with those of a quiet period.
"""

import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.asking.retriever import Retriever
from retrieval.index.citations import citation_id
from retrieval.store import layout, opening
from retrieval.types import Answer
from tests.support import small_corpus
from tests.support.fork_server import ForkServer
from tests.support.small_index import BY_LATE
from tests.support.word_encoder import WORDS, WordEncoder

THREADS = 16
MAX_QUESTIONS_AHEAD = 50  # asked although nobody waits for them


def rebuild_once(root: str) -> int:
    """Rebuild."""
    small_corpus.rebuild_corpus(Path(root))
    return 0


def warm() -> None:
    """Rebuild once, so that all lazy imports are done."""
    with tempfile.TemporaryDirectory() as folder:
        small_corpus.fill(Path(folder), random.Random(0))
        small_corpus.rebuild_corpus(Path(folder))


JOBS = {"rebuild_once": rebuild_once}


@dataclass(slots=True)
class Outcome:
    """The answers of all threads, and how many seconds each took."""

    swaps: int = 0
    answers: int = 0
    refusals: int = 0
    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


class Readers:
    """Threads that keep asking, each question with the retriever that is live when it begins."""

    def __init__(self, root: Path) -> None:
        self._index = root / "index"
        self._encoder = WordEncoder()
        self.texts: dict[str, dict[str, str]] = {}
        self.errors: list[str] = []
        self.times: list[float] = []
        self.answers = self.refusals = self._wanted = 0
        self._stop = threading.Event()
        self._counting = threading.Condition()
        self.switch()
        self._threads = [threading.Thread(target=self._ask, args=(seed,)) for seed in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def switch(self) -> None:
        """Switch to the live generation and remember its texts."""
        opened = opening.open_index(self._index)
        assert opened.warning is None, opened.warning
        index = opened.index
        self.texts[index.generation] = {document.id: document.text for document in index.documents}
        self._retriever = Retriever(index, self._encoder, BY_LATE)

    def wait_for(self, questions: int) -> None:
        """Wait until so many more questions were asked, or one failed. Raises AssertionError on a failure."""
        with self._counting:
            self._wanted = len(self.times) + questions
            self._counting.notify_all()
            self._counting.wait_for(lambda: len(self.times) >= self._wanted or bool(self.errors), timeout=120)
        assert not self.errors, self.errors[0]

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()
        with self._counting:
            self._counting.notify_all()
        for thread in self._threads:
            thread.join()

    def _ask(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self._stop.is_set() and not self.errors:
            retriever = self._retriever
            question = " ".join(rng.sample(WORDS, rng.randint(2, 4)))
            started = time.perf_counter()
            try:
                answer = retriever.ask(question, top=rng.choice((1, 1, 3)))
                elapsed_s = time.perf_counter() - started
                self._check(answer, retriever.index.generation)
            except Exception as error:  # any error disproves the claim
                self.errors.append(f"{type(error).__name__}: {error}")
                elapsed_s = 0.0
            with self._counting:
                self.times.append(elapsed_s)
                if len(self.times) >= self._wanted or self.errors:
                    self._counting.notify_all()
                while len(self.times) >= self._wanted + MAX_QUESTIONS_AHEAD and not (
                    self._stop.is_set() or self.errors
                ):
                    self._counting.wait(1)

    def _check(self, answer: Answer, generation: str) -> None:
        assert answer.generation == generation
        texts = self.texts[generation]
        for quote in (*answer.quotes, *answer.closest):
            citation = quote.citation
            assert texts[citation.document][citation.start : citation.end] == quote.text, "not in its document"
            occurrences = range(texts[citation.document].count(quote.text))
            ids = {citation_id(citation.document, quote.text, number) for number in occurrences}
            assert citation.id in ids, "the id of another citation"
        self.answers += bool(answer.quotes)
        self.refusals += not answer.quotes


def prove(root: Path, swaps: int, questions: int, *, seed: int = 0, quiet: int = 0) -> Outcome:
    """Ask at least `questions` questions during `swaps`. Raises AssertionError at the first error."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    small_corpus.rebuild_corpus(root)
    outcome = Outcome()
    with ForkServer("tests.proofs.swaps") as server:
        readers = Readers(root)
        try:
            readers.wait_for(quiet)
            outcome.quiet, readers.times = readers.times, []
            while outcome.swaps < swaps:
                small_corpus.edit(root, rng)
                before = layout.current(root / "index")
                child = server.start("rebuild_once", str(root))
                readers.wait_for(questions // swaps + 1)
                assert server.wait(child) == 0
                assert layout.current(root / "index") != before
                readers.switch()
                assert readers.texts[str(layout.current(root / "index"))] == small_corpus.texts(root)
                outcome.swaps += 1
        finally:
            readers.stop()
        outcome.busy, outcome.answers, outcome.refusals = readers.times, readers.answers, readers.refusals
    return outcome


def main() -> int:
    """Print how many questions were answered, and how long they took."""
    swaps, questions = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (100, 20_000)
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), swaps, questions, quiet=questions)
    quiet, busy = (statistics.quantiles(times, n=100)[98] * 1000 for times in (outcome.quiet, outcome.busy))
    print(f"{outcome.swaps} swaps, {len(outcome.busy)} questions, {outcome.answers} answers; 0 errors, 0 mismatches")
    print(f"p99 {busy:.1f} ms, quiet {quiet:.1f} ms: {busy / quiet:.2f} times as long")
    return 0 if busy <= 2 * quiet else 1


if __name__ == "__main__":
    sys.exit(main())
