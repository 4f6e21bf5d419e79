"""Split the prose of a document into sentences, each an exact span of its text."""

import re
from bisect import bisect_right

from retrieval.text.likely_language import likely_language
from retrieval.text.sections import quotable_blocks
from retrieval.text.sentence_ends import correct_ends
from retrieval.types import ReadDocument, Sentence

MAX_CHUNK_LENGTH = 5_000  # characters that the splitter gets at once
MAX_SENTENCE_LENGTH = 1_000  # characters; a longer run without a full stop is cut at white space
MARK_BEHIND_STOP = re.compile(r"([.!?…][)\"'”’»]*)([¹²³⁰⁴-⁹]+)(?=\s|$)")
# A line in which the splitter finds no end: it has no stop, nor the bracket behind the number of an item.
WITHOUT_END = re.compile(r"[ \"-(*-,\-/-9<=>@-~]+")
OPENING_QUOTE = re.compile(r"(?<![^\s(\[{*_—–-])\"")


def split_sentences(read: ReadDocument, row: int, language: str) -> list[Sentence]:
    """Split the prose, list items, code and table rows of a document, in the order of the text.

    `row` is the document's row in the corpus, `language` that of documents that name none and whose words do not show
    it. Spans have no white space at their ends and hold at least one letter or digit.
    """
    text = read.document.text
    document_language = read.language or likely_language([text]) or language
    line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
    sentences = []
    for section, paragraph, block in quotable_blocks(read.blocks):
        content = text[block.start : block.end]
        is_whole = block.kind in ("row", "code")  # full stops inside a record or a program end no sentence
        spans = _whole_spans(content) if is_whole else sentence_spans(content, document_language)
        for start, end in spans:
            first = block.start + start
            line = bisect_right(line_starts, first)
            sentences.append(Sentence(row, section, paragraph, line, first, block.start + end))
    return sentences


def sentence_spans(paragraph: str, language: str) -> list[tuple[int, int]]:
    """Find the half-open character spans of a paragraph's sentences."""
    if len(paragraph) <= MAX_CHUNK_LENGTH and WITHOUT_END.fullmatch(paragraph):
        return _whole_spans(paragraph)
    import sentencex  # answering needs none

    spans: list[tuple[int, int]] = []
    for first, last in _chunks(paragraph):
        chunk = paragraph[first:last]
        ends = [end["end_index"] for end in sentencex.get_sentence_boundaries(language, _simplified(chunk))]
        start = first
        for end in correct_ends(chunk, ends, language):
            spans += _trimmed_pieces(paragraph, start, first + end)
            start = first + end
    return _with_words(paragraph, spans)


def _simplified(text: str) -> str:
    """Change a text for the splitter, not its length: no mark of a footnote behind a stop, no quotes that never open.

    The splitter finds no end before a mark, and would keep what is between two inch marks together.
    """
    if not text.isascii():
        text = MARK_BEHIND_STOP.sub(r"\2\1", text)
    return text if '"' not in text or OPENING_QUOTE.search(text) else text.replace('"', "″")


def _whole_spans(content: str) -> list[tuple[int, int]]:
    """Find the span of a row, of code or of a line without a stop, in pieces if it is very long."""
    return _with_words(content, _trimmed_pieces(content, 0, len(content)))


def _with_words(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans that hold a letter or digit."""
    return [(start, end) for start, end in spans if any(map(str.isalnum, text[start:end]))]


def _chunks(text: str) -> list[tuple[int, int]]:
    """Cut an overlong paragraph after full stops, else at spaces.

    The splitter's time grows with the square of the number of open quotes and brackets in what it gets at once.
    """
    chunks = []
    start = 0
    while len(text) - start > MAX_CHUNK_LENGTH:
        stop = text.rfind(". ", start, start + MAX_CHUNK_LENGTH) + 1
        if stop <= start:
            stop = text.rfind(" ", start, start + MAX_CHUNK_LENGTH) + 1
        if stop <= start:
            stop = start + MAX_CHUNK_LENGTH
        chunks.append((start, stop))
        start = stop
    return [*chunks, (start, len(text))]


def _trimmed_pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Trim a span, cutting it at white space if it is longer than MAX_SENTENCE_LENGTH."""
    pieces = []
    while start < end:
        stop, limit = end, start + MAX_SENTENCE_LENGTH
        if end > limit:
            gap = max(text.rfind(" ", start, limit), text.rfind("\n", start, limit))
            stop = gap if gap > start else limit
        content = text[start:stop]
        first, last = stop - len(content.lstrip()), start + len(content.rstrip())
        if last > first:
            pieces.append((first, last))
        start = stop
    return pieces
