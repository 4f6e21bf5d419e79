"""Find the symbol that an English question asks about: "what does ^ mean?", "whats + on the map", "what is the caret".

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
MARK = r"(?: (?:sign|mark|symbol|character|key))"
NAMES = {
    "_": "underscore", "^": "caret", "~": "tilde", "*": f"asterisk|star{MARK}", "@": f"at{MARK}", "$": f"dollar{MARK}",
    "%": f"percent(?:age)?{MARK}", "&": "ampersand", "+": f"plus{MARK}", "-": f"(?:minus|hyphen|dash){MARK}",
    "#": f"hashtag|(?:hash|pound|number){MARK}", "!": "exclamation (?:mark|point)", "?": "question mark",
    "|": f"(?:vertical bar|pipe){MARK}?", "\\": "backslash", "/": "forward slash", "=": f"equals?{MARK}",
    "<": f"less[ -]than{MARK}", ">": f"greater[ -]than{MARK}", ";": "semicolon", "`": "backtick",
}  # fmt: skip
NAMED = re.compile(
    r"\b(?:what(?:['’]?s| is| are| does| do)|meaning of|mean by)\s+(?:the\s+|an?\s+)?"
    rf"(?:{'|'.join(f'({name})' for name in NAMES.values())})\b{MARK}?(?=\s+(?:mean|do|stand|on|in|for)\b|[?!.]*$)",
    re.IGNORECASE,
)
EXPLAINED = re.compile(rf"[`'\"‘“]?(?P<symbol>{SYMBOL}?)[`'\"’”]?(?=\s|[:=–—|-]\s)")


def asked_symbol(question: str) -> str | None:
    """Return the symbol of up to three characters whose meaning a question asks for, None if it asks for none."""
    if match := ASKED.search(question):
        return match["quoted"] or match["bare"]
    match = NAMED.search(question)
    return list(NAMES)[(match.lastindex or 1) - 1] if match else None


def explains_symbol(text: str, symbol: str) -> bool:
    """Tell whether a text begins with a symbol, as an item of a legend does, and says something about it."""
    match = EXPLAINED.match(text)
    return match is not None and match["symbol"] == symbol and any(map(str.isalnum, text[match.end() :]))
