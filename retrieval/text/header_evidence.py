"""Weigh whether the first row of a table names its columns, or is one more record or fact.

Only what can be told from the cells themselves counts: their types, their form, and whether they occur again below. A
table of two columns whose first row cannot be told has no header: a value must never be read as a name.
"""

from collections.abc import Sequence

from retrieval.text.cell_types import (
    COLUMN_NOUNS,
    COLUMN_WORDS,
    cell_type,
    is_nothing,
    is_series,
    may_be_name,
    word_form,
)
from retrieval.text.cleaning import one_line

MAX_KEY_WORDS = 5  # of what names a fact
MIN_LONG_WORDS = 5  # of a text below a short name
WORD_FORMS = frozenset(("lower", "title", "name", "phrase"))
Cells = Sequence[str]


def names_columns(first: Cells, body: Sequence[Cells], *, likely: bool = False) -> bool:
    """Tell whether a row names the columns of the rows below it; all have the same length, of at least 2.

    With `likely`, the format has a header in this place, so that only evidence against it counts.
    """
    if not body or sum(not is_nothing(cell) for cell in first) < 2 - (not first[0].strip()):
        return False
    if _looks_like_values(first, body, likely=likely):
        return False
    if not one_line(first[0]) or COLUMN_WORDS.intersection(one_line(cell).casefold() for cell in first[1:]):
        return True
    if len(first) == 2:
        return _names_two_columns(first, body, likely=likely)
    if any(one_line(cell).casefold().split(" ")[-1] in COLUMN_NOUNS for cell in first):
        return True
    columns = [(cell, column_below(body, number)) for number, cell in enumerate(first) if not is_nothing(cell)]
    if any(_is_typed(column) for _, column in columns):  # the first row has other types, or it would look like values
        return True
    has_names = any(word_form(cell) == "name" and _are_names(column) for cell, column in columns)
    return likely or not (_mixes_case(first) or has_names)


def are_facts(rows: Sequence[Cells], *, likely: bool = False) -> bool:
    """Tell whether the first of two columns names what the second says; `likely` if the format has no header here."""
    if any(len(row) != 2 for row in rows) or len(rows) < 2:
        return False
    keys, values = [one_line(row[0]) for row in rows], [one_line(row[1]) for row in rows]
    if len({key.casefold() for key in keys}) < len(keys) or any(map(cell_type, keys)) or not all(keys):
        return False
    if not all(may_be_name(key) and len(key.split()) <= MAX_KEY_WORDS for key in keys):
        return False
    if all(key.endswith(":") for key in keys):
        return True
    if sum(word_form(key) == "name" for key in keys) * 2 >= len(keys) or _mixes_case(keys):
        return False
    kinds = {_kind(value) for value in values[1:] if not is_nothing(value)}  # the first row may be a header after all
    return likely or len(kinds if kinds - WORD_FORMS else kinds - {"title", "phrase"}) > 1


def column_below(body: Sequence[Cells], number: int) -> list[str]:
    """Collect the values of a column, without the cells that say nothing."""
    return [row[number] for row in body if number < len(row) and not is_nothing(row[number])]


def _looks_like_values(first: Cells, body: Sequence[Cells], *, likely: bool) -> bool:
    """Tell whether a row holds a sentence, a value that occurs again in its column, or one of the types in it."""
    if not all(may_be_name(cell, likely=likely) for cell in first):
        return True
    typed = [cell for cell in first if cell_type(cell)]
    if is_series(typed) and not any(is_series([cell for cell in row if cell_type(cell)]) for row in body):
        return False
    for number, cell in enumerate(first):
        if is_nothing(cell):
            continue
        column = column_below(body, number)
        others = [value for value in column if one_line(value) != one_line(cell)]
        if len(others) < len(column) and not (likely and number and _is_typed(others)):
            return True  # unless another header is further down
        own_type = cell_type(cell)
        if own_type and (not _is_typed(column) or own_type in set(map(cell_type, column))):
            return True
    return False


def _names_two_columns(first: Cells, body: Sequence[Cells], *, likely: bool) -> bool:
    """Tell whether a row names two columns, where a table may just as well hold facts."""
    key, name = first
    keys, values = column_below(body, 0), [value for value in column_below(body, 1) if value != name]
    if _is_typed(keys) or (likely and len({one_line(cell).casefold() for cell in keys}) < len(keys)):
        return True
    if cell_type(name) or (not likely and (word_form(name) == "name" or _mixes_case(first))):
        return False
    is_question = one_line(name).endswith("?")
    if len(values) > 1 and _is_typed(values) and (is_question or cell_type(values[0]) != "yes or no"):
        return likely or not _mixes_case(first)
    if len(values) > 1 and min(len(value.split()) for value in values) >= MIN_LONG_WORDS > len(name.split()):
        return True
    if not likely:
        return False
    is_value = _mixes_case(first) or (word_form(name) == "name" and word_form(key) != "name")
    return not (is_value and len(set(map(_kind, values))) > 1)


def _is_typed(column: Sequence[str]) -> bool:
    """Tell whether all values of a column have one type."""
    types = set(map(cell_type, column))
    return len(types) == 1 and "" not in types


def _kind(value: str) -> str:
    return cell_type(value) or word_form(value)


def _mixes_case(cells: Cells) -> bool:
    """Tell whether some cells begin with a capital and others with a small letter, apart from codes such as "d20"."""
    words = [cell for cell in map(one_line, cells) if cell and cell[0].isalpha() and not any(map(str.isdigit, cell))]
    return len({word[0].isupper() for word in words}) > 1


def _are_names(column: Sequence[str]) -> bool:
    """Tell whether most texts are of several capitalised words."""
    return sum(word_form(cell) == "name" for cell in column) * 2 > len(column)
