"""Recognise questions for the default of a named setting: "what's the default for max-age", "smtp port default?"."""

import re
from functools import lru_cache

from retrieval.text.terms import split_terms

DEFAULT = re.compile(r"\bdefaults?\b", re.IGNORECASE)
OTHERWISE = re.compile(r"\W*(?:how|why|when|where|who|can|could|should|does|do|is|are|since)\b", re.IGNORECASE)
GENERIC = frozenset(
    split_terms("what whats is are the default defaults value values setting settings option parameter argument flag"
                " does do have has for of set please exactly again currently actually", "en")
)  # fmt: skip


@lru_cache(maxsize=256)
def parse_default_question(question: str) -> frozenset[str] | None:
    """Find the terms that name the setting whose default an English question asks for; None if it asks for none."""
    if not DEFAULT.search(question) or OTHERWISE.match(question):
        return None
    return frozenset(split_terms(question, "en")) - GENERIC or None
