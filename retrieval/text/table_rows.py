"""Write the rows of a table out as sentences: "Day: Monday; Opens: 9:00."."""

from collections.abc import Sequence

from retrieval.reading.isolated.protocol import Part, one_line

LONGEST_CELL = 200  # characters; longer text is a paragraph, not a value


def row_parts(header: Sequence[str] | None, rows: Sequence[Sequence[str]], first: int) -> list[Part]:
    """Return a part for each row that says something; `first` is the number of the first one."""
    names = [one_line(name).rstrip(" :") for name in header or ()]
    parts = []
    for number, row in enumerate(rows, first):
        text = record_text(names, row)
        if text:
            parts.append(Part("row", text, at=number))
    return parts


def record_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Return a record as one sentence; a value without a name stands alone, empty values are left out."""
    fields = []
    for place, value in enumerate(values):
        said = one_line(value)
        name = names[place] if place < len(names) else ""
        if said:
            fields.append(f"{name}: {said}" if name and name != said else said)
    text = "; ".join(fields)
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def table_parts(rows: Sequence[Sequence[str]], *, marked: bool = False) -> list[Part]:
    """Return the parts of a table whose first row may be its header; `marked`: its markup says that it is."""
    filled = [row for row in rows if any(map(str.strip, row))]
    if len(filled) > 1 and max(map(len, filled)) > 1 and (marked or looks_like_header(filled[0])):
        header = Part("aside", "; ".join(filter(None, map(one_line, filled[0]))))
        return [header, *row_parts(filled[0], filled[1:], 2)]
    return row_parts(None, filled, 1)


def looks_like_header(row: Sequence[str]) -> bool:
    """Return whether a row names columns: short, different texts without numbers or full stops."""
    names = [one_line(cell) for cell in row]
    named = [name for name in names if name]
    return (
        len(named) > 1
        and len(set(named)) == len(named)
        and all(len(name) <= 60 and not name.endswith((".", "!", "?")) and not name[0].isdigit() for name in named)
    )
