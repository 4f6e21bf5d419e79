"""Short lines of plain text are headings unless they say that something is so, and facts in lines stand alone."""

import time

import pytest

from retrieval.reading.blocks import classify_paragraphs, split_blocks
from retrieval.reading.markdown import Markup


def kinds(text: str) -> list[tuple[str, str]]:
    """Return the kind and the content of each block of a plain text."""
    return [(block.kind, text[block.start : block.end]) for block in split_blocks(text, 0)]


@pytest.mark.parametrize(
    "line",
    [
        "Dogs are welcome", "No smoking", "It opens daily", "Cash only", "Closed on Mondays", "The bar serves soup",
        "Warden Ines Falk", "Warden: Ines Falk", "Hunde sind willkommen", "Rauchen verboten", "Hüttenwart Otto Braun",
        "You can't park here",
    ],
)  # fmt: skip
def test_a_short_fact_is_no_heading(line: str) -> None:
    """What has a verb or says a state or a name can be quoted, although prose follows."""
    text = f"Hut news\n\n{line}\n\nThe path was mended in autumn."
    assert kinds(text) == [("heading", "Hut news"), ("prose", line), ("prose", "The path was mended in autumn.")]


@pytest.mark.parametrize(
    "line",
    [
        "Opening hours",
        "What is new",
        "How dogs are kept",
        "Parking behind the house",
        "Wie wir arbeiten",
        "Free",
        "Closed:",
    ],
)
def test_a_short_line_without_a_statement_is_a_heading(line: str) -> None:
    """So is one that asks what the text below it answers."""
    text = f"Hut news\n\n{line}\n\nThe path was mended in autumn."
    assert kinds(text)[1] == ("heading", line)


def test_names_are_told_from_headings_with_capitals_by_the_other_headings() -> None:
    """Where every heading has a capital at each word, only a role tells that a line names somebody."""
    text = (
        "Hut News\n\nOpening Hours Today\n\nIt opens.\n\nThe Old Mill\n\nIt turns.\n\nKeeper Otto Braun\n\nIt is new."
    )
    assert [content for kind, content in kinds(text) if kind == "heading"] == [
        "Hut News", "Opening Hours Today", "The Old Mill",
    ]  # fmt: skip
    text = text.replace("Hut News", "Hut news").replace("Opening Hours Today", "Opening hours today")
    assert [content for kind, content in kinds(text) if kind == "heading"] == ["Hut news", "Opening hours today"]


def test_the_line_above_a_list_leads_in_to_it() -> None:
    """With a colon it is no heading of the items, in plain text and in the paragraphs of a file without headings."""
    assert kinds("Pump\n\nIt needs:\n\n- a hose.\n- a belt.\n\nFuel:\n\nIt burns oil.") == [
        ("heading", "Pump"),
        ("prose", "It needs:"),
        ("item", "a hose."),
        ("item", "a belt."),
        ("heading", "Fuel:"),
        ("prose", "It burns oil."),
    ]
    contents, markups = ["Pump", "Parts:", "A hose."], [Markup(None), Markup(None), Markup("item", 1)]
    assert [markup.kind for markup in classify_paragraphs(contents, markups, by_form=True)][1] == "prose"


@pytest.mark.parametrize(
    "lines",
    [
        ["Warden: Ines Falk", "Phone: 0123 456"],
        ["Warden\tInes Falk", "Beds\t12"],
        ["Warden = Ines Falk", "Beds = 12"],
        ["Warden – Ines Falk", "Beds – 12"],
        ["Warden      Ines Falk", "Beds in use 12   on Mondays"],
        ["Contact", "Warden: Ines Falk", "Address: Mill Lane\n  4000 Selm"],
        ["Dogs are welcome", "No smoking", "Cash only"],
    ],
)
def test_facts_in_lines_are_blocks_of_their_own(lines: list[str]) -> None:
    """Keys with values and lines that state facts are not joined to one sentence; indented lines continue a value."""
    assert kinds("\n".join(["The hut opens.", "", *lines]))[1:] == [("prose", line) for line in lines]


@pytest.mark.parametrize(
    "paragraph",
    [
        "The hut was built in 1990\nand has twelve beds. It\nopens at nine.",
        "Take the bus: it is fast\nand cheap: get on here.",
        "The warden says: come\nbefore six o'clock",
        "Selm Hut\n12 Mill Lane\n4000 Selm",
    ],
)
def test_prose_and_addresses_in_lines_stay_together(paragraph: str) -> None:
    """A colon in some line makes no key, and a line that ends with a stop is prose."""
    assert kinds(f"The hut opens.\n\n{paragraph}")[1:] == [("prose", paragraph)]


@pytest.mark.parametrize("piece", ["a ", "a: ", "A: b\n", "Ab Cd Ef\n\n", "It is\n", "a\tb"])
def test_facts_are_found_in_linear_time(piece: str) -> None:
    """Two hundred thousand characters of what the rules look for."""
    started = time.perf_counter()
    kinds(piece * (200_000 // len(piece)))
    assert time.perf_counter() - started < 10
