"""Measure a SQuAD or XQuAD-R file: run the ranker and its baselines on every level and compute their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.asking.passage_reading import PassageReader
from retrieval.asking.ranker import Ranker
from retrieval.encoding.encoder import CachedQuestions
from retrieval.measuring.baselines import BASELINES, BaselineResult, run_baseline
from retrieval.measuring.levels import NEAR, WHOLE, Level, RankerResult, ask_level, build_levels
from retrieval.measuring.metrics import calibration_error, ranking_figures, refusal_figures
from retrieval.measuring.squad import LabelledCorpus
from retrieval.progress import Progress
from retrieval.types import CrossEncoder, Encoder

RankingResult = RankerResult | BaselineResult


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results for every question of a corpus; item i of each list belongs to question i.

    `levels` and `results` are by the level's name, `baselines` by the baseline's name, then the level's. `elapsed_ms`
    are the times of the ranker on the whole index.
    """

    levels: dict[str, Level]
    results: dict[str, list[RankerResult]]
    baselines: dict[str, dict[str, list[BaselineResult]]]
    elapsed_ms: list[float]


def measure(
    corpus: LabelledCorpus,
    encoder: Encoder,
    ranker: Ranker,
    language: str,
    progress: Progress,
    cross_encoder: CrossEncoder | None = None,
    reader: PassageReader | None = None,
) -> Measurement:
    """Ask every question on every level, first with the ranker and then with the baselines."""
    cached = CachedQuestions(encoder)
    levels = {level.name: level for level in build_levels(corpus, cached, language, progress)}
    results, elapsed_ms = {}, {}
    for name, level in levels.items():
        results[name], elapsed_ms[name] = ask_level(
            level, corpus.questions, cached, ranker, progress, cross_encoder, reader
        )
    questions = [question.text for question in corpus.questions]
    baselines = {
        baseline: {name: run_baseline(search, level, questions, cached) for name, level in levels.items()}
        for baseline, search in BASELINES.items()
    }
    return Measurement(levels, results, baselines, elapsed_ms[WHOLE])


def eval_figures(measurement: Measurement) -> dict[str, Any]:
    """Compute the figures of the eval command.

    Ranking figures are about the whole index; a hit is right if it is the sentence where the answer starts. The
    calibration error compares the confidence with whether the best hit is right, on the near level.
    """
    near = measurement.results[NEAR]
    p50, p95 = np.percentile(measurement.elapsed_ms, [50, 95])
    return {
        "questions": len(measurement.elapsed_ms),
        **_figures(measurement.results),
        "ece": calibration_error([result.confidence for result in near], [result.right for result in near]),
        "latency_ms": {"p50": round(float(p50), 2), "p95": round(float(p95), 2)},
    }


def baseline_figures(measurement: Measurement) -> dict[str, dict[str, Any]]:
    """Compute the figures about ranking and refusal of each baseline, by its name."""
    return {name: _figures(results) for name, results in measurement.baselines.items()}


def _figures(results: Mapping[str, Sequence[RankingResult]]) -> dict[str, Any]:
    """Compute the figures about ranking on the whole index, and about refusal on every other level."""
    whole = results[WHOLE]
    return {
        **ranking_figures([result.gold for result in whole], [result.rows for result in whole]),
        "refusal": {
            level: refusal_figures([result.confidence for result in group], [result.answerable for result in group])
            for level, group in results.items()
            if level != WHOLE
        },
    }
