"""Store several arrays in one file that can be mapped: a header, then each array, aligned.

The header is its own length in eight bytes, little-endian, and then JSON: name to type, shape and offset. Nothing is
verified here; the reader verifies the checksum of the file first.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT_BYTES = 64  # a cache line


def write_arrays(arrays: Mapping[str, NDArray[Any]], write: Callable[[bytes | memoryview], object]) -> None:
    """Write arrays through a function that takes bytes; equal arrays give equal bytes."""
    header: dict[str, list[Any]] = {}
    end = 0
    for name, array in arrays.items():
        header[name] = [array.dtype.str, list(array.shape), end]
        end += -(-array.nbytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % ALIGNMENT_BYTES)
    write(len(text).to_bytes(8, "little") + text)
    for array in arrays.values():
        write(memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8)))  # type: ignore[arg-type]  # a buffer
        write(bytes(-array.nbytes % ALIGNMENT_BYTES))


def read_arrays(content: memoryview) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name, as views of its content. Raises ValueError if the file is malformed."""
    start = 8 + int.from_bytes(content[:8], "little")
    arrays = {}
    for name, (dtype, shape, offset) in json.loads(bytes(content[8:start])).items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(content, np.dtype(dtype), count, start + offset).reshape(shape)
    return arrays
