"""Answer requests about the generations of an index folder; each connection has a thread.

The folder is somebody else's: it is rebuilt and rolled back as always, and what CURRENT names is opened and announced.
The generation before stays open for those who have not switched yet.
"""

import re
import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np

from retrieval.concurrency import Cores, available_cores
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.row_ranges import RowRanges
from retrieval.remote import search_messages as messages
from retrieval.store import layout, opening
from retrieval.store.manifest import SEAL
from retrieval.types import Int64

MAX_CONNECTIONS = 512
GREETING_TIMEOUT_S = 5.0
MAX_ROWS = 100_000  # of a request for token vectors
FOLDER = re.compile(r"gen-\d+|models/\w+")


class Searcher:
    """The opened generations of an index folder. Safe to share between threads."""

    def __init__(self, folder: Path, failed: Callable[[str], None] = lambda _: None) -> None:
        """Open the live generation. Raises StoreError. `failed` gets a line for each one that cannot be opened."""
        self._folder = folder
        self._failed = failed
        self._opening = threading.Lock()
        first = opening.open_index(folder).index
        self._live = first.generation
        self._opened = {first.generation: (first, self._seal(first.generation))}
        self._cores = Cores(available_cores())

    def answer(self, request: messages.Request) -> messages.Reply:
        """Answer a request."""
        try:
            match request:
                case messages.AskLive():
                    self._follow()
                    live = self._live
                    return messages.Live(live, self._seal(live))
                case messages.ListFiles():
                    paths = self._path(request.folder).iterdir()
                    return messages.Files(tuple(sorted(path.name for path in paths if path.is_file())))
                case messages.ReadFile():
                    return messages.Content(self._read(request))
            with self._cores.turns:
                index = self._index(request.generation, request.seal)
                if isinstance(request, messages.FindNearest):
                    return _find_nearest(index, request)
                return _compare_tokens(index, request)
        except (NoIndexError, DamagedIndexError, OSError) as error:
            return messages.Refused(str(error), is_elsewhere=True)
        except (StoreError, ValueError, IndexError) as error:
            return messages.Refused(str(error))

    def _follow(self) -> None:
        """Open the generation that CURRENT names, unless it is open or another thread opens it already."""
        name = layout.current(self._folder)
        if name is None or name == self._live or not self._opening.acquire(blocking=False):
            return
        try:
            self._open(name)
            self._live = name
        except StoreError as error:
            self._failed(f"cannot open {name}, still searching {self._live}: {error}")
        finally:
            self._opening.release()

    def _index(self, name: str, seal: bytes) -> EmbeddedIndex:
        """Return an opened generation; open it if it is there. Raises NoIndexError if it is not, or another one."""
        opened = self._opened.get(name)
        if opened is None:
            with self._opening:
                if name not in self._opened and name not in layout.generations(self._folder):
                    raise NoIndexError(f"there is no generation {name} here")
                opened = self._open(name)
        if opened[1] != seal:
            raise NoIndexError(f"{name} is that of another index here")
        return opened[0]

    def _open(self, name: str) -> tuple[EmbeddedIndex, bytes]:
        """Open a generation; besides it, the live one stays open. The caller has the lock."""
        if name not in self._opened:
            index, _ = opening.open_generation(self._folder / name, name)
            self._opened = {self._live: self._opened[self._live], name: (index, self._seal(name))}
        return self._opened[name]

    def _seal(self, name: str) -> bytes:
        return (self._folder / name / SEAL).read_bytes()

    def _read(self, request: messages.ReadFile) -> bytes:
        if not messages.FILE_NAME.fullmatch(request.name) or request.offset < 0:
            raise ValueError(f"{request.name[:80]!r} is not the name of a file of an index")
        with (self._path(request.folder) / request.name).open("rb") as file:
            file.seek(request.offset)
            return file.read(messages.MAX_CHUNK_BYTES)

    def _path(self, folder: str) -> Path:
        if not FOLDER.fullmatch(folder):
            raise ValueError(f"{folder[:80]!r} is not a folder of an index")
        return self._folder / folder


def _find_nearest(index: EmbeddedIndex, request: messages.FindNearest) -> messages.Nearest:
    within = None
    if request.starts is not None and request.ends is not None:
        within = _ranges(request.starts, request.ends)
        if len(within.starts) and not (within.starts[0] >= 0 and within.ends[-1] <= index.count):
            raise ValueError("ranges of rows that the index does not have")
    without = None if request.without is None else _rows(request.without, index.count)
    vector = np.frombuffer(request.vector, np.float32)
    rows, scores = index.dense.search(vector, min(max(request.k, 1), index.count), within, without)
    return messages.Nearest(rows.tobytes(), scores.tobytes())


def _compare_tokens(index: EmbeddedIndex, request: messages.CompareTokens) -> messages.Content:
    rows = _rows(request.rows, index.count)
    if len(rows) > MAX_ROWS:
        raise ValueError(f"{len(rows)} rows are too many")
    tokens = np.frombuffer(request.tokens, np.float32).reshape(request.count, -1)
    return messages.Content(index.late.similarities(tokens, rows).tobytes())


def _rows(content: bytes, count: int) -> Int64:
    rows: Int64 = np.frombuffer(content, np.int64)
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < count:
        raise ValueError("rows that the index does not have")
    return rows


@lru_cache(maxsize=64)
def _ranges(starts: bytes, ends: bytes) -> RowRanges:
    """Return ranges; the same ones for equal bytes, since their bits are computed once."""
    ranges = RowRanges(np.frombuffer(starts, np.int32), np.frombuffer(ends, np.int32))
    if not ((ranges.starts < ranges.ends).all() and (ranges.ends[:-1] < ranges.starts[1:]).all()):
        raise ValueError("ranges that are not ascending")
    return ranges


class SearchServer(socketserver.ThreadingTCPServer):
    """Listens for those who have the key, and lets a searcher answer them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], searcher: Searcher, key: bytes) -> None:
        """Listen on an address, port 0 for a free one. Raises OSError."""
        self._searcher = searcher
        self._key = key
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._connections: set[socket.socket] = set()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002 - of the base class
        """Answer the requests of one connection until it ends."""
        if not isinstance(request, socket.socket) or not self._room.acquire(blocking=False):
            return
        self._connections.add(request)
        try:
            request.settimeout(GREETING_TIMEOUT_S)
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            messages.greet(request, self._key, as_server=True)
            request.settimeout(None)
            while True:
                messages.send(request, self._searcher.answer(messages.receive(request, messages.Request)))  # type: ignore[arg-type]
        except OSError:  # it ended, or was no connection of ours
            pass
        finally:
            self._connections.discard(request)
            self._room.release()

    def close(self) -> None:
        """Stop listening and end all connections."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
