"""Generate text that resembles a corpus but answers nothing: its sentences with their words exchanged.

Function words stay, and so does the kind of every other word: number, name, or word ending. The words are drawn at
random, most of them from one article, so that a document has a subject and questions find much that resembles an
answer. Words are drawn one by one: a chain of word pairs would rebuild whole clauses of the corpus, among them the
answers that a level lacks.
"""

import hashlib
import random
import re
from collections.abc import Sequence

from retrieval.measuring.squad import LabelledCorpus
from retrieval.text.terms import split_terms
from retrieval.types import Block, Document, ReadDocument

SENTENCES_PER_PARAGRAPH = 4
MAX_PARAGRAPHS = 10  # of a document
SUBJECT_SHARE = 0.7  # of the words, from one article
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def add_distractors(reads: Sequence[ReadDocument], corpus: LabelledCorpus, sentences: int) -> list[ReadDocument]:
    """Add generated documents to those of a level until there are about `sentences` sentences."""
    articles = [
        [read.document.text[start:end] for start, end in spans]
        for read, spans in zip(corpus.reads, corpus.sentence_spans, strict=True)
    ]
    count = sum(
        sum(any(block.start <= start < block.end for block in read.blocks) for start, _ in spans)
        for read, spans in zip(reads, corpus.sentence_spans, strict=True)
    )
    return [*reads, *generate_distractors(articles, max(sentences - count, 0))]


def generate_distractors(articles: Sequence[Sequence[str]], count: int, seed: int = 0) -> list[ReadDocument]:
    """Generate documents of `count` sentences in all from the sentences of articles; a seed always gives one text."""
    rng = random.Random(seed)
    subjects = [_words_by_kind(article) for article in articles]
    all_words = _words_by_kind([sentence for article in articles for sentence in article])
    patterns = [sentence for article in articles for sentence in article if len(sentence.split()) >= 5]
    documents: list[ReadDocument] = []
    while count > 0:
        subject = rng.choice(subjects)
        texts: list[str] = []
        while count > 0 and len(texts) < MAX_PARAGRAPHS:
            size = min(SENTENCES_PER_PARAGRAPH, count)
            texts.append(" ".join(_sentence(rng, rng.choice(patterns), subject, all_words) for _ in range(size)))
            count -= size
        names = subject.get("name") or all_words["name"]
        title = " ".join(rng.choice(names) for _ in range(2))
        documents.append(_document(f"distractor-{len(documents):06d}", title, texts))
    return documents


def _words_by_kind(sentences: Sequence[str]) -> dict[str, list[str]]:
    """Collect the words of sentences by kind, with repetitions; function words are left out."""
    words: dict[str, list[str]] = {}
    for sentence in sentences:
        for match in WORD.finditer(sentence):
            kind = _kind(match[0], first=match.start() == 0)
            if kind:
                words.setdefault(kind, []).append(match[0])
    return words


def _kind(word: str, *, first: bool) -> str:
    """Return the kind of a word, by which it can be exchanged: number, name or ending; "" for function words."""
    if word[0].isdigit():
        return f"number{len(word)}"
    if not split_terms(word, "en"):
        return ""
    if word[0].isupper():
        return "" if first else "name"
    return f"…{word[-2:]}"


def _sentence(rng: random.Random, pattern: str, subject: dict[str, list[str]], all_words: dict[str, list[str]]) -> str:
    """Exchange the words of a sentence; the result is one sentence for a splitter, too."""

    def exchange(match: re.Match[str]) -> str:
        kind = _kind(match[0], first=match.start() == 0)
        if not kind:
            return match[0]
        words = subject if kind in subject and rng.random() < SUBJECT_SHARE else all_words
        return rng.choice(words.get(kind) or [match[0]])

    inner = re.sub(r"[.!?]", "", WORD.sub(exchange, pattern)).replace(";", ",").strip()
    return inner[:1].upper() + inner[1:] + "."


def _document(name: str, title: str, paragraphs: list[str]) -> ReadDocument:
    blocks, start = [], 0
    for text in paragraphs:
        blocks.append(Block(start, start + len(text), "prose"))
        start += len(text) + 2
    text = "\n\n".join(paragraphs) + "\n\n"
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return ReadDocument(Document(name, title, None, None, None, text, checksum), tuple(blocks))
