"""Recognise questions for the meaning of a short code, such as "what does -n do" and "what's the g permission".

One letter says nothing to a search. What defines it begins with exactly that code: "-n, --dry-run", "g (get): …".
"""

import re
from functools import lru_cache
from typing import NamedTuple

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
GENERIC = frozenset(
    split_terms("what whats do does did mean means meaning stand stands explain describe use used for the option"
                " flag switch exactly please actually again", "en")
)  # fmt: skip
OTHER_NAMES = r"(?:[-\w]{1,40}(?:[ =]?<[\w-]{1,40}>)?[,/|] ?)*?"  # "-j <n>, " before "--jobs"
BEHIND_NAME = r"[`*”\"']*(?:\s*[,/|:=(<\[–—]|\s-\s|\s*$)"
MAX_ENTRY_LENGTH = 120  # characters at the beginning of an entry that may name it


class CodeQuestion(NamedTuple):
    """A question for the meaning of a code, and the terms of its other words."""

    code: str
    others: frozenset[str]


@lru_cache(maxsize=256)
def parse_code_question(question: str) -> CodeQuestion | None:
    """Find the code whose meaning an English question asks for; None if it asks for something else."""
    if not ASKS_MEANING.match(question):
        return None
    options = list(OPTION.finditer(question))
    match = VALUE.search(question) or QUOTED.search(question) or LETTER.search(question)
    if match is not None:
        name = next(name for name, text in match.groupdict().items() if text)
        start, end = match.span(name)
    elif len(options) == 1:
        start, end = options[0].span()
    else:
        return None
    others = split_terms(f"{question[:start]} {question[end:]}", "en")
    return CodeQuestion(question[start:end], frozenset(others) - GENERIC)


def begins_with_code(entry: str, code: str) -> bool:
    """Tell whether an entry of a list, a table or a glossary defines a code: it begins with it and its other names."""
    beginning = entry[:MAX_ENTRY_LENGTH].lstrip("*`“\"' ")
    if beginning.startswith(f"({code})"):  # "(i)gnore"
        return True
    return re.match(rf"{OTHER_NAMES}{re.escape(code)}(?![\w-]){BEHIND_NAME}", beginning) is not None
