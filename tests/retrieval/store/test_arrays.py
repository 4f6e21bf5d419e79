"""Arrays in one file: what is read is what was written, where it lies."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from retrieval.store.arrays import ALIGNMENT_BYTES, read_arrays, write_arrays

KINDS = st.sampled_from([np.uint8, np.uint16, np.int32, np.int64, np.uint64, np.float32])


def packed(arrays: dict[str, np.ndarray]) -> memoryview:
    buffer = io.BytesIO()
    write_arrays(arrays, buffer.write)
    return memoryview(buffer.getvalue())


@given(st.dictionaries(st.text(max_size=5), KINDS.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_side=0)))))
def test_arrays_come_back_as_they_were(arrays: dict[str, np.ndarray]) -> None:
    """Names, types, shapes and values, of none, empty and many; the same arrays are the same bytes."""
    found = read_arrays(packed(arrays))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)
    assert packed(found) == packed(arrays)


def test_arrays_are_views_on_aligned_places() -> None:
    """Nothing is copied, so that a mapped file stays on the disk until it is used."""
    content = packed({"a": np.arange(3, dtype=np.uint8), "b": np.arange(5)})
    start = np.frombuffer(content, np.uint8).ctypes.data
    places = [array.ctypes.data - start for array in read_arrays(content).values()]
    assert [place % ALIGNMENT_BYTES for place in places] == [0, 0]
    assert 0 < places[0] < places[1] < len(content)


@pytest.mark.parametrize("length", [0, 4, 8, 20, 100])
def test_a_cut_file_is_refused(length: int) -> None:
    """The error is one that the store understands."""
    with pytest.raises(ValueError, match=r".*"):
        read_arrays(packed({"a": np.arange(100)})[:length])
