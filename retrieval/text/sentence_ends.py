"""Correct the sentence ends that a splitter found: stops inside names, behind abbreviations and numbers of lists.

The splitter knows the abbreviations of many languages, but neither file names, versions and addresses nor what may
follow an abbreviation. Where nothing here decides, its opinion counts.
"""

import re
from collections.abc import Sequence

from retrieval.text.abbreviations import (
    ABBREVIATIONS,
    CONTINUED,
    DATE_WORDS,
    ENUMERATIONS,
    LETTERED,
    MONTHS,
    NUMBER_WORDS,
    NUMBERED,
    OPENERS,
    ORDINAL_WORDS,
    TITLES,
    UNIT_ABBREVIATIONS,
    UNITS,
    VARIABLES,
    WEEKDAYS,
    WORDS_TOO,
)

CONTEXT_LENGTH = 60  # characters before and after a stop that are looked at
# The letters and stops of scripts that may have no space between sentences: all but dashes, curly quotes and symbols.
UNSPACED = re.compile(r"[\u0590-\u1fff\u2c00-\U0010ffff]")
OPENING_MARKS, CLOSING_MARKS = "\"“„«»'([*_`¿¡", "\"'”’»)]*_`¹²³⁰⁴⁵⁶⁷⁸⁹"
# Behind the stop, what belongs to its sentence: closing marks, tags, and brackets with a reference.
CLOSING = re.compile(r"(?:[\"'”’»)*_`¹²³⁰⁴-⁹]|\[[^\[\]\n]{1,40}\]|<sup>[^<>\n]{1,20}</sup>|</?[a-z]{1,10} ?/?>)*")
# A stop, closing marks and white space before anything that may open a sentence.
STOP = re.compile(r"[.!?…][)\"”’»*_`¹²³⁰⁴-⁹]*(?=\s+[\"“„«'(*_`¿¡]*[^\W_])")
CAPITALIZED_WORD = re.compile(r"[^\W\d_]+(?=\s)")
LETTERS = re.compile(r"[\w'’]+(?:-[\w'’]+)*")
LIST_NUMBER = re.compile(r"\(?(\d{1,3})\.")
ORDINAL_BEFORE = re.compile(r"\d{1,2}\.,?")
HOUR = re.compile(r"[ap]\.?m")
TIME_ZONE = re.compile(r"[A-Z]{2,5}\b")
MIXED_CASE = re.compile(r"[a-z]{1,3}[A-Z]\w")
# What follows an abbreviation that a number follows: also a bracket, a Roman number or a letter.
NUMBERED_THING = re.compile(r"[\[#§№$€£¥]|\((?:\d|\w{1,3}\))|[+-]?\d|[IVXLC]+\b|[A-Z]\b|[A-Z]{3} \d")
LEADING_NUMBER = re.compile(r"\d[\d.,]*\s+[(a-zà-ÿ]")
SYMBOLS = (".", "+", "-", "=", "#", "&", "<")
INITIAL = re.compile(r"[A-Z]\.")  # of a name, before another one
YEAR = re.compile(r"[12]\d{3}\b")
INCHES = re.compile(r'\d"')


def correct_ends(text: str, ends: Sequence[int], language: str) -> list[int]:
    """Return the ends of the sentences of a paragraph, given those of the splitter, in order; the last is its end."""
    stops = [match.end() for match in STOP.finditer(text)]
    if len(ends) == 1 and not stops and not text[-1:].isspace():
        return [len(text)]
    given = {_without_trailing_space(text, end) for end in ends}
    corrected = [0]
    listed = 0  # the last number of a list so far
    for candidate in sorted(given.union(stops)):
        if candidate in given and _is_ordinary(text, candidate):
            corrected.append(candidate)
            continue
        if candidate == len(text):
            break
        end = _with_closing_marks(text, candidate)
        if end >= len(text) or end <= corrected[-1]:
            continue
        number = LIST_NUMBER.fullmatch(text, text.rfind(" ", 0, candidate) + 1, candidate)
        if number and _is_list_number(text, number, corrected[-1], listed):
            listed = int(number[1])
            before = _without_trailing_space(text, number.start())
            if before > corrected[-1] and listed > 1:
                corrected.append(before)
        elif _is_end(text, candidate, end, language, is_given=candidate in given):
            corrected.append(end)
    return [*corrected[1:], len(text)]


def _is_ordinary(text: str, end: int) -> bool:
    """Tell whether an end is behind a word of small letters that is no abbreviation, and before a capital letter."""
    if text[end - 1 : end + 1] != ". " or not text[end + 1 : end + 2].isupper():
        return False
    word = text[text.rfind(" ", max(end - CONTEXT_LENGTH, 0), end) + 1 : end - 1]
    return len(word) > 1 and word.isalpha() and word.islower() and word not in ABBREVIATIONS


def _without_trailing_space(text: str, end: int) -> int:
    """Move an end before the white space that precedes it."""
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _with_closing_marks(text: str, end: int) -> int:
    """Move an end behind the closing marks that follow it, if white space follows them."""
    match = CLOSING.match(text, end)
    closed = match.end() if match else end
    return closed if closed == len(text) or text[closed].isspace() else end


def _is_list_number(text: str, number: re.Match[str], sentence_start: int, listed: int) -> bool:
    """Tell whether a number with a stop numbers what follows: where a sentence begins, behind a colon, or as the next.

    The next one counts anywhere except behind a word that a number belongs to, such as "to" or "version".
    """
    if not text[number.end() : number.end() + 1].isspace():
        return False
    before = text[max(number.start() - CONTEXT_LENGTH, sentence_start) : number.start()].split()
    if not before or before[-1][-1] in ":;":
        return True
    last_word = before[-1].strip(OPENING_MARKS)
    return 0 < listed == int(number[1]) - 1 and last_word.isalpha() and last_word.lower() not in NUMBER_WORDS


def _is_end(text: str, stop: int, end: int, language: str, *, is_given: bool) -> bool:
    """Tell whether a sentence ends at `end`, behind a stop at `stop` and its closing marks.

    `is_given` says whether the splitter thinks so.
    """
    if not text[end].isspace():
        return is_given and _is_end_without_space(text, end)
    before = text[max(stop - CONTEXT_LENGTH, 0) : stop].split()
    after = text[end : end + CONTEXT_LENGTH].lstrip()
    if not before or not after:
        return is_given
    if before[-1].endswith("]") and after[0].islower():
        reference = next((word for word in reversed(before) if word[0] != "["), "")
        return is_given and not (reference.endswith(".") and reference[:-1].lower() in NUMBERED)
    if text[end - 1] == ")" and after.lstrip(OPENING_MARKS)[:1].isupper() and _is_bracketed_sentence(text, end):
        return True
    abbreviation = before[-1].lstrip(OPENING_MARKS).rstrip(CLOSING_MARKS)
    if not abbreviation.endswith("."):
        return is_given
    if language != "en" and after[0].islower() and not MIXED_CASE.match(after) and _begins_with_capital(text):
        return False
    word = re.split(r"['’–—]", abbreviation[:-1])[-1]
    verdict = _abbreviation_ends(word, before[-2] if len(before) > 1 else "", after, language)
    return is_given if verdict is None else verdict and (is_given or not _is_inside_quotes(text, stop))


def _begins_with_capital(text: str) -> bool:
    """Tell whether whoever wrote a text begins sentences with a capital, so that a small letter continues one."""
    return next(filter(str.isalpha, text), "").isupper()


def _is_end_without_space(text: str, end: int) -> bool:
    """Tell whether a stop ends a sentence although no white space follows it: only before a word that opens one."""
    if UNSPACED.match(text, end) or UNSPACED.match(text, end - 1):
        return True
    word = CAPITALIZED_WORD.match(text, end)
    return bool(word and word[0][0].isupper() and word[0].lower() in OPENERS and text[end - 2 : end - 1].islower())


def _abbreviation_ends(word: str, previous: str, after: str, language: str) -> bool | None:
    """Tell whether a word with a stop ends a sentence; None where this cannot be told from what is before and after."""
    lower = word.lower()
    opening = after.lstrip(OPENING_MARKS)
    match = LETTERS.match(opening)
    first = match[0] if match else ""
    is_capital = first[:1].isupper()
    is_opener = is_capital and first.lower() in OPENERS and not opening.startswith(".", len(first))
    is_quantity = previous[-1:].isdigit()
    if lower in CONTINUED or (len(word) == 1 and word.isalpha() and (not previous or previous.lower() in CONTINUED)):
        return False
    if HOUR.fullmatch(lower):
        is_time = after[0] in "–-(" or first.lower() in DATE_WORDS or bool(TIME_ZONE.match(after))
        return is_opener or (is_capital and not is_time)
    if is_quantity and word in UNITS and (is_capital or after[0].isdigit()):
        return True
    if is_quantity and lower in UNIT_ABBREVIATIONS:
        return is_opener or (is_capital and language != "de")  # where nouns have a capital, too
    if lower in NUMBERED and (NUMBERED_THING.match(after) or (after[0].islower() and lower not in WORDS_TOO)):
        return None if is_opener else False
    if word.isdecimal():
        return _number_ends(word, previous, first.lower(), is_opener=is_opener, language=language)
    if lower in TITLES or (language == "fr" and word in ("M", "MM")):
        return is_opener
    if (word[:1].isupper() and lower in WEEKDAYS | MONTHS) or (lower in MONTHS and after[0].isdigit()):
        return is_opener or (None if is_capital and first.lower() not in DATE_WORDS else False)
    return _word_ends(word, previous, after, is_capital=is_capital, is_opener=is_opener, language=language)


def _word_ends(
    word: str, previous: str, after: str, *, is_capital: bool, is_opener: bool, language: str
) -> bool | None:
    """Tell whether another word ends a sentence: one that is a letter, or before a word that opens a sentence."""
    lower = word.lower()
    if word[-1:] in SYMBOLS and after[0].islower():  # a key, an operator or an ellipsis
        return False
    if lower in ENUMERATIONS or MIXED_CASE.match(after):
        return is_capital or bool(MIXED_CASE.match(after)) or None
    if lower.endswith("str") and after[0].isdigit():  # "Bahnhofstr. 12"
        return False
    if len(word) == 1 and INITIAL.fullmatch(previous) and word.isupper() and is_capital and not is_opener:
        return False
    if len(word) == 1:
        is_name = previous.rstrip(".").lower() in NUMBERED | LETTERED or (word in VARIABLES and language == "en")
        return True if (is_opener and not previous.endswith(".")) or (is_name and is_capital) else None
    if is_opener:
        return True
    if language == "de" and LEADING_NUMBER.match(after) and (len(word) > 3 or YEAR.match(after)) and word.isalpha():
        return lower not in ABBREVIATIONS and not lower.endswith(("nr", "str"))
    return None


def _number_ends(number: str, previous: str, first: str, *, is_opener: bool, language: str) -> bool | None:
    """Tell whether a number ends a sentence: not as the day of a date, nor as an ordinal number of German."""
    if is_opener:
        return True
    if len(number) > 2:
        return None
    is_ordinal = previous.rstrip(".,").lower() in ORDINAL_WORDS or bool(ORDINAL_BEFORE.fullmatch(previous))
    return False if first in DATE_WORDS or (language == "de" and is_ordinal) else None


def _is_bracketed_sentence(text: str, end: int) -> bool:
    """Tell whether the bracket that closes before `end` opens where a sentence begins."""
    opening = text.rfind("(", 0, end)
    before = _without_trailing_space(text, max(opening, 0))
    return opening == 0 or (0 < before < opening and text[before - 1] in ".!?…")


def _is_inside_quotes(text: str, stop: int) -> bool:
    """Tell whether a stop is inside quotes or round brackets: what is said or added there stays together."""
    head = text[:stop]
    opening, closing = ("„", "“") if "„" in head else ("“", "”")
    straight = head.count('"') - len(INCHES.findall(head))
    return straight % 2 == 1 or head.count("(") > head.count(")") or head.count(opening) > head.count(closing)
