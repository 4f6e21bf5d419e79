"""Quantize token vectors to two bits per coordinate, and back.

Unit rows come in whose coordinates are all distributed alike (`Encoder.project` sees to that); each coordinate becomes
one of the four levels of the best quantizer for a normal distribution (Max 1960). tests/benchmarks/compression.py
prints what other numbers of dimensions and bits would cost.
"""

import numpy as np

from retrieval.types import Float32, UInt8

# The levels are ±SMALL_LEVEL and ±LARGE_LEVEL, separated at ±BOUNDARY and 0; the unit is the standard deviation.
SMALL_LEVEL, BOUNDARY, LARGE_LEVEL = 0.4528, 0.9816, 1.5104
LEVELS = np.array([-LARGE_LEVEL, -SMALL_LEVEL, SMALL_LEVEL, LARGE_LEVEL], np.float32)
COORDINATES_PER_BYTE = 4
# The four levels that each byte stands for, float32 (256, 4), and the same as one 16-byte item per byte: numpy looks up
# whole items faster than rows.
BYTE_LEVELS = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, LEVELS, indexing="ij"), axis=-1).reshape(256, 4)
BYTE_LEVEL_ITEMS = np.ascontiguousarray(BYTE_LEVELS).view(np.complex128).ravel()
LOW_BITS = np.uint8(0b01010101)  # the lower bit of each of the four codes in a byte


def quantize(projected: Float32) -> UInt8:
    """Quantize unit rows, float32 (t, k), to two bits per coordinate, uint8 (t, k / 4); k must be a multiple of 4."""
    scaled = projected * np.sqrt(projected.shape[1])
    codes = (scaled > -BOUNDARY).astype(np.uint8) + (scaled > 0) + (scaled > BOUNDARY)
    packed: UInt8 = codes[:, 0::4] << 6 | codes[:, 1::4] << 4 | codes[:, 2::4] << 2 | codes[:, 3::4]
    return packed


def dequantize(packed: UInt8) -> Float32:
    """Restore quantized rows, uint8 (t, k / 4), to approximate unit rows, float32 (t, k)."""
    rows: Float32 = unpack_levels(packed) * unit_scales(packed)[:, np.newaxis]
    return rows


def unpack_levels(packed: UInt8) -> Float32:
    """Look up the levels of packed rows, float32 (t, k); multiplied by `unit_scales` they are unit rows."""
    levels: Float32 = np.take(BYTE_LEVEL_ITEMS, packed, mode="clip").view(np.float32).reshape(len(packed), -1)
    return levels


def unit_scales(packed: UInt8) -> Float32:
    """Compute one over the length of each packed row's levels, float32 (t,)."""
    coordinates = packed.shape[1] * COORDINATES_PER_BYTE
    # Codes 0 and 3 are the large levels; codes 1 and 2, the small ones, are those whose two bits differ.
    differing = (packed ^ (packed >> 1)) & LOW_BITS
    words = differing.view(np.uint64) if differing.shape[1] % 8 == 0 else differing  # count eight bytes at a time
    small = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    squares = LARGE_LEVEL**2 * coordinates - (LARGE_LEVEL**2 - SMALL_LEVEL**2) * small
    scales: Float32 = (1.0 / np.sqrt(squares)).astype(np.float32)
    return scales
