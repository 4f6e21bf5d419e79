"""Read blocks of code in HTML: their lines without line numbers and buttons, and the language that classes name."""

import re
from typing import Any

from retrieval.reading.formats.html_elements import SKIPPED, is_hidden, tag_of
from retrieval.text.code_languages import code_language

CODE_BLOCKS = frozenset(("pre", "listing", "xmp"))
CODE_LINES = frozenset(("div", "p", "li", "tr"))  # inside of code, each begins a line
CODE_TOOLS = frozenset((  # classes of line numbers, of buttons that copy, and of lines that mdBook hides
    "linenos", "lineno", "linenumber", "linenumbers", "line-number", "line-numbers", "line-numbers-rows", "linenodiv",
    "gutter", "rouge-gutter", "hljs-ln-numbers", "ln", "lnt", "blob-num", "copy", "copy-btn", "copybtn", "btn-copy",
    "copy-button", "copy-code", "code-copy", "clipboard", "clipboard-copy", "copy-to-clipboard", "toolbar", "boring",
))  # fmt: skip
NAMED_LANGUAGE = re.compile(r"(?:language|lang|highlight(?:-source|-text)?|brush|src|sourcecode)[-:]+([\w+#.]+)")
LANGUAGE_ATTRIBUTES = ("data-lang", "data-language", "data-code-language", "lang", "syntax")
MAX_ANCESTORS = 3  # around a block of code that may name its language
LINE_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")


def code_text(element: Any) -> str:
    """Return the text of a block of code with its line breaks, without line numbers and buttons."""
    pieces: list[str] = []
    _add_code(element, pieces)
    return "".join(pieces).replace("\u00a0", " ")


def language_of(element: Any) -> str:
    """Return the language that a block of code, an element in it or one around it names, "" if it is unknown."""
    elements = [element, *element.iterdescendants("{*}code"), *list(element.iterancestors())[:MAX_ANCESTORS]]
    for number, candidate in enumerate(elements):
        classes = re.sub(r"brush:\s*", "brush:", (candidate.get("class") or "").lower())
        is_code = tag_of(candidate) in ("pre", "code")  # other elements have all kinds of classes
        attributes = [candidate.get(name) or "" for name in LANGUAGE_ATTRIBUTES] if is_code or number == 0 else []
        plain = classes.split() if is_code else []
        for name in (*attributes, *NAMED_LANGUAGE.findall(classes), *plain):
            language = code_language(name)
            if language:
                return language
    return ""


def is_listing(table: Any) -> bool:
    """Tell whether a table only puts line numbers beside code."""
    cells = [cell for cell in table.iterdescendants("{*}td") if "".join(cell.itertext()).strip()]
    return bool(cells) and all(next(cell.iterdescendants("{*}pre"), None) is not None for cell in cells)


def is_line_numbers(element: Any, text: str) -> bool:
    """Tell whether a block of code in a table is the column of its line numbers."""
    in_table = next(element.iterancestors("{*}td"), None) is not None
    return in_table and LINE_NUMBERS.fullmatch(text) is not None


def _add_code(element: Any, pieces: list[str]) -> None:
    """Add the text in an element, but not that after it."""
    tag = tag_of(element)
    tools = CODE_TOOLS.intersection((element.get("class") or "").lower().split())
    if tag in ("pre", "code"):
        tools -= {"line-numbers"}  # which Prism is asked to add to this code
    if tag in SKIPPED or is_hidden(element) or tools:
        return
    if tag == "br" or (tag in CODE_LINES and pieces and not pieces[-1].endswith("\n")):
        pieces.append("\n")
    pieces.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            _add_code(child, pieces)
        pieces.append(child.tail or "")
