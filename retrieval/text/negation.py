"""Find which words of an English text are negated: "dogs are not allowed", "without lights", "never opens"."""

import re

from retrieval.text.terms import split_terms

CONTRACTION = re.compile(  # also as typed in a chat: "dont"
    r"\b(?:ca|do|does|did|is|are|was|were|wo|would|could|should|must|need|has|have|had|ai)n['’]?t\b", re.IGNORECASE
)
NEGATION = re.compile(rf"\b(?:not|no|never|cannot|without|nor|neither)\b|{CONTRACTION.pattern}", re.IGNORECASE)
CLAUSE_END = re.compile(r"[.,;:!?()—–]|\b(?:but|and|or|if|because|when|while|unless|until|which|that)\b", re.IGNORECASE)
MAX_TERMS = 2  # behind a negation, to which it applies


def negated_terms(text: str) -> frozenset[str]:
    """Find the terms right behind a negation, in its clause."""
    negated: set[str] = set()
    for match in NEGATION.finditer(text):
        clause = CLAUSE_END.split(text[match.end() : match.end() + 60], maxsplit=1)[0]
        negated.update(split_terms(clause, "en")[:MAX_TERMS])
    return frozenset(negated)
