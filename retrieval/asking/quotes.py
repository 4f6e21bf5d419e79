"""Cut quotes out of the documents, verify them there, and cite them."""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.asking.passages import compose_passage, compose_surroundings, covers
from retrieval.index.citations import citation_id
from retrieval.index.index import Index
from retrieval.text.heading_anchors import with_heading
from retrieval.text.locations import address_at, heading_path, mark_at
from retrieval.text.message_dates import published_at
from retrieval.text.source_map import source_span, unpack_pairs
from retrieval.types import Citation, Document, PassagePart, Quote, Sentence


def make_quote(index: Index, row: int, score: float, question: str = "") -> Quote:
    """Make the quote of a row with the passage that answers a question.

    Raises DamagedIndexError when the sentence is not in its document.
    """
    return quote_passage(index, row, score, compose_passage(index, row, question))


def make_quote_with_surroundings(index: Index, row: int) -> Quote:
    """Make the quote of a row with its section, as far as it is near, and a score of 0."""
    return replace(quote_passage(index, row, 0.0, compose_surroundings(index, row)), has_more=False)


def quote_passage(
    index: Index, row: int, score: float, passage: tuple[PassagePart, ...], also: Sequence[int] = ()
) -> Quote:
    """Make the quote of a row with a passage that shows it; `also` are rows to cite that say the same.

    Raises DamagedIndexError when a sentence is not in its document.
    """
    sentence = index.sentence(row)
    before, after = _around(passage, sentence)
    has_more = not all(covers(passage, part) for part in compose_surroundings(index, row))
    passage = _with_sources(index.documents[sentence.document], passage)
    others = tuple(cite(index, other) for other in also)
    return Quote(index.text(row), before, after, score, cite(index, row), others, passage=passage, has_more=has_more)


def _around(passage: Sequence[PassagePart], sentence: Sentence) -> tuple[str, str]:
    """Join the text of a passage before and after a sentence, without headings: a line for each part."""
    before, after = [], []
    for part in passage:
        if part.kind != "heading":
            before.append(part.text[: max(sentence.start - part.start, 0)].rstrip())
            after.append(part.text[max(sentence.end - part.start, 0) :].lstrip())
    return "\n".join(filter(None, before)), "\n".join(filter(None, after))


def _with_sources(document: Document, passage: tuple[PassagePart, ...]) -> tuple[PassagePart, ...]:
    """Add to each part where it stands in its file, if the text of the document is not the file."""
    if not document.source_map:
        return passage
    pairs = unpack_pairs(document.source_map)
    return tuple(replace(part, source_span=source_span(pairs, part.start, part.end)) for part in passage)


def cite(index: Index, row: int) -> Citation:
    """Describe where a row's sentence stands. Raises DamagedIndexError when it is not in its document."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    packed = document.source_map
    mark = mark_at(document, sentence.start)
    marks = {document.unit: mark}
    line = mark if document.unit == "line" and isinstance(mark, int) else sentence.line
    return Citation(
        id=citation_id_of_row(index, row),
        document=document.id,
        title=document.title,
        source=document.source,
        published=published_at(document, sentence.start),
        url=with_heading(address_at(document, line), document, sentence.start),
        path=document.id,
        line=line,
        paragraph=sentence.paragraph,
        start=sentence.start,
        end=sentence.end,
        page=_number(marks.get("page")),
        heading=heading_path(document, sentence.start),
        row=_number(marks.get("row")),
        time=None if marks.get("time") is None else str(marks["time"]),
        source_span=source_span(unpack_pairs(packed), sentence.start, sentence.end) if packed else None,
        version=document.version or None,
    )


def citation_id_of_row(index: Index, row: int) -> str:
    """Compute the id of a row's citation. Raises DamagedIndexError when its sentence is not in its document."""
    document = index.documents[index.sentence(row).document]
    return citation_id(document.id, readable_text(index, row), index.repeats_before(row))


def _number(mark: int | str | None) -> int | None:
    return mark if isinstance(mark, int) else None
