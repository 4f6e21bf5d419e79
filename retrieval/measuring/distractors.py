"""Text that looks like a corpus and says nothing: its sentences with other words of its own in their places.

Function words, order, lengths, names and numbers stay of their kinds; every other word is drawn anew, most of them from
one article, so that a document has a subject. Questions find much that resembles an answer. Two words in a row are
taken over by chance only: a chain of word pairs, tried before, rebuilt whole clauses of what it had learned
from, and so the very answers that a level had taken out.
"""

import hashlib
import random
import re
from collections.abc import Sequence

from retrieval.measuring.squad import LabelledCorpus
from retrieval.text.terms import split_terms
from retrieval.types import Block, Document, ReadDocument

SENTENCES_PER_PARAGRAPH = 4
PARAGRAPHS = 10
OF_THE_SUBJECT = 0.7  # share of the words that come from one article
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def fill(reads: Sequence[ReadDocument], corpus: LabelledCorpus, size: int) -> list[ReadDocument]:
    """Add generated documents to those of a level until there are about `size` sentences."""
    both = zip(corpus.reads, corpus.breaks, strict=True)
    articles = [[read.document.text[a:b] for a, b in breaks] for read, breaks in both]
    held = sum(
        sum(any(block.start <= a < block.end for block in read.blocks) for a, _ in breaks)
        for read, breaks in zip(reads, corpus.breaks, strict=True)
    )
    return [*reads, *distractors(articles, max(size - held, 0))]


def distractors(articles: Sequence[Sequence[str]], count: int, seed: int = 0) -> list[ReadDocument]:
    """Return documents of `count` generated sentences from articles of sentences; the same seed gives the same text."""
    rng = random.Random(seed)
    kinds = [_by_kind(article) for article in articles]
    everything = _by_kind([sentence for article in articles for sentence in article])
    patterns = [sentence for article in articles for sentence in article if len(sentence.split()) >= 5]
    documents: list[ReadDocument] = []
    while count > 0:
        subject = rng.choice(kinds)
        texts: list[str] = []
        while count > 0 and len(texts) < PARAGRAPHS:
            size = min(SENTENCES_PER_PARAGRAPH, count)
            texts.append(" ".join(_sentence(rng, rng.choice(patterns), subject, everything) for _ in range(size)))
            count -= size
        names = subject.get("name") or everything["name"]
        title = " ".join(rng.choice(names) for _ in range(2))
        documents.append(_document(f"distractor-{len(documents):06d}", title, texts))
    return documents


def _by_kind(sentences: Sequence[str]) -> dict[str, list[str]]:
    """Return the words of sentences by kind, as often as they occur; function words have none."""
    found: dict[str, list[str]] = {}
    for sentence in sentences:
        for match in WORD.finditer(sentence):
            kind = _kind(match[0], first=match.start() == 0)
            if kind:
                found.setdefault(kind, []).append(match[0])
    return found


def _kind(word: str, *, first: bool) -> str:
    """Return what may stand in a word's place: a number, a name, a word with the same ending; "" for function words."""
    if word[0].isdigit():
        return f"number{len(word)}"
    if not split_terms(word, "en"):
        return ""
    if word[0].isupper():
        return "" if first else "name"
    return f"…{word[-2:]}"


def _sentence(rng: random.Random, pattern: str, subject: dict[str, list[str]], everything: dict[str, list[str]]) -> str:
    """Return a pattern with other words in it, in one piece for a sentence splitter."""

    def other(match: re.Match[str]) -> str:
        kind = _kind(match[0], first=match.start() == 0)
        if not kind:
            return match[0]
        words = subject if kind in subject and rng.random() < OF_THE_SUBJECT else everything
        return rng.choice(words.get(kind) or [match[0]])

    inner = re.sub(r"[.!?]", "", WORD.sub(other, pattern)).replace(";", ",").strip()
    return inner[:1].upper() + inner[1:] + "."


def _document(name: str, title: str, paragraphs: list[str]) -> ReadDocument:
    blocks, start = [], 0
    for text in paragraphs:
        blocks.append(Block(start, start + len(text), "prose"))
        start += len(text) + 2
    text = "\n\n".join(paragraphs) + "\n\n"
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return ReadDocument(Document(name, title, None, None, None, text, checksum), tuple(blocks))
