"""Find the symbol that an English question asks about: "what does ^ mean?", "whats + on the map".

Searches leave symbols out: they are no words. Marks of the question itself are none, unless they are quoted.
"""

import re

SYMBOL = r"(?:[^\w\s`'\"‘’“”]|_){1,3}"
NOT_ASKED = r"[?!.,;:…–—/()-]"  # unless it is quoted
ASKED = re.compile(
    r"\b(?:what(?:['’]?s| is| are| does| do)|meaning of|mean by|does)\s+(?:the\s+|an?\s+)?"
    r"(?:(?:symbol|sign|character|key|letter|command)\s+)?"
    rf"(?:[`'\"‘“](?P<quoted>{SYMBOL})[`'\"’”]|(?!{NOT_ASKED})(?P<bare>{SYMBOL}?))(?=\s|[?!.]*$)",
    re.IGNORECASE,
)
EXPLAINED = re.compile(rf"[`'\"‘“]?(?P<symbol>{SYMBOL}?)[`'\"’”]?(?=\s|[:=–—|-]\s)")


def asked_symbol(question: str) -> str | None:
    """Return the symbol of up to three characters whose meaning a question asks for, None if it asks for none."""
    match = ASKED.search(question)
    return match["quoted"] or match["bare"] if match else None


def explains_symbol(text: str, symbol: str) -> bool:
    """Tell whether a text begins with a symbol, as an item of a legend does, and says something about it."""
    match = EXPLAINED.match(text)
    return match is not None and match["symbol"] == symbol and any(map(str.isalnum, text[match.end() :]))
