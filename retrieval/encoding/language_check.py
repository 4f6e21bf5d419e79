"""Check whether a model knows the language of some texts, by how its tokenizer splits their words.

A tokenizer splits words that it rarely saw into small pieces: that of all-MiniLM-L6-v2 gives 4.5 letters per piece for
English, 2.7 for German or Spanish and 1.0 for Russian or Chinese. Those of multilingual models stay well above the
minimum in all of them.
"""

import re
from collections.abc import Sequence

from retrieval.text.terms import UNSPACED
from retrieval.types import Encoder

LETTERS = re.compile(r"[^\W\d_]+")
SAMPLE_TEXTS = 200
MIN_LETTERS_PER_PIECE = 3.2
MIN_LETTERS_PER_PIECE_UNSPACED = 1.2  # for scripts without spaces between words


def letters_per_piece(texts: Sequence[str], encoder: Encoder) -> float | None:
    """Compute the mean number of letters per token of a sample of texts, None if they contain no words."""
    words = [word for text in texts[:: max(len(texts) // SAMPLE_TEXTS, 1)] for word in LETTERS.findall(text)]
    pieces = sum(encoder.count_tokens(words)) if words else 0
    return round(sum(map(len, words)) / pieces, 2) if pieces else None


def knows_language(texts: Sequence[str], letters: float | None) -> bool:
    """Decide from `letters_per_piece` whether a model knows the language of the texts; True if that is None."""
    if letters is None:
        return True
    sample = "".join(texts[:: max(len(texts) // SAMPLE_TEXTS, 1)])
    unspaced = sum(map(len, UNSPACED.findall(sample))) > len(sample) / 2
    return letters >= (MIN_LETTERS_PER_PIECE_UNSPACED if unspaced else MIN_LETTERS_PER_PIECE)
