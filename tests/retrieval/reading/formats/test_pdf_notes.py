"""Raised numbers of a PDF keep their meaning: exponents, marks of notes, and digits that only look raised."""

import pytest

from retrieval.reading.formats.pdf import letters
from tests.support import samples


def drawn(*pieces: tuple[str, float, float], x: float = 70, y: float = 200) -> bytes:
    """Draw pieces of text, each in a size and raised by some points, right behind each other."""
    operators = " ".join(f"/F1 {size} Tf {rise} Ts ({text}) Tj" for text, size, rise in pieces)
    return f"BT {x} {842 - y} Td {operators} ET\n".encode()


def texts_of(*lines: bytes) -> list[str]:
    """Return the texts of the parts of a page of drawn lines."""
    return [part.text for part in letters.read(samples.pdf([[]], stream=b"".join(lines))).parts]


@pytest.mark.parametrize(
    ("mark", "text"),
    [("1.", "Moor at pier B7-east."), ("1", "Moor at pier B7-east."), ("1.", "3 boats go to pier 12.")],
)
def test_digits_are_not_compared_with_the_mark_of_an_item(mark: str, text: str) -> None:
    """It may be in larger letters that stand lower than the text behind it."""
    lines = [drawn((mark, 13, -2.5), x=60), drawn((text, 10, 0), x=76)]
    assert [" ".join(text.split()) for text in texts_of(*lines)] == [f"{mark} {text}"]


def test_the_size_of_an_item_is_that_of_its_text() -> None:
    """The mark of an item in larger letters makes it no heading."""
    prose = (drawn(("The ferry crosses the lake every day.", 10, 0), y=100 + 12 * n) for n in range(9))
    lines = [drawn((f"{n}.", 13, -2.5), (f" Moor at pier B{n} and pay.", 10, 0), y=220 + 14 * n) for n in (1, 2)]
    parts = letters.read(samples.pdf([[]], stream=b"".join((*prose, *lines)))).parts
    assert [(part.kind, part.text) for part in parts[1:]] == [
        ("item", "Moor at pier B1 and pay."),
        ("item", "Moor at pier B2 and pay."),
    ]


def test_digits_are_not_compared_with_a_large_first_word() -> None:
    """Nor are smaller digits on the same baseline raised, whose letters reach less far down."""
    assert texts_of(drawn(("Berth ", 24, -4), ("C4 is closed in 2031.", 10, 0))) == ["Berth C4 is closed in 2031."]
    assert texts_of(drawn(("The buoy of pier K", 11, 0), ("78", 5, 0), (" is red.", 11, 0))) == [
        "The buoy of pier K78 is red."
    ]


def test_words_behind_a_mark_stay_on_its_line() -> None:
    """PDFium ends a line at a mark where the words are spaced out."""
    lines = [
        b"BT /F1 10 Tf 6 Tw 70 642 Td (Berths) Tj /F1 7 Tf 4 Ts (4) Tj /F1 10 Tf 0 Ts ( are given away on) Tj ET\n",
        b"BT /F1 10 Tf 70 630 Td (the first Monday of every month.) Tj ET\n",
    ]
    assert texts_of(*lines) == ["Berths are given away on the first Monday of every month."]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((("The quay is open", 0), ("2", 4), (", but not by night.", 0)), "The quay is open, but not by night."),
        ((("The quay is open until nightfall", 0), ("12", 4), (".", 0)), "The quay is open until nightfall."),
        ((("Open until 21:30", 0), ("3", 4), (" in summer.", 0)), "Open until 21:30 in summer."),
        ((("Members pay 40%", 0), ("3", 4), (" of it.", 0)), "Members pay 40% of it."),
        ((("It holds 10", 0), ("6", 4), (" drops in 40 m", 0), ("2", 4), (".", 0)), "It holds 10⁶ drops in 40 m²."),
        ((("The rod is of ", 0), ("235", 4), ("U today.", 0)), "The rod is of ²³⁵U today."),
    ],
)  # fmt: skip
def test_a_mark_without_its_note_is_left_out(pieces: tuple[tuple[str, float], ...], expected: str) -> None:
    """With the space that it seems to leave behind; an exponent stays."""
    assert texts_of(drawn(*((text, 7.0 if rise else 11.0, rise) for text, rise in pieces))) == [expected]


def test_a_note_that_says_something_keeps_its_mark() -> None:
    """It follows the other text of its page, whether its own number is raised or not."""
    page = [
        drawn(("The pier opens at 7:30", 11, 0), ("1", 7, 4), (" on Sundays", 11, 0), ("2", 7, 4), (".", 11, 0), y=100),
        drawn(("Boats pay at the kiosk", 11, 0), ("3", 7, 4), (" and nowhere else.", 11, 0), y=114),
        *(drawn(("The ferry has crossed the lake every day for years.", 11, 0), y=140 + 14 * n) for n in range(9)),
        drawn(("1", 7, 4), (" In winter it opens an hour later, and in", 10, 0), y=700),
        drawn(("January it stays closed.", 10, 0), y=712),
        drawn(("2", 7, 4), (" See Berg, 1998, p. 12.", 10, 0), y=724),
        drawn(("3 The kiosk takes coins and cards.", 8, 0), y=736),
    ]
    assert [text for text in texts_of(*page) if "has crossed" not in text] == [
        "The pier opens at 7:30¹ on Sundays.",
        "Boats pay at the kiosk³ and nowhere else.",
        "² See Berg, 1998, p. 12.",
        "¹ In winter it opens an hour later, and in January it stays closed.",
        "³ The kiosk takes coins and cards.",
    ]


def test_small_print_without_a_mark_stays_an_aside() -> None:
    """A number that is raised nowhere on its page begins no note."""
    prose = (drawn(("The ferry crosses the lake every day.", 11, 0), y=100 + 12 * n) for n in range(9))
    note = drawn(("4 The kiosk takes coins and cards.", 8, 0), y=700)
    parts = letters.read(samples.pdf([[]], stream=b"".join((*prose, note)))).parts
    assert (parts[-1].kind, parts[-1].text) == ("aside", "4 The kiosk takes coins and cards.")
