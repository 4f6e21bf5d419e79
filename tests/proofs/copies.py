"""Copy a passage thousands of times and ask the same questions again: python -m tests.proofs.copies [COPIES [FILE]].

A paragraph of an article in a SQuAD file is copied into many files. Questions about that paragraph must get the same
quote as before, with more places to cite; of all other questions, at most one in a hundred may be answered differently.
The copies have the title of the article, like a file that lies in many folders, or titles of their own. Prints the
changes of both groups, the change of the confidence, and how long an answer takes.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config.settings import RANKER
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import CachedQuestions, open_encoder
from retrieval.index.build import build_index
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Index
from retrieval.measuring.squad import LabelledCorpus, read_squad
from retrieval.progress import silent
from retrieval.types import Answer, Block, Encoder, ReadDocument
from tests.support.paths import ROOT

FILE = ROOT / "shared" / "data" / "xquad-r" / "en.json"
PRECISION = 0.8


@dataclass(frozen=True, slots=True)
class CopyEffect:
    """How copies of a paragraph change answers: how many questions are about it or not, and how many answers changed.

    `max_places` is the largest number of places that one answer cites or counts, `max_confidence_change` is among the
    other questions, and the last two fields are the median milliseconds of an answer without and with copies.
    """

    other_questions: int
    other_changed: int
    questions: int
    changed: int
    max_places: int
    max_confidence_change: float
    alone_ms: float
    crowded_ms: float


def make_copies(read: ReadDocument, paragraph: int, count: int, *, titled: bool) -> list[ReadDocument]:
    """Make files that contain one paragraph of a document; `titled` gives each a title of its own."""
    block = read.blocks[paragraph]
    text = read.document.text[block.start : block.end]
    checksum = hashlib.sha256(text.encode()).hexdigest()
    copies = []
    for number in range(count):
        title = f"Copied sheet {number}" if titled else read.document.title
        document = replace(
            read.document, id=f"z/{number:06}.txt", title=title, text=text, sha256=checksum, collection="z"
        )
        copies.append(ReadDocument(document, (Block(0, len(text), "prose"),)))
    return copies


def measure_copies(
    corpus: LabelledCorpus,
    alone: EmbeddedIndex,
    encoder: Encoder,
    copied: tuple[int, int],
    count: int,
    *,
    titled: bool = False,
    step: int = 1,
) -> CopyEffect:
    """Ask the index of a corpus and one with `count` copies of a paragraph as well, and compare the answers.

    `copied` is (document, paragraph). All questions about that paragraph are asked, of the others every `step`-th.
    """
    copies = make_copies(corpus.reads[copied[0]], copied[1], count, titled=titled)
    crowded = build_index([*corpus.reads, *copies], encoder, "en", "crowded", previous=alone).index
    groups: dict[bool, list[str]] = {True: [], False: []}  # whether a question is about the paragraph
    for number, question in enumerate(corpus.questions):
        is_about = (question.document, question.paragraph) == copied
        if is_about or number % step == 0:
            groups[is_about].append(question.text)
    texts = groups[True] + groups[False]
    answers, alone_ms = _ask(alone, texts, encoder)
    crowded_answers, crowded_ms = _ask(crowded, texts, encoder)
    pairs = list(zip(answers, crowded_answers, strict=True))
    about, other = pairs[: len(groups[True])], pairs[len(groups[True]) :]
    quotes = [quote for answer in crowded_answers for quote in answer.quotes]
    return CopyEffect(
        other_questions=len(other),
        other_changed=sum(_texts(before) != _texts(after) for before, after in other),
        questions=len(about),
        changed=sum(_texts(before) != _texts(after) for before, after in about),
        max_places=max((1 + len(quote.also) + quote.more for quote in quotes), default=0),
        max_confidence_change=max(abs(before.confidence - after.confidence) for before, after in other),
        alone_ms=alone_ms,
        crowded_ms=crowded_ms,
    )


def _ask(index: Index, questions: Sequence[str], encoder: Encoder) -> tuple[list[Answer], float]:
    """Ask questions; return the answers and the median milliseconds of one."""
    ranker = read_ranker(RANKER)
    retriever = Retriever(index, encoder, ranker)
    threshold = ranker.point_for(PRECISION).threshold
    answers, elapsed_ms = [], []
    for question in questions:
        started = time.perf_counter()
        answers.append(retriever.ask(question, threshold=threshold))
        elapsed_ms.append((time.perf_counter() - started) * 1000)
    return answers, sorted(elapsed_ms)[len(elapsed_ms) // 2]


def _texts(answer: Answer) -> tuple[str, ...]:
    """Return the quoted texts of an answer, whatever their places and order."""
    return tuple(sorted(quote.text for quote in answer.quotes))


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and fail if more than one in a hundred other answers changed."""
    count = int(arguments[0]) if arguments else 10_000
    corpus = read_squad(Path(arguments[1]) if len(arguments) > 1 else FILE)
    source = models.find_verified(models.DEFAULT_MODEL)
    fingerprint = models.fingerprint(source)
    with tempfile.TemporaryDirectory() as folder:
        compiled = models.compiled_folder(Path(folder), fingerprint)
        models.compile_model(source, compiled, silent)
        encoder = CachedQuestions(open_encoder(compiled, fingerprint, 0))
        alone = build_index(corpus.reads, encoder, "en", "alone").index
        for copied, titled in (((0, 0), False), ((20, 3), False), ((0, 0), True)):
            copies = count // 10 if titled else count  # a copy with its own title is encoded by itself
            effect = measure_copies(corpus, alone, encoder, copied, copies, titled=titled)
            titles = "titles of their own" if titled else "the same title"
            print(f"{copies:,} copies of paragraph {copied[1]} of article {copied[0]}, {titles}:")
            print(f"  other questions: {effect.other_changed} of {effect.other_questions} answers changed")
            print(f"  largest change of their confidence: {effect.max_confidence_change:.3f}")
            print(f"  questions about the paragraph: {effect.changed} of {effect.questions} answers changed")
            print(f"  largest number of places of a quote: {effect.max_places:,}")
            print(
                f"  median of an answer: {effect.alone_ms:.1f} ms, with copies {effect.crowded_ms:.1f} ms", flush=True
            )
            assert effect.other_changed <= effect.other_questions / 100


if __name__ == "__main__":
    main(sys.argv[1:])
