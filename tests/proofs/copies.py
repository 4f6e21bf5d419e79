"""Copy passages a thousand times and ask what was asked before: python -m tests.proofs.copies [COPIES [SQUAD_FILE]].

A paragraph of one article is copied into so many files. The questions about that paragraph must get the same quote as
before, with more places to cite; of all others at most one in a hundred may be answered otherwise. The copies have the
title of the article, as a file has that lies in many folders, or titles of their own. Prints both, the confidences, and
how long an answer takes.
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
from retrieval.index.index import Index
from retrieval.measuring.squad import LabelledCorpus, read_squad
from retrieval.progress import silent
from retrieval.types import Answer, Block, Encoder, ReadDocument
from tests.support.paths import ROOT

FILE = ROOT / "shared" / "data" / "xquad-r" / "en.json"
PRECISION = 0.8


@dataclass(frozen=True, slots=True)
class CopyEffect:
    """What copies changed: questions about other passages, those answered otherwise; the same of the copied passage.

    `places` are the most places that one answer cites or counts, `moved` the largest change of a confidence, `before`
    and `after` the median milliseconds of an answer.
    """

    other: int
    changed: int
    about: int
    about_changed: int
    places: int
    moved: float
    before: float
    after: float


def copies_of(read: ReadDocument, paragraph: int, count: int, *, titled: bool) -> list[ReadDocument]:
    """Return files that hold one paragraph of a document; `titled` gives each a title of its own."""
    block = read.blocks[paragraph]
    text = read.document.text[block.start : block.end]
    checksum = hashlib.sha256(text.encode()).hexdigest()
    made = []
    for number in range(count):
        title = f"Copied sheet {number}" if titled else read.document.title
        document = replace(
            read.document, id=f"z/{number:06}.txt", title=title, text=text, sha256=checksum, collection="z"
        )
        made.append(ReadDocument(document, (Block(0, len(text), "prose"),)))
    return made


def compare(
    corpus: LabelledCorpus,
    alone: Index,
    encoder: Encoder,
    copied: tuple[int, int],
    count: int,
    *,
    titled: bool = False,
    every: int = 1,
) -> CopyEffect:
    """Ask every so many-th question of a corpus's index, and of one with `count` copies of a paragraph as well.

    `copied` is the document and the paragraph in it; all questions about it are asked.
    """
    copies = copies_of(corpus.reads[copied[0]], copied[1], count, titled=titled)
    crowded = build_index([*corpus.reads, *copies], encoder, "en", "crowded", previous=alone).index
    questions = [
        one
        for number, one in enumerate(corpus.questions)
        if number % every == 0 or (one.document, one.paragraph) == copied
    ]
    texts = [one.text for one in questions]
    about = [(one.document, one.paragraph) == copied for one in questions]
    first, before = _ask(alone, texts, encoder)
    second, after = _ask(crowded, texts, encoder)
    pairs = list(zip(first, second, about, strict=True))
    return CopyEffect(
        other=about.count(False),
        changed=sum(_said(one) != _said(two) for one, two, is_about in pairs if not is_about),
        about=about.count(True),
        about_changed=sum(_said(one) != _said(two) for one, two, is_about in pairs if is_about),
        places=max((1 + len(quote.also) + quote.more for one in second for quote in one.quotes), default=0),
        moved=max(abs(one.confidence - two.confidence) for one, two, is_about in pairs if not is_about),
        before=before,
        after=after,
    )


def _ask(index: Index, questions: Sequence[str], encoder: Encoder) -> tuple[list[Answer], float]:
    """Return the answers, and the median milliseconds of one."""
    ranker = read_ranker(RANKER)
    retriever = Retriever(index, encoder, ranker)
    threshold = ranker.point_for(PRECISION).threshold
    answers, elapsed = [], []
    for question in questions:
        started = time.perf_counter()
        answers.append(retriever.ask(question, threshold=threshold))
        elapsed.append((time.perf_counter() - started) * 1000)
    return answers, sorted(elapsed)[len(elapsed) // 2]


def _said(answer: Answer) -> tuple[str, ...]:
    """Return what an answer says, wherever it stands."""
    return tuple(sorted(quote.text for quote in answer.quotes))


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and fail where more than one answer in a hundred changed."""
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
            made = count // 10 if titled else count  # each of these is encoded by itself
            found = compare(corpus, alone, encoder, copied, made, titled=titled)
            titles = "titles of their own" if titled else "the same title"
            print(f"{made:,} copies of paragraph {copied[1]} of article {copied[0]}, {titles}:")
            print(f"  other questions answered otherwise: {found.changed} of {found.other}; moved {found.moved:.3f}")
            print(f"  questions about it: {found.about_changed} of {found.about}; {found.places:,} places of one quote")
            print(f"  median of an answer: {found.before:.1f} ms, with copies {found.after:.1f} ms", flush=True)
            assert found.changed <= found.other / 100


if __name__ == "__main__":
    main(sys.argv[1:])
