"""Compare a fragment of a document with what is shown of a quote, as a reader sees both.

White space, case and marks that are not read do not count: Markdown's and reStructuredText's marks of emphasis, code,
headings, list items and quoted lines, the targets of links, and the pipes of tables. A row of a table may be shown as
written, or written out with the names of its columns.
"""

import re

from retrieval.types import Quote

GAP = "[…]"  # between parts of a passage where something of the document is left out
LINK = re.compile(r'!?\[([^\]]*)\]\([^()\s]*(?:\s+"[^"]*")?\)')  # Markdown: [text](target "title")
NAMED_TARGET = re.compile(r"`([^`<]+?)\s*<[^`<>]+>`__?")  # reStructuredText: `text <target>`_
ROLE = re.compile(r":[A-Za-z][\w:.+-]*:(?=`)")  # reStructuredText: :role:`text`
LINE_MARK = re.compile(r"(?m)^[ \t]*(?:(?:>|#{1,6}(?=\s)|[-*+](?=\s))[ \t]*)+")
MARKS = str.maketrans("", "", "*_`~|\\")
PIPE = re.compile(r"(?<!\\)\|")


def shown_text(quote: Quote) -> str:
    """Join what is shown of a quote: the parts of its passage, each on its own line, or the sentence in its context."""
    if not quote.passage:
        return "\n".join(filter(None, (quote.before, quote.text, quote.after)))
    return "\n".join(f"{GAP}\n{part.text}" if part.after_gap else part.text for part in quote.passage)


def visible_text(text: str) -> str:
    """Reduce a text to what a reader sees, on one line and case-folded; "" if only marks are left."""
    for pattern, replacement in ((LINK, r"\1"), (NAMED_TARGET, r"\1"), (ROLE, ""), (LINE_MARK, "")):
        text = pattern.sub(replacement, text)
    return " ".join(text.translate(MARKS).split()).casefold()


def contains_fragment(shown: str, fragment: str) -> bool:
    """Tell whether a shown text holds a fragment, or a line that holds all cells of each of its rows, in their order.

    A cell must be a whole word or number of the line, or several: the cell 4 is not in "level 14".
    """
    if visible_text(fragment) in visible_text(shown):
        return True
    rows = [cells for line in fragment.splitlines() if (cells := _cells(line))]
    if not PIPE.search(fragment) or not rows:
        return False
    lines = [visible_text(line) for line in shown.splitlines()]
    return all(any(_holds_in_order(line, cells) for line in lines) for cells in rows)


def _cells(row: str) -> list[str]:
    """Split a row of a table into the visible texts of its cells, without empty ones."""
    return [cell for cell in map(visible_text, PIPE.split(row)) if cell]


def _holds_in_order(line: str, cells: list[str]) -> bool:
    position = 0
    for cell in cells:
        match = re.compile(rf"(?<!\w){re.escape(cell)}(?!\w)").search(line, position)
        if match is None:
            return False
        position = match.end()
    return True
