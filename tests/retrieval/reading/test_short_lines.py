"""Short lines of plain text are headings unless they say that something is so, and facts in lines stand alone."""

import time
from pathlib import Path

import pytest

from retrieval.reading.blocks import classify_paragraphs, split_blocks
from retrieval.reading.markdown import Markup
from retrieval.text.cleaning import LINE_BREAK
from retrieval.text.locations import readable_text_at
from tests.support import samples
from tests.support.reading import read_content, sentences_of, structure_of


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
        ["Canoe ......... 12 EUR", "Rowing boat ... 15 EUR"],
        ["Open May to October", "20 beds", "Next shop 3 km", "Wifi: none", "Showers cost 2 euros", "Dogs welcome"],
        ["1.1 Boats are returned by six.", "1.2 Life vests are worn", "a) on the pier", "(b) in the shed", "☐ Oil it"],
        [
            "It is old.",
            "The wheel turns about eight times in a minute when the water is high in spring. " * 2 + "It is loud.",
        ],
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


def test_text_that_a_word_processor_saved_has_a_paragraph_in_each_line() -> None:
    """Its lines end before the longest one would; in prose that is wrapped they do not."""
    lines = [
        "Rules of the mill", "Adults pay 6 euros for a tour of the old mill, which takes about an hour.",
        "Dogs are welcome.",
        "Opening hours", "It opens at nine.", "It closes at six.",
    ]  # fmt: skip
    assert [content for _, content in kinds("\n".join(lines))] == lines
    wrapped = (
        "The old mill by the river\nHouses a small museum with\nTwo floors. It was built by\nBrothers from the "
        "valley and\nGround corn for a century."
    )
    assert kinds(wrapped) == [("prose", wrapped)]


def test_facts_below_an_item_stand_alone() -> None:
    """As in numbered sections of a list of prices; other lines go on with the item."""
    text = "1. Boats\nCanoe: 12 euros\nYacht: 40 euros\n2. Take the boat\nto the pier."
    assert kinds(text) == [
        ("item", "Boats"), ("prose", "Canoe: 12 euros"), ("prose", "Yacht: 40 euros"),
        ("item", "Take the boat\nto the pier."),
    ]  # fmt: skip


def test_tables_that_are_drawn_with_letters(tmp_path: Path) -> None:
    """Rows between bars have the names above the line; aligned columns are divided into their lines."""
    table = "+-------+-----+\n| Boat  | Fee |\n+-------+-----+\n| Canoe | 12  |\n| Yacht | 40  |\n+-------+-----+"
    read = read_content(tmp_path, "a.txt", f"Fees of the harbour\n\n{table}\n".encode())
    rows = [block for block in read.blocks if block.kind == "row"]
    assert [readable_text_at(read.document, row.start, row.end) for row in rows] == [
        "Boat: Canoe; Fee: 12.", "Boat: Yacht; Fee: 40.",
    ]  # fmt: skip
    aligned = "Boat     Seats\n------   -----\nCanoe    2\nYacht    8"
    assert kinds(aligned)[1:] == [("aside", "------   -----"), ("prose", "Canoe    2"), ("prose", "Yacht    8")]


FACTS = ["Warden: Ines Falk", "Beds: 12", "Dogs: on a lead"]
HTML = "<html><body><main><h1>The hut</h1><p>{}</p><p>The hut<br>opens<br>at nine.</p></main></body></html>"
BREAKS = "<w:p><w:r>{}</w:r></w:p>"


def docx_lines(*lines: str) -> str:
    """Make a paragraph of a Word file whose lines are divided by hand."""
    return BREAKS.format("<w:br/>".join(f"<w:t>{line}</w:t>" for line in lines))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", HTML.format("<br>".join(FACTS)).encode()),
        ("a.epub", samples.epub({"a.xhtml": HTML[12:-7].format("<br/>".join(FACTS)).replace("<br>", "<br/>")})),
        ("a.docx", samples.docx(docx_lines(*FACTS) + docx_lines("The hut", "opens", "at nine."))),
        (
            "a.pdf",
            samples.pdf(
                [
                    [
                        (70, 100 + 14 * n + 30 * (n > 2), 11, text)
                        for n, text in enumerate([*FACTS, "The hut opens at nine."])
                    ]
                ]
            ),
        ),
    ],
)
def test_facts_in_lines_stand_alone_in_every_format(tmp_path: Path, name: str, content: bytes) -> None:
    """Other lines that are divided by hand are one sentence, in its lines."""
    *facts, sentence = sentences_of(read_content(tmp_path, name, content))
    assert (facts, sentence.replace(LINE_BREAK, " ")) == ([*FACTS], "The hut opens at nine.")


def test_a_word_file_without_styles_is_read_like_plain_text(tmp_path: Path) -> None:
    """Its short facts and the line above a list can be quoted; other short lines are headings."""
    lines = ["Hut news", "Dogs are welcome", "The hut opens in May.", "Opening hours", "It opens at nine."]
    read = read_content(tmp_path, "a.docx", samples.docx("".join(map(samples.docx_paragraph, lines))))
    assert [(kind, text) for kind, *_, text in structure_of(read)] == [
        ("heading", "Hut news"), ("prose", "Dogs are welcome"), ("prose", "The hut opens in May."),
        ("heading", "Opening hours"), ("prose", "It opens at nine."),
    ]  # fmt: skip


def test_bullets_that_are_typed_in_a_word_file_make_items(tmp_path: Path) -> None:
    """They are no part of the text; a dash may be."""
    lines = ["It has:", "• twelve beds", "▪ a stove", "– so they say"]
    read = read_content(tmp_path, "a.docx", samples.docx("".join(map(samples.docx_paragraph, lines))))
    assert [(kind, text) for kind, *_, text in structure_of(read)][1:] == [
        ("item", "twelve beds"), ("item", "a stove"), ("prose", "– so they say"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "piece", ["a ", "a: ", "A: b\n", "Ab Cd Ef\n\n", "It is\n", "a\tb", "+--+\n| a |\n", "1. a\nB: c\n", "-- --\n"]
)
def test_facts_are_found_in_linear_time(piece: str) -> None:
    """Two hundred thousand characters of what the rules look for."""
    started = time.process_time()
    kinds(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 10
