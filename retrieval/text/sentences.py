"""Cut the prose of a document into sentences, each an exact span of its text."""

import re
from bisect import bisect_right

from retrieval.text.sections import quotable_blocks
from retrieval.types import ReadDocument, Sentence

AT_ONCE = 5_000  # characters that the splitter is given at once
MAX_SENTENCE_LENGTH = 1_000  # characters; a longer run without a full stop is cut at white space


def split_sentences(read: ReadDocument, row: int, language: str) -> list[Sentence]:
    """Return the sentences of a document's prose in the order of the text.

    Spans are trimmed of white space; a span without a letter or digit is left out. `row` is the
    document's row in the corpus.
    """
    text = read.document.text
    spoken = read.language or language
    line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
    sentences = []
    for section, paragraph, block in quotable_blocks(read.blocks):
        paragraph_text = text[block.start : block.end]
        whole = block.kind == "row"  # full stops inside a record end no sentence
        spans = _pieces(paragraph_text, 0, len(paragraph_text)) if whole else sentence_spans(paragraph_text, spoken)
        for start, end in spans:
            first, last = block.start + start, block.start + end
            line = bisect_right(line_starts, first)
            sentences.append(Sentence(row, section, paragraph, line, first, last))
    return sentences


def sentence_spans(paragraph: str, language: str) -> list[tuple[int, int]]:
    """Return the half-open character spans of a paragraph's sentences."""
    import sentencex  # answering needs none

    spans: list[tuple[int, int]] = []
    for first, last in _bounded(paragraph):
        for found in sentencex.get_sentence_boundaries(language, paragraph[first:last]):
            spans.extend(_pieces(paragraph, first + found["start_index"], first + found["end_index"]))
    return [(start, end) for start, end in spans if any(map(str.isalnum, paragraph[start:end]))]


def _bounded(text: str) -> list[tuple[int, int]]:
    """Cut an endless paragraph after a full stop, else at a space.

    The splitter's time grows with the square of the open quotes and brackets that it is given at once.
    """
    parts = []
    start = 0
    while len(text) - start > AT_ONCE:
        stop = text.rfind(". ", start, start + AT_ONCE) + 1
        if stop <= start:
            stop = text.rfind(" ", start, start + AT_ONCE) + 1
        if stop <= start:
            stop = start + AT_ONCE
        parts.append((start, stop))
        start = stop
    return [*parts, (start, len(text))]


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Trim a span, and cut it at white space where it is longer than MAX_SENTENCE_LENGTH."""
    pieces = []
    while start < end:
        stop = end
        if end - start > MAX_SENTENCE_LENGTH:
            gap = max(
                text.rfind(" ", start, start + MAX_SENTENCE_LENGTH),
                text.rfind("\n", start, start + MAX_SENTENCE_LENGTH),
            )
            stop = gap if gap > start else start + MAX_SENTENCE_LENGTH
        content = text[start:stop]
        first, last = stop - len(content.lstrip()), start + len(content.rstrip())
        if last > first:
            pieces.append((first, last))
        start = stop
    return pieces
