"""Text that looks like a corpus and says nothing: a chain of word pairs learned from its sentences.

Words, names, lengths of sentences and what follows what are those of the corpus, so its questions
find much that resembles an answer and is none.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence

from retrieval.documents import ReadDocument
from retrieval.records import Block, Document

SENTENCES_PER_PARAGRAPH = 4
PARAGRAPHS = 10
END = ""


def distractors(sentences: Sequence[str], count: int, seed: int = 0) -> list[ReadDocument]:
    """Return documents of `count` generated sentences; the same seed gives the same text."""
    rng = random.Random(seed)
    follows: dict[str, list[str]] = defaultdict(list)
    for sentence in sentences:
        words = sentence.split()
        for word, after in zip(["", *words], [*words, END], strict=True):
            follows[word].append(after)
    names = sorted(
        {word for sentence in sentences for word in sentence.split()[1:] if word.isalpha() and word.istitle()}
    )
    documents: list[ReadDocument] = []
    while count > 0:
        texts: list[str] = []
        while count > 0 and len(texts) < PARAGRAPHS:
            size = min(SENTENCES_PER_PARAGRAPH, count)
            texts.append(" ".join(_sentence(follows, rng) for _ in range(size)))
            count -= size
        title = " ".join(rng.sample(names, 2))
        documents.append(_document(f"distractor-{len(documents):06d}", title, texts))
    return documents


def _sentence(follows: dict[str, list[str]], rng: random.Random) -> str:
    """Return a chain of 5 to 40 words that the sentence splitter takes for one sentence."""
    words: list[str] = []
    word = rng.choice(follows[""])
    while word and len(words) < 40:
        words.append(word)
        word = rng.choice(follows[word])
        if not word and len(words) < 5:
            word = rng.choice(follows[""])
    inner = " ".join(words).replace(".", "").replace("!", "").replace("?", "").replace(";", ",")
    return inner[:1].upper() + inner[1:] + "."


def _document(name: str, title: str, paragraphs: list[str]) -> ReadDocument:
    blocks, start = [], 0
    for text in paragraphs:
        blocks.append(Block(start, start + len(text), "prose"))
        start += len(text) + 2
    text = "\n\n".join(paragraphs) + "\n\n"
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return ReadDocument(Document(name, title, None, None, None, text, checksum), tuple(blocks))
