"""Give the windows of a rebuild their vectors through the queue: put them in, take part or wait, take the vectors out.

The result is the same whoever encodes, and however often. A rebuild that is killed leaves its windows in the queue, and
the next one finds those that were encoded.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from bot.encoding_queue import queue_tables
from bot.encoding_queue.encoding_worker import JobSize, encode_job
from bot.encoding_queue.queue_connection import QueueConnection
from bot.encoding_queue.stored_model import digest_of, make_proof, read_model
from retrieval.concurrency import available_cores
from retrieval.encoding import models
from retrieval.encoding.token_quantizer import quantize
from retrieval.index.window_vectors import WindowVectors, unpack_vectors, window_keys
from retrieval.types import Encoder, Window

PATIENCE_S = 300.0  # for which a rebuild waits for a database that is gone
PORTION = 1_000  # windows that one transaction puts in or removes
MAX_FETCHED = 500  # windows whose vectors one query asks for: the first ones, which are leased first
WAIT_INTERVAL_S = 1.0


class SharedEncoding:
    """An EncodeWindows that shares the work with `footnote worker`. For one rebuild."""

    def __init__(
        self, address: str, index: Path, *, takes_part: bool, threads: int, notify: Callable[[str], None]
    ) -> None:
        """Prepare to encode for an index folder, which contains the compiled model; connects when it is called."""
        self._address = address
        self._index = index
        self._takes_part = takes_part
        self._threads = threads or available_cores()
        self._notify = notify
        self._model = 0
        self._keys: list[bytes] = []

    def __call__(self, encoder: Encoder, windows: Sequence[Window]) -> Iterator[tuple[int, WindowVectors]]:
        """Yield the position and the vectors of each window, in the order in which they come. Raises QueueError."""
        if not windows:
            return
        queue = self._connect()
        try:
            queue.run(queue_tables.create_tables)
            queue.run(queue_tables.forget_old)
            proof, content = make_proof(encoder), read_model(models.compiled_folder(self._index, encoder.fingerprint))
            digest = digest_of(encoder.fingerprint, proof, content)
            model = queue.run(
                lambda connection: queue_tables.put_model(connection, digest, encoder.fingerprint, proof, content)
            )
            self._model = model.id
            self._keys = [key.tobytes() for key in window_keys(windows, encoder.fingerprint)]
            yield from self._collect(queue, encoder, windows)
        finally:
            queue.close()

    def forget(self) -> None:
        """Remove the windows from the queue, once their index is live. Raises QueueError."""
        if not self._keys:
            return
        queue = self._connect()
        try:
            for start in range(0, len(self._keys), PORTION):
                keys = self._keys[start : start + PORTION]
                queue.run(partial(queue_tables.remove, model=self._model, keys=keys))
        finally:
            queue.close()

    def _connect(self) -> QueueConnection:
        return QueueConnection(self._address, queue_tables.RESULTS, patience_s=PATIENCE_S, notify=self._notify)

    def _collect(
        self, queue: QueueConnection, encoder: Encoder, windows: Sequence[Window]
    ) -> Iterator[tuple[int, WindowVectors]]:
        outstanding = {key: position for position, key in enumerate(self._keys)}
        self._put(queue, outstanding, windows, len(windows))
        token_bytes = quantize(encoder.project(np.zeros((1, encoder.dimension), np.float32))).shape[1]
        size = JobSize(self._threads)
        while outstanding:
            first = list(islice(outstanding, MAX_FETCHED))
            fetched = queue.run(partial(queue_tables.fetch, model=self._model, keys=first))
            for key, packed in fetched.items():
                window = windows[outstanding[key]]
                try:
                    vectors = unpack_vectors(packed, window, encoder.dimension, token_bytes)
                except ValueError:  # it is encoded again
                    queue.run(partial(queue_tables.remove, model=self._model, keys=[key]))
                    continue
                yield outstanding.pop(key), vectors
            if not fetched and not self._encode_some(queue, encoder, size) and not queue.wait(WAIT_INTERVAL_S):
                self._put(queue, outstanding, windows, PORTION)  # another rebuild may have removed its own

    def _put(
        self, queue: QueueConnection, outstanding: dict[bytes, int], windows: Sequence[Window], count: int
    ) -> None:
        """Put the first of the outstanding windows in, unless they are there."""
        items = [(key, position, windows[position]) for key, position in islice(outstanding.items(), count)]
        for start in range(0, len(items), PORTION):
            portion = items[start : start + PORTION]
            queue.run(partial(queue_tables.put_windows, model=self._model, windows=portion))

    def _encode_some(self, queue: QueueConnection, encoder: Encoder, size: JobSize) -> bool:
        """Encode a job, of windows that workers gave up if there are some; return whether there was one."""
        job = queue.run(partial(queue_tables.lease, model=self._model, count=self._threads, given_up=True))
        if job is None and self._takes_part:
            job = queue.run(partial(queue_tables.lease, model=self._model, count=size.windows))
        if job is not None:
            encode_job(queue, self._model, encoder, job, size)
        return job is not None
