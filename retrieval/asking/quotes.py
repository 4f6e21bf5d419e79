"""Cut quotes out of the documents, verify them there, and cite them."""

from collections.abc import Sequence

from retrieval.asking.neighbours import context_after, context_before, readable_text, surroundings
from retrieval.index.citations import citation_id
from retrieval.index.index import Index
from retrieval.text.locations import heading_path, mark_at
from retrieval.types import Citation, Quote


def make_quote(index: Index, row: int, score: float, also: Sequence[int] = ()) -> Quote:
    """Make the quote of a row with the context that it needs; `also` are rows to cite that say the same.

    Raises DamagedIndexError when a sentence is not in its document.
    """
    return Quote(
        text=index.text(row),
        before=context_before(index, row),
        after=context_after(index, row),
        score=score,
        citation=cite(index, row),
        also=tuple(cite(index, other) for other in also),
    )


def make_quote_with_surroundings(index: Index, row: int) -> Quote:
    """Make the quote of a row with its paragraph and the ones next to it, and a score of 0."""
    before, after = surroundings(index, row)
    return Quote(index.text(row), before, after, 0.0, cite(index, row))


def cite(index: Index, row: int) -> Citation:
    """Describe where a row's sentence stands. Raises DamagedIndexError when it is not in its document."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    mark = mark_at(document, sentence.start)
    marks = {document.unit: mark}
    line = mark if document.unit == "line" and isinstance(mark, int) else sentence.line
    return Citation(
        id=citation_id_of_row(index, row),
        document=document.id,
        title=document.title,
        source=document.source,
        published=document.published,
        url=document.url,
        path=document.id,
        line=line,
        paragraph=sentence.paragraph,
        start=sentence.start,
        end=sentence.end,
        page=_number(marks.get("page")),
        heading=heading_path(document, sentence.start),
        row=_number(marks.get("row")),
        time=None if marks.get("time") is None else str(marks["time"]),
    )


def citation_id_of_row(index: Index, row: int) -> str:
    """Compute the id of a row's citation. Raises DamagedIndexError when its sentence is not in its document."""
    document = index.documents[index.sentence(row).document]
    return citation_id(document.id, readable_text(index, row), index.repeats_before(row))


def _number(mark: int | str | None) -> int | None:
    return mark if isinstance(mark, int) else None
