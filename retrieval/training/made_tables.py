"""Make tables with questions about their cells: no set of questions made by people has any.

A table has rows named by words of other sets' passages, and columns of numbers or of a yes and a no. It is written as
in Markdown, as records ("Weight: 5 kg; Price: 10") or as a list. A question asks for a cell, or for the row of a value.
"""

import random
import re
from collections.abc import Sequence

from retrieval.training.reading_sets import Passage, Question, ReadingSet, Span

NAME = "made_tables"
TABLES = 12_000
SAME_COLUMNS = 3  # tables in a row with the same title and columns
UNITS = {
    "weight": "kg", "price": "$", "cost": "gp", "size": "MB", "speed": "km/h", "length": "cm", "height": "m",
    "capacity": "l", "duration": "min", "timeout": "s", "memory": "GB", "storage": "GB", "range": "ft", "power": "W",
    "voltage": "V", "distance": "km", "temperature": "°C", "population": "", "score": "", "level": "", "limit": "",
    "maximum": "", "minimum": "", "default": "", "quantity": "", "age": "years", "bonus": "", "damage": "hp",
    "version": "", "rate": "%", "discount": "%", "width": "mm", "year": "", "port": "", "rank": "", "armor class": "",
}  # fmt: skip
ABILITIES = (
    "tags", "encryption", "refunds", "guests", "pets", "uploads", "video", "resizing", "subtitles", "discounts",
    "offline mode", "parking", "streaming", "backups", "comments", "returns", "wireless", "attachments",
)  # fmt: skip
KINDS = ("Name", "Item", "Type", "Resource", "Plan", "Model", "Option", "Class", "Setting", "Product", "Team", "City")
CELL_QUESTIONS = (
    "what is the {column} of {row}?", "{row} {column}", "what {column} does {row} have?", "{column} for {row}?",
    "how much is the {column} of the {row}?", "tell me the {column} of {row}", "what's {row}'s {column}?",
)  # fmt: skip
ABILITY_QUESTIONS = (
    "does {row} support {column}?", "are {column} available with {row}?", "can i use {column} with {row}?",
    "{row} {column}?",
)  # fmt: skip
ROW_QUESTIONS = ("which {kind} has a {column} of {value}?", "what {kind} has {column} {value}?")


def make_tables(sets: Sequence[ReadingSet], seed: int) -> ReadingSet:
    """Make a set of TABLES tables with three questions each."""
    rng = random.Random(seed)
    texts = (passage.text for data in sets for passage in data.passages)
    vocabulary = sorted({word for text in texts for word in re.findall(r"\b[a-z]{4,11}\b", text)})
    data = ReadingSet(NAME, [], [])
    for number in range(TABLES):
        if number % SAME_COLUMNS == 0:
            title = " ".join(rng.sample(vocabulary, 2)).capitalize()
            kind = rng.choice(KINDS)
            columns = rng.sample(list(UNITS), rng.randint(1, 3)) + rng.sample(ABILITIES, rng.randint(0, 2))
        names = [" ".join(rng.sample(vocabulary, rng.choice((1, 1, 2)))).capitalize() for _ in range(rng.randint(3, 7))]
        cells = [[_value(column, rng) for column in columns] for _ in names]
        passage, spans = _write(title, kind, columns, names, cells, rng)
        data.groups.setdefault(title, []).append(number)
        data.passages.append(passage)
        for row in rng.sample(range(len(names)), 3):
            data.questions.append(_ask(number, kind, columns, names, cells, spans, row, rng))
    return data


def _value(column: str, rng: random.Random) -> str:
    """Draw the value of a cell."""
    if column not in UNITS:
        return rng.choice(("Yes", "No"))
    number = str(rng.choice((rng.randint(1, 20), rng.randint(1, 999), rng.randint(1, 40) * 250)))
    return f"${number}" if UNITS[column] == "$" else f"{number} {UNITS[column]}".strip()


def _write(
    title: str, kind: str, columns: list[str], names: list[str], cells: list[list[str]], rng: random.Random
) -> tuple[Passage, list[list[Span]]]:
    """Write a table; return also the spans of the name and the values of each row."""
    form = rng.choice(("markdown", "markdown", "records", "list"))
    heads = [_head(column) for column in columns]
    text = (
        f"| {' | '.join([kind, *heads])} |\n| {' | '.join(['---'] * (len(heads) + 1))} |\n"
        if form == "markdown"
        else ""
    )
    pieces: list[Span] = [(0, len(text) - 1)] if text else []
    spans = []
    for name, values in zip(names, cells, strict=True):
        before = {"markdown": "| ", "records": f"{kind}: ", "list": "- "}[form]
        line, row = before + name, [(len(text) + len(before), len(text) + len(before) + len(name))]
        for place, (head, value) in enumerate(zip(heads, values, strict=True)):
            line += {"markdown": " | ", "records": f"; {head}: ", "list": f"{', ' if place else ': '}{head} "}[form]
            row.append((len(text) + len(line), len(text) + len(line) + len(value)))
            line += value
        line += " |" if form == "markdown" else ""
        pieces.append((len(text), len(text) + len(line)))
        spans.append(row)
        text += line + "\n"
    return Passage(title, "", text, title, tuple(pieces)), spans


def _head(column: str) -> str:
    """Return the head of a column."""
    return column.capitalize() if column in UNITS else f"Supports {column}"


def _ask(
    passage: int,
    kind: str,
    columns: list[str],
    names: list[str],
    cells: list[list[str]],
    spans: list[list[Span]],
    row: int,
    rng: random.Random,
) -> Question:
    """Ask for a cell of a row, or for the row if its value stands once in the column."""
    at = rng.randrange(len(columns))
    column, value = columns[at], cells[row][at]
    if column not in UNITS:
        form, answer = rng.choice(ABILITY_QUESTIONS), spans[row][at + 1]
    elif rng.random() < 0.2 and [cell[at] for cell in cells].count(value) == 1:
        form, answer = rng.choice(ROW_QUESTIONS), spans[row][0]
    else:
        form, answer = rng.choice(CELL_QUESTIONS), spans[row][at + 1]
    text = form.format(row=names[row].lower(), column=column, value=value, kind=kind.lower())
    return Question(text, passage, (answer,), ())
