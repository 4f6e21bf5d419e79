"""Prefer the list or table whose heading is what a question asks for: "list all console commands", "Console commands".

The heading is the lead-in of a list or table right below it, but the items have none of its words, so that neither
search nor ranking sees what they are. The rule is narrow: heading and question have the same terms, apart from words
such as "list" and "all" and from those of the title and the headings above, and both or neither have a negation.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.section_blocks import Section, last_sentence, length_of, section_of
from retrieval.index.index import Index
from retrieval.text.question_forms import asks_for_all, asks_for_steps
from retrieval.text.sections import heading_paths
from retrieval.text.terms import split_terms
from retrieval.types import Block, Hit

MAX_TABLE_LENGTH = 800  # characters of a section with a table
MAX_HITS = 40  # among which sections are sought
NAMED_LIST_PROBABILITY = 0.8  # at least, that such a list answers
NEGATION = re.compile(r"\b(?:not|no|never|cannot|without|none|except|excluded)\b|n['’]t\b", re.IGNORECASE)
WHAT_ONE_MAY = re.compile(
    r"\bwhat (?:may|can|could|must|should|shall|do)(?:n?['’]t)? (?:not )?(?:i|you|we|one|they)\b", re.IGNORECASE
)
LIST_WORDS = (
    "list all every each name show tell give enumerate available exist current complete full whole any overview"
    " step instruction procedure guide"
)
LIST_TERMS = frozenset(split_terms(LIST_WORDS, "en"))


def prefer_named_lists(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Move the best hit of each list or table that the question names to the front; it becomes more probable."""
    named = _find_named_lists(index, hits, question)
    if not named:
        return list(hits)
    best = max(hit.score for hit in hits)
    raised = [replace(hit, score=best, probability=max(hit.probability, NAMED_LIST_PROBABILITY)) for hit in named]
    return [*raised, *(hit for hit in hits if hit not in named)]


def is_all_of_a_list(index: Index, hits: Sequence[Hit], question: str) -> bool:
    """Tell whether everything of a kind is asked for, and the first hit is in the only list or table of that name.

    The items have no word of the question, so that to a reader they seem to be about something else.
    """
    return asks_for_all(question) and _find_named_lists(index, hits, question) == list(hits[:1])


def _find_named_lists(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Find the best hit of each list or table that a question names, in order."""
    terms = frozenset(split_terms(question, index.language))
    wants_list = asks_for_all(question) or WHAT_ONE_MAY.search(question) is not None
    if index.language != "en" or not terms - LIST_TERMS or not (wants_list or asks_for_steps(question)):
        return []
    seen: set[tuple[int, int]] = set()
    named: list[Hit] = []
    for hit in hits[:MAX_HITS]:
        sentence = index.sentence(hit.row)
        place = sentence.document, sentence.section
        if place in seen or not sentence.section:
            continue
        seen.add(place)
        section = section_of(index, hit.row)
        if _is_list(section, only_steps=not wants_list) and _is_named(section, question):
            named.append(hit)
    return named


def names_list(section: Section, first: Block, question: str) -> bool:
    """Tell whether a question names the list that begins with a block, at least as much as the sentence's own item.

    What a list is called stands in the heading and in the line above it.
    """
    language, at = section.index.language, section.blocks.index(first)
    terms = frozenset(split_terms(question, language)) - LIST_TERMS
    text = section.index.documents[section.sentence.document].text
    lead_in = last_sentence(section, at - 1) if at else (0, 0)
    name = f"{section.text(section.heading) if section.heading else ''} {text[slice(*lead_in)]}"
    named, own = (terms & {*split_terms(each, language)} for each in (name, section.text(section.block)))
    return bool(named) and len(named) >= len(own)


def _is_list(section: Section, *, only_steps: bool) -> bool:
    """Tell whether a section begins with a list, or a table that can be shown whole; `only_steps`: an ordered list."""
    blocks = [block for block in section.blocks if block.kind != "aside"]
    if section.block not in blocks or not blocks:
        return False
    first = blocks[0]
    if first.kind == "item":
        end = next((number for number, block in enumerate(blocks) if not block.level), len(blocks))
        return end > 1 and section.block in blocks[:end] and (first.number > 0 or not only_steps)
    are_rows = all(block.kind in ("row", "header") for block in blocks) and len(blocks) > 1
    return are_rows and not only_steps and length_of(blocks) <= MAX_TABLE_LENGTH


def _is_named(section: Section, question: str) -> bool:
    """Tell whether the heading of a section is what the question asks for."""
    if section.heading is None:
        return False
    index, sentence = section.index, section.sentence
    terms = frozenset(split_terms(question, index.language))
    document = index.documents[sentence.document]
    heading = section.text(section.heading)
    own = frozenset(split_terms(heading, index.language))
    above = " ".join((document.title, *heading_paths(document)[sentence.section][:-1]))
    allowed = LIST_TERMS | own | frozenset(split_terms(above, index.language))
    same_sense = bool(NEGATION.search(heading)) == bool(NEGATION.search(question))
    return bool(own - LIST_TERMS) and own - LIST_TERMS <= terms <= allowed and same_sense
