"""Ask labelled questions of indexes that contain all, some or few of their answers.

all       every sentence
far       every second article; questions about the others have no answer
near      every second paragraph of each article; questions about the others have no answer
nearest   everything but the sentence that answers the first question of each paragraph

Every level keeps all documents, some without text, so that a document has the same row in all indexes.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.asking.passage_reading import PassageReader
from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.measuring.squad import LabelledCorpus, LabelledQuestion, gold_rows
from retrieval.progress import Progress, ProgressEvent, Task
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, CrossEncoder, Encoder, Hit, ReadDocument

WHOLE = "all"
NEAR = "near"  # the level on which about half of the questions have no answer


@dataclass(frozen=True, slots=True)
class Level:
    """An index that lacks some answers, and the gold row of each question, negative where there is none (gold_rows)."""

    name: str
    index: EmbeddedIndex
    gold: list[int]


@dataclass(frozen=True, slots=True)
class RankerResult:
    """The hits for a question, best first, and the row of the right sentence, negative where there is none."""

    question: LabelledQuestion
    hits: list[Hit]
    gold: int

    @property
    def rows(self) -> list[int]:
        """Return the rows of the hits, best first."""
        return [hit.row for hit in self.hits]

    @property
    def confidence(self) -> float:
        """Return the probability of the best hit, 0 if there is none."""
        return self.hits[0].probability if self.hits else 0.0

    @property
    def answerable(self) -> bool:
        """Return whether the index contains the right sentence."""
        return self.gold >= 0

    @property
    def right(self) -> bool:
        """Return whether the best hit is the right sentence."""
        return bool(self.hits) and self.hits[0].row == self.gold


def build_levels(corpus: LabelledCorpus, encoder: Encoder, language: str, progress: Progress) -> list[Level]:
    """Build the indexes of the levels all, far, near and nearest, in this order."""
    parts: dict[str, list[ReadDocument]] = {
        WHOLE: corpus.reads,
        "far": far_documents(corpus),
        NEAR: near_documents(corpus),
        "nearest": nearest_documents(corpus, language),
    }
    whole: EmbeddedIndex | None = None
    levels = []
    for name, reads in parts.items():
        index = build_index(reads, encoder, language, name, previous=whole, progress=progress).index
        whole = whole or index
        levels.append(Level(name, index, gold_rows(index, corpus.questions)))
    return levels


def ask_level(
    level: Level,
    questions: Sequence[LabelledQuestion],
    encoder: Encoder,
    ranker: Ranker,
    progress: Progress,
    cross_encoder: CrossEncoder | None = None,
    reader: PassageReader | None = None,
) -> tuple[list[RankerResult], list[float]]:
    """Ask every question of a level; return the results and the milliseconds, item i for questions[i]."""
    retriever = Retriever(level.index, encoder, ranker, cross_encoder, reader)
    results, elapsed_ms = [], []
    for number, (question, gold) in enumerate(zip(questions, level.gold, strict=True)):
        progress(ProgressEvent(Task.ASK, number, len(questions), level.name))
        started = time.perf_counter()
        hits = retriever.rank(question.text)
        elapsed_ms.append((time.perf_counter() - started) * 1000)
        results.append(RankerResult(question, hits, gold))
    progress(ProgressEvent(Task.ASK, len(questions), len(questions), level.name))
    return results, elapsed_ms


def far_documents(corpus: LabelledCorpus) -> list[ReadDocument]:
    """Empty every second article."""
    return [read if row % 2 == 0 else without_text(read) for row, read in enumerate(corpus.reads)]


def near_documents(corpus: LabelledCorpus) -> list[ReadDocument]:
    """Take every second paragraph out of each article."""
    return [replace(read, blocks=read.blocks[::2]) for read in corpus.reads]


def nearest_documents(corpus: LabelledCorpus, language: str) -> list[ReadDocument]:
    """Take out the sentence that answers the first question of each paragraph that has an answer."""
    answers = {
        (question.document, question.paragraph): question.answer_start
        for question in corpus.questions
        if question.first
    }
    documents = []
    for row, read in enumerate(corpus.reads):
        blocks: list[Block] = []
        for number, block in enumerate(read.blocks):
            answer = answers.get((row, number))
            blocks.extend([block] if answer is None else _without(read.document.text, block, answer, language))
        documents.append(replace(read, blocks=tuple(blocks)))
    return documents


def without_text(read: ReadDocument) -> ReadDocument:
    """Take all prose out of a document."""
    return replace(read, blocks=())


def _without(text: str, block: Block, answer_start: int, language: str) -> list[Block]:
    """Split a block around the sentence that contains a character; return the non-empty parts."""
    for start, end in reversed(sentence_spans(text[block.start : block.end], language)):
        if block.start + start <= answer_start:
            parts = [(block.start, block.start + start), (block.start + end, block.end)]
            return [Block(a, b, "prose") for a, b in parts if b > a]
    return [block]
