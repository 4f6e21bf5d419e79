"""Clean text from outside: one line, nothing invisible, a question of bounded length."""

import re
import unicodedata

from retrieval.errors import QuestionError

# Ends a line of prose or of an item that its readers see as one, as Markdown writes it; where a line was merely full,
# a newline stands alone.
LINE_BREAK = "  \n"
MAX_QUESTION_LENGTH = 4_000  # characters, the most that Discord allows in a message
WHITE_SPACE = re.compile(r"[\s\u00a0\u2007\u202f]+")
INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]+")


def one_line(text: str) -> str:
    """Join text to one line and drop its invisible characters."""
    if text.isascii() and text.isprintable() and "  " not in text:  # as most cells of large tables
        return text.strip()
    return INVISIBLE.sub("", WHITE_SPACE.sub(" ", text)).strip()


def own_lines(text: str) -> str:
    """Join text to one line, apart from the lines that LINE_BREAK ends, and drop its invisible characters."""
    return LINE_BREAK.join(filter(None, map(one_line, text.split(LINE_BREAK))))


def clean_question(question: str) -> str:
    """Join a question to one line, replacing control characters and lone surrogates with spaces.

    Raises QuestionError if the question is empty or longer than MAX_QUESTION_LENGTH.
    """
    if len(question) > MAX_QUESTION_LENGTH:
        raise QuestionError(f"the question has {len(question):,} characters; the limit is {MAX_QUESTION_LENGTH:,}")
    visible = (" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in question)
    cleaned = " ".join("".join(visible).split())
    if not cleaned:
        raise QuestionError("the question is empty")
    return cleaned
