"""Answer what the default of a named setting is with the line of its entry that says so.

An entry stands below a heading that is the name of the setting, and all of them are alike: "Default: 5". So neither
words nor vectors say much. The rule is narrow: all words of the question are in the heading right above the line, in
those further up or in the names of the document, and no other entry that fits says something else.
"""

import re

from retrieval.asking.section_outline import heading_text, places_above
from retrieval.index.equal_terms import rows_with_form
from retrieval.index.index import Index
from retrieval.index.scope import Scope
from retrieval.text.default_questions import parse_default_question
from retrieval.text.terms import split_terms

MAX_ROWS = 2_000  # with a word of the question that are looked at
# Not "the default is ignored", nor "on a Mac, the default is 3", which is but one of several.
NO_VALUE = r"(?!\s+(?:used|taken|ignored|applied|kept|restored|overridden|replaced|unchanged)\b)"
STATES_DEFAULT = re.compile(
    rf"\W*(?:the )?defaults?(?: values?)?(?:\s*[:=–—-]|\s+(?:to|of)\b|\s+(?:is|are)\b{NO_VALUE})\s*\S"
    r"|(?!\W*(?:if|unless|when|where|while|with|without|before|until|since|on|in|for|as)\b)[^.\n]{0,100}"
    rf"\b(?:defaults to|by default,? it (?:is|has)|(?:the )?default(?: value)? is){NO_VALUE}\s+\S",
    re.IGNORECASE,
)


def find_default_entry(index: Index, question: str, scope: Scope) -> int | None:
    """Find the row that states the default of the setting that a question names; None without one, or in doubt."""
    asked = parse_default_question(question) if index.language == "en" else None
    if asked is None:
        return None
    entries: dict[tuple[int, int], int] = {}  # the first row of each section
    for term in sorted(asked):
        rows = rows_with_form(index.lexical, ("default", term))
        rows = rows if scope.rows is None else rows[scope.rows.contains(rows)]
        for row in rows[:MAX_ROWS].tolist():
            sentence = index.sentence(row)
            if STATES_DEFAULT.match(index.text(row)) and _is_entry(index, row, asked):
                place = sentence.document, sentence.section
                entries[place] = min(row, entries.get(place, row))
    texts = {index.text(row) for row in entries.values()}
    return min(entries.values()) if len(texts) == 1 else None


def _is_entry(index: Index, row: int, asked: frozenset[str]) -> bool:
    """Tell whether the heading above a row names what is asked about, and all else of the question is above it."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    above = [heading_text(document, place) for place in places_above(document, sentence.section)]
    name = _terms(above[:1])
    return bool(name) and name <= asked and asked <= _terms([*above, document.title, document.id])


def _terms(texts: list[str]) -> frozenset[str]:
    return frozenset(term for text in texts for term in split_terms(text, "en"))
