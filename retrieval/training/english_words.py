"""Make the list of English words: python -m retrieval.training.english_words FOLDER.

FOLDER has the data sets that the reader is trained on, as gzipped JSON lines. A word counts once for each text with it;
words in capitals, with digits or with marks inside are left out. The terms of words in edited texts, of those in enough
other texts, and of the words that the default model has a token for, are written to retrieval/text/english_terms.u32,
and the words themselves to english_words.u32 beside it.
"""

import argparse
import gzip
import json
import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from retrieval.encoding import models
from retrieval.index.words import Words, is_word, pack_words, similar_words
from retrieval.text.english import MASK, TERMS_FILE, WORDS_FILE
from retrieval.text.terms import split_terms, term_id

EDITED = (
    "squad_v11_train", "squad_v20_train_sample", "medquad", "multispanqa_valid", "quoref_contrast", "selqa_dev",
    "squadshifts_new_wiki", "nq_open_gold", "pubmedqa_l", "timeqa_human", "fairytaleqa", "qed_nq", "qamr_wiki",
)  # fmt: skip
UNEDITED = ("squadshifts_amazon_reviews", "squadshifts_reddit")  # with many misspelt words
MIN_UNEDITED_TEXTS = 3
MIN_MISSPELT_LENGTH = 7  # letters
MISSPELT_RATIO = 30  # how many times as frequent the right word is
MIN_TEXT_LENGTH = 60  # characters; shorter values are names and ids
WORD = re.compile(r"(?<![\w.@/’'-])[a-z]{4,20}(?![\w@/’'-]|\.\w)")


def main() -> int:
    """Write the list and print its size."""
    parser = argparse.ArgumentParser(description="Make the list of English words.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--terms", type=Path, default=TERMS_FILE)
    parser.add_argument("--words", type=Path, default=WORDS_FILE)
    options = parser.parse_args()
    words = english_words(options.folder)
    _write(options.terms, {term for word in words for term in split_terms(word, "en")})
    _write(options.words, words)
    return 0


def _write(path: Path, texts: set[str]) -> None:
    """Write the numbers of terms or words, ascending, and print how many there are."""
    listed = array("I", sorted({term_id(text) & MASK for text in texts}))
    if sys.byteorder == "big":
        listed.byteswap()
    path.write_bytes(listed.tobytes())
    print(f"{len(listed):,} in {path}")


def english_words(folder: Path) -> set[str]:
    """Return the words that are in enough texts and are no rare misspelling of a frequent one."""
    edited, unedited = (
        Counter(word for name in names for text in _texts(folder / f"{name}.jsonl.gz") for word in _words(text))
        for names in (EDITED, UNEDITED)
    )
    counts = edited + unedited
    right = {word for word in counts if edited[word] or unedited[word] >= MIN_UNEDITED_TEXTS}
    packed = pack_words(counts)
    return right - {word for word in right if _is_misspelt(word, counts, packed)} | _model_words()


def _model_words() -> set[str]:
    """Return the words that the default model has a token for; it knows them from billions of words."""
    tokenizer = Tokenizer.from_file(str(models.find(models.DEFAULT_MODEL) / "tokenizer.json"))
    return {word for word in tokenizer.get_vocab() if is_word(word)}


def _is_misspelt(word: str, counts: Counter[str], packed: Words) -> bool:
    """Tell whether a word resembles one that is far more frequent: "recieved" and "received"."""
    if len(word) < MIN_MISSPELT_LENGTH:
        return False
    return any(counts[other] >= MISSPELT_RATIO * counts[word] for other, _ in similar_words(packed, word, 1))


def _words(text: str) -> set[str]:
    return set(WORD.findall(text))


def _texts(path: Path) -> Iterator[str]:
    """Yield the distinct texts of a data set."""
    seen: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            for value in json.loads(line).values():
                if isinstance(value, str) and len(value) > MIN_TEXT_LENGTH and value not in seen:
                    seen.add(value)
                    yield value


if __name__ == "__main__":
    sys.exit(main())
