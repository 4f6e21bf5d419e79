"""Quantizing token vectors to two bits per coordinate."""

import numpy as np

from retrieval.encoding.token_quantizer import dequantize, quantize


def test_a_byte_holds_four_coordinates_the_first_in_its_highest_bits() -> None:
    """In a row of four coordinates, -0.9, -0.1, 0.1 and 0.41 have the codes 0, 1, 2 and 2."""
    row = np.array([[-0.9, -0.1, 0.1, 0.41]], np.float32)
    assert quantize(row).tolist() == [[0b00_01_10_10]]
    levels = np.array([-1.5104, -0.4528, 0.4528, 0.4528])
    np.testing.assert_allclose(dequantize(quantize(row))[0], levels / np.linalg.norm(levels), atol=1e-6)
