"""Whether a model's vocabulary knows the words of some texts.

A model cuts words that it has rarely seen into small pieces: all-MiniLM-L6-v2 gives 4.5 letters of
English to a piece, 2.7 of German or Spanish, 1.0 of Russian or Chinese. Multilingual models keep
well above these bounds in all of them.
"""

import re
from collections.abc import Sequence

from retrieval.text.terms import UNSPACED
from retrieval.types import Encoder

LETTERS = re.compile(r"[^\W\d_]+")
SAMPLE = 200  # texts
FEWEST, FEWEST_UNSPACED = 3.2, 1.2  # letters to a piece, the latter for scripts without spaces


def letters_per_piece(texts: Sequence[str], encoder: Encoder) -> float | None:
    """Return the mean number of letters in the pieces that words are cut into, None where there are no words."""
    words = [word for text in texts[:: max(len(texts) // SAMPLE, 1)] for word in LETTERS.findall(text)]
    pieces = sum(encoder.count_tokens(words)) if words else 0
    return round(sum(map(len, words)) / pieces, 2) if pieces else None


def knows_language(texts: Sequence[str], letters: float | None) -> bool:
    """Return whether so many letters to a piece are what a model needs that knows the language of the texts."""
    if letters is None:
        return True
    sample = "".join(texts[:: max(len(texts) // SAMPLE, 1)])
    unspaced = sum(map(len, UNSPACED.findall(sample))) > len(sample) / 2
    return letters >= (FEWEST_UNSPACED if unspaced else FEWEST)
