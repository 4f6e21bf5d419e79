"""The transport compression of the gateway: a stream per connection, flushed after every event."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable

Compress = Callable[[str], bytes]


def compressor(name: str) -> Compress | None:
    """Return a function that compresses the texts of one connection; None for an empty name, which means none.

    Raises ValueError for an unknown name, and for zstd-stream without its library.
    """
    if not name:
        return None
    if name == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda text: deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        return _zstd()
    raise ValueError(f"no such transport compression: {name}")


def _zstd() -> Compress:
    try:
        library = importlib.import_module("zstandard")
    except ImportError as error:
        raise ValueError("zstd-stream needs the library zstandard") from error
    stream = library.ZstdCompressor().compressobj()
    return lambda text: bytes(stream.compress(text.encode()) + stream.flush(library.COMPRESSOBJ_FLUSH_BLOCK))
