"""Sharpen the confidence with an operator's golden questions.

The fitted probability says how sure to be on encyclopaedia articles. On other documents, and for the
way other people ask, it is too high or too low by about the same log-odds everywhere; that one shift
is learned here (Platt 1999, the intercept only), and the fewer the questions, the less it moves.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion, is_expected
from retrieval.measuring.metrics import auroc
from retrieval.store.manifest import Calibration
from retrieval.text.cleaning import clean_question
from retrieval.types import Encoder

PRIOR = 1.0  # standard deviation of the shift that is expected, in log-odds
STEPS = 50
MARGIN = 0.05  # how far under the wanted precision the answers may stay unremarked


def sharpen(
    index: Index, encoder: Encoder, ranker: Ranker, golden: Sequence[GoldenQuestion], precision: float
) -> Calibration:
    """Fit the shift of an index's log-odds to golden questions, and count what is then answered at `precision`."""
    retriever = Retriever(index, encoder, ranker)
    probabilities, right = [], []
    for one in golden:
        hits = retriever.rank(clean_question(one.question))
        document = index.documents[index.sentence(hits[0].row).document].id if hits else None
        probabilities.append(hits[0].probability if hits else 0.0)
        right.append(bool(hits) and is_expected(one, document, index.text(hits[0].row)))
    shift = fit_shift(probabilities, right)
    shifted = [_probability(_log_odds(one) + shift) for one in probabilities]
    threshold = ranker.point_for(precision).threshold
    answered = [was_right for one, was_right in zip(shifted, right, strict=True) if one >= threshold]
    kept = [one for one, asked in zip(probabilities, golden, strict=True) if asked.answerable]
    lost = [one for one, asked in zip(probabilities, golden, strict=True) if not asked.answerable]
    return Calibration(
        questions=len(golden),
        shift=round(shift, 4),
        answered=len(answered),
        right=sum(answered),
        auroc=auroc(kept, lost) if kept and lost else None,
        overlap=bool(answered) and sum(answered) < (precision - MARGIN) * len(answered),
    )


def fit_shift(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Return the shift of the log-odds that makes the outcomes most likely, given PRIOR; Newton's method."""
    evidence: NDArray[np.float64] = np.array([_log_odds(one) for one in probabilities], np.float64)
    truth = np.array(right, np.float64)
    shift = 0.0
    for _ in range(STEPS):
        expected = 1.0 / (1.0 + np.exp(-(evidence + shift)))
        slope = float((truth - expected).sum()) - shift / PRIOR**2
        shift += slope / (float((expected * (1 - expected)).sum()) + 1 / PRIOR**2)
    return shift


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))


def _probability(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))
