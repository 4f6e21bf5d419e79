"""Find the collection that a question names, and ask there first.

In "how long is a turn in norvil?", "norvil" is a folder. The documents of a folder seldom say its name in each
passage, if at all, and passages of other folders answer the same for something else. Only names that are no English
words count anywhere in a question; others, such as "library", only as in "in library?" at its end, and if no other
collection has the word.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retrieval.index.index import Index
from retrieval.index.scope import Scopes, count_rows
from retrieval.text.english import is_english
from retrieval.text.terms import split_terms
from retrieval.types import Answer

if TYPE_CHECKING:
    from retrieval.asking.explaining import Trace

MIN_LETTERS = 3  # of a name
APART = r"[\W_]+"
WORD = re.compile(r"[^\W_]+")
BEHIND = re.compile(r"\b(?:in|on|for)\s+$", re.IGNORECASE)
NOTHING_BEHIND = re.compile(r"\W*$")
LOOSE_MARK = re.compile(r"^[\s,:;–-]+|\s(?=[?!.,;:]|$)")


@dataclass(frozen=True, slots=True)
class NamedCollection:
    """The question, without the name if the collection's documents do not have that, and what to search.

    `is_own` is True if no other collection has the name, and `only` if the question is about nothing outside.
    """

    text: str
    collections: Collection[str] | None
    is_own: bool
    only: bool


def find_named_collection(
    index: Index, scopes: Scopes, question: str, collections: Collection[str] | None
) -> NamedCollection | None:
    """Find the one collection that an English question names, among some, by default all; None if there is none."""
    if index.language != "en":
        return None
    allowed = [name for name in scopes.collections if collections is None or name in collections]
    found = [named for name in allowed if (named := _find(index, scopes, question, name, collections))]
    if len(found) != 1:
        return None
    return found[0] if len(allowed) > 1 else replace(found[0], collections=collections)


def _find(
    index: Index, scopes: Scopes, question: str, name: str, collections: Collection[str] | None
) -> NamedCollection | None:
    """Find the name of one collection in a question; None if it is not there, or not as a name."""
    words = WORD.findall(name)
    if any(map(str.isdecimal, words)):  # a version or a year
        return None
    if sum(map(str.isalpha, name)) < MIN_LETTERS or words[0].lower() not in question.lower():
        return None
    match = re.search(rf"(?<!\w){APART.join(words)}(?!\w)", question, re.IGNORECASE)
    terms = split_terms(name, "en")
    if match is None or not terms:
        return None
    inside = count_rows(index, terms, scopes.of([name]))
    is_own = inside == count_rows(index, terms, scopes.of(collections))
    before = BEHIND.search(question, 0, match.start())
    is_place = before is not None and NOTHING_BEHIND.match(question, match.end()) is not None
    if all(map(is_english, words)) and not (is_place and is_own):
        return None
    start = before.start() if before else match.start()
    text = question if inside else LOOSE_MARK.sub("", f"{question[:start].rstrip()} {question[match.end() :].strip()}")
    return NamedCollection(text, [name], is_own, is_place and is_own) if split_terms(text, "en") else None


def ask_named(
    ask: Callable[[str, Collection[str] | None, "Trace | None"], Answer],
    named: NamedCollection,
    question: str,
    collections: Collection[str] | None,
    trace: "Trace | None",
) -> Answer:
    """Ask in the collection that a question names, and everywhere unless that is enough; the surer answer counts.

    `trace` is filled with what the stages found for that one. Raises what `ask` raises.
    """
    inside = ask(named.text, named.collections, trace)
    if named.only or (named.is_own and inside.answered):
        return inside
    elsewhere = type(trace)() if trace is not None else None
    everywhere = ask(question, collections, elsewhere)
    if inside.answered and inside.confidence >= everywhere.confidence:
        return inside
    if trace is not None and elsewhere is not None:
        trace.become(elsewhere)
    return everywhere
