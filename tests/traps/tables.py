"""Traps of tables: a value that is read as the name of a column, or a value whose name, unit or group is lost."""

import html
from collections.abc import Sequence

from tests.support.samples import docx, docx_paragraph, pdf
from tests.traps.trap import Ask, Trap, make_traps

INTRO = "The town keeps a small register of what stands along the river and of what it costs."

Rows = Sequence[Sequence[str]]


def cells(*rows: str) -> list[list[str]]:
    """Split rows at " | "; a row of one cell followed by "|" spans all columns."""
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def to_csv(rows: Rows) -> str:
    """Write rows as CSV."""
    quoted = ([f'"{cell}"' if "," in cell else cell for cell in row] for row in rows)
    return "".join(",".join(row) + "\n" for row in quoted)


def to_markdown(rows: Rows, *, empty_header: bool = False) -> str:
    """Write rows as a table of Markdown, which must have a header: the first row or an empty one."""
    lines = [f"| {' | '.join(row)} |" for row in ([[""] * len(rows[0]), *rows] if empty_header else rows)]
    return f"# Register\n\n{INTRO}\n\n" + "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def to_html(rows: Rows, *, heads: int = 0, first_column: str = "td", caption: str = "", thead: bool = False) -> str:
    """Write rows as a table on a web page: so many rows of <th>; a row with empty cells behind the first spans them."""
    lines = []
    for number, row in enumerate(rows):
        tag = "th" if number < heads else "td"
        if len(row) > 1 and row[0] and not any(row[1:]):
            lines.append(f'<tr><{tag} colspan="{len(row)}">{html.escape(row[0])}</{tag}></tr>')
            continue
        first = first_column if tag == "td" else tag
        inner = "".join(
            f"<{first if n == 0 else tag}>{html.escape(cell)}</{first if n == 0 else tag}>"
            for n, cell in enumerate(row)
        )
        lines.append(f"<tr>{inner}</tr>")
    head, body = "".join(lines[:heads]), "".join(lines[heads:])
    content = f"<thead>{head}</thead><tbody>{body}</tbody>" if thead else head + body
    title = f"<caption>{caption}</caption>" if caption else ""
    return to_page(f"<table>{title}{content}</table>")


def to_page(body: str) -> str:
    """Put markup below an introduction on a web page."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Register</title></head><body><main>'
        f"<h1>Register</h1><p>{INTRO}</p>{body}</main></body></html>"
    )


def to_docx(rows: Rows, *, caption: str = "") -> bytes:
    """Write rows as a table in a Word file; a row with empty cells behind the first spans them."""
    lines = []
    for row in rows:
        spans = len(row) > 1 and row[0] and not any(row[1:])
        properties = f'<w:tcPr><w:gridSpan w:val="{len(row)}"/></w:tcPr>' if spans else ""
        inner = (
            f"<w:tc>{properties}{docx_paragraph(html.escape(cell))}</w:tc>" for cell in (row[:1] if spans else row)
        )
        lines.append(f"<w:tr>{''.join(inner)}</w:tr>")
    above = docx_paragraph("Register", "Heading1") + docx_paragraph(INTRO)
    title = docx_paragraph(caption) if caption else ""
    return docx(f"{above}{title}<w:tbl>{''.join(lines)}</w:tbl>")


def to_rst(rows: Rows, *, heads: int = 0, title: str = "") -> str:
    """Write rows as a list-table of reStructuredText."""
    lines = "\n".join("   * " + "\n     ".join(f"- {cell}" for cell in row) for row in rows)
    return f"Register\n========\n\n{INTRO}\n\n.. list-table:: {title}\n   :header-rows: {heads}\n\n{lines}\n"


def to_pdf(rows: Rows) -> bytes:
    """Write rows in columns on a page of a PDF, the names of the columns in bold."""
    texts = [(60.0, 60.0, 15.0, "*Register"), (60.0, 90.0, 11.0, INTRO)]
    texts += [
        (60.0 + 120.0 * column, 130.0 + 18.0 * number, 11.0, cell if number else f"*{cell}")
        for number, row in enumerate(rows)
        for column, cell in enumerate(row)
        if cell
    ]
    return pdf([texts])


def ask(name: str, files: dict[str, str | bytes], *asks: Ask) -> list[Trap]:
    """Ask the same of several files of one table, named by what follows the name in the file's name."""
    return [
        trap for ending, content in files.items() for trap in make_traps("table", f"{name}{ending}", content, *asks)
    ]


FACTS = cells("Keeper | Ada Brill", "Lamp | green", "Built by | Tom Weir", "Owner | the guild of pilots")
NUMBERS = cells("Height | 31 m", "Steps | 164", "Range | 12 miles", "First lit | 1871")
QUESTIONS = cells("Cabin | Is it heated? | How many beds? | Dogs?", "Heron | no | 6 | yes", "Otter | yes | 3 | no")
YEARS = cells("Cabin | 2021 | 2022 | 2023", "Heron | 41 | 44 | 48", "Otter | 52 | 55 | 59")
REPEATED = cells(
    "Day | Opens | Closes | Opens | Closes",
    "Monday | 8:00 | 11:30 | 14:00 | 17:30",
    "Friday | 9:00 | 12:00 | 15:00 | 16:00",
)
SEASONS = cells("Cabin | Summer | Winter", "Heron | 20 | 25", "Otter | 30 | 35")
TITLED = cells("Fees of the cabins in euros | |", *("|".join(row) for row in SEASONS))
TWO_HEADS = cells(
    "| Summer | | Winter |",
    "Cabin | Night | Week | Night | Week",
    "Heron | 21 | 120 | 26 | 150",
    "Otter | 31 | 180 | 36 | 210",
)
UNITS_BELOW = cells("Boat | Length | Fee", " | m | euros", "Canoe | 5 | 12", "Skiff | 7 | 19")
CLASSES = cells("Class | Sails | Crew | Ballast", *(f"{n} | {n // 2 + 1} | {n + 2} | {40 * n} kg" for n in range(1, 9)))
GROUPS = cells(
    "Seat | Fee in euros", "Lower deck | ", "Bench | 4", "Window | 6", "Upper deck | ", "Bench | 7", "Window | 9"
)
SEATS = (
    "Bench",
    "Stool",
    "Armchair",
    "Hammock",
    "Deckchair",
    "Window",
    "Rail",
    "Cabin",
    "Bunk",
    "Sofa",
    "Box",
    "Swing",
)
MANY_CLASSES = [CLASSES[0], *([f"{n}", f"{n // 2 + 1}", f"{n + 2}", f"{40 * n} kg"] for n in range(1, 41))]
MANY_GROUPS = [GROUPS[0]] + [
    row
    for number, deck in enumerate(("Lower", "Middle", "Upper"))
    for row in ([f"{deck} deck", ""], *([seat, f"{20 * number + n}"] for n, seat in enumerate(SEATS, 1)))
]
UNITS = cells("Boat | Length (m) | Fee (euros per hour)", "Canoe | 5 | 12", "Skiff | 7 | 19")
TURNED = cells(" | Heron | Otter", "Beds | 6 | 3", "Fee | 20 | 30", "Stove | wood | gas")
UNTOLD = cells("Ada Brill | keeper | lighthouse", "Tom Weir | builder | footbridge", "Olga Sand | warden | bath house")
MERGED_DECKS = """<table><tr><th>Deck</th><th>Seat</th><th>Fee</th></tr><tr><td rowspan="2">Lower deck</td>
<td>Bench</td>
<td>4</td></tr><tr><td>Window</td><td>6</td></tr><tr><td rowspan="2">Upper deck</td><td>Bench</td><td>7</td></tr>
<tr><td>Window</td><td>9</td></tr></table>"""
SPANNED_HEADS = """<table><tr><th rowspan="2">Cabin</th><th colspan="2">Summer</th><th colspan="2">Winter</th></tr>
<tr><th>Night</th><th>Week</th><th>Night</th><th>Week</th></tr>
<tr><td>Heron</td><td>21</td><td>120</td><td>26</td><td>150</td></tr>
<tr><td>Otter</td><td>31</td><td>180</td><td>36</td><td>210</td></tr></table>"""

KEEPER = Ask(
    "keeper", "Who is the keeper of the lighthouse?", ("keeper ada brill",), ("ada brill tom weir", "keeper owner")
)
BUILDER = Ask("builder", "Who built the lighthouse?", ("built by tom weir",), ("keeper built by", "ada brill tom weir"))

TRAPS: list[Trap] = [
    *ask(
        "lighthouse",
        {
            ".csv": to_csv(FACTS),
            ".html": to_html(FACTS),
            "-infobox.html": to_html(FACTS, first_column="th"),
            ".md": to_markdown(FACTS, empty_header=True),
            "-first-row.md": to_markdown(FACTS),
            ".docx": to_docx(FACTS),
            ".rst": to_rst(FACTS),
        },
        KEEPER,
        BUILDER,
    ),
    *ask(
        "lighthouse-numbers",
        {".csv": to_csv(NUMBERS), ".html": to_html(NUMBERS), ".docx": to_docx(NUMBERS)},
        Ask("height", "How high is the lighthouse?", ("height 31 m",), ("height steps", "31 m 164")),
    ),
    *ask(
        "cabins-questions",
        {
            ".csv": to_csv(QUESTIONS),
            ".html": to_html(QUESTIONS),
            ".md": to_markdown(QUESTIONS),
            ".docx": to_docx(QUESTIONS),
            ".jsonl": '{"Cabin": "Heron", "Is it heated?": false, "How many beds?": 6, "Dogs?": true}\n'
            '{"Cabin": "Otter", "Is it heated?": true, "How many beds?": 3, "Dogs?": false}\n',
        },
        Ask("beds", "How many beds does the cabin Otter have?", ("otter", "how many beds? 3")),
        Ask("dogs", "Are dogs allowed in the Heron cabin?", ("heron", "dogs? yes")),
    ),
    *ask(
        "cabins-years",
        {
            ".csv": to_csv(YEARS),
            ".html": to_html(YEARS),
            ".md": to_markdown(YEARS),
            ".docx": to_docx(YEARS),
            ".rst": to_rst(YEARS, heads=1),
        },
        Ask("2022", "What did the cabin Heron cost in 2022?", ("heron", "2022 44")),
    ),
    *ask(
        "counter",
        {
            ".csv": to_csv(REPEATED),
            ".html": to_html(REPEATED),
            ".md": to_markdown(REPEATED),
            ".docx": to_docx(REPEATED),
        },
        Ask(
            "monday",
            "When does the counter close on Monday?",
            ("monday opens 8 00 closes 11 30 opens 14 00 closes 17 30",),
        ),
    ),
    *ask(
        "fees-caption",
        {
            ".html": to_html(SEASONS, heads=1, caption="Fees in euros", thead=True),
            ".docx": to_docx(SEASONS, caption="Fees in euros"),
            ".rst": to_rst(SEASONS, heads=1, title="Fees in euros"),
            ".md": to_markdown(SEASONS).replace("| Cabin", "**Fees in euros**\n\n| Cabin"),
        },
        Ask("winter", "What is the fee of the Otter cabin in winter?", ("otter", "winter 35")),
    ),
    *ask(
        "fees-title-row",
        {".csv": to_csv(TITLED), ".html": to_html(TITLED), ".docx": to_docx(TITLED)},
        Ask("winter", "What is the fee of the Otter cabin in winter?", ("otter", "winter 35")),
    ),
    *ask(
        "fees-two-heads",
        {
            ".csv": to_csv(TWO_HEADS),
            ".html": to_page(SPANNED_HEADS),
            ".docx": to_docx(TWO_HEADS),
            ".rst": to_rst(TWO_HEADS, heads=2),
        },
        Ask("winter", "What does a night in the Heron cabin cost in winter?", ("heron", "winter night 26")),
    ),
    *ask(
        "boats-units-below",
        {".csv": to_csv(UNITS_BELOW), ".html": to_html(UNITS_BELOW, heads=2), ".md": to_markdown(UNITS_BELOW)},
        Ask("length", "How long is the skiff?", ("skiff", "length m 7")),
    ),
    *ask(
        "classes",
        {
            ".csv": to_csv(CLASSES),
            ".html": to_html(CLASSES, heads=1),
            ".md": to_markdown(CLASSES),
            ".docx": to_docx(CLASSES),
            ".rst": to_rst(CLASSES, heads=1),
            ".pdf": to_pdf(CLASSES),
        },
        Ask("sails", "How many sails does a boat of class 6 carry?", ("class 6 sails 4",)),
    ),
    *ask(
        "decks",
        {
            ".csv": to_csv(GROUPS),
            ".html": to_html(GROUPS, heads=1),
            ".md": to_markdown(GROUPS),
            ".docx": to_docx(GROUPS),
        },
        Ask("upper", "What is the fee for a window seat on the upper deck?", ("upper deck", "window fee in euros 9")),
    ),
    *ask(
        "classes-many",
        {
            ".csv": to_csv(MANY_CLASSES),
            ".html": to_html(MANY_CLASSES, heads=1),
            ".md": to_markdown(MANY_CLASSES),
            ".docx": to_docx(MANY_CLASSES),
        },
        Ask("sails", "How many sails does a boat of class 26 carry?", ("class 26 sails 14",)),
    ),
    *ask(
        "decks-many",
        {
            ".csv": to_csv(MANY_GROUPS),
            ".html": to_html(MANY_GROUPS, heads=1),
            ".md": to_markdown(MANY_GROUPS),
            ".docx": to_docx(MANY_GROUPS),
        },
        Ask("upper", "What is the fee for a window seat on the upper deck?", ("upper deck", "window fee in euros 46")),
    ),
    *ask(
        "decks-merged",
        {".html": to_page(MERGED_DECKS)},
        Ask("upper", "What is the fee for a window seat on the upper deck?", ("upper deck", "window fee 9")),
    ),
    *ask(
        "boats-units",
        {".csv": to_csv(UNITS), ".html": to_html(UNITS, heads=1), ".md": to_markdown(UNITS), ".pdf": to_pdf(UNITS)},
        Ask("fee", "What does a skiff cost?", ("skiff", "fee (euros per hour) 19")),
    ),
    *ask(
        "cabins-turned",
        {
            ".csv": to_csv(TURNED),
            ".html": to_html(TURNED, heads=1, first_column="th"),
            ".md": to_markdown(TURNED),
            ".docx": to_docx(TURNED),
        },
        Ask("beds", "How many beds does the Otter cabin have?", ("beds", "otter 3")),
    ),
    *ask(
        "people",
        {".csv": to_csv(UNTOLD), ".html": to_html(UNTOLD), ".docx": to_docx(UNTOLD)},
        Ask(
            "builder",
            "Who is the builder of the footbridge?",
            ("tom weir", "builder"),
            ("ada brill tom", "keeper builder"),
        ),
    ),
    *make_traps(
        "table",
        "boats-aligned.txt",
        f"Register\n========\n\n{INTRO}\n\nBoat      Length   Fee\nCanoe     5 m      12\nSkiff     7 m      19\n",
        Ask("fee", "What is the fee for a skiff?", ("boat length fee", "skiff 7 m 19")),
    ),
]
