"""Pages of PDFs that are numbered by lines, turned, mirrored, preformatted or damaged are read as people read them."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retrieval.reading.formats.pdf import letters
from retrieval.reading.formats.pdf.line_numbers import without_line_numbers
from retrieval.reading.formats.pdf.reading_order import Page, Run
from tests.support import samples
from tests.support.reading import asides_of, placed_sentences, read_content, sentences_of, structure_of

HEARING = [
    (150, "Q. Was the lamp lit on the night of the"), (120, "storm?"),
    (150, "A. It was lit at nine and it burned until"),
    (120, "the morning."), (150, "MR. KERN: Objection. The witness was not"), (120, "there before ten."),
    (150, "THE COURT: Overruled. You may answer the"), (120, "question."), (150, "A. My brother lit it at nine."),
    (150, "Q. Thank you."),
]  # fmt: skip
SAID = [  # the question is a heading, so its answer is quoted
    "It was lit at nine and it burned until the morning.", "MR. KERN: Objection.",
    "The witness was not there before ten.", "THE COURT: Overruled.", "You may answer the question.",
    "A. My brother lit it at nine.", "Q. Thank you.",
]  # fmt: skip


def hearing(
    number_left: float, *, font: str = "", first: int = 1, step: int = 1, digit_width: float = 6, joined: bool = False
) -> list[samples.PlacedText]:
    """Place the lines of a hearing, two lines apart, with the numbers of every so many lines at a left edge."""
    page: list[samples.PlacedText] = []
    for number, (left, text) in enumerate(HEARING, first):
        top = 100 + 24 * (number - first)
        if joined:
            page.append((number_left, top, 12, f"{font}{number:2d}  {text}"))
            continue
        if number % step == 0:
            page.append((number_left + (digit_width if number < 10 else 0), top, 12, f"{font}{number}"))
        page.append((left, top, 12, f"{font}{text}"))
    return page


@pytest.mark.parametrize(
    "pages",
    [
        [hearing(72)],
        [hearing(72, font="`")],
        [hearing(72, digit_width=0)],
        [hearing(540)],  # at the right margin
        [hearing(104)],  # so near that some numbers are joined to their lines
        [hearing(72, font="`", joined=True)],
        [hearing(72, step=2)],
        [hearing(72, first=24)],
    ],
)
def test_numbers_of_lines_are_no_text(tmp_path: Path, pages: list[list[samples.PlacedText]]) -> None:
    """Whether they are at the left or right, near or far, at every line or at some, and wherever they begin."""
    read = read_content(tmp_path, "a.pdf", samples.pdf(pages))
    assert sentences_of(read) == SAID
    assert asides_of(read) == []


def test_a_short_page_may_have_few_numbered_lines(tmp_path: Path) -> None:
    """They are where the numbers of another page are."""
    last: list[samples.PlacedText] = [(78, 100, 12, "1"), (120, 100, 12, "The hearing was closed."), (78, 124, 12, "2")]
    last += [(120, 124, 12, "The clerk left.")]
    assert sentences_of(read_content(tmp_path, "a.pdf", samples.pdf([hearing(72), last]))) == [
        *SAID,
        "The hearing was closed.",
        "The clerk left.",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        [("1", "Attic", "20 euros"), ("2", "Tower", "30 euros"), ("3", "Hall", "9 euros"), ("4", "Yard", "2 euros")],
        [("7", "Attic"), ("1", "Tower"), ("4", "Hall"), ("9", "Yard"), ("2", "Cellar")],
    ],
)
def test_numbers_in_tables_stay(tmp_path: Path, cells: Sequence[Sequence[str]]) -> None:
    """Beside several cells, or in another order, they count no lines."""
    lines = [
        (left, 100 + 16 * n, 11, text)
        for n, row in enumerate(cells)
        for left, text in zip((72, 120, 300), row, strict=False)
    ]
    lines += [(72, 300 + 14 * n, 11, "The ferry crosses the lake twice a day, as ever.") for n in range(6)]
    read = read_content(tmp_path, "a.pdf", samples.pdf([lines]))
    assert asides_of(read) == ["\n".join("   ".join(row) for row in cells)]


LINES = ["The ferry crosses the lake", "twice a day, and the", "journey takes an hour."]


@pytest.mark.parametrize(
    "drawn",
    [
        "".join(f"BT /F1 11 Tf -1 0 0 1 400 {700 - 14 * n} Tm ({line}) Tj ET\n" for n, line in enumerate(LINES)),
        "-1 0 0 1 595 0 cm\n"
        + "".join(f"BT /F1 11 Tf 72 {700 - 14 * n} Td ({line}) Tj ET\n" for n, line in enumerate(LINES)),
        "1 0 0 -1 0 842 cm\n"
        + "".join(f"BT /F1 11 Tf 72 {700 - 14 * n} Td ({line}) Tj ET\n" for n, line in enumerate(LINES)),
        "1 0 0 -1 0 842 cm\n"
        + "".join(f"BT /F1 11 Tf 72 {100 + 14 * n} Td ({line}) Tj ET\n" for n, line in enumerate(LINES)),
    ],
)
def test_mirrored_pages_are_read_in_the_order_in_which_they_are_drawn(tmp_path: Path, drawn: str) -> None:
    """From side to side or upside down, the letters and the lines are in the order of the text."""
    read = read_content(tmp_path, "a.pdf", samples.pdf([[]], stream=drawn.encode()))
    assert sentences_of(read) == [" ".join(LINES)]


def test_turned_text_beside_upright_text_is_read_after_it(tmp_path: Path) -> None:
    """A few turned words, such as a stamp at the margin, are left out."""
    upright = "".join(
        f"BT /F1 11 Tf 72 {700 - 14 * n} Td (The upright text of the page goes on in line {n}.) Tj ET\n"
        for n in range(9)
    )
    turned = "".join(
        f"BT /F1 11 Tf 0 1 -1 0 {450 + 14 * n} 100 Tm (Boat {n} is painted in blue.) Tj ET\n" for n in range(8)
    )
    stamp = "BT /F1 20 Tf 0 -1 1 0 40 500 Tm (Copy of 1 Jan) Tj ET\n"
    read = read_content(tmp_path, "a.pdf", samples.pdf([[]], stream=(upright + turned + stamp).encode()))
    assert sentences_of(read) == [
        *(f"The upright text of the page goes on in line {n}." for n in range(9)),
        *(f"Boat {n} is painted in blue." for n in range(8)),
    ]


ABSTRACT = [
    "*Abstract - This report is about the boats of",
    "*the lake, which were counted in the year of",
    "*the flood. Nobody had",
]
ABSTRACT += ["*counted them before."]
COUNTED = "This report is about the boats of the lake, which were counted in the year of the flood."


def columns(top: float) -> list[samples.PlacedText]:
    """Place two columns of prose from a height down."""
    left: list[samples.PlacedText] = [
        (50, top + 12 * n, 10, f"The left column of the report has line {n}.") for n in range(20)
    ]
    return left + [(310.0, 130.0 + 12 * n, 10, f"The right column of the report has line {n}.") for n in range(26)]


def test_a_bold_abstract_in_a_column_is_text(tmp_path: Path) -> None:
    """Its short lines are no headings, while a bold line by itself is one."""
    page: list[samples.PlacedText] = [
        (150, 60, 20, "The boats of the lake"),
        *((50, 130 + 11 * n, 9, line) for n, line in enumerate(ABSTRACT)),
    ]
    page += [(50, 184, 10, "*Introduction"), *columns(200)]
    read = read_content(tmp_path, "a.pdf", samples.pdf([page]))
    assert sentences_of(read)[:3] == [
        f"Abstract - {COUNTED}", "Nobody had counted them before.", "The left column of the report has line 0.",
    ]  # fmt: skip
    assert [text for kind, *_, text in structure_of(read) if kind == "heading"] == [
        "The boats of the lake",
        "Introduction",
    ]


def test_a_bold_abstract_above_the_columns_is_one_paragraph(tmp_path: Path) -> None:
    """Also where its lines cross the gap between the columns."""
    lines = [
        "*This report is about the boats of the lake, which were counted in the",
        "*year of the flood. Nobody had counted them before, as far as we know.",
    ]
    page: list[samples.PlacedText] = [
        (150, 60, 20, "The boats of the lake"),
        *((90, 95 + 12 * n, 10, line) for n, line in enumerate(lines)),
    ]
    read = read_content(tmp_path, "a.pdf", samples.pdf([[*page, *columns(130)]]))
    assert sentences_of(read)[:2] == [COUNTED, "Nobody had counted them before, as far as we know."]


def test_a_narrow_bold_box_beside_columns_is_read_by_itself(tmp_path: Path) -> None:
    """Its lines are not those of the column beside it."""
    box = ["*The boats of the", "*lake were counted", "*in the flood year.", "*Nobody had done", "*it before them."]
    page = [(40, 133 + 11 * n, 9, line) for n, line in enumerate(box)]
    page += [(150, 130 + 12 * n, 10, f"The middle column has line {n}.") for n in range(30)]
    page += [(360, 130 + 12 * n, 10, f"The last column has its line {n}.") for n in range(30)]
    read = read_content(tmp_path, "a.pdf", samples.pdf([page]))
    assert sentences_of(read)[:3] == [
        "The boats of the lake were counted in the flood year.", "Nobody had done it before them.",
        "The middle column has line 0.",
    ]  # fmt: skip
    assert asides_of(read) == []


MEMO = """\
1.  Counting

   This memo describes how the boats of the lake are counted.  It
   replaces the memo of the year before.

   Boats that leave the lake are not counted.

2.1.  Rules

   o  Every boat has a number.

   o  Every number is painted in white, and it must be visible from
      the pier at all times.

      Boat      Length
      --------  --------
      Anna      12 m
      Berta     8 m

   The count is published in May."""


def test_preformatted_pages_keep_their_paragraphs(tmp_path: Path) -> None:
    """Where everything is monospaced: empty lines end paragraphs, and short lines at the left edge are headings."""
    page = [(72, 80 + 12 * n, 10, f"`{line}") for n, line in enumerate(MEMO.split("\n")) if line]
    assert structure_of(read_content(tmp_path, "a.pdf", samples.pdf([page]))) == [
        ("heading", 1, 0, "", "1. Counting"),
        (
            "prose", 0, 0, "",
            "This memo describes how the boats of the lake are counted. It replaces the memo of the year before.",
        ),
        ("prose", 0, 0, "", "Boats that leave the lake are not counted."),
        ("heading", 2, 0, "", "2.1. Rules"),
        ("item", 1, 0, "", "Every boat has a number."),
        (
            "item", 1, 0, "",
            "Every number is painted in white, and it must be visible from the pier at all times.",
        ),
        ("aside", 0, 0, "", "Boat   Length\n-------- --------\nAnna   12 m\nBerta   8 m"),
        ("prose", 0, 0, "", "The count is published in May."),
    ]  # fmt: skip


THREE_PAGES = [[(72.0, 100.0, 11.0, f"Page {name} is about the ferry.")] for name in ("one", "two", "three")]


def test_a_damaged_page_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    """Its object is missing from the file."""
    content = re.sub(rb"6 0 R 8 0 R 10 0 R", b"6 0 R 99 0 R 10 0 R", samples.pdf(THREE_PAGES))
    read = read_content(tmp_path, "a.pdf", content)
    assert placed_sentences(read) == [
        ("Page one is about the ferry.", 1, None),
        ("Page three is about the ferry.", 3, None),
    ]
    assert read.unread == "page 2"


@pytest.mark.parametrize("function", ["_page", "page_parts"])
def test_an_exception_on_a_page_loses_that_page_only(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it comes while its letters are read or while they are put together."""
    original = getattr(letters, function)

    def failing(*arguments: Any) -> object:
        result = original(*arguments)
        pages = arguments[0] if function == "page_parts" else [result]
        if any(run.text.startswith("Page two") for page in pages for run in page.runs):
            raise IndexError
        return result

    monkeypatch.setattr(letters, function, failing)
    extracted = letters.read(samples.pdf(THREE_PAGES))
    assert [part.text for part in extracted.parts] == [f"Page {name} is about the ferry." for name in ("one", "three")]
    assert extracted.unread == "page 2"


def test_many_damaged_pages_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ten are named."""
    pages = [[(72.0, 100.0, 11.0, f"Page {number} is about the ferry.")] for number in range(1, 14)]
    original = letters._page

    def failing(document: object, number: int) -> object:
        if number:
            raise ValueError
        return original(document, number)

    monkeypatch.setattr(letters, "_page", failing)
    assert letters.read(samples.pdf(pages)).unread == "pages 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"


def test_many_numbers_take_linear_time() -> None:
    """A page of forty thousand numbers in forty columns, and one with as many columns as numbers."""
    for columns_count in (40, 40_000):
        runs = [
            Run(
                f"{n % 900}",
                14.0 * (n % columns_count),
                0.8 * n,
                14.0 * (n % columns_count) + 9,
                0.8 * n + 4,
                4,
                False,
                False,
            )
            for n in range(40_000)
        ]
        started = time.perf_counter()
        without_line_numbers([Page(1, 600, 32_000, runs)])
        assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        (("7", "8"), ["The keeper of the lamp climbs the tower at dusk, and he stays until the boats are home."]),
        (("iii", "iv"), ["The keeper of the lamp climbs the tower at dusk, and he stays until the boats are home."]),
        (
            ("7", "9"),  # values
            [
                "The keeper of the lamp climbs the tower at dusk, and he",
                "7 stays until the boats are home.",
                "9",
            ],
        ),
    ],
)
def test_a_number_that_counts_the_pages_is_left_out_wherever_it_stands(
    numbers: tuple[str, str], texts: list[str]
) -> None:
    """As LaTeX sets it on A4: alone below the text, far above the edge. Then a sentence goes on over the page."""
    lines = ("The keeper of the lamp climbs the tower at dusk, and he", "stays until the boats are home.")
    pages = [
        [(70.0, 120.0, 11.0, line), (300.0, 717.0, 11.0, number)] for line, number in zip(lines, numbers, strict=True)
    ]
    assert [part.text for part in letters.read(samples.pdf(pages)).parts] == texts
