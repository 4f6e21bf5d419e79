"""Ask a new index the golden questions before it goes live, and decide whether it may.

Golden questions, the new index and the live one come in; the calibration of the confidence and a verdict go out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from retrieval.asking.retriever import Retriever
from retrieval.encoding import cross_encoder, index_cross_encoder, models
from retrieval.encoding.encoder import CachedQuestions, open_encoder
from retrieval.encoding.span_reader import open_reader
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion, read_golden
from retrieval.measuring.verdicts import PASSING, expected_json, judge_answer
from retrieval.store.manifest import Calibration
from retrieval.store.opening import Opened
from retrieval.types import CrossEncoder, Encoder
from retrieval.upkeep.calibrate import calibrate
from retrieval.upkeep.kept_golden import is_kept, read_kept_golden
from retrieval.upkeep.plan import GateRule, RebuildOptions


@dataclass(frozen=True, slots=True)
class GoldenOutcome:
    """What an index answers to a golden question: a sentence of a document, or None and None if it refuses."""

    golden: GoldenQuestion
    document: str | None
    text: str | None
    passed: bool

    @property
    def answer(self) -> tuple[str | None, str | None]:
        """Return document and text."""
        return self.document, self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes of the golden questions in a new index and in the live one; `before` is None without a live one."""

    rule: GateRule
    now: tuple[GoldenOutcome, ...]
    before: tuple[GoldenOutcome, ...] | None

    @property
    def failed(self) -> list[GoldenOutcome]:
        """Return the outcomes that fail now."""
        return [outcome for outcome in self.now if not outcome.passed]

    @property
    def broken(self) -> list[GoldenOutcome]:
        """Return the outcomes that fail now and passed before."""
        return [now for before, now in self._pairs() if before.passed and not now.passed]

    @property
    def changed(self) -> list[tuple[GoldenOutcome, GoldenOutcome]]:
        """Return the outcomes before and now of the questions whose answer changed."""
        return [(before, now) for before, now in self._pairs() if before.answer != now.answer]

    @property
    def blocking(self) -> list[GoldenOutcome]:
        """Return the outcomes that keep the new index from going live."""
        fell_silent = self.silent and self.before is not None and not _is_silent(self.before)
        # Nobody chose the questions of kept answers: one that never passed stops nothing.
        strict = [outcome for outcome in self.failed if not is_kept(outcome.golden) or outcome in self.broken]
        return {"off": [], "pass": strict, "no worse": strict if fell_silent else self.broken}[self.rule]

    @property
    def silent(self) -> bool:
        """Return whether the new index answers none of the questions that have an answer."""
        return _is_silent(self.now)

    def _pairs(self) -> list[tuple[GoldenOutcome, GoldenOutcome]]:
        return list(zip(self.before, self.now, strict=True)) if self.before is not None else []


def judge(
    options: RebuildOptions, live: Opened | None, index: Index, encoder: Encoder
) -> tuple[Calibration | None, Verdict | None]:
    """Calibrate a new index with the golden questions, and ask them of it and of the live one.

    Questions of kept answers are asked as well, but do not calibrate: all of them have an answer. Returns None for the
    calibration without golden questions, and for the verdict without any question. Raises DataError if the golden
    questions cannot be read.
    """
    ranker = options.ranker
    if ranker is None:
        return None, None
    golden = read_golden(options.golden) if options.golden is not None else []
    asked = [*golden, *read_kept_golden(options.seeds, index)]
    if not asked:
        return None, None
    threshold = ranker.point_for(options.precision).threshold if options.threshold is None else options.threshold
    cached = CachedQuestions(encoder)
    second = _open_cross_encoder(options)
    reader = open_reader(options.reader, options.threads) if options.reader else None
    newest = options.newest_versions
    retriever_of = partial(Retriever, cross_encoder=second, reader=reader, newest_versions=newest)
    calibration = (
        calibrate(index, cached, ranker, golden, options.precision, second, reader, newest_versions=newest)
        if golden
        else None
    )
    shift = calibration.shift if calibration else 0.0
    now = ask_golden(retriever_of(index, cached, ranker.shifted(shift)), asked, threshold)
    live_encoder = _open_encoder_of(options, live.index, cached) if live else None
    if live is None or live_encoder is None:
        return calibration, Verdict(options.gate, now, None)
    if live.manifest.settings == options.settings:  # else other questions shift the confidence too
        shift = live.manifest.calibration.shift if live.manifest.calibration else 0.0
    before = ask_golden(retriever_of(live.index, live_encoder, ranker.shifted(shift)), asked, threshold)
    return calibration, Verdict(options.gate, now, before)


def ask_golden(retriever: Retriever, golden: Sequence[GoldenQuestion], threshold: float) -> tuple[GoldenOutcome, ...]:
    """Ask every golden question; outcome i belongs to golden[i]."""
    outcomes = []
    for question in golden:
        answer = retriever.ask(question.question, threshold=threshold)
        passed = judge_answer(question, answer) in PASSING
        quote = answer.quotes[0] if answer.quotes else None
        document, text = (quote.citation.document, quote.text) if quote else (None, None)
        outcomes.append(GoldenOutcome(question, document, text, passed))
    return tuple(outcomes)


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Format a verdict as `rebuild --json` prints it."""
    return {
        "rule": verdict.rule,
        "open": not verdict.blocking,
        "compared": verdict.before is not None,
        "questions": len(verdict.now),
        "silent": verdict.silent,
        "passed": len(verdict.now) - len(verdict.failed),
        "failed": [outcome.golden.question for outcome in verdict.failed],
        "broken": [_outcome_json(outcome) for outcome in verdict.broken],
        "changed": [
            {"before": _answer_json(before)} | _outcome_json(now) | {"passed_before": before.passed}
            for before, now in verdict.changed
        ],
    }


def _is_silent(outcomes: Sequence[GoldenOutcome]) -> bool:
    """Tell whether none of the questions that people chose and that have an answer gets one."""
    answers = [outcome.text for outcome in outcomes if outcome.golden.answerable and not is_kept(outcome.golden)]
    return bool(answers) and not any(answers)


def _outcome_json(outcome: GoldenOutcome) -> dict[str, Any]:
    return {
        "question": outcome.golden.question,
        "expected": expected_json(outcome.golden),
        "given": _answer_json(outcome),
        "passed": outcome.passed,
    }


def _answer_json(outcome: GoldenOutcome) -> dict[str, str | None] | None:
    return {"document": outcome.document, "text": outcome.text} if outcome.document is not None else None


def _open_encoder_of(options: RebuildOptions, live: Index, encoder: Encoder) -> Encoder | None:
    """Return the encoder of the live index: the given one if it fits, None if its compiled model is lost."""
    if live.fingerprint == encoder.fingerprint:
        return encoder
    folder = models.compiled_folder(options.index, live.fingerprint)
    return open_encoder(folder, live.fingerprint, options.threads) if models.is_intact(folder) else None


def _open_cross_encoder(options: RebuildOptions) -> CrossEncoder | None:
    if not options.cross_encoder:
        return None
    fingerprint = index_cross_encoder.find(options.index, options.cross_encoder)
    folder = models.compiled_folder(options.index, fingerprint)
    return cross_encoder.open_cross_encoder(folder, fingerprint, options.threads)
