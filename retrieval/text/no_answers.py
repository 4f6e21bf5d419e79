"""Recognise sentences that answer nothing by themselves: pointers, and those whose value only a site generator knows.

"See below." says where an answer is, "The current version is …." where it would be if it were known. The rules look at
the form of English sentences, and of the commonest pointers in German, French and Spanish.
"""

import re

_DEICTIC = (
    r"(?:here|below|above|under|as follows|this(?: (?:page|link|article|guide|section|table|list|video|image|post))?"
    r"|the (?:following|next|previous|last|full|complete)?(?: ?(?:table|list|link|section|page|chapter|figure|diagram"
    r"|image|picture|screenshot|video|example|steps|instructions|details|documentation|docs|guide|article|wiki))?"
    r"(?: (?:below|above|here))?)"
)
POINTER = re.compile(
    r"(?:(?:please|just|also|then|for (?:details|more(?: information| details)?|the (?:full|complete) list)),? )*"
    r"(?:(?:click|tap|press|see|read|check|go|look|refer|follow|visit|consult|view|find|have a look|scroll|continue"
    r"|download|(?:it is|they are|this is)(?: described| listed| explained)?"
    r"|(?:described|listed|explained|shown|details|more(?: information| details)?|instructions))"
    rf"(?: (?:it|them|on|out|at|to|in|down|is|are|can be found|under))* {_DEICTIC}"
    r"|as follows|(?:the )?following|below|above|read more|learn more|more information"
    r"|(?:this|it) (?:looks|works) like this"
    r"|siehe (?:unten|oben|hier|tabelle|nächste seite)|(?:hier )?klicken(?: sie)?(?: hier)?|wie folgt|weiterlesen"
    r"|voir (?:ci-dessous|ci-dessus|ici)|cliquez ici|ver (?:abajo|arriba|aquí)|haga clic aquí)"
    r"(?: (?:for|to) [^.!?]{1,60})?[\s.:!…→»>)]*",
    re.IGNORECASE,
)
# A value that is left out stands alone behind a word or mark that a value follows, unlike "wait …" and "Save as …".
LEFT_OUT = re.compile(
    r"(?:\b(?:is|are|was|were|be|to|at|from|of|by|with|than|version|port|costs?|until|since|within|in|for|after|before"
    r"|about|over|under|run|use)|[:=|])\s+[\"'“(]?…(?=[\s.,;:)!?\"'”|]|$)"
    r"|(?:^|(?<=[\s(]))…(?=\s+(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
MUSTACHE = re.compile(r"\{\{[^{}\n]{1,100}\}\}|<%=?[^<>%\n]{1,100}%>")
ABOUT_TEMPLATES = re.compile(
    r"placeholder|variable|template|replace|insert|syntax|render|expression|shortcode|filter|brace|expand|substitut"
    r"|liquid|jinja|handlebars|mustache|interpolat|\buse\b|\bwrite\b|\bstands for\b|\btags?\b",
    re.IGNORECASE,
)
CELL_END = re.compile(r"\s\|\s|;\s")


def is_pointer(text: str) -> bool:
    """Tell whether a sentence only says where something is: "See below.", "Click here to download."."""
    return POINTER.fullmatch(text.strip(" *_>-")) is not None


def has_unknown_value(text: str) -> bool:
    """Tell whether a sentence lacks the value that it is about; of a row of several cells, whether most are missing."""
    if "…" not in text and "{{" not in text and "<%" not in text:
        return False
    cells = CELL_END.split(text.rstrip("."))
    if len(cells) > 2:
        return 2 * sum(_is_unknown(cell) for cell in cells) >= len(cells) - 1
    return _is_unknown(text)


def _is_unknown(text: str) -> bool:
    is_left_out = text.strip() == "…" or LEFT_OUT.search(text)
    return bool(is_left_out or (MUSTACHE.search(text) and not ABOUT_TEMPLATES.search(text)))
