"""What a code means is said by the entry that begins with it."""

import numpy as np
import pytest

from retrieval.asking.code_entries import find_code_entry, prefer_row
from retrieval.index.scope import whole_scope
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

MILL = """# Mill

## Roles

Roles are letters:

- k (keeper): opens the bins
- s (sweeper): closes the bins

Give the k role to few.

## Starting

### -n, --dry-run

It only says what it would do.

### -q

It says less.

## Signs

| Sign | Meaning |
|---|---|
| w | wet |
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what's the k role", "k (keeper): opens the bins"),
        ("what is the s role", "s (sweeper): closes the bins"),
        ("what does -n do", "It only says what it would do."),
        ("what does --dry-run of the mill do", "It only says what it would do."),
        ("what is the w sign", None),
        ("what does `w` mean", "w | wet"),
        ("what does -q do", None),
        ("what does -n of the ferry do", None),
        ("what does -z do", None),
    ],
)
def test_the_only_entry_of_a_code_is_found(word_encoder: WordEncoder, question: str, expected: str | None) -> None:
    """Where all else of the question stands in its section or above it; of two different entries, neither is."""
    index = index_of(word_encoder, {"mill.md": MILL, "boat.md": "# Boat\n\n- -q: it sinks\n- -r: it rows\n"})
    row = find_code_entry(index, question, whole_scope(index))
    assert (None if row is None else index.text(row)) == expected


TERMS = """# Harbour

## Words

### ETA

When the ferry is expected.

### ETD

- SWL: safe working load
- Fog: thick air
- IMO:

### SOS

The SOS is sent by radio.

### EPIRB

An EPIRB is a buoy that calls for help.

### DSC

To call, use:

- Sixteen

### VTS

The VTS sees all.

### Gale

VHF – a radio of the bridge.

| Sign | Meaning |
|---|---|
| AIS | tells who sails where |
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does ETA stand for", "When the ferry is expected."),
        ("what does swl mean", "SWL: safe working load"),
        ("whats vhf", "VHF – a radio of the bridge."),
        ("what is AIS?", "AIS | tells who sails where"),
        ("what does EPIRB mean", "An EPIRB is a buoy that calls for help."),
        ("what does SOS mean", None),
        ("what does DSC mean", None),
        ("what does VTS mean", None),
        ("what does fog mean", None),
        ("what does IMO mean", None),
        ("what does ETA mean in the mill", None),
        ("what does PS stand for", None),
    ],
)
def test_the_only_entry_of_an_abbreviation_is_found(
    word_encoder: WordEncoder, question: str, expected: str | None
) -> None:
    """However it is typed; two capitals of the entry make it one, and two that differ are none."""
    texts = {
        "words.md": TERMS,
        "crew.md": "# Crew\n\n- PS: port side\n\n## VTS\n\nIt is busy.",
        "post.md": "# Post\n\n- PS: added below\n",
    }
    index = index_of(word_encoder, texts)
    row = find_code_entry(index, question, whole_scope(index))
    assert (None if row is None else index.text(row)) == expected


def test_its_hit_comes_first() -> None:
    """With the score of the first; without a row all stays."""
    hits = [Hit(row, 3.0 - row, 0.5, np.zeros(1, np.float32)) for row in range(3)]
    preferred = prefer_row(hits, 2, 0.9)
    assert [(hit.row, hit.score, hit.probability) for hit in preferred] == [(2, 3.0, 0.9), (0, 3.0, 0.5), (1, 2.0, 0.5)]
    assert prefer_row(hits, None, 0.9) == hits
