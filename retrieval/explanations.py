"""The record of how a question was answered or refused: what each stage found, for people.

`retrieval.asking.explaining` makes it, and `bot.showing.explanation_lines` words it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for or against a passage: a feature of the ranker, and what it adds to the score.

    `weight` is measured from the mean of the candidates: what all of them have in common decides nothing.
    """

    feature: str
    weight: float


@dataclass(frozen=True, slots=True)
class Considered:
    """A sentence that was considered.

    `by_meaning` and `by_words` are its ranks in dense and lexical search, from 1, None if it was not found there;
    `by_ranker` is its rank before the second stage. `reader` is the probability of the reader's judge that the passage
    answers, and `better_half` that its better half does, None if it was not read, or not again in halves. `confidence`
    is the probability of the answer, `covered` the share of the question's words in the passage and its heading, rare
    words counting more.
    """

    document: str
    line: int
    text: str
    by_meaning: int | None
    by_words: int | None
    by_ranker: int
    reasons: tuple[Reason, ...]
    covered: float
    reader: float | None
    better_half: float | None
    confidence_before: float  # the reader
    confidence: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each stage found for a question.

    `asked_as` is the question as it was searched, with its spelling mended and in the words of the glossary. `versions`
    are those that it names; only their documents were searched. `unseen`
    are its words that no document in the search has. `considered` are the first sentences in their final order.
    `read` counts the passages that the reader read, None without a reader. What answers is `withheld` if people called
    it wrong for this question, or removed its document since.
    """

    question: str
    asked_as: str
    unseen: tuple[str, ...]
    candidates: int
    considered: tuple[Considered, ...]
    read: int | None
    confidence: float
    threshold: float
    versions: tuple[str, ...] = ()
    withheld: bool = False

    @property
    def answered(self) -> bool:
        """Tell whether the confidence is enough for an answer."""
        return self.candidates > 0 and self.confidence >= self.threshold
