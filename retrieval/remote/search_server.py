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
MAX_GREETINGS = 128  # connections that have not proved yet that they have the key
GREETING_TIMEOUT_S = 5.0
MAX_ROWS = 100_000  # that a request names or asks for
MAX_OFFSET = 1 << 62
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
        self._last_failure = ""
        self._opened = {first.generation: (first, self._seal(first.generation))}
        self._cores = Cores(available_cores())

    def answer(self, request: messages.Request) -> messages.Reply:
        """Answer a request."""
        try:
            match request:
                case messages.AskLive():
                    self._follow()
                    live = self._live
                    return messages.Live(live, self._opened[live][1])
                case messages.ListFiles():
                    paths = self._path(request.folder).iterdir()
                    return messages.Files(tuple(sorted(path.name for path in paths if path.is_file())))
                case messages.ReadFile():
                    return messages.Content(self._read(request))
            index = self._index(request.generation, request.seal)  # opening it must not keep others from searching
            with self._cores.turns:
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
        if name is None or not self._opening.acquire(blocking=False):
            return
        try:
            self._open(name)
            self._live = name
        except (StoreError, OSError) as error:
            failure = f"cannot open {name}, still searching {self._live}: {error}"
            if failure != self._last_failure:  # each mirror asks every two seconds
                self._last_failure = failure
                self._failed(failure)
        finally:
            self._opening.release()

    def _index(self, name: str, seal: bytes) -> EmbeddedIndex:
        """Return an opened generation; open it if it is there. Raises NoIndexError if it is not, or another one."""
        opened = self._opened.get(name)
        if opened is None or opened[1] != seal:
            with self._opening:
                if name not in self._opened and name not in layout.generations(self._folder):
                    raise NoIndexError(f"there is no generation {name} here")
                opened = self._open(name)
        if opened[1] != seal:
            raise NoIndexError(f"{name} is that of another index here")
        return opened[0]

    def _open(self, name: str) -> tuple[EmbeddedIndex, bytes]:
        """Open a generation, unless it is open; besides it, the live one stays open. The caller has the lock.

        In a folder that was emptied and rebuilt, the same name is that of another generation.
        """
        seal = self._seal(name)
        if name not in self._opened or self._opened[name][1] != seal:
            index, _ = opening.open_generation(self._folder / name, name)
            self._opened = {self._live: self._opened[self._live], name: (index, seal)}
        return self._opened[name]

    def _seal(self, name: str) -> bytes:
        return (self._folder / name / SEAL).read_bytes()

    def _read(self, request: messages.ReadFile) -> bytes:
        if not messages.FILE_NAME.fullmatch(request.name) or not 0 <= request.offset < MAX_OFFSET:
            raise ValueError(f"{request.name[:80]!r} is not the name of a file of an index")
        folder = self._path(request.folder)
        if request.seal and (folder / SEAL).read_bytes() != request.seal:
            raise NoIndexError(f"{request.folder} is that of another index here")
        with (folder / request.name).open("rb") as file:
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
    k = min(max(request.k, 1), index.count)
    if k > MAX_ROWS or not np.isfinite(vector).all():
        raise ValueError("too many rows, or a vector that is none")
    rows, scores = index.dense.search(vector, k, within, without)
    return messages.Nearest(rows.tobytes(), scores.tobytes())


def _compare_tokens(index: EmbeddedIndex, request: messages.CompareTokens) -> messages.Content:
    rows = _rows(request.rows, index.count)
    if len(rows) > MAX_ROWS:
        raise ValueError(f"{len(rows)} rows are too many")
    if not 0 < request.count <= messages.MAX_MESSAGE_BYTES // (4 * max(len(rows), 1)) - 1:
        raise ValueError(f"{request.count} tokens are none or too many")
    tokens = np.frombuffer(request.tokens, np.float32).reshape(request.count, -1)
    if not np.isfinite(tokens).all():
        raise ValueError("vectors that are none")
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
    if len(ranges.starts) != len(ranges.ends):
        raise ValueError("ranges that begin and do not end")
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
        self._door = threading.BoundedSemaphore(MAX_GREETINGS)  # strangers must not take the room of those with the key
        self._connections: set[socket.socket] = set()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002 - of the base class
        """Answer the requests of one connection until it ends."""
        if not isinstance(request, socket.socket) or not self._greet(request):
            return
        if not self._room.acquire(blocking=False):
            return
        self._connections.add(request)
        try:
            request.settimeout(None)
            while True:
                messages.send(request, self._searcher.answer(messages.receive(request, messages.Request)))  # type: ignore[arg-type]
        except OSError:  # it ended, or was no connection of ours
            pass
        finally:
            self._connections.discard(request)
            self._room.release()

    def _greet(self, connection: socket.socket) -> bool:
        """Tell whether the other side of a new connection has the key."""
        if not self._door.acquire(blocking=False):
            return False
        try:
            connection.settimeout(GREETING_TIMEOUT_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, True)  # notices machines that are gone
            messages.greet(connection, self._key, GREETING_TIMEOUT_S, as_server=True)
        except OSError:
            return False
        finally:
            self._door.release()
        return True

    def close(self) -> None:
        """Stop listening and end all connections."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
