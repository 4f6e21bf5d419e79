"""Calibrate the confidence with an operator's golden questions.

The fitted probability is calibrated on manuals and encyclopaedia articles. On other documents and other people's
questions it is too high or too low by about the same log-odds everywhere. That one shift is fitted here (Platt 1999,
the intercept alone) with a normal prior: the fewer the questions, the smaller the shift.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.passage_reading import PassageReader
from retrieval.asking.quotes import quote_passage
from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.asking.selection import compose_shown
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion
from retrieval.measuring.metrics import auroc
from retrieval.measuring.verdicts import shown_share
from retrieval.store.manifest import Calibration
from retrieval.text.cleaning import clean_question
from retrieval.types import CrossEncoder, Encoder, Hit

PRIOR_DEVIATION = 1.0  # standard deviation of the shift, in log-odds
HALVINGS = 80  # of the interval of the shift: its width falls below what a float can tell apart
PRECISION_MARGIN = 0.05  # how far below the wanted precision the answers may stay without a remark


def calibrate(
    index: Index,
    encoder: Encoder,
    ranker: Ranker,
    golden: Sequence[GoldenQuestion],
    precision: float,
    cross_encoder: CrossEncoder | None = None,
    reader: PassageReader | None = None,
    *,
    newest_versions: bool = True,
) -> Calibration:
    """Fit the shift to golden questions, and count the questions answered at the threshold of a precision.

    Ranks as answering does: with the reader or the cross-encoder, if there is one.
    """
    retriever = Retriever(index, encoder, ranker, cross_encoder, reader, newest_versions=newest_versions)
    probabilities, right = [], []
    for question in golden:
        hits = retriever.rank(clean_question(question.question))
        probabilities.append(hits[0].probability if hits else 0.0)
        right.append(bool(hits) and _is_right(index, question, hits[0]))
    shift = fit_shift(probabilities, right)
    shifted = [_probability(_log_odds(probability) + shift) for probability in probabilities]
    threshold = ranker.point_for(precision).threshold
    answered = [is_right for probability, is_right in zip(shifted, right, strict=True) if probability >= threshold]
    both = list(zip(probabilities, golden, strict=True))
    answerable = [probability for probability, question in both if question.answerable]
    unanswerable = [probability for probability, question in both if not question.answerable]
    return Calibration(
        questions=len(golden),
        shift=round(shift, 4),
        answered=len(answered),
        right=sum(answered),
        auroc=auroc(answerable, unanswerable) if answerable and unanswerable else None,
        overlap=bool(answered) and sum(answered) < (precision - PRECISION_MARGIN) * len(answered),
    )


def _is_right(index: Index, question: GoldenQuestion, hit: Hit) -> bool:
    quote = quote_passage(index, hit.row, hit.probability, compose_shown(index, hit, question.question))
    return shown_share(question, quote) == 1.0


def fit_shift(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Fit the shift of the log-odds that makes the outcomes most likely, given the prior.

    The slope of the log-posterior falls everywhere, and is zero between plus and minus the number of outcomes times
    the variance of the prior; bisection finds that place from any outcomes, where Newton's method may diverge.
    """
    evidence: NDArray[np.float64] = np.array([_log_odds(probability) for probability in probabilities], np.float64)
    truth = np.array(right, np.float64)
    high = len(right) * PRIOR_DEVIATION**2
    low = -high
    for _ in range(HALVINGS):
        shift = (low + high) / 2
        expected = np.exp(-np.logaddexp(0.0, -(evidence + shift)))  # the logistic function, without overflow
        slope = float((truth - expected).sum()) - shift / PRIOR_DEVIATION**2
        low, high = (shift, high) if slope > 0 else (low, shift)
    return (low + high) / 2


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))


def _probability(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))
