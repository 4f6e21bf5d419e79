"""Order the hits of a follow-up question: what was just quoted is no answer to it, unless it is asked again.

Hits of both questions together come in. They resemble the first question most, and so does the sentence that answered
it: "how much is a ticket for adults? and for children?" finds the price for adults again. The words that only the
follow-up has tell them apart.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.quotes import citation_id_of_row
from retrieval.index.index import Index
from retrieval.text.follow_ups import Following
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.terms import split_terms
from retrieval.types import Hit

NEAR_ROWS = 6  # sentences on each side of the quoted one that count as its neighbours
NEAR_BONUS = 3.0  # of a score, for a neighbour with a new word of the follow-up
UNSAID_LOG_ODDS = 1.3  # that a hit loses without a new word: only the first question speaks for it
ASKED_AGAIN = re.compile(r"\b(?:again|once more|repeat|remind)\b", re.IGNORECASE)


def order_follow_up(index: Index, hits: Sequence[Hit], following: Following) -> list[Hit]:
    """Remove the hits that were quoted already, and prefer those beside them that have new words of the follow-up.

    Nothing changes if the follow-up has no new words: then it asks for another part of what was quoted ("and where was
    that?") or asks again. Raises DamagedIndexError.
    """
    given = [hit.row for hit in hits if citation_id_of_row(index, hit.row) in following.given]
    said = {term for row in given for term in split_terms(index.text(row), index.language)}
    new = set(split_terms(following.text, index.language)) - said
    if not given or not new or ASKED_AGAIN.search(following.text):
        return list(hits)
    ordered = [_judged(index, hit, given, new) for hit in hits if hit.row not in given]
    return sorted(ordered, key=lambda hit: -hit.score)


def _judged(index: Index, hit: Hit, given: Sequence[int], new: set[str]) -> Hit:
    """Raise the score of a neighbour of the given rows that has a new word; lower what has none."""
    if new.isdisjoint(split_terms(index.text(hit.row), index.language)):
        return replace(hit, probability=lower_log_odds(hit.probability, UNSAID_LOG_ODDS))
    document = index.sentence(hit.row).document
    near = any(abs(hit.row - row) <= NEAR_ROWS and index.sentence(row).document == document for row in given)
    return replace(hit, score=hit.score + NEAR_BONUS) if near else hit
