"""Levels: each index lacks the answers that it should."""

import json
from pathlib import Path

from retrieval.measuring.levels import build_levels
from retrieval.measuring.squad import read_squad
from retrieval.progress import silent
from tests.support.small_index import ARTICLES
from tests.support.word_encoder import WordEncoder


def test_each_level_lacks_some_answers(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Far lacks the second article, near the second paragraph of the first, nearest each paragraph's first answer."""
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(ARTICLES))
    levels = build_levels(read_squad(path), word_encoder, "en", silent)
    assert {level.name: level.gold for level in levels} == {
        "all": [0, 1, 2, 3],
        "far": [0, 1, 2, -1],
        "near": [0, 1, -1, 2],
        "nearest": [-1, 0, -1, -1],
    }
