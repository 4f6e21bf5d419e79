"""Fit how much a reader counts: python -m retrieval.measuring.fit_reading INDEX READER RANKER [FILE ...].

INDEX is an index folder whose compiled model encodes, READER a reader's folder, RANKER a file of the ranker's weights,
to which those of the reader are added. A FILE is a SQuAD or XQuAD-R file, or NAME.jsonl.gz with questions about the
documents in NAME.corpus.jsonl.gz; --golden adds golden questions about the documents of an index, of which some of the
next --golden are asked as well, since members also ask what has nothing to do with the documents. --small adds golden
questions about an index of few sentences, of which the ranker alone cannot tell what they leave out: its operating
points are measured without them. None of these corpora may have trained the reader. Questions of a SQuAD file are asked
of the levels far, near and nearest (see levels), those of other files of either half of the pages. Every corpus counts
alike. The operating points, with the reader and without, and the figures of each corpus are those of weights that were
fitted on the others; --test adds files that are only printed, by weights fitted on all corpora.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import Said, order_closely
from retrieval.asking.ranker import READING_FEATURES, OperatingPoint, Ranker, ReadingWeights, read_ranker
from retrieval.concurrency import available_cores
from retrieval.encoding.span_reader import open_reader
from retrieval.errors import DataError
from retrieval.measuring.metrics import calibration_error, least_calibration_error
from retrieval.measuring.reading_corpora import Asked, ask_file, ask_golden
from retrieval.measuring.train import PRECISIONS, fit_logistic, threshold_for
from retrieval.types import Float32

WANTED_PRECISION = 0.75  # in the figures that are printed: the default
# Of what is fitted; the rest is the ranker's own confidence, which knows more of an encyclopaedia. With 1, refusal on
# XQuAD-R (`footnote eval`) is worse, and near misses in an index of few sentences are told apart better.
FITTED_SHARE = 0.8
NAMES = (*FEATURE_NAMES, *READING_FEATURES)
Float64 = NDArray[np.float64]
Corpus = Sequence[Asked]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The best hits of n questions: their probabilities, whether they answer, and whether nothing does, (n,) each."""

    probabilities: Float64
    right: NDArray[np.bool_]
    without: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Best:
    """The passage that comes first after reading: its features and READING_FEATURES, float32 (f + 3,)."""

    inputs: Float32
    moved: float
    right: bool


def main(arguments: list[str]) -> int:
    """Fit, print the figures as JSON, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.fit_reading", description="Fit how much a reader counts."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("reader", type=Path, help="the folder of the reader")
    parser.add_argument("ranker", type=Path, help="the ranker's weights, to which those of the reader are added")
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--golden", type=Path, nargs=2, action="append", default=[], metavar=("INDEX", "FILE"))
    parser.add_argument("--small", type=Path, nargs=2, action="append", default=[], metavar=("INDEX", "FILE"))
    parser.add_argument("--test", type=Path, nargs="+", default=[], metavar="FILE", help="only print figures of these")
    options = parser.parse_args(arguments)
    reader, ranker = open_reader(options.reader, available_cores()), read_ranker(options.ranker)

    def ask(file: Path) -> list[Asked]:
        return list(ask_file(file, options.index, reader, ranker))

    asked = {file.name: ask(file) for file in options.files}
    golden = options.golden + options.small
    files = [file for _, file in golden]
    elsewhere = dict(zip(files, files[1:] + files[:1], strict=True)) if len(files) > 1 else {}
    asked |= {file.name: list(ask_golden(folder, file, reader, ranker, elsewhere.get(file))) for folder, file in golden}
    corpora = list(asked.values())
    ranked = corpora[: len(corpora) - len(options.small)]
    figures = {
        name: _figures(corpus, _others(corpora, corpus), _others(ranked, corpus), ranker)
        for name, corpus in asked.items()
    }
    figures |= {file.name: _figures(ask(file), corpora, ranked, ranker) for file in options.test}
    content = json.loads(options.ranker.read_text("utf-8")) | _weights(corpora, ranked, ranker)
    content.setdefault("provenance", {})["reading"] = {
        "files": list(asked),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "reader": reader.fingerprint,
        "left_out": figures,
    }
    options.ranker.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps({"left_out": figures, "weights": content["reading"]}, indent=2) + "\n")
    return 0


def _others(corpora: Sequence[Corpus], corpus: Corpus) -> Sequence[Corpus]:
    """Return all corpora but one, or that one if it is alone."""
    return [other for other in corpora if other is not corpus] or corpora


def _weights(corpora: Sequence[Corpus], ranked: Sequence[Corpus], ranker: Ranker) -> dict[str, Any]:
    """Fit what the file of weights holds of the reader, and measure the operating points with it and without.

    `ranked` are the corpora by which the ranker is measured alone.
    """
    judged = [_judge(corpus, _fit(_others(corpora, corpus), ranker)) for corpus in corpora]
    weights = msgspec.structs.replace(_fit(corpora, ranker), operating_points=tuple(_operating_points(judged)))
    points = tuple(_operating_points([_judge(corpus) for corpus in ranked]))
    return {"reading": msgspec.to_builtins(weights), "operating_points": msgspec.to_builtins(points)}


def _fit(corpora: Sequence[Corpus], ranker: Ranker) -> ReadingWeights:
    """Fit order and probability on the questions that are worth reading for; each corpus counts alike.

    The log-odds are a mean of fitted ones and the ranker's, scaled so that they are calibrated.
    """
    doubtful = [[asked for asked in corpus if asked.doubtful] for corpus in corpora]
    order = _fit_order(doubtful)
    best = [[_best(asked, order) for asked in corpus] for corpus in doubtful if corpus]
    inputs = _alike([np.array([one.inputs for one in corpus], np.float64) for corpus in best])
    moved = _alike([np.array([one.moved for one in corpus], np.float64) for corpus in best])
    right = _alike([np.array([one.right for one in corpus], bool) for corpus in best])
    fitted = np.append(*fit_logistic(inputs, right, offset=moved))
    own = np.array([*ranker.confidence, *(0.0 for _ in READING_FEATURES), ranker.bias])
    mean = FITTED_SHARE * fitted + (1 - FITTED_SHARE) * own
    (scale,), shift = fit_logistic((inputs @ mean[:-1] + mean[-1])[:, np.newaxis], right, offset=moved)
    *values, bias = [round(float(weight), 4) for weight in mean * scale]
    return ReadingWeights(dict(zip(NAMES, values, strict=True)), round(bias + shift, 4), (), order)


def _fit_order(corpora: Sequence[Corpus]) -> float:
    """Fit how much readings count beside scores: a logistic regression on pairs of a right and a wrong passage.

    Raises DataError if no question has both kinds, or the better scores are not those of the right ones.
    """
    differences = [[difference for asked in corpus for difference in _differences(asked)] for corpus in corpora]
    if not any(differences):
        raise DataError("no question has a passage that answers and one that does not")
    pairs = _alike([np.array(found, np.float64) for found in differences if found])
    (base, answers), _ = fit_logistic(pairs, np.ones(len(pairs), bool), biased=False)
    if base <= 0:
        raise DataError("the scores do not tell right passages from wrong ones")
    return round(answers / base, 4)


def _differences(asked: Asked) -> Iterator[tuple[float, float]]:
    """Yield by how much each right passage of a question exceeds each wrong one, in score and in reading."""
    alone = asked.right.diagonal()
    for right in np.flatnonzero(alone):
        for wrong in np.flatnonzero(~alone):
            score = float(asked.base[right] - asked.base[wrong])
            yield score, float(asked.answers[right] - asked.answers[wrong])


def _best(asked: Asked, order: float) -> _Best:
    """Choose the passage of a question that comes first after reading; what is shown with it may answer as well."""
    looks = [Said(*said) for said in zip(asked.closely.tolist(), asked.judged.tolist(), strict=True)]
    found, said = order_closely(order, asked.base, asked.answers, asked.joinable, looks.__getitem__)
    first, shown = found.places[0], found.places[0] if found.partner is None else found.partner
    inputs = np.concatenate([asked.features[first], [*said, found.lead]]).astype(np.float32)
    return _Best(inputs, float(asked.moved[first]), bool(asked.right[first, shown]))


def _judge(corpus: Corpus, weights: ReadingWeights | None = None) -> _Judged:
    """Judge the best hits of a corpus; without weights by the ranker alone."""
    probabilities = np.array([asked.before for asked in corpus], np.float64)
    right = np.array([asked.right.diagonal()[:1].any() for asked in corpus], bool)
    if weights is not None:
        for place, asked in enumerate(corpus):
            if asked.doubtful:
                best = _best(asked, weights.order)
                features, readings = np.split(best.inputs[np.newaxis], [len(FEATURE_NAMES)], axis=1)
                moved = np.array([best.moved], np.float32)
                probabilities[place], right[place] = weights.probabilities(features, readings, moved)[0], best.right
    return _Judged(probabilities, right, np.array([asked.without for asked in corpus], bool))


def _alike(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays, repeating the shorter ones to the length of the longest, so that each counts alike."""
    longest = max(map(len, arrays))
    return np.concatenate([np.resize(array, (longest, *array.shape[1:])) for array in arrays])


def _figures(corpus: Corpus, others: Sequence[Corpus], ranked: Sequence[Corpus], ranker: Ranker) -> dict[str, float]:
    """Compute the figures of a corpus with weights and a threshold that were fitted on the others.

    `ranked` are those of the others by which the ranker is measured alone.
    """
    weights = _fit(others, ranker)
    judged, before = _judge(corpus, weights), _judge(corpus)
    answered = judged.probabilities >= _threshold([_judge(other, weights) for other in others])
    answered_before = before.probabilities >= _threshold([_judge(other) for other in ranked])
    answerable, without = ~judged.without, judged.without
    return {
        "questions": len(judged.right),
        "right_first": round(float(judged.right[answerable].mean()), 4),
        "right_first_without_reader": round(float(before.right[answerable].mean()), 4),
        "calibration_error": calibration_error(judged.probabilities.tolist(), judged.right.tolist()),
        "least_calibration_error": least_calibration_error(judged.probabilities.tolist()),
        "precision": round(float(judged.right[answered].mean()) if answered.any() else 1.0, 4),
        "answered_right": round(float((answered & judged.right)[answerable].mean()), 4),
        "answered_right_without_reader": round(float((answered_before & before.right)[answerable].mean()), 4),
        "unanswerable_answered": round(float(answered[without].mean()), 4),
    }


def _threshold(judged: Sequence[_Judged]) -> float:
    """Find the threshold that reaches the wanted precision over corpora that count alike."""
    probabilities, right = _alike([one.probabilities for one in judged]), _alike([one.right for one in judged])
    return threshold_for(probabilities.tolist(), right.tolist(), WANTED_PRECISION)


def _operating_points(judged: Sequence[_Judged]) -> Iterator[OperatingPoint]:
    """Yield the operating point of each precision that can be reached over corpora that count alike."""
    probabilities, right = _alike([one.probabilities for one in judged]), _alike([one.right for one in judged])
    without = _alike([one.without for one in judged])
    for precision in PRECISIONS:
        threshold = threshold_for(probabilities.tolist(), right.tolist(), precision)
        if threshold < 1.0:
            answered = probabilities >= threshold
            shares = [round(float(answered[kind].mean()), 4) for kind in (~without, without)]
            yield OperatingPoint(precision, round(threshold, 4), *shares)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
