"""Mend a misspelt word of a question from the words of the documents, and write out short forms of a chat.

A question comes in; it goes out with a word of the documents in place of one that no document has, if the word
resembles only that, or is a short form of it. Numbers, codes, quoted text, forms of the glossary and English words stay
as they are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from retrieval.index.index import Column, Index
from retrieval.index.scope import Scope, count_rows
from retrieval.index.words import MAX_LENGTH, similar_words
from retrieval.text.english import base_forms, is_english
from retrieval.text.equal_forms import find_forms
from retrieval.text.likely_language import is_in_another_language
from retrieval.text.numerals import CODE, RANKED_ROMAN, SHORT_NOUNS, read_numeral
from retrieval.text.short_forms import COUNTED, SHORT_FORMS, SMALL_WORDS
from retrieval.text.terms import split_terms

# Lengths in letters, from which a kind of mistake is mended; short words are often one letter apart:
MIN_LENGTH = 5  # letters swapped
DROPPED_LENGTH = 6  # a letter left out or doubled
REPLACED_LENGTH = 7  # a letter replaced, or added that is not its neighbour once more
LONG_LENGTH = 9  # two mistakes
MAX_MENDED = 2  # words; a question with more unknown ones is about something else
DOMINANCE = 4  # how many times as often as the next similar word the right one must occur
MAX_MEANINGS = max(map(len, SHORT_FORMS.values()))
MAX_STRAY_ROWS, STRAY_DOMINANCE = 2, 50  # with a short form, and times as many with what it stands for
MAX_CHECKED_ROWS = 200  # in which a word is sought that only hidden documents may have
MADE_ENDINGS = ("s", "es", "d", "ed", "ing", "r", "er", "ers", "ly", "y", "ion", "ions", "ment")
QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|«[^»]*»|(?<!\w)['‘][^'’]*['’](?!\w)")
CHUNK = re.compile(r"\S+")
NUMBERED = re.compile(r"([A-Za-z]+)(\d{1,3})[)\].,;:!?…]*")  # "lvl5"
MARKS = ".,;:!?…()[]"
PLAIN_WORD = re.compile(r"[(\[]*([A-Za-z]+)(?:['’]s)?[)\].,;:!?…]*")


def mend_spelling(index: Index, question: str, scope: Scope) -> str:
    """Return a question with its short forms written out and its misspelt words mended, or as it is.

    A short form is written out if hardly any row of the scope has it, but rows have what it stands for.

    A word is misspelt if no row of the scope has it or another form of it, and it is no English word. It is mended to a
    word of the scope's rows at distance 1, or 2 from LONG_LENGTH letters on, if no other one is as near and about as
    frequent.
    """
    if index.words is None or index.language != "en" or _is_foreign(question):
        return question
    question = write_out_small_words(index, question, scope)
    question = _write_out_numerals(index, _write_out_short_forms(index, question, scope), scope)
    unknown = list(_unknown_words(index, question, scope))
    if len(unknown) > MAX_MENDED:
        return question
    for start, word in reversed(unknown):
        mended = _mend(index, word.lower(), scope)
        if mended is not None:
            mended = mended.capitalize() if word[0].isupper() else mended
            question = question[:start] + mended + question[start + len(word) :]
    return question


def write_out_small_words(index: Index, question: str, scope: Scope) -> str:
    """Replace small words as they are typed in a chat, "wat" and "u", that the documents do not have so."""
    if index.language != "en" or _is_foreign(question):
        return question
    kept = _kept_spans(index, question)
    for chunk in reversed(list(CHUNK.finditer(question))):
        match = PLAIN_WORD.fullmatch(chunk[0])
        word = match[1].lower() if match else ""
        if match is None or word not in SMALL_WORDS or _is_name(match[1], chunk.start()):
            continue
        start, end = chunk.start() + match.start(1), chunk.start() + match.end(1)
        if not _is_inside(start, end, kept) and not count_rows(index, split_terms(word, index.language), scope):
            written = SMALL_WORDS[word]
            question = question[:start] + (written.capitalize() if match[1][0].isupper() else written) + question[end:]
    return question


def write_out_plain_forms(index: Index, question: str, scope: Scope) -> str:
    """Replace small words, and the short forms that can mean one thing only, as `mend_spelling` does."""
    question = write_out_small_words(index, question, scope)
    known = index.words is not None and index.language == "en" and not _is_foreign(question)
    return _write_out_short_forms(index, question, scope, most_meanings=1) if known else question


def _is_foreign(question: str) -> bool:
    """Tell whether a question is in another language than English; "wat" and "u" say nothing about that."""
    words = (word for word in question.split() if word.lower().strip(MARKS) not in SMALL_WORDS)
    return is_in_another_language(" ".join(words), "en")


def _write_out_short_forms(index: Index, question: str, scope: Scope, most_meanings: int = MAX_MEANINGS) -> str:
    """Replace the short forms that the documents do not have by words that they have."""
    kept = _kept_spans(index, question)
    for chunk in reversed(list(CHUNK.finditer(question))):
        match = PLAIN_WORD.fullmatch(chunk[0]) or NUMBERED.fullmatch(chunk[0])
        short = match[1].lower() if match else ""
        meanings = len(SHORT_FORMS.get(short, ()))
        if match is None or not 1 <= meanings <= most_meanings or _is_name(match[1], chunk.start()):
            continue
        start, end = chunk.start() + match.start(1), chunk.start() + match.end(1)
        is_numbered = end < len(question) and question[end].isdecimal()
        long = _long_form(index, short, scope) if short in COUNTED or not is_numbered else None
        if long is not None and not _is_inside(start, end, kept):
            long = long.capitalize() if match[1][0].isupper() else long
            question = question[:start] + long + " " * is_numbered + question[end:]
    return question


def _write_out_numerals(index: Index, question: str, scope: Scope) -> str:
    """Write "tier iv" and "t4" as "tier 4" where the documents have neither the numeral nor the short form."""

    def is_known(text: str) -> bool:
        return count_rows(index, split_terms(text, index.language), scope) > 0

    def digits(match: re.Match[str]) -> str:
        return match[0] if is_known(match["numeral"]) else match["noun"] + read_numeral(match["numeral"])

    def long(match: re.Match[str]) -> str:
        noun = SHORT_NOUNS[match[1].lower()]
        return f"{noun} {match[2]}" if is_known(noun) and not is_known(match[0]) else match[0]

    return CODE.sub(long, RANKED_ROMAN.sub(digits, question))


def _is_name(word: str, start: int) -> bool:
    """Tell whether a word is written as a name is: "SEC", or "Max" inside a question."""
    return word.isupper() or (start > 0 and word[0].isupper())


def _long_form(index: Index, short: str, scope: Scope) -> str | None:
    """Return what a short form stands for in the documents; None if they have the form itself, or in doubt.

    Where it is in a row or two only, and what it stands for in very many, the documents do not use it: "lvl_mult".
    """
    own = count_rows(index, split_terms(short, index.language), scope)
    if own > MAX_STRAY_ROWS:
        return None
    groups: dict[tuple[str, ...], str] = {}  # "organization" and "organisation" are one
    for form in SHORT_FORMS[short]:
        terms = tuple(split_terms(form, index.language))
        if _has_words(index, form, terms, scope):
            groups.setdefault(terms, form)
    counted = [(count_rows(index, terms, scope), form) for terms, form in groups.items()]
    ranked = sorted((pair for pair in counted if pair[0]), key=lambda pair: -pair[0])
    if not ranked or (len(ranked) > 1 and ranked[0][0] < DOMINANCE * ranked[1][0]):
        return None
    return ranked[0][1] if ranked[0][0] >= own * STRAY_DOMINANCE else None


def _has_words(index: Index, form: str, terms: Sequence[str], scope: Scope) -> bool:
    """Tell whether the documents have the words of a form themselves: "authors" are no "authorization"."""
    if scope.rows is None:
        return index.words is not None and all(word in index.words for word in form.split())
    return all(_is_in_scope(index, word, terms, scope) for word in form.split())


def _kept_spans(index: Index, question: str) -> list[tuple[int, int]]:
    """Find what stays as it is: quoted text and forms of the glossary."""
    kept = [match.span() for match in QUOTED.finditer(question)]
    return kept + [(form.start, form.end) for form in find_forms(question, index.glossary, index.language)]


def _is_inside(start: int, end: int, kept: Iterable[tuple[int, int]]) -> bool:
    return any(first < end and start < last for first, last in kept)


def _unknown_words(index: Index, question: str, scope: Scope) -> Iterator[tuple[int, str]]:
    """Yield the words that may be misspelt, with their places."""
    kept = _kept_spans(index, question)
    for chunk in CHUNK.finditer(question):
        match = PLAIN_WORD.fullmatch(chunk[0])
        if match is None or not MIN_LENGTH <= len(match[1]) <= MAX_LENGTH or not match[1][1:].islower():
            continue
        start, end = chunk.start() + match.start(1), chunk.start() + match.end(1)
        if _is_inside(start, end, kept):
            continue
        if not is_english(match[1]) and not _is_in_documents(index, match[1].lower(), scope):
            yield start, match[1]


def _is_in_documents(index: Index, word: str, scope: Scope) -> bool:
    """Tell whether the documents have a word, or a form that it is regularly made from or that is made from it.

    Another word with its term is no form of it, as "recipient" is none of "recipie"; which one it is remains open if
    only some documents may be searched.
    """
    terms = split_terms(word, index.language)
    if not terms or not any(count_rows(index, [term], scope) for term in terms) or index.words is None:
        return not terms
    made = (
        f"{stem}{ending}" for stem in (word, word.removesuffix("e")) for ending in (*MADE_ENDINGS, word[-1] + "ing")
    )
    return scope.rows is not None or any(form in index.words for form in (word, *base_forms(word), *made))


def _mend(index: Index, word: str, scope: Scope) -> str | None:
    """Return the word of the documents that a misspelt one means, None in doubt."""
    if index.words is None:
        return None
    near = similar_words(index.words, word, 1 + (len(word) >= LONG_LENGTH))
    groups: dict[tuple[str, ...], tuple[str, int, int]] = {}  # by terms: the nearest word, its distance, rows
    for other, distance in near:
        terms = tuple(split_terms(other, index.language))
        frequency = min((count_rows(index, [term], scope) for term in terms), default=0)
        if frequency and terms not in groups and _is_in_scope(index, other, terms, scope):
            groups[terms] = (other, distance, frequency)
    nearest = min((distance for _, distance, _ in groups.values()), default=0)
    rivals = sorted((group for group in groups.values() if group[1] == nearest), key=lambda group: -group[2])
    if not rivals or (len(rivals) > 1 and rivals[0][2] < DOMINANCE * rivals[1][2]):
        return None
    return rivals[0][0] if _is_likely(word, rivals[0][0]) else None


def _is_likely(word: str, other: str) -> bool:
    """Tell whether a word differs from a right one as misspelt words do, and not as another right word.

    The last letter is the same or swapped with the one before, and the lengths differ by one at most. Short words
    differ by a letter that is left out or doubled, very short ones by letters that are swapped.
    """
    same_end = word[-1] == other[-1] or word[-2:] == other[:-3:-1]
    doubled = any(word[at] == word[at - 1] and word[:at] + word[at + 1 :] == other for at in range(1, len(word)))
    if sorted(word) == sorted(other):
        least = MIN_LENGTH
    elif len(word) < len(other) or doubled:
        least = DROPPED_LENGTH
    else:
        least = REPLACED_LENGTH
    return same_end and abs(len(word) - len(other)) <= 1 and len(word) >= least


def _is_in_scope(index: Index, word: str, terms: Iterable[str], scope: Scope) -> bool:
    """Tell whether a row of the scope has a word in this very form: another form of hidden documents must not show."""
    if scope.rows is None:
        return True
    pattern = re.compile(rf"(?<![^\W_]){word}(?![^\W_])", re.IGNORECASE)
    for term in terms:
        rows, _ = index.lexical.postings(term)
        visible = rows[scope.rows.places_in(rows)][:MAX_CHECKED_ROWS].tolist()
        titles = {index.documents[index.table[row, Column.DOCUMENT]].title for row in visible}
        if any(pattern.search(text) for text in (*titles, *map(index.text, visible))):
            return True
    return False
