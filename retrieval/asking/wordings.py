"""Word a question with the forms of a glossary that the documents have, its spelling mended.

A question, an index with its glossary and a scope come in; the wordings to ask go out, the question's own first. Each
says which of its terms have equal forms, so that a text with another form than the question is found as well.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from retrieval.asking.spelling import mend_spelling, write_out_plain_forms
from retrieval.index.equal_terms import EqualForms
from retrieval.index.index import Index
from retrieval.index.scope import Scope, count_rows
from retrieval.text.day_names import other_names
from retrieval.text.equal_forms import FoundForm, find_forms, replace_forms
from retrieval.text.named_days import forms_of_named_days
from retrieval.text.short_forms import SHORT_BY_WORD, SHORT_FORMS
from retrieval.text.terms import WORD, split_terms
from retrieval.types import Glossary

SHORT_WORD = re.compile(r"(?<![\w`'\"“‘.-])[a-z]+(?![\w`'\"”’.-]\w?)")  # neither quoted nor part of a name
MAX_OTHER_WORDINGS = 2  # besides the question's own; each is encoded and ranked by itself


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in some words; `equal` has the terms of each form that means the same as one of its terms.

    `mended` is the question with its spelling mended, "" if nothing but small words and short forms with one meaning
    was, and `found` are the glossary's forms in it, each with another form that the documents have. `typed` is the
    question with its short forms, where nothing else is replaced in the text.
    """

    text: str
    mended: str
    equal: EqualForms = field(default_factory=dict)
    found: tuple[tuple[FoundForm, str], ...] = ()
    typed: str = ""

    @property
    def compared(self) -> str:
        """Return the text to compare with other questions: those that differ in a short form only say the same."""
        return self.typed or self.text


def word_question(index: Index, question: str, scope: Scope) -> list[Wording]:
    """Return the wordings of a question: its own, and up to MAX_OTHER_WORDINGS with forms that rows of the scope have.

    Misspelt words are mended in all of them. Forms that no row of the scope has are ignored, so that nothing outside of
    it has any influence.
    """
    plain = write_out_plain_forms(index, question, scope)
    question = mend_spelling(index, plain, scope)
    mended = question if question != plain else ""
    forms = find_forms(question, _glossary(index, question, scope), index.language)
    others = [(form, _known_forms(index, form.others, scope)) for form in forms]
    others = [(form, known) for form, known in others if known]
    if not others:
        return [Wording(question, mended, _equal_terms(index, question, scope))]
    found = tuple((form, known[0]) for form, known in others)
    typed = question if all(form.form in SHORT_FORMS for form, _ in others) else ""
    wordings = [Wording(question, mended, _equal_terms(index, question, scope), found)]
    for place in range(min(max(len(known) for _, known in others), MAX_OTHER_WORDINGS)):
        text = replace_forms(question, [(form, known[min(place, len(known) - 1)]) for form, known in others])
        wordings.append(Wording(text, mended, _equal_terms(index, text, scope), found, typed))
    return wordings


def deciding_forms(index: Index, wording: Wording, rows: Iterable[int]) -> tuple[str, ...]:
    """Return what the glossary decided for the rows that answer: "D2B = Driver to Buy" if the window has only these.

    A form of the question that is itself in the window of every row explains nothing, nor does "max = maximum".
    """
    windows = [index.window_rows(row) for row in rows]
    return tuple(
        dict.fromkeys(
            f"{form.form} = {other}"
            for form, other in wording.found
            if not (form.form in SHORT_FORMS and other.startswith(form.form))
            and any(
                not _in_window(index, form.form, window)
                and any(_in_window(index, known, window) for known in form.others)
                for window in windows
            )
        )
    )


def _glossary(index: Index, question: str, scope: Scope) -> Glossary:
    """Return the glossary with the dates of days that an English question names, and what its short forms stand for.

    The latter is the most usual meaning that rows of the scope have.
    """
    if index.language != "en":
        return index.glossary
    short = (match[0] for match in SHORT_WORD.finditer(question) if match[0] in SHORT_FORMS)
    known = ((form, *_known_in_order(index, SHORT_FORMS[form], scope)[:1]) for form in dict.fromkeys(short))
    return (*index.glossary, *forms_of_named_days(question), *(group for group in known if len(group) > 1))


def _known_forms(index: Index, forms: Iterable[str], scope: Scope) -> list[str]:
    """Return the forms that rows of the scope have, those of the most rows first."""
    counts = [(form, count_rows(index, split_terms(form, index.language), scope)) for form in forms]
    return [form for form, count in sorted(counts, key=lambda counted: -counted[1]) if count]


def _equal_terms(index: Index, question: str, scope: Scope) -> EqualForms:
    """Map the terms of each form in a question to the terms of the forms that mean the same.

    A form of stop words alone, such as "IT", becomes a term of its own, which no text has. A word is also equal to the
    short form of a chat that the documents have for it: "maximum" to "max".
    """
    equal = _equal_names(index, question, scope) | _equal_short_forms(index, question, scope)
    for form in find_forms(question, _glossary(index, question, scope), index.language):
        own = split_terms(form.form, index.language) or [form.form.casefold()]
        for other in _known_forms(index, form.others, scope):
            terms = tuple(split_terms(other, index.language))
            for term in own:
                if term not in terms and terms not in equal.setdefault(term, []):
                    equal[term].append(terms)
    return {term: forms for term, forms in equal.items() if forms}


def _equal_names(index: Index, question: str, scope: Scope) -> dict[str, list[tuple[str, ...]]]:
    """Map each day and month of a question that no row of the scope has to those of its other names that rows have.

    Where some row has it, its short form is left alone: "sun" and "mar" have other meanings.
    """
    equal: dict[str, list[tuple[str, ...]]] = {}
    for word in WORD.findall(question) if index.language == "en" else ():
        names = other_names(word)
        if names and (own := split_terms(word, index.language)) and not count_rows(index, own, scope):
            equal[own[0]] = [tuple(split_terms(name, index.language)) for name in _known_forms(index, names, scope)]
    return {term: list(dict.fromkeys(names)) for term, names in equal.items() if names}


def _equal_short_forms(index: Index, question: str, scope: Scope) -> dict[str, list[tuple[str, ...]]]:
    """Map the terms of words in an English question to those of their short forms that rows of the scope have."""
    equal: dict[str, list[tuple[str, ...]]] = {}
    for word in WORD.findall(question.lower()) if index.language == "en" else ():
        own = split_terms(word, "en")
        short = (tuple(split_terms(form, "en")) for form in _known_in_order(index, SHORT_BY_WORD.get(word, ()), scope))
        for terms in short if len(own) == 1 else ():
            if own[0] not in terms and terms not in equal.get(own[0], ()):
                equal.setdefault(own[0], []).append(terms)
    return equal


def _known_in_order(index: Index, forms: Iterable[str], scope: Scope) -> list[str]:
    """Return the forms that rows of the scope have, in order."""
    return [form for form in forms if count_rows(index, split_terms(form, "en"), scope)]


def _in_window(index: Index, form: str, window: tuple[int, int]) -> bool:
    """Tell whether every term of a form is in a window, a half-open range of rows, or in its title or heading."""
    terms: Sequence[str] = split_terms(form, index.language)
    return bool(terms) and all(_has_row(index, term, window) for term in terms)


def _has_row(index: Index, term: str, window: tuple[int, int]) -> bool:
    rows, _ = index.lexical.postings(term)
    first, end = np.searchsorted(rows, np.array(window, np.int32))
    return bool(first < end)
