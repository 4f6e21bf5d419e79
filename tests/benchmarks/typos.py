"""Misspell questions, and ask them with and without mending: python -m tests.benchmarks.typos FILE [--seed N].

FILE is a SQuAD or XQuAD-R file. Each question is asked as it is and misspelt (`casual_wording.misspell`, one
or two words), each time with the spelling mended and not. Prints for how many the right sentence comes first and is
among the first five, how many questions were mended, and which of the unaltered ones then have another first sentence.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot import answering_stack, building
from bot.showing.safe_text import one_line
from config.settings import load_settings
from retrieval.asking.retriever import Retriever
from retrieval.asking.spelling import mend_spelling
from retrieval.encoding.encoder import CachedQuestions
from retrieval.index.build import build_index
from retrieval.index.scope import whole_scope
from retrieval.measuring.squad import LabelledCorpus, gold_rows, read_squad
from retrieval.training.casual_wording import misspell

FIRST = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The first rows for each question."""

    rows: list[list[int]]

    def count(self, gold: Sequence[int], first: int) -> int:
        """Count the questions whose right row is among the first."""
        return sum(row in rows[:first] for row, rows in zip(gold, self.rows, strict=True))


def main() -> int:
    """Print the table, and the unaltered questions whose first sentence changed."""
    parser = argparse.ArgumentParser(description="Ask misspelt questions with and without mending.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()
    settings = load_settings()
    corpus = read_squad(options.file)
    fingerprint = building.compile_models(settings)
    encoder = CachedQuestions(answering_stack.load_encoder(settings.index_folder, fingerprint, settings.threads))
    index = build_index(corpus.reads, encoder, "en", "typos").index
    ranker, reader = answering_stack.load_ranker(settings), answering_stack.load_reader(settings)
    mending = Retriever(index, encoder, ranker, reader=reader)
    plain = Retriever(replace(index, words=None), encoder, ranker, reader=reader)
    compare(corpus, mending, plain, random.Random(options.seed))
    return 0


def compare(corpus: LabelledCorpus, mending: Retriever, plain: Retriever, rng: random.Random) -> None:
    """Ask every question both ways and print what was found."""
    questions = [question.text for question in corpus.questions]
    gold = gold_rows(mending.index, corpus.questions)
    for label, asked in (("unaltered", questions), ("misspelt", [misspell(question, rng) for question in questions])):
        before, after = ask_all(plain, asked), ask_all(mending, asked)
        scope = whole_scope(mending.index)
        mended = [mend_spelling(mending.index, question, scope) for question in asked]
        changed = sum(own != other for own, other in zip(asked, mended, strict=True))
        print(f"{label}: {len(asked):,} questions, {changed} mended")
        for first in (1, FIRST):
            counts = before.count(gold, first), after.count(gold, first)
            print(f"  right among the first {first}: {counts[0]} before, {counts[1]} after")
        if label == "unaltered":
            for question, other, old, new in zip(asked, mended, before.rows, after.rows, strict=True):
                if old[:1] != new[:1]:
                    print(f"  another first sentence: {one_line(question)} → {one_line(other)}")


def ask_all(retriever: Retriever, questions: Sequence[str]) -> Found:
    """Rank the sentences for each question."""
    return Found([[hit.row for hit in retriever.rank(question)[:FIRST]] for question in questions])


if __name__ == "__main__":
    sys.exit(main())
