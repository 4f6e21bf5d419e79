"""Clean text from outside: one line, nothing invisible."""

import re

WHITE_SPACE = re.compile(r"[\s\u00a0\u2007\u202f]+")
INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]+")


def one_line(text: str) -> str:
    """Join text to one line and drop its invisible characters."""
    return INVISIBLE.sub("", WHITE_SPACE.sub(" ", text)).strip()
