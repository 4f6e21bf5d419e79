"""Count the verdicts on golden questions, in all and for each kind, and measure how much is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.measuring.verdicts import GoldenCase, Verdict
from retrieval.measuring.visible_text import shown_text

MOST = 95  # percentile of the sizes


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of some golden questions.

    `first_right` and `best_right` count the answerable questions whose first passage, or one of the first five, is
    right whatever the confidence. `sizes` are the characters shown of each first passage, whatever the confidence.
    """

    answerable: int
    unanswerable: int
    verdicts: Mapping[Verdict, int]
    first_right: int
    best_right: int
    sizes: tuple[int, ...]


def count_cases(cases: Sequence[GoldenCase]) -> Tally:
    """Count the verdicts on some cases."""
    verdicts: dict[Verdict, int] = {}
    for case in cases:
        verdicts[case.verdict] = verdicts.get(case.verdict, 0) + 1
    answerable = sum(case.golden.answerable for case in cases)
    return Tally(
        answerable=answerable,
        unanswerable=len(cases) - answerable,
        verdicts=verdicts,
        first_right=sum(case.right_rank == 1 for case in cases),
        best_right=sum(case.right_rank is not None for case in cases),
        sizes=tuple(len(shown_text(case.best[0])) for case in cases if case.best),
    )


def count_by_kind(cases: Iterable[GoldenCase]) -> dict[str, Tally]:
    """Count the verdicts for each kind of question, the kinds in alphabetical order."""
    groups: dict[str, list[GoldenCase]] = {}
    for case in cases:
        groups.setdefault(case.golden.kind, []).append(case)
    return {kind: count_cases(groups[kind]) for kind in sorted(groups)}


def tally_json(tally: Tally) -> dict[str, object]:
    """Convert a tally to JSON."""
    return {
        "answerable": tally.answerable,
        "unanswerable": tally.unanswerable,
        "verdicts": dict(tally.verdicts),
        "whatever_the_confidence": {"first_right": tally.first_right, "in_best_five": tally.best_right},
        "shown_characters": size_figures(tally.sizes),
    }


def size_figures(sizes: Sequence[int]) -> dict[str, int]:
    """Compute the median, the 95th percentile and the largest of some sizes, 0 without any.

    Each is one of the sizes: half of them, or 95 % of them, are at most as large.
    """
    if not sizes:
        return {"median": 0, f"p{MOST}": 0, "max": 0}
    median, most = np.percentile(sizes, [50, MOST], method="higher")
    return {"median": int(median), f"p{MOST}": int(most), "max": max(sizes)}
