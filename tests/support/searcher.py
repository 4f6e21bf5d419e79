"""A searcher in this process, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.remote.remote_searches import SearchClient
from retrieval.remote.search_server import Searcher, SearchServer

KEY = b"a key of some length"


@dataclass(frozen=True, slots=True)
class RunningSearcher:
    """A server, what it has opened, and a client of it alone."""

    server: SearchServer
    searcher: Searcher
    address: tuple[str, int]
    client: SearchClient


@contextmanager
def running_searcher(folder: Path, key: bytes = KEY) -> Iterator[RunningSearcher]:
    """Serve an index folder on a free port of 127.0.0.1."""
    (folder / "models" / "words").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "words" / "model.json").write_text("{}")
    searcher = Searcher(folder)
    server = SearchServer(("127.0.0.1", 0), searcher, key)
    listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    listening.start()
    address = ("127.0.0.1", int(server.server_address[1]))
    client = SearchClient([address], KEY)
    try:
        yield RunningSearcher(server, searcher, address, client)
    finally:
        client.close()
        server.close()
        listening.join()
