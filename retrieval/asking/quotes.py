"""Quotes and their citations, cut from the documents and verified there."""

from collections.abc import Sequence

from retrieval.asking import neighbours
from retrieval.index.citations import citation_id
from retrieval.index.index import Index
from retrieval.text.locations import heading_path, mark_at
from retrieval.types import Citation, Quote


def quote(index: Index, row: int, score: float, also: Sequence[int] = ()) -> Quote:
    """Return the verified quote of a row, with what it needs around it and the citations of the rows in `also`.

    Raises DamagedIndexError when the sentence is not in its document.
    """
    return Quote(
        text=index.text(row),
        before=neighbours.before(index, row),
        after=neighbours.after(index, row),
        score=score,
        citation=cite(index, row),
        also=tuple(cite(index, other) for other in also),
    )


def surrounded(index: Index, row: int) -> Quote:
    """Return the quote of a row with its paragraph and the ones beside it, and a score of 0."""
    before, after = neighbours.around(index, row)
    return Quote(index.text(row), before, after, 0.0, cite(index, row))


def cite(index: Index, row: int) -> Citation:
    """Return where a row's sentence stands. Raises DamagedIndexError when it is not there."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    mark = mark_at(document, sentence.start)
    found = {document.unit: mark}
    line = mark if document.unit == "line" and isinstance(mark, int) else sentence.line
    return Citation(
        id=citation_of(index, row),
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
        page=_number(found.get("page")),
        heading=heading_path(document, sentence.start),
        row=_number(found.get("row")),
        time=None if found.get("time") is None else str(found["time"]),
    )


def citation_of(index: Index, row: int) -> str:
    """Return the id of a row's citation. Raises DamagedIndexError when its sentence is not there."""
    document = index.documents[index.sentence(row).document]
    return citation_id(document.id, neighbours.read_out(index, row), index.repeats_before(row))


def _number(mark: int | str | None) -> int | None:
    return mark if isinstance(mark, int) else None
