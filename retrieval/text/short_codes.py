"""Recognise questions for the meaning of a short code or an abbreviation: "what does -n do", "what does OTP stand for".

One letter says nothing to a search, and what an abbreviation stands for has none of its letters. What defines them
begins with exactly that code: "-n, --dry-run", "g (get): …", "OTP – one-time password".
"""

import re
from functools import lru_cache
from typing import NamedTuple

from retrieval.text.english import is_english
from retrieval.text.terms import split_terms

KIND = (
    r"(?:permission|perm|flag|option|switch|key|command|mode|code|letter|type|class|symbol|value|setting|parameter"
    r"|argument|status|state|grade|prefix|suffix|action|role)s?"
)
ASKS_MEANING = re.compile(
    r"\W*(?:(?:hi|hey|so|and|ok|but)\W+)*(?:what(?:['’]?s|s| is| are| does| do| did)?|explain|describe|meaning of)\b",
    re.IGNORECASE,
)
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z0-9?][\w-]{0,40}(?<!-)(?![\w-])")
QUOTED = re.compile(r"[`\"'“‘](?P<code>[A-Za-z0-9?!*+#@$%]{1,2})[`\"'”’]")
LETTER = re.compile(
    rf"(?:(?<=\bthe )|(?<=\s)(?![aAI] ))(?P<before>[A-Za-z0-9]) (?={KIND}\b)"
    rf"|\b{KIND} (?P<after>[A-Za-z0-9])(?= (?:do|does|mean|means|stand|stands|for)\b|\W*$)"
)
VALUE = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]{0,40}[ =](?P<code>[A-Za-z0-9])(?!\S*\w)")
ABBREVIATION = re.compile(
    r"\bwhat\s+(?:do|does|did)\s+(?:(?:the|an?)\s+)?(?:(?:abbreviation|acronym|letters?|term)\s+)?[\"'“‘]?"
    r"(?P<code>[A-Za-z0-9][\w&/-]{1,9})[\"'”’]?\s+(?:even\s+|actually\s+)?(?:stand(?:s|ing)?\s+for|mean)\b"
    r"|\b(?:meaning of|what(?:['’]?s| is))\s+(?:(?:the|an?)\s+)?[\"'“‘]?(?P<named>[A-Za-z0-9][\w&/-]{1,4})[\"'”’]?"
    r"(?=\s+(?:short|an abbreviation|an acronym)\b|\W*$)",
    re.IGNORECASE,
)
MIN_CAPITALS = 2  # of an abbreviation, as it is defined
GENERIC = frozenset(
    split_terms("what whats do does did mean means meaning stand stands explain describe use used for the option"
                " flag switch exactly please actually even again short abbreviation acronym letter letters", "en")
)  # fmt: skip
OTHER_NAMES = r"(?:[-\w]{1,40}(?:[ =]?<[\w-]{1,40}>)?[,/|] ?)*?"  # "-j <n>, " before "--jobs"
BEHIND_NAME = r"[`*”\"']*(?:\s*[,/|:=(<\[–—]|\s-\s|\s*$)"
DEFINED = (  # behind an abbreviation
    r" \(| ?[:=–—]| - |,? (?:is|are|was|were) (?:(?:also|simply|just) )?(?:an?|the|our|any|one|short|abbreviated)\b"
    r"|,? (?:stands? for|means?|refers? to|denotes?|describes?)\b"
)
MAX_ENTRY_LENGTH = 120  # characters at the beginning of an entry that may name it


class CodeQuestion(NamedTuple):
    """A question for the meaning of a code, and the terms of its other words.

    If it may be an abbreviation, people type it in small letters, too.
    """

    code: str
    others: frozenset[str]
    may_be_abbreviation: bool = False


@lru_cache(maxsize=256)
def parse_code_question(question: str) -> CodeQuestion | None:
    """Find the code whose meaning an English question asks for; None if it asks for something else."""
    if not ASKS_MEANING.match(question):
        return None
    options = list(OPTION.finditer(question))
    match = VALUE.search(question) or QUOTED.search(question) or LETTER.search(question)
    is_code = match is not None or bool(options)
    match = match or (None if options else _abbreviation(question))
    if match is not None:
        name = next(name for name, text in match.groupdict().items() if text)
        start, end = match.span(name)
    elif len(options) == 1:
        start, end = options[0].span()
    else:
        return None
    others = split_terms(f"{question[:start]} {question[end:]}", "en")
    return CodeQuestion(question[start:end], frozenset(others) - GENERIC, not is_code)


def _abbreviation(question: str) -> re.Match[str] | None:
    """Find the abbreviation whose meaning a question asks for: no English word in small letters."""
    match = ABBREVIATION.search(question)
    word = match["code"] or match["named"] if match else ""
    return None if word.islower() and is_english(word) else match


def begins_with_abbreviation(entry: str, code: str) -> bool:
    """Tell whether an entry defines a word that is an abbreviation as the entry writes it: it has two capitals."""
    beginning = entry[:MAX_ENTRY_LENGTH].lstrip("*`“\"' ")
    own = beginning[: len(code)]
    if own.casefold() != code.casefold() or sum(map(str.isupper, own)) < MIN_CAPITALS:
        return False
    return re.match(BEHIND_NAME, beginning[len(code) :]) is not None


def may_define(text: str, code: str) -> bool:
    """Tell whether a text below an abbreviation may say what it stands for: no label, and no use of it alone."""
    if " " not in text or text.endswith(":"):
        return False
    code = re.escape(code.upper())
    return re.search(code, text) is None or re.search(rf"\b{code}s?(?:{DEFINED})|\({code}s?\)", text) is not None


def begins_with_code(entry: str, code: str) -> bool:
    """Tell whether an entry of a list, a table or a glossary defines a code: it begins with it and its other names."""
    beginning = entry[:MAX_ENTRY_LENGTH].lstrip("*`“\"' ")
    if beginning.startswith(f"({code})"):  # "(i)gnore"
        return True
    return re.match(rf"{OTHER_NAMES}{re.escape(code)}(?![\w-]){BEHIND_NAME}", beginning) is not None
