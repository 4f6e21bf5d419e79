"""Encode windows for rebuilds on other machines: lease a few, encode them, store their vectors, until stopped."""

import math
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bot.encoding_queue import queue_tables
from bot.encoding_queue.queue_connection import QueueConnection, QueueError
from bot.encoding_queue.queue_tables import Job, StoredModel
from bot.encoding_queue.stored_model import make_proof, open_model
from retrieval.concurrency import available_cores
from retrieval.errors import ModelError
from retrieval.index.window_vectors import encode_here, pack_vectors
from retrieval.types import Encoder

JOB_S = 1.0  # how long a job should take: a worker that is killed loses one
MAX_JOB_WINDOWS = 256
IDLE_INTERVAL_S = 2.0  # between looks at the queue that no notification asked for
CLEANING_INTERVAL_S = 600.0
OTHER_VECTORS = (
    "this machine computes other vectors from the model {} than the one that rebuilds, so it takes no windows of it: "
    "the processors or the versions of Footnote differ"
)


@dataclass(slots=True)
class JobSize:
    """How many windows to lease at once, so that they take about JOB_S; at first one a thread."""

    threads: int
    windows: int = field(init=False)

    def __post_init__(self) -> None:
        self.windows = self.threads

    def learn(self, windows: int, seconds: float) -> None:
        """Adapt to the time that a job took; the number at most doubles."""
        fitting = round(windows * JOB_S / max(seconds, 1e-3))
        self.windows = max(self.threads, min(fitting, self.windows * 2, MAX_JOB_WINDOWS))


def encode_job(queue: QueueConnection, model: int, encoder: Encoder, job: Job, size: JobSize) -> int:
    """Encode the windows of a job and store their vectors; return how many were stored. Raises QueueError."""
    started = time.monotonic()
    encoded = encode_here(encoder, list(job.windows.values()))
    packed = {key: pack_vectors(vectors) for key, (_, vectors) in zip(job.windows, encoded, strict=True)}
    size.learn(len(packed), time.monotonic() - started)
    return queue.run(lambda connection: queue_tables.store(connection, model, job.fence, packed))


def work(
    address: str, threads: int, stop: threading.Event, notify: Callable[[str], None], *, once: bool = False
) -> int:
    """Encode until `stop` is set, or, with `once`, until there is nothing to do; return how many windows were stored.

    `notify` gets lines for people. Raises QueueError if the first connection fails.
    """
    queue = QueueConnection(address, queue_tables.JOBS, stop=stop, notify=notify)
    stored, cleaned_at = 0, -math.inf
    with tempfile.TemporaryDirectory(prefix="footnote-worker-", ignore_cleanup_errors=True) as folder:
        worker = _Worker(queue, Path(folder), threads, notify)
        try:
            queue.run(queue_tables.create_tables)
            while not stop.is_set():
                if time.monotonic() - cleaned_at > CLEANING_INTERVAL_S:
                    queue.run(queue_tables.forget_old)
                    cleaned_at = time.monotonic()
                if (done := worker.step()) is not None:
                    stored += done
                elif once:
                    break
                else:
                    queue.wait(IDLE_INTERVAL_S)
        except QueueError:
            if not stop.is_set():
                raise
        finally:
            queue.close()
    return stored


class _Worker:
    """Takes one job after another, with the model that is asked for."""

    def __init__(self, queue: QueueConnection, folder: Path, threads: int, notify: Callable[[str], None]) -> None:
        self._queue = queue
        self._folder = folder
        self._threads = threads
        self._notify = notify
        self._size = JobSize(threads or available_cores())
        self._encoders: dict[int, Encoder] = {}  # of the model in use
        self._refused: list[int] = []  # models with which this machine computes other vectors

    def step(self) -> int | None:
        """Take a job, and return how many windows of it were stored; None if there was no job."""
        model = self._queue.run(partial(queue_tables.model_to_encode_for, refused=self._refused))
        if model is None:
            return None
        encoder = self._open(model)
        if encoder is None:
            return 0
        job = self._queue.run(partial(queue_tables.lease, model=model.id, count=self._size.windows))
        return None if job is None else encode_job(self._queue, model.id, encoder, job, self._size)

    def _open(self, model: StoredModel) -> Encoder | None:
        """Return the encoder of a model, None if it computes other vectors here than where the model comes from."""
        if model.id in self._encoders:
            return self._encoders[model.id]
        self._encoders.clear()
        content = self._queue.run(partial(queue_tables.model_files, model=model.id))
        try:
            encoder = open_model(content, self._folder / str(model.id), model.fingerprint, self._threads)
        except ModelError as error:
            self._refused.append(model.id)
            self._notify(f"{error}; this worker takes no windows of it")
            return None
        if make_proof(encoder) != model.proof:
            self._refused.append(model.id)
            self._notify(OTHER_VECTORS.format(model.fingerprint))
            return None
        self._notify(f"encoding with the model {model.fingerprint}")
        self._encoders[model.id] = encoder
        return encoder
