"""Find the text around a sentence that a reader needs to understand it.

An index and a row come in, text cut from the document goes out. Whether a sentence refers back to the one before it is
decided in `retrieval.text.anaphora`.
"""

from retrieval.index.index import Index
from retrieval.text.anaphora import refers_back
from retrieval.text.locations import readable_text_at, table_header_at

MAX_SENTENCES_BEFORE = 2  # a sentence that refers back can refer to one that itself refers back


def context_before(index: Index, row: int) -> str:
    """Find the sentences before a row that it refers back to, as they stand in the document, or "".

    At most MAX_SENTENCES_BEFORE of the same section, or one if the language is not English. For a row of a table it is
    the header.
    """
    if header := table_header(index, row):
        return header
    count = sentences_before(index, row)
    return _text_between(index, row - count, row - 1) if count else ""


def sentences_before(index: Index, row: int) -> int:
    """Count the sentences right before a row, in its section, that it refers back to: at most MAX_SENTENCES_BEFORE."""
    first = row
    max_sentences = MAX_SENTENCES_BEFORE if index.language == "en" else 1
    while row - first < max_sentences and in_one_section(index, first - 1, first):
        if not refers_back(index.text(first), index.language):
            break
        first -= 1
    return row - first


def table_header(index: Index, row: int) -> str:
    """Return the header of the table that a row belongs to, as it stands in the document, or ""."""
    sentence = index.sentence(row)
    return table_header_at(index.documents[sentence.document], sentence.start)


def readable_text(index: Index, row: int) -> str:
    """Return a row's sentence; a row of a table is written out with its header.

    Raises DamagedIndexError when the sentence is not in its document.
    """
    text, sentence = index.text(row), index.sentence(row)
    document = index.documents[sentence.document]
    return readable_text_at(document, sentence.start, sentence.end) if document.tables else text


def in_one_section(index: Index, row: int, later_row: int) -> bool:
    """Return whether two rows exist and are in the same section of the same document."""
    if row < 0 or later_row >= index.count:
        return False
    here, there = index.sentence(row), index.sentence(later_row)
    return (here.document, here.section) == (there.document, there.section)


def _text_between(index: Index, first: int, last: int) -> str:
    """Return the document's text from the first row to the last, all verified."""
    for row in range(first, last + 1):
        index.text(row)
    start, end = index.sentence(first), index.sentence(last)
    return index.documents[start.document].text[start.start : end.end]
