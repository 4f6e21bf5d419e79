"""What gives another version of what the question numbers goes behind."""

import numpy as np
import pytest

from retrieval.asking.other_versions import doubt_other_versions
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

TABLE = "# Mills\n\n| Grain | Mill version |\n|---|---|\n| Rye 10.12 | 4.1 |\n| Oats | 12.3 |\n\nMill 12 is new.\n"


@pytest.mark.parametrize(
    ("question", "order", "probabilities"),
    [
        ("which grain does mill 12 grind", ["Oats | 12.3", "Mill 12 is new.", "Rye 10.12 | 4.1"], [0.6, 0.5, 0.04]),
        ("does mill 12 grind rye", ["Rye 10.12 | 4.1", "Oats | 12.3", "Mill 12 is new."], [0.7, 0.6, 0.5]),
        ("which grain does it grind", ["Rye 10.12 | 4.1", "Oats | 12.3", "Mill 12 is new."], [0.7, 0.6, 0.5]),
    ],
)
def test_another_version_goes_behind(
    word_encoder: WordEncoder, question: str, order: list[str], probabilities: list[float]
) -> None:
    """And is less probable, unless yes or no is asked; the places keep their scores."""
    index = index_of(word_encoder, {"a.md": TABLE})
    hits = [Hit(row, 3.0 - row, 0.7 - row / 10, np.zeros(1, np.float32)) for row in range(3)]
    doubted = doubt_other_versions(index, hits, question)
    assert [index.text(hit.row).strip("| ") for hit in doubted] == order
    assert [round(hit.probability, 2) for hit in doubted] == pytest.approx(probabilities, abs=0.01)
    assert [hit.score for hit in doubted] == [3.0, 2.0, 1.0]
