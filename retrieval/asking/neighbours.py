"""How much of what stands around a sentence a reader needs to understand it."""

from retrieval.index.index import Index
from retrieval.text.anaphora import refers_back
from retrieval.text.locations import header_at, read_at

MOST_BEFORE = 2  # sentences; one that needs the one before it brings that one too


def before(index: Index, row: int) -> str:
    """Return the text before a row's sentence that it leans on, as it stands in the document, or "".

    Stays inside the section; at most MOST_BEFORE sentences. Of a row of a table it is the header.
    """
    if header := header_of(index, row):
        return header
    first = row
    most = MOST_BEFORE if index.language == "en" else 1
    while row - first < most and _neighbours(index, first - 1, first):
        if not refers_back(index.text(first), index.language):
            break
        first -= 1
    return _span(index, first, row - 1) if first < row else ""


def after(index: Index, row: int) -> str:
    """Return the sentence after a row's one when that one only announces it, ending with a colon, or ""."""
    announces = index.text(row).rstrip("\"'”’*_ ").endswith(":")
    return _span(index, row + 1, row + 1) if announces and _neighbours(index, row, row + 1) else ""


def header_of(index: Index, row: int) -> str:
    """Return the header of the table that a row's sentence is a row of, as it stands in the document, or ""."""
    sentence = index.sentence(row)
    return header_at(index.documents[sentence.document], sentence.start)


def read_out(index: Index, row: int) -> str:
    """Return a row's sentence as it is read, of a row of a table with its header. Raises DamagedIndexError."""
    text, document = index.text(row), index.documents[index.sentence(row).document]
    if not document.tables:
        return text
    sentence = index.sentence(row)
    return read_at(document, sentence.start, sentence.end)


def around(index: Index, row: int) -> tuple[str, str]:
    """Return what stands before and after a row's sentence in its paragraph and the ones beside it.

    Stays inside the section; both parts are cut from the document. Before a row of a table stands its header.
    """
    here = index.sentence(row)
    first = last = row
    while _near(index, first - 1, row):
        first -= 1
    while _near(index, last + 1, row):
        last += 1
    text = index.documents[here.document].text
    start, end = index.sentence(first).start, index.sentence(last).end
    header = header_of(index, row)
    return f"{header}\n{text[start : here.start]}" if header else text[start : here.start], text[here.end : end]


def _near(index: Index, row: int, other: int) -> bool:
    """Return whether a row exists and stands in the paragraph of another one or in one beside it."""
    if not (0 <= row < index.count and _neighbours(index, min(row, other), max(row, other))):
        return False
    return abs(index.sentence(row).paragraph - index.sentence(other).paragraph) <= 1


def _neighbours(index: Index, row: int, other: int) -> bool:
    """Return whether two rows exist and belong to one section of one document."""
    if row < 0 or other >= index.count:
        return False
    here, there = index.sentence(row), index.sentence(other)
    return (here.document, here.section) == (there.document, there.section)


def _span(index: Index, first: int, last: int) -> str:
    """Return the document's text from one row to another, both verified."""
    for row in range(first, last + 1):
        index.text(row)
    start, end = index.sentence(first), index.sentence(last)
    return index.documents[start.document].text[start.start : end.end]
