"""Measure a SQuAD or XQuAD-R file: the ranker and its baselines on every level, and their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.asking.ranker import Ranker
from retrieval.encoding.encoder import CachedQuestions
from retrieval.measuring import baselines, metrics
from retrieval.measuring.baselines import Found
from retrieval.measuring.metrics import Asked, Level
from retrieval.measuring.squad import LabelledCorpus
from retrieval.progress import Progress
from retrieval.types import CrossEncoder, Encoder

WHOLE = "all"
HALF = "near"  # the level on which about half of the questions have no answer

Outcome = Asked | Found


@dataclass(frozen=True, slots=True)
class Measured:
    """What came back for every question of a corpus.

    `levels` and `asked` are by level's name; `baselines` by name, then by level's name; list item i
    belongs to question i. `elapsed` holds the milliseconds of each question on the whole index.
    """

    levels: dict[str, Level]
    asked: dict[str, list[Asked]]
    baselines: dict[str, dict[str, list[Found]]]
    elapsed: list[float]


def measure(
    corpus: LabelledCorpus,
    encoder: Encoder,
    ranker: Ranker,
    language: str,
    progress: Progress,
    cross_encoder: CrossEncoder | None = None,
) -> Measured:
    """Ask every question of every level, of the ranker first and then of the baselines."""
    cached = CachedQuestions(encoder)
    levels = {level.name: level for level in metrics.levels(corpus, cached, language, progress)}
    asked, elapsed = {}, {}
    for name, level in levels.items():
        asked[name], elapsed[name] = metrics.ask_all(level, corpus.questions, cached, ranker, progress, cross_encoder)
    questions = [one.text for one in corpus.questions]
    found = {
        name: {
            level.name: baselines.search_all(search, level.index, questions, level.gold, cached)
            for level in levels.values()
        }
        for name, search in baselines.SEARCHES.items()
    }
    return Measured(levels, asked, found, elapsed[WHOLE])


def figures_of(measured: Measured) -> dict[str, Any]:
    """Return the figures of the eval command.

    Ranking figures come from an index of everything; a hit is the sentence that holds the answer's
    start. Confidence is calibrated against "the best hit is right" on the near level.
    """
    half = measured.asked[HALF]
    p50, p95 = np.percentile(measured.elapsed, [50, 95])
    return {
        "questions": len(measured.elapsed),
        **search_figures(measured.asked),
        "ece": metrics.calibration_error([one.confidence for one in half], [one.right for one in half]),
        "latency_ms": {"p50": round(float(p50), 2), "p95": round(float(p95), 2)},
    }


def baseline_figures(measured: Measured) -> dict[str, dict[str, Any]]:
    """Return the figures of ranking and refusal of each baseline, by its name."""
    return {name: search_figures(found) for name, found in measured.baselines.items()}


def search_figures(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Return ranking on the whole index and refusal on each level that lacks some answers."""
    whole = outcomes[WHOLE]
    lacking = {name: found for name, found in outcomes.items() if name != WHOLE}
    return {
        **metrics.ranking_figures([one.gold for one in whole], [one.rows for one in whole]),
        "refusal": {name: _refusal(found) for name, found in lacking.items()},
    }


def _refusal(outcomes: Sequence[Outcome]) -> dict[str, float]:
    kept = [one.confidence for one in outcomes if one.gold >= 0]
    lost = [one.confidence for one in outcomes if one.gold < 0]
    return {"auroc": metrics.auroc(kept, lost), "refused_at_95": metrics.refused(kept, lost)}
