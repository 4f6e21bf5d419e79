"""Ask with many threads while generations are swapped: python -m tests.proofs.swaps [SWAPS QUESTIONS].

Another process rebuilds; the readers take up each new generation as the bot does, by reference. Every quote must
stand in its document as the generation that answers had it, every citation must be the quote's own, and
nothing may fail. The command also prints how long answers take beside those of a quiet time.
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
from tests.support.fork_server import Nursery
from tests.support.small_index import BY_LATE
from tests.support.word_encoder import WORDS, WordEncoder

THREADS = 16
AHEAD = 50  # questions that may be asked before anybody waits for them


def rebuild_once(root: str) -> int:
    """Rebuild."""
    small_corpus.rebuild_small(Path(root))
    return 0


def warm() -> None:
    """Rebuild once, so that all is imported that a rebuild imports on its way."""
    with tempfile.TemporaryDirectory() as folder:
        small_corpus.fill(Path(folder), random.Random(0))
        small_corpus.rebuild_small(Path(folder))


JOBS = {"rebuild_once": rebuild_once}


@dataclass(slots=True)
class Outcome:
    """What the readers met with; times in seconds."""

    swaps: int = 0
    answers: int = 0
    refusals: int = 0
    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


class Readers:
    """Threads that ask on and on, each with the retriever that is the live one when it begins."""

    def __init__(self, root: Path) -> None:
        self._index = root / "index"
        self._encoder = WordEncoder()
        self.texts: dict[str, dict[str, str]] = {}
        self.errors: list[str] = []
        self.times: list[float] = []
        self.answers = self.refusals = self._wanted = 0
        self._stop = threading.Event()
        self._counting = threading.Condition()
        self.take_up()
        self._threads = [threading.Thread(target=self._ask, args=(seed,)) for seed in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def take_up(self) -> None:
        """Swap to the live generation, and remember its texts."""
        opened = opening.open_index(self._index)
        assert opened.warning is None, opened.warning
        index = opened.index
        self.texts[index.generation] = {one.id: one.text for one in index.documents}
        self._retriever = Retriever(index, self._encoder, BY_LATE)

    def wait_for(self, questions: int) -> None:
        """Wait until so many more questions were asked, or one failed."""
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
                taken = time.perf_counter() - started
                self._check(answer, retriever.index.generation)
            except Exception as error:  # whatever it is, the proof has failed
                self.errors.append(f"{type(error).__name__}: {error}")
                taken = 0.0
            with self._counting:
                self.times.append(taken)
                if len(self.times) >= self._wanted or self.errors:
                    self._counting.notify_all()
                while len(self.times) >= self._wanted + AHEAD and not (self._stop.is_set() or self.errors):
                    self._counting.wait(1)

    def _check(self, answer: Answer, generation: str) -> None:
        assert answer.generation == generation
        texts = self.texts[generation]
        for quote in (*answer.quotes, *answer.closest):
            citation = quote.citation
            assert texts[citation.document][citation.start : citation.end] == quote.text, "not in its document"
            places = range(texts[citation.document].count(quote.text))
            ids = {citation_id(citation.document, quote.text, before) for before in places}
            assert citation.id in ids, "another citation's id"
        self.answers += bool(answer.quotes)
        self.refusals += not answer.quotes


def prove(root: Path, swaps: int, questions: int, *, seed: int = 0, quiet: int = 0) -> Outcome:
    """Ask at least `questions` times during `swaps`; raises AssertionError at the first error."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    small_corpus.rebuild_small(root)
    outcome = Outcome()
    with Nursery("tests.proofs.swaps") as nursery:
        readers = Readers(root)
        try:
            readers.wait_for(quiet)
            outcome.quiet, readers.times = readers.times, []
            while outcome.swaps < swaps:
                small_corpus.edit(root, rng)
                before = layout.current(root / "index")
                child = nursery.start("rebuild_once", str(root))
                readers.wait_for(questions // swaps + 1)
                assert nursery.wait(child) == 0
                assert layout.current(root / "index") != before
                readers.take_up()
                assert readers.texts[str(layout.current(root / "index"))] == small_corpus.texts(root)
                outcome.swaps += 1
        finally:
            readers.stop()
        outcome.busy, outcome.answers, outcome.refusals = readers.times, readers.answers, readers.refusals
    return outcome


def main() -> int:
    """Print how many questions were answered, and how long it took them."""
    swaps, questions = (int(one) for one in sys.argv[1:3]) if len(sys.argv) > 2 else (100, 20_000)
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), swaps, questions, quiet=questions)
    quiet, busy = (statistics.quantiles(times, n=100)[98] * 1000 for times in (outcome.quiet, outcome.busy))
    print(f"{outcome.swaps} swaps, {len(outcome.busy)} questions, {outcome.answers} answers; 0 errors, 0 mismatches")
    print(f"p99 {busy:.1f} ms, quiet {quiet:.1f} ms: {busy / quiet:.2f} times as long")
    return 0 if busy <= 2 * quiet else 1


if __name__ == "__main__":
    sys.exit(main())
