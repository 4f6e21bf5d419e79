"""Combine the rows above the columns of a table into one distinct name for each column."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from retrieval.text.cleaning import one_line

IN_BRACKETS = re.compile(r"[(\[].*[)\]]")
MAX_RECORDS_ABREAST_COLUMNS = 40


def combine_names(rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """Combine header rows into one name for each column: "Summer" above "adult" → "Summer, adult".

    None is a cell that is part of the one to its left. A name also stands above the empty cells to its right, in a row
    without any None, if names stand below them.
    """
    width = max(map(len, rows), default=0)
    combined: list[dict[str, None]] = [{} for _ in range(width)]
    for depth, row in enumerate(rows):
        above = ""
        for column, cell in enumerate(row):
            is_gap = cell is None or (column > 1 and not cell.strip() and None not in row)
            is_inherited = is_gap and any(
                (lower[column] or "").strip() for lower in rows[depth + 1 :] if column < len(lower)
            )
            above = above if is_inherited else one_line(cell or "").rstrip(" :")
            combined[column][above] = None
    return _distinct([_join(filter(None, names)) for names in combined])


def _join(names: Iterable[str]) -> str:
    """Join the names above one column; units in brackets belong to the name before."""
    joined = ""
    for name in names:
        joined += f" {name}" if joined and IN_BRACKETS.fullmatch(name) else f", {name}" if joined else name
    return joined


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Make names distinct by numbering those of several columns, unless whole records stand side by side."""
    counts = Counter(names)
    if max((count for name, count in counts.items() if name), default=0) < 2 or _are_abreast(names):
        return tuple(names)
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(f"{name} ({seen[name]})" if name and counts[name] > 1 else name)
    return tuple(distinct)


def _are_abreast(names: Sequence[str]) -> bool:
    """Tell whether names repeat as a whole, after those of the row itself: "Day, Opens, Closes, Opens, Closes"."""
    own = len(list(itertools.takewhile(lambda name: names.count(name) == 1, names[:MAX_RECORDS_ABREAST_COLUMNS])))
    repeated = list(names[own:])
    length = len(set(repeated))
    is_short = 1 < length < len(repeated) <= MAX_RECORDS_ABREAST_COLUMNS
    return is_short and repeated == repeated[:length] * (len(repeated) // length)
