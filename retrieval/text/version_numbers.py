"""Tell whether a text is about another version of something than a question that numbers it: "Mill version: 4.1".

That a number of the question stands in the text says nothing then: it is part of another one, as in "Rye 10.12", or
numbers something else.
"""

import re
from functools import lru_cache

from retrieval.text.terms import STOP_WORDS, split_terms

NUMBER = r"\d{1,6}(?:\.\d{1,6}){0,4}"
NAMED = re.compile(rf"(?<![\w.-])(?P<name>[^\W\d_][\w+#-]{{1,40}})\s+v?(?P<number>{NUMBER})(?![\w%]|[.,:/]\d)")
OF_VERSION = re.compile(
    rf"(?<![\w.-])(?P<name>[^\W\d_][\w+#-]{{1,40}})\s+(?:version|release)s?(?:\s*[:=])?\s*v?(?P<number>{NUMBER})(?!\w)",
    re.IGNORECASE,
)
NO_NAMES = STOP_WORDS["en"].union(
    ("version", "versions", "release", "over", "under", "than", "until", "since", "above", "below")
)


@lru_cache(maxsize=256)
def numbered_names(question: str) -> tuple[tuple[str, str], ...]:
    """Return the term of each name with a number behind it, and that: ("mill", "12") for "does mill 12 grind rye"."""
    pairs = ((match["name"].lower(), match["number"]) for match in NAMED.finditer(question))
    return tuple((split_terms(name, "en")[-1], number) for name, number in pairs if name not in NO_NAMES)


def has_other_version(text: str, names: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether a text gives the version of one of some names, and never the one of its number."""
    versions = [(split_terms(match["name"], "en"), match["number"]) for match in OF_VERSION.finditer(text)]
    for name, number in names:
        own = [version for words, version in versions if words and words[-1] == name]
        if own and not any(f"{version}.".startswith(f"{number}.") for version in own):
            return True
    return False
