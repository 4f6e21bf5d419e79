"""Reach the searchers that the settings name, and keep the mirror of their index up to date.

What is mirrored and asked is left to `retrieval.remote`.
"""

import functools
from collections.abc import Callable
from pathlib import Path

from bot.showing.terminal import say
from config.settings import ConfigError, Settings
from retrieval.errors import DamagedIndexError, NoSearcherError
from retrieval.index.index import Index
from retrieval.remote.mirror import MirrorThread, lacks_model, mirror_live, open_mirrored
from retrieval.remote.remote_searches import SearchClient
from retrieval.remote.search_messages import MIN_KEY_BYTES
from retrieval.store import layout
from retrieval.store.manifest import Manifest


def read_key(settings: Settings) -> bytes:
    """Read the key that searchers and those who ask them share. Raises ConfigError."""
    name = settings.search.key_file
    if not name:
        raise ConfigError("search.key_file names no file; searchers and those who ask them share a key")
    try:
        key = Path(name).expanduser().read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"setting search.key_file: {name} cannot be read: {error.strerror}") from None
    if len(key) < MIN_KEY_BYTES:
        raise ConfigError(f"setting search.key_file: the key in {name} is shorter than {MIN_KEY_BYTES} characters")
    return key


def parse_address(address: str) -> tuple[str, int]:
    """Parse "host:port". Raises ConfigError."""
    host, separator, port = address.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"setting search.servers = {address!r}: expected a host and a port, such as 10.0.0.5:7711")
    try:
        host.encode("idna")  # as connecting will
    except UnicodeError as error:
        raise ConfigError(f"setting search.servers = {address!r}: {error}") from None
    return host.strip("[]"), int(port)


def mirror(settings: Settings, notify: Callable[[str], None]) -> None:
    """Bring the mirror up to date, and keep it so while the process runs.

    Without an answer from a searcher, an older mirror is used as it is. Raises NoSearcherError if there is none,
    ConfigError, StoreError.
    """
    client, folder = client_of(settings), settings.index_folder
    try:
        mirror_live(client, folder, wait=True, again=lacks_model(folder))
    except NoSearcherError as error:
        if layout.current(folder) is None:
            raise
        notify(str(error))
    _mirror_thread(client, folder)


def open_mirror(settings: Settings) -> tuple[Index, Manifest]:
    """Open the mirrored generation; fetch it again if it is damaged. Raises ConfigError, StoreError."""
    client, folder = client_of(settings), settings.index_folder
    try:
        return open_mirrored(client, folder)
    except DamagedIndexError:
        mirror_live(client, folder, wait=True, again=True)
        return open_mirrored(client, folder)


def client_of(settings: Settings) -> SearchClient:
    """Return the one client of this process for the searchers of the settings. Raises ConfigError."""
    return _client(tuple(map(parse_address, settings.search.servers)), read_key(settings))


@functools.cache
def _client(addresses: tuple[tuple[str, int], ...], key: bytes) -> SearchClient:
    return SearchClient(addresses, key)


@functools.cache
def _mirror_thread(client: SearchClient, folder: Path) -> MirrorThread:
    """Start the thread that mirrors, once in a process."""
    thread = MirrorThread(client, folder, say)
    thread.start()
    return thread
