"""Several arrays in one file: writing and reading."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from retrieval.store.arrays import ALIGNMENT_BYTES, read_arrays, write_arrays

DTYPES = st.sampled_from([np.uint8, np.uint16, np.int32, np.int64, np.uint64, np.float32])


def pack(arrays: dict[str, np.ndarray]) -> memoryview:
    buffer = io.BytesIO()
    write_arrays(arrays, buffer.write)
    return memoryview(buffer.getvalue())


@given(
    st.dictionaries(st.text(max_size=5), DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_side=0))))
)
def test_reading_inverts_writing(arrays: dict[str, np.ndarray]) -> None:
    """Names, dtypes, shapes and values survive, for no arrays, empty ones and many; equal arrays give equal bytes."""
    stored = read_arrays(pack(arrays))
    assert list(stored) == list(arrays)
    for name, array in arrays.items():
        assert (stored[name].dtype, stored[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(stored[name], array)
    assert pack(stored) == pack(arrays)


def test_arrays_are_aligned_views() -> None:
    """Nothing is copied, so a mapped file is not read until it is used."""
    content = pack({"a": np.arange(3, dtype=np.uint8), "b": np.arange(5)})
    start = np.frombuffer(content, np.uint8).ctypes.data
    offsets = [array.ctypes.data - start for array in read_arrays(content).values()]
    assert [offset % ALIGNMENT_BYTES for offset in offsets] == [0, 0]
    assert 0 < offsets[0] < offsets[1] < len(content)


@pytest.mark.parametrize("length", [0, 4, 8, 20, 100])
def test_a_truncated_file_raises(length: int) -> None:
    """It raises ValueError, which the store turns into an error of its own."""
    with pytest.raises(ValueError, match=r".*"):
        read_arrays(pack({"a": np.arange(100)})[:length])
