"""Several arrays in one file that can be mapped: a header that names them, then each, aligned.

The header is its own length in eight bytes, little-endian, and then JSON: name to type, shape and place.
Whoever reads compares the file's checksum first.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 64  # bytes; a cache line


def write_arrays(arrays: Mapping[str, NDArray[Any]], write: Callable[[bytes | memoryview], object]) -> None:
    """Write arrays through a callable that takes bytes; the same arrays give the same bytes."""
    described: dict[str, list[Any]] = {}
    end = 0
    for name, array in arrays.items():
        described[name] = [array.dtype.str, list(array.shape), end]
        end += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    header = json.dumps(described).encode()
    header += b" " * (-(len(header) + 8) % ALIGNMENT)
    write(len(header).to_bytes(8, "little") + header)
    for array in arrays.values():
        write(memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8)))  # type: ignore[arg-type]  # a buffer
        write(bytes(-array.nbytes % ALIGNMENT))


def read_arrays(content: memoryview) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name, as views of its content. Raises ValueError when it is no such file."""
    start = 8 + int.from_bytes(content[:8], "little")
    found = {}
    for name, (kind, shape, place) in json.loads(bytes(content[8:start])).items():
        count = int(np.prod(shape, dtype=np.int64))
        found[name] = np.frombuffer(content, np.dtype(kind), count, start + place).reshape(shape)
    return found
