"""Doubt what is about another version than the question: "pillow 12" finds "macOS 10.12 …; Pillow version: 4.1.1".

A number of a name limits the question to that name with that number, whatever other numbers have the same digits.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.text.constraints import is_yes_no
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.version_numbers import has_other_version, numbered_names
from retrieval.types import Hit

MAX_HITS = 12  # that are looked at
OTHER_VERSION_LOG_ODDS = 4.0  # that a hit loses; chosen, not fitted


def doubt_other_versions(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Put the hits behind the others, and lower them, that give another version of what the question numbers.

    A question that can be answered by yes or no is answered by another version as well. Raises DamagedIndexError.
    """
    names = numbered_names(question) if index.language == "en" and not is_yes_no(question) else ()
    if not names:
        return list(hits)
    judged = list(hits[:MAX_HITS])
    is_other = [has_other_version(readable_text(index, hit.row), names) for hit in judged]
    near = [hit for hit, other in zip(judged, is_other, strict=True) if not other]
    behind = [
        replace(hit, probability=lower_log_odds(hit.probability, OTHER_VERSION_LOG_ODDS))
        for hit, other in zip(judged, is_other, strict=True)
        if other
    ]
    ordered = [replace(hit, score=place.score) for hit, place in zip([*near, *behind], judged, strict=True)]
    return [*ordered, *hits[MAX_HITS:]]
