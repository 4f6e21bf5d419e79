"""Ask golden questions and judge the answers by what is shown of them.

Questions and a retriever come in, a judged case for each question goes out; `tallies` counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from retrieval.asking.explaining import Trace
from retrieval.asking.retriever import Retriever
from retrieval.explanations import Explanation
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.visible_text import contains_fragment, shown_text
from retrieval.progress import Progress, ProgressEvent, Task, silent
from retrieval.types import Answer, Quote

BEST = 5  # passages that are looked at for each question
Verdict = Literal["right", "partly", "other", "wrong", "silent", "refused", "answered"]
ANSWERABLE_VERDICTS: tuple[Verdict, ...] = ("right", "partly", "other", "wrong", "silent")
UNANSWERABLE_VERDICTS: tuple[Verdict, ...] = ("refused", "answered")
PASSING: tuple[Verdict, ...] = ("right", "refused")


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A golden question, the answer to it, and the verdict on that.

    `best` holds the first passages whatever their confidence, `right_rank` the rank, from 1, of the first of them that
    is right, None if none is. `explanation` says what each stage found, None unless that was asked for.
    """

    golden: GoldenQuestion
    answer: Answer
    verdict: Verdict
    best: tuple[Quote, ...]
    right_rank: int | None
    explanation: Explanation | None = None

    @property
    def given(self) -> Quote | None:
        """Return the first quote, None after a refusal."""
        return self.answer.quotes[0] if self.answer.quotes else None

    @property
    def passed(self) -> bool:
        """Return whether the first quote is right, or the question was rightly refused."""
        return self.verdict in PASSING


def run_golden(
    questions: Sequence[GoldenQuestion],
    retriever: Retriever,
    threshold: float,
    progress: Progress = silent,
    *,
    explained: bool = False,
) -> list[GoldenCase]:
    """Ask every question, at a threshold and at none; case i belongs to questions[i].

    With `explained`, the cases have explanations.
    """
    cases = []
    for done, golden in enumerate(questions):
        progress(ProgressEvent(Task.ASK, done, len(questions)))
        trace = Trace() if explained else None
        answer = retriever.ask(golden.question, threshold=threshold, top=BEST, trace=trace)
        best = retriever.ask(golden.question, threshold=0.0, top=BEST).quotes[:BEST]
        ranks = (rank for rank, quote in enumerate(best, 1) if shown_share(golden, quote) == 1.0)
        explanation = retriever.explain(trace, answer) if trace else None
        cases.append(GoldenCase(golden, answer, judge_answer(golden, answer), best, next(ranks, None), explanation))
    progress(ProgressEvent(Task.ASK, len(questions), len(questions)))
    return cases


def judge_answer(golden: GoldenQuestion, answer: Answer) -> Verdict:
    """Judge an answer by its first quote.

    "right" shows a whole answer, "partly" some of the fragments of one but not all, "other" has a right passage among
    the further quotes only; anything else is "wrong", "silent" without a quote. A question without an answer is
    "refused" or "answered".
    """
    if not golden.answerable:
        return "answered" if answer.quotes else "refused"
    if not answer.quotes:
        return "silent"
    shares = [shown_share(golden, quote) for quote in answer.quotes]
    if shares[0] == 1.0:
        return "right"
    if shares[0]:
        return "partly"
    return "other" if 1.0 in shares[1:BEST] else "wrong"


def shown_share(golden: GoldenQuestion, quote: Quote) -> float:
    """Compute the share of the fragments of an answer that a quote shows, from 0 to 1: the largest of any answer."""
    shown = shown_text(quote)
    return max((_share_of(answer, quote, shown) for answer in golden.answers), default=0.0)


def golden_json(cases: Sequence[GoldenCase]) -> dict[str, Any]:
    """Convert cases to JSON: how many passed and failed, and each case."""
    passed = sum(case.passed for case in cases)
    return {"passed": passed, "failed": len(cases) - passed, "cases": [_case_json(case) for case in cases]}


def expected_json(golden: GoldenQuestion) -> dict[str, Any] | None:
    """Convert the answers to JSON: document and fragment of the first one, and all of them; None without any."""
    if not golden.answers:
        return None
    answers = [{"document": answer.document, "parts": list(answer.fragments)} for answer in golden.answers]
    return {"document": answers[0]["document"], "fragment": golden.answers[0].fragments[0], "answers": answers}


def _share_of(answer: GoldenAnswer, quote: Quote, shown: str) -> float:
    if quote.citation.document != answer.document:
        return 0.0
    return sum(contains_fragment(shown, fragment) for fragment in answer.fragments) / len(answer.fragments)


def _case_json(case: GoldenCase) -> dict[str, Any]:
    return {
        "question": case.golden.question,
        "kind": case.golden.kind,
        "expected": expected_json(case.golden),
        "given": _quote_json(case.given),
        "confidence": round(case.answer.confidence, 4),
        "passed": case.passed,
        "verdict": case.verdict,
        "best": _quote_json(case.best[0] if case.best else None),
        "right_rank": case.right_rank,
    }


def _quote_json(quote: Quote | None) -> dict[str, Any] | None:
    if quote is None:
        return None
    citation = quote.citation
    return {"document": citation.document, "line": citation.line, "text": quote.text, "shown": shown_text(quote)}
