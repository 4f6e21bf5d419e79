"""Turn a table into parts: one sentence for each row, with the names of its columns and what it is about."""

from collections.abc import Sequence

from retrieval.reading.isolated.protocol import Part
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import record_text, with_context
from retrieval.text.table_shape import Grid, RowMark, table_shape

MAX_CONTEXT_LENGTH = 100  # characters of a caption, a title or the name of a group that are repeated in each row
MAX_REPEATED_TITLES = 2


def table_parts(
    grid: Grid, marks: Sequence[RowMark] = (), *, declared: bool | None = None, caption: str = ""
) -> list[Part]:
    """Make the parts of a table: its caption, titles and header as asides, and each row as a sentence.

    Notes below it are paragraphs. `marks` and `declared` are those of table_shape. Rows are numbered from 1, without
    empty ones.
    """
    shape = table_shape(grid, marks, declared=declared)
    texts = [[one_line(cell or "") for cell in row] for row in grid]
    places = {number: place for place, number in enumerate((n for n, row in enumerate(texts) if any(row)), 1)}
    titles = list(filter(None, [caption, *(texts[number][0] for number in shape.titles)]))
    asides = [*titles, *("; ".join(filter(None, texts[number])) for number in shape.headers)]
    parts = [Part("aside", text) for text in asides if text]
    groups: tuple[int, ...] = ()
    for row in shape.rows:
        group_texts = [texts[number][0] for number in row.groups]
        if row.groups != groups:
            groups = row.groups
            parts += long_context(group_texts)
        cells = texts[row.number]
        if row.is_note:
            parts.append(Part("text", cells[0], at=places[row.number]))
            continue
        names: Sequence[str] = row.names
        if shape.are_facts and any(cells[1:]):
            names, cells = [fact_name(cells[0])], cells[1:]
        else:
            cells = _below_names(grid[row.number], cells, names)
        text = record_text(names, cells)
        context = row_context(titles, group_texts)
        parts.append(Part("row", with_context(context, text), at=places[row.number]))
    return parts


def _below_names(row: Sequence[str | None], cells: Sequence[str], names: Sequence[str]) -> list[str]:
    """Put a value that spans several columns below the name of each.

    What begins in the first column names the row or is about all of it, and a long text is said once.
    """
    filled = list(cells)
    owner = 0
    for column, cell in enumerate(row[: len(names)]):
        if cell is not None:
            owner = column
        elif owner and names[column] not in ("", names[owner]) and len(cells[owner]) <= MAX_CONTEXT_LENGTH:
            filled[column] = cells[owner]
    return filled


def fact_name(cell: str) -> str:
    """Return the name of a fact without the colon after it."""
    return one_line(cell).rstrip(" :")


def row_context(titles: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Select the titles and names of groups that are short enough to be repeated in each row.

    Many lines above a table are a text; only the first of them is its title.
    """
    repeated = titles if len(titles) <= MAX_REPEATED_TITLES else titles[:1]
    cleaned = (one_line(text).rstrip(" .:") for text in (*repeated, *groups))
    return [text for text in cleaned if text and len(text) <= MAX_CONTEXT_LENGTH]


def long_context(texts: Sequence[str]) -> list[Part]:
    """Make asides of the names of groups that are too long to be repeated in each row."""
    return [Part("aside", text) for text in map(one_line, texts) if len(text) > MAX_CONTEXT_LENGTH]
