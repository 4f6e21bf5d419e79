"""The searches of an index whose vectors are with searchers: dense search and token vectors, over the network.

Any of several searchers answers; one that does not, or does not have the generation, is passed over.
"""

import itertools
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from retrieval.errors import NoSearcherError
from retrieval.index.row_ranges import RowRanges, are_in
from retrieval.remote import search_messages as messages
from retrieval.types import Float32, Int64

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 10.0
MAX_REASON_CHARS = 300
WRONG_REPLY = "a searcher answers with what was not asked for; update Footnote there and here"
M = TypeVar("M", messages.Live, messages.Files, messages.Content, messages.Nearest)


class SearchClient:
    """Asks searchers in turns, over connections that stay open. Safe to share between threads."""

    def __init__(self, addresses: Sequence[tuple[str, int]], key: bytes) -> None:
        """Take the addresses of the searchers; nothing is connected yet."""
        self._addresses = tuple(addresses)
        self._key = key
        self._turns = itertools.count()
        self._lock = threading.Lock()
        self._free: dict[tuple[str, int], list[socket.socket]] = {address: [] for address in addresses}

    def ask(self, request: messages.Request, kind: type[M]) -> M:
        """Return the reply of the first searcher that has one. Raises NoSearcherError if none has.

        Which generation is live is always asked of the first one that answers, so that two do not take turns in it.
        """
        first = 0 if isinstance(request, messages.AskLive) else next(self._turns)
        problem = "none is set"
        for offset in range(len(self._addresses)):
            address = self._addresses[(first + offset) % len(self._addresses)]
            try:
                reply = self._ask_one(address, request)
            except OSError as error:
                problem = f"{address[0]}:{address[1]}: {error}"
                continue
            if isinstance(reply, kind):
                return reply
            problem = _one_line(reply.reason) if isinstance(reply, messages.Refused) else "an unexpected reply"
            if not (isinstance(reply, messages.Refused) and reply.is_elsewhere):
                break
        raise NoSearcherError(f"no searcher answers ({problem})")

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            connections = [connection for free in self._free.values() for connection in free]
            self._free = {address: [] for address in self._addresses}
        for connection in connections:
            connection.close()

    def _ask_one(self, address: tuple[str, int], request: messages.Request) -> messages.Reply:
        """Ask one searcher; over a new connection if those that were open are broken. Raises OSError."""
        while True:
            with self._lock:
                connection = self._free[address].pop() if self._free[address] else None
            is_new = connection is None
            connection = connection or self._connect(address)
            try:
                messages.send(connection, request)
                reply: messages.Reply = messages.receive(connection, messages.Reply)  # type: ignore[arg-type]
            except OSError as error:
                connection.close()
                if is_new or isinstance(error, TimeoutError):
                    raise
                continue
            with self._lock:
                self._free[address].append(connection)
            return reply

    def _connect(self, address: tuple[str, int]) -> socket.socket:
        connection = socket.create_connection(address, CONNECT_TIMEOUT_S)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            messages.greet(connection, self._key, CONNECT_TIMEOUT_S, as_server=False)
            connection.settimeout(ANSWER_TIMEOUT_S)
        except OSError:
            with suppress(OSError):
                connection.close()
            raise
        return connection


@dataclass(frozen=True, slots=True)
class RemoteDense:
    """The dense search of a generation with n vectors of d dimensions."""

    client: SearchClient
    generation: str
    seal: bytes
    count: int
    dimension: int

    def search(
        self, vector: Float32, k: int, within: RowRanges | None = None, without: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Find the up to k rows with the largest inner products, see DenseSearch. Raises NoSearcherError."""
        if vector.shape != (self.dimension,) or vector.dtype != np.float32:
            raise ValueError(f"expected float32 ({self.dimension},), got {vector.dtype} {vector.shape}")
        if self.count == 0 or (within is not None and within.count == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        request = messages.FindNearest(
            self.generation,
            self.seal,
            vector.tobytes(),
            k,
            None if within is None else within.starts.tobytes(),
            None if within is None else within.ends.tobytes(),
            None if without is None else without.tobytes(),
        )
        reply = self.client.ask(request, messages.Nearest)
        try:
            rows, scores = np.frombuffer(reply.rows, np.int64), np.frombuffer(reply.scores, np.float32)
        except ValueError:
            raise NoSearcherError(WRONG_REPLY) from None
        is_whole = len(rows) == len(scores) <= max(k, 1) and np.isfinite(scores).all()
        if not is_whole or not ((rows >= 0) & (rows < self.count)).all() or len(np.unique(rows)) != len(rows):
            raise NoSearcherError(WRONG_REPLY)
        if within is not None and not within.contains(rows).all():  # who asks may not see them
            raise NoSearcherError(WRONG_REPLY)
        if without is not None and are_in(rows, without).any():
            raise NoSearcherError(WRONG_REPLY)
        return rows, scores


@dataclass(frozen=True, slots=True)
class RemoteTokens:
    """The token vectors of a generation with n sentences."""

    client: SearchClient
    generation: str
    seal: bytes
    count: int

    def similarities(self, question: Float32, rows: Int64) -> Float32:
        """Compute the highest cosine of each token with each row, see TokenVectors. Raises NoSearcherError."""
        if len(rows) == 0 or len(question) == 0:
            return np.zeros((len(question), len(rows)), np.float32)
        tokens = np.ascontiguousarray(question, np.float32)
        request = messages.CompareTokens(self.generation, self.seal, tokens.tobytes(), len(tokens), rows.tobytes())
        reply = self.client.ask(request, messages.Content)
        try:
            cosines = np.frombuffer(reply.content, np.float32).reshape(len(question), len(rows)).copy()
        except ValueError:
            raise NoSearcherError(WRONG_REPLY) from None
        if not np.isfinite(cosines).all():
            raise NoSearcherError(WRONG_REPLY)
        return cosines


def _one_line(reason: str) -> str:
    """Return what a searcher said as a short line without control characters."""
    return "".join(character if character.isprintable() else " " for character in reason[:MAX_REASON_CHARS])
