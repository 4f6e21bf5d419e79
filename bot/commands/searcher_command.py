"""Implement `footnote searcher`: search the vectors of an index for other machines until Ctrl-C or SIGTERM."""

import ipaddress
import signal
import threading

from bot.searchers import read_key
from bot.showing.exit_codes import SUCCESS
from bot.showing.terminal import say
from config.settings import Settings
from retrieval.errors import StoreError
from retrieval.remote.search_server import Searcher, SearchServer


def search(settings: Settings, host: str, port: int) -> int:
    """Listen until a signal. Raises ConfigError, StoreError."""
    key = read_key(settings)
    searcher = Searcher(settings.index_folder, say)
    try:
        server = SearchServer((host, port), searcher, key)
    except OSError as error:
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    listening = threading.Thread(target=server.serve_forever, daemon=True)
    listening.start()
    address = f"{host}:{server.server_address[1]}"
    print(f"Searching {settings.index_folder} for others at {address}", flush=True)
    if not _is_loopback(host):
        say("messages are not encrypted: only a private network may reach this address")
    stop.wait()
    server.close()
    listening.join()
    return SUCCESS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
