"""Find the words of a glossary in a question, and write the question with another form of them.

A glossary is groups of forms that mean the same: ("D2B", "Driver to Buy"). Which form the documents have is left to
`retrieval.asking.wordings`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.text.terms import split_terms
from retrieval.types import Glossary

WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A form of a group in a question: text[start:end]."""

    start: int
    end: int
    form: str
    group: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """Return the other forms of the group."""
        return tuple(form for form in self.group if form != self.form)


@dataclass(frozen=True, slots=True)
class _KnownForm:
    """A form of a glossary with the keys of its words; `exact` if it counts only as it is written."""

    keys: tuple[str, ...]
    exact: bool
    form: str
    group: tuple[str, ...]


def form_words(form: str) -> tuple[str, ...]:
    """Split a form into its words without regard to case and punctuation."""
    return tuple(word.casefold() for word in WORD.findall(form))


def find_forms(question: str, glossary: Glossary, language: str) -> list[FoundForm]:
    """Find the forms of a glossary in a question, in order, without overlaps, the longest at each place.

    Words are compared by their stems. A form of stop words alone, such as "IT", must stand there as it is written.
    """
    if not glossary:
        return []
    known = _forms_by_first_word(glossary, language)
    words = [(match, _key(match[0], language)) for match in WORD.finditer(question)]
    found: list[FoundForm] = []
    position = 0
    while position < len(words):
        form = _form_at(words, position, known)
        if form is None:
            position += 1
            continue
        end = position + len(form.keys)
        found.append(FoundForm(words[position][0].start(), words[end - 1][0].end(), form.form, form.group))
        position = end
    return found


def replace_forms(question: str, replacements: Sequence[tuple[FoundForm, str]]) -> str:
    """Write other forms in place of those found, which are in the order of the question."""
    for found, other in reversed(replacements):
        question = question[: found.start] + other + question[found.end :]
    return question


def _form_at(
    words: Sequence[tuple[re.Match[str], str]], position: int, known: Mapping[str, Sequence[_KnownForm]]
) -> _KnownForm | None:
    """Return the longest known form that begins with a word of the question, None if there is none."""
    for form in known.get(words[position][1], ()):
        here = words[position : position + len(form.keys)]
        if tuple(key for _, key in here) == form.keys and (
            not form.exact or [match[0] for match, _ in here] == WORD.findall(form.form)
        ):
            return form
    return None


@lru_cache(maxsize=8)
def _forms_by_first_word(glossary: Glossary, language: str) -> dict[str, list[_KnownForm]]:
    """Map the key of each form's first word to the forms, the longest first."""
    known: dict[str, list[_KnownForm]] = {}
    for group in glossary:
        for form in group:
            keys = tuple(_key(word, language) for word in WORD.findall(form))
            known.setdefault(keys[0], []).append(_KnownForm(keys, not split_terms(form, language), form, group))
    for forms in known.values():
        forms.sort(key=lambda form: -len(form.keys))
    return known


@lru_cache(maxsize=8_192)
def _key(word: str, language: str) -> str:
    """Return what a word is compared by: its terms, or the word itself if it is a stop word."""
    return " ".join(split_terms(word, language)) or word.casefold()
