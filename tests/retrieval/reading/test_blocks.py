"""Blocks: prose is told from headings, captions, headlines and marks by its form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.reading.blocks import split_blocks
from retrieval.text.sections import quotable_blocks


def kinds(text: str, *, markdown: bool = False) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in split_blocks(text, 0, markdown=markdown)]


@pytest.mark.parametrize(
    "caption",
    [
        "The minister (R) shakes hands in Rome on May 4. (Kyodo)",
        "A ferry leaves the harbour. (Photo by Ann Lee)",
        "A ferry leaves the harbour. [AP]",
        "The mayor (left) opens the library. (Getty Images)",
        "A ferry leaves\nthe harbour. (AP Photo, 2023)",
    ],
)
def test_a_line_closed_by_a_credit_is_a_caption(caption: str) -> None:
    """A sentence or two with a closing credit is set aside."""
    assert kinds(f"It opens.\n\n{caption}\n\nIt closes.") == [
        ("prose", "It opens."),
        ("aside", caption),
        ("prose", "It closes."),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "He left the room. (See table 2)",
        "He left the room (in a hurry).",
        "Take two pills of Medorin daily. (Adults)",
        "He was born in Oslo. (Norway)",
        "Recipe serves four. (via Grandma)",
        "It rose. It fell. It rose again. It fell. (Reuters)",
        "The law passed. (it had failed before)",
    ],
)
def test_a_closing_bracket_alone_makes_no_caption(sentence: str) -> None:
    """Prose that ends in brackets stays prose."""
    assert kinds(sentence) == [("prose", sentence)]


def test_headlines_after_a_label_are_navigation_until_prose_returns() -> None:
    """Everything under "Related coverage:" without a full stop is set aside."""
    text = "It opens.\n\nRelated coverage:\n\nMayor opens library\n\nFerry, harbour to close\n\nThe end came in May."
    assert [kind for kind, _ in kinds(text)] == ["prose", "aside", "aside", "aside", "prose"]


def test_a_short_line_without_a_full_stop_before_prose_is_a_heading() -> None:
    """In plain text a heading is known by its form; a fact without a full stop is not a heading."""
    assert kinds("Opening hours\n\nThe library opens at nine.")[0] == ("heading", "Opening hours")
    assert kinds("Contact:\n\nCall the desk.")[0] == ("heading", "Contact:")
    assert kinds("Price: 4 euros\n\nIt is paid on board.")[0] == ("prose", "Price: 4 euros")


@pytest.mark.parametrize(
    "text",
    [
        "Latest accounts were presented by Kim Voss\n\nRent rises in June",
        "Links between towns are poor\n\nThe bus is slow.",
        "Share this code with nobody\n\nIt is secret.",
        "Latest update: 3 May 2021 by Kim\nThe gate code is now 5512.",
        "Related costs for the year were 4 million euros\n\nThey fell.",
    ],
)
def test_a_sentence_that_begins_like_a_label_is_no_navigation(text: str) -> None:
    """Only a label that stands alone starts a list of headlines."""
    assert "aside" not in [kind for kind, _ in kinds(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Bake the almond cake at 180 C for 40 minutes\n\nServe warm.",
        "The Skarvik lighthouse was lit in 1877\n\nIt is red.",
        "How many days are there?\n\nTwenty-eight days\n\nAsk the desk.",
        "1. Preheat the oven\n2. Mix the flour\n3. Bake it.",
        "The mayor opened it\n\nIt rained.\n\nThe cat of the museum sleeps all day\n\nIt purrs.",
    ],
)
def test_facts_without_a_full_stop_stay_prose(text: str) -> None:
    """Numbers, answers under a question, list items and longer lines are no headings, except at the very top."""
    assert [content for kind, content in kinds(text)[1:] if kind == "heading"] == []


def test_underlined_lines_and_capitals_are_headings_in_plain_text() -> None:
    """The line is the heading; its underline is nothing."""
    assert kinds("Opening hours\n=====\nIt opens at nine\nand closes at five") == [
        ("heading", "Opening hours"),
        ("prose", "It opens at nine\nand closes at five"),
    ]
    assert kinds("EXIT STATUS\n       zorp returns 3.")[0] == ("heading", "EXIT STATUS")


def test_deeply_nested_markdown_is_not_lost() -> None:
    """Quotes within quotes within lists are still read."""
    assert kinds("> " * 40 + "The cat sleeps.", markdown=True) == [("prose", "The cat sleeps.")]


@pytest.mark.parametrize(
    "stamp",
    ["12/05/2024, 10:31 -", "[12.05.24, 10:31:05]", "\u200e[12.05.24, 10:31:05 PM]", "5/12/24, 9:31\u202fAM -",
     "[10:31]", "2024-05-12T10:31 -"],
)  # fmt: skip
def test_messages_of_an_exported_chat_stand_alone(stamp: str) -> None:
    """People close few messages with a full stop; a line that goes on belongs to the one before."""
    messages = [f"{stamp} Anna: when does the hall open", f"{stamp} Ben: at nine,\nsix on Sundays", f"{stamp} ANNA: OK"]
    assert kinds("\n".join(messages)) == [("prose", message) for message in messages]


def test_a_line_that_begins_with_a_time_goes_on() -> None:
    """Only a stamp that is closed makes a message of it."""
    text = "The ferry leaves at\n10:31 from the pier; on\n12/05/2024, 10:31 was\nthe last."
    assert kinds(text) == [("prose", text)]


def test_plain_list_items_stand_alone_without_their_bullets() -> None:
    """Each item is a paragraph of its own."""
    assert kinds("We have:\n- a library;\n- a ferry.\n1. First.\n") == [
        ("prose", "We have:"),
        ("prose", "a library;"),
        ("prose", "a ferry."),
        ("prose", "First."),
    ]


def test_markdown_marks_are_told_from_text() -> None:
    """Headings, list items and quotes lose their marks; code, tables, links, images and comments are asides."""
    text = (
        "# Hours\n\nThe library\nopens.\n\n- At *nine*.\n- At ten,\n  on Sundays.\n\n> Quoted text.\n\n"
        "```\ncode here.\n```\n\n| a | b |\n|---|---|\n| c | d |\n\n![x](y.png)\n\n"
        "- [Elsewhere](https://a.b)\n\n<!-- no -->\n\nLater\n=====\n\nEnd."
    )
    found = kinds(text, markdown=True)
    assert [content for kind, content in found if kind == "prose"] == [
        "The library\nopens.",
        "At *nine*.",
        "At ten,\n  on Sundays.",
        "Quoted text.",
        "End.",
    ]
    assert [content for kind, content in found if kind == "heading"] == ["Hours", "Later"]


@pytest.mark.parametrize(
    "aside",
    [
        "[Elsewhere](https://a.b), <https://c.d> | https://e.f",
        "[![A badge](https://a.b/c.svg)](https://a.b) ![x](y.png)",
        "Opening hours ............ 12",
        "Opening hours . . . . . . xii\nFares …… 3",
    ],
)
def test_links_alone_and_lines_with_leaders_are_asides(aside: str) -> None:
    """Images in links are links; a word beside a link makes a sentence of it."""
    assert kinds(f"It opens.\n\n{aside}\n\nIt closes.")[1] == ("aside", aside)
    assert kinds("[Elsewhere](https://a.b) it opens.")[0][0] == "prose"
    assert kinds("It opens .... not.\nIt closes at 3")[0][0] == "prose"


@pytest.mark.parametrize(
    "piece", [".", ". ", "…", "https://a", "https://a,", "[", "[a](", "![a](b)", "<", "* ", "| ", "`"]
)
@pytest.mark.parametrize("markdown", [True, False])
def test_no_paragraph_takes_the_square_of_its_length(piece: str, *, markdown: bool) -> None:
    """A hundred thousand characters of what the rules of form look for, and a word that is none of it."""
    text = f"a{piece * (100_000 // len(piece))} word"
    assert [text[one.start : one.end].strip("| ") for one in split_blocks(text, 0, markdown=markdown)] == [text]


def test_headings_open_sections_and_paragraphs_count_all_blocks() -> None:
    """Prose carries its section and its number among the blocks."""
    blocks = tuple(split_blocks("One.\n\n# A\n\nTwo.\n\nThree.", 0, markdown=True))
    assert [(section, paragraph) for section, paragraph, _ in quotable_blocks(blocks)] == [(0, 1), (1, 3), (1, 4)]


@given(st.text(alphabet="aB.:# -*>|`[](\n\x85\u2028\t0", max_size=200), st.booleans())
def test_blocks_are_ordered_trimmed_spans_of_any_text(text: str, markdown: bool) -> None:
    """Whatever the text, blocks do not overlap and hold no outer white space."""
    place = 0
    for block in split_blocks(text, 0, markdown=markdown):
        content = text[block.start : block.end]
        assert block.start >= place
        assert content == content.strip() != ""
        place = block.end


def test_references_are_no_answers_and_the_text_after_them_is() -> None:
    """In Markdown and in plain text; a heading of the same level ends them, one below does not."""
    text = "# One\n\nIt opens.\n\n# References\n\nLee, A. (2001). Ferries.\n\n## Online\n\nLee, B. (2002). Boats."
    text += "\n\n# Two\n\nIt closes."
    assert [content for kind, content in kinds(text, markdown=True) if kind == "prose"] == ["It opens.", "It closes."]
    plain = "It opens at nine.\n\nReferences\n\nLee, A. (2001). Ferries.\n\nSmith, B. (2002). Boats."
    assert [content for kind, content in kinds(plain) if kind == "prose"] == ["It opens at nine."]


def test_contents_are_no_answers_but_sentences_under_them_are() -> None:
    """Lines with leaders, and lines without a full stop under a heading that announces them."""
    text = "# Contents\n\n- Opening hours\n- Fares\n\nThe box holds three books."
    text += "\n\n# Hours\n\nIntroduction ........ 3\n\nIt opens."
    assert [content for kind, content in kinds(text, markdown=True) if kind == "prose"] == [
        "The box holds three books.",
        "It opens.",
    ]


@pytest.mark.parametrize(
    "end", ["-- \nAnn Lee\nThe town library", "Best regards,\nAnn Lee\n\nThe town library", "Sincerely\n\nAnn"]
)
def test_a_signature_is_no_answer(end: str) -> None:
    """What follows the words that close a letter is set aside, and nothing before them."""
    text = f"Dear reader,\n\nThe library opens at nine.\n\n{end}"
    assert [content for kind, content in kinds(text) if kind == "prose"] == [
        "Dear reader,",
        "The library opens at nine.",
    ]
    long = f"{end}\n\n{'It goes on and on. ' * 30}"
    assert kinds(long)[-1][0] == "prose"
