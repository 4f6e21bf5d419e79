"""Golden questions asked of an index before it goes live, and whether it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenQuestion, run_golden

Rule = Literal["no worse", "pass", "off"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an index gives for a golden question: a sentence of a document, or None where it refuses."""

    golden: GoldenQuestion
    document: str | None
    text: str | None
    passed: bool

    @property
    def given(self) -> tuple[str | None, str | None]:
        """Return document and text."""
        return self.document, self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What golden questions say of a new generation beside the live one; `before` is None without one."""

    rule: Rule
    now: tuple[Outcome, ...]
    before: tuple[Outcome, ...] | None

    @property
    def failed(self) -> list[Outcome]:
        """Return what fails now."""
        return [one for one in self.now if not one.passed]

    @property
    def broken(self) -> list[Outcome]:
        """Return what fails now and passed before."""
        return [now for before, now in self._pairs() if before.passed and not now.passed]

    @property
    def changed(self) -> list[tuple[Outcome, Outcome]]:
        """Return the outcomes before and now of the questions whose answer is another one."""
        return [(before, now) for before, now in self._pairs() if before.given != now.given]

    @property
    def blocking(self) -> list[Outcome]:
        """Return what keeps the new generation from going live."""
        return {"off": [], "pass": self.failed, "no worse": self.broken}[self.rule]

    def _pairs(self) -> list[tuple[Outcome, Outcome]]:
        return list(zip(self.before, self.now, strict=True)) if self.before is not None else []


def try_golden(retriever: Retriever, golden: Sequence[GoldenQuestion], threshold: float) -> tuple[Outcome, ...]:
    """Ask every golden question; outcome i belongs to golden[i]."""
    found = []
    for case in run_golden(list(golden), lambda text: retriever.ask(text, threshold=threshold)):
        given = case.given
        document, text = (given.citation.document, given.text) if given else (None, None)
        found.append(Outcome(case.golden, document, text, case.passed))
    return tuple(found)


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as `rebuild --json` prints it."""
    return {
        "rule": verdict.rule,
        "open": not verdict.blocking,
        "compared": verdict.before is not None,
        "questions": len(verdict.now),
        "passed": len(verdict.now) - len(verdict.failed),
        "failed": [one.golden.question for one in verdict.failed],
        "broken": [_outcome_json(one) for one in verdict.broken],
        "changed": [
            {"before": _given_json(before)} | _outcome_json(now) | {"passed_before": before.passed}
            for before, now in verdict.changed
        ],
    }


def _outcome_json(one: Outcome) -> dict[str, Any]:
    golden = one.golden
    expected = {"document": golden.document, "fragment": golden.fragment} if golden.answerable else None
    return {"question": golden.question, "expected": expected, "given": _given_json(one), "passed": one.passed}


def _given_json(one: Outcome) -> dict[str, str | None] | None:
    return {"document": one.document, "text": one.text} if one.document is not None else None
