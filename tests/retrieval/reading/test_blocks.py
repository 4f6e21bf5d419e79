"""Blocks are classified as prose, headings or asides by their form or markup."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.markdown_marks import find_marks, without_marks
from tests.support.reading import placed_sentences, read_content, split_text


def kinds(text: str, *, markdown: bool = False) -> list[tuple[str, str]]:
    """Return kind and content of each block."""
    text, blocks = split_text(text, markdown=markdown)
    return [(block.kind, text[block.start : block.end]) for block in blocks]


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
def test_a_sentence_with_a_credit_is_a_caption(caption: str) -> None:
    """A sentence or two with a credit at the end are an aside."""
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
def test_brackets_at_the_end_do_not_make_a_caption(sentence: str) -> None:
    """Without a credit in them, they are part of prose."""
    assert kinds(sentence) == [("prose", sentence)]


def test_headlines_below_a_label_are_asides_until_prose_returns() -> None:
    """Everything under "Related coverage:" without a full stop is an aside."""
    text = "It opens.\n\nRelated coverage:\n\nMayor opens library\n\nFerry, harbour to close\n\nThe end came in May."
    assert [kind for kind, _ in kinds(text)] == ["prose", "aside", "aside", "aside", "prose"]


def test_a_short_line_above_prose_is_a_heading() -> None:
    """In plain text the form tells: no full stop, no number."""
    assert kinds("Opening hours\n\nThe library opens at nine.")[0] == ("heading", "Opening hours")
    assert kinds("Contact:\n\nCall the desk.")[0] == ("heading", "Contact:")
    assert kinds("Price: 4 euros\n\nIt is paid on board.")[0] == ("prose", "Price: 4 euros")
    announced = "The door has a code, which you enter with this line:\n\n    open --all\n\nIt opens at once."
    assert kinds(announced)[1] == ("prose", "open --all")


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
def test_sentences_that_begin_like_a_label_stay_prose(text: str) -> None:
    """Only a label on a line of its own begins a list of headlines."""
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
    """Lines with numbers, answers below a question, list items and long lines are not headings, except at the top."""
    assert [content for kind, content in kinds(text)[1:] if kind == "heading"] == []


def test_underlined_and_capital_lines_are_headings() -> None:
    """The underline belongs to no block."""
    assert kinds("Opening hours\n=====\nIt opens at nine\nand closes at five") == [
        ("heading", "Opening hours"),
        ("prose", "It opens at nine\nand closes at five"),
    ]
    assert kinds("EXIT STATUS\n       zorp returns 3.")[0] == ("heading", "EXIT STATUS")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The ferry leaves at nine from pier 2.\n---\nIt rests.", "prose"),
        ("Bring a coat and\na lamp\n--\nIt rests.", "prose"),
        ("**Bring a coat, a lamp and boots!**\n-----\nIt rests.", "prose"),
        ("- Bring a coat, a lamp and boots.\n  ---\n\nIt rests.", "item"),
        ("Fares of the ferry\n---\nIt rests.", "heading"),
        ("Contact us.\n---\nIt rests.", "heading"),
        ("How do I get to the pier\nfrom Selm?\n---\nBy foot.", "heading"),
        ("The ferry leaves at nine from pier 2.\n===\nIt rests.", "heading"),
        ("## The ferry leaves at nine from pier 2.\nIt rests.", "heading"),
    ],
)
def test_text_right_above_a_rule_stays_text(text: str, kind: str) -> None:
    """Markdown calls it a heading; but a long sentence, and several lines that do not ask, are none."""
    assert kinds(text, markdown=True)[0][0] == kind


def test_the_comments_of_an_issue_of_github_are_text() -> None:
    """What is known of each, between rules, is an aside, and no signature."""
    about = "author:\tines\nassociation:\tmember\nedited:\tfalse\nstatus:\tnone\n--\n"
    text = f"The pump stops at night.\n\n--\n{about}Open valve 3 before you start it.\n--\n{about}It runs again.\n"
    assert [content for kind, content in kinds(text, markdown=True) if kind == "prose"] == [
        "The pump stops at night.",
        "Open valve 3 before you start it.",
        "It runs again.",
    ]


def test_each_capital_line_right_above_a_list_is_a_heading() -> None:
    """Also the second one, as in release notes; with a colon, the line introduces the list."""
    text = (
        "The lift was oiled.\n\nNEW\n* A bench\n* A lamp\n\nREPAIRED\n1. The gate\n\nBRING:\n- a coat\n\nPlan B\n- tea"
    )
    assert [content for kind, content in kinds(text) if kind == "heading"] == ["NEW", "REPAIRED"]


def test_deeply_nested_markdown_is_read() -> None:
    """Quotes within quotes are not lost."""
    assert kinds("> " * 40 + "The cat sleeps.", markdown=True) == [("prose", "The cat sleeps.")]


@pytest.mark.parametrize(
    "stamp",
    ["12/05/2024, 10:31 -", "[12.05.24, 10:31:05]", "\u200e[12.05.24, 10:31:05 PM]", "5/12/24, 9:31\u202fAM -",
     "[10:31]", "2024-05-12T10:31 -"],
)  # fmt: skip
def test_messages_of_an_exported_chat_are_paragraphs(stamp: str) -> None:
    """Few messages end with a full stop; a line without a timestamp continues the message before it."""
    messages = [f"{stamp} Anna: when does the hall open", f"{stamp} Ben: at nine,\nsix on Sundays", f"{stamp} ANNA: OK"]
    assert kinds("\n".join(messages)) == [("prose", message) for message in messages]


def test_a_line_that_begins_with_a_time_continues_the_paragraph() -> None:
    """Only a complete timestamp begins a message."""
    text = "The ferry leaves at\n10:31 from the pier; on\n12/05/2024, 10:31 was\nthe last."
    assert kinds(text) == [("prose", text)]


def structure(text: str, *, markdown: bool = False) -> list[tuple[str, int, int, str, str]]:
    """Return the kind, level, number, language and text of each block."""
    text, blocks = split_text(text, markdown=markdown)
    return [(block.kind, block.level, block.number, block.language, text[block.start : block.end]) for block in blocks]


def test_items_of_plain_text_have_their_depth_and_number() -> None:
    """Each item is a block of its own without its mark; a paragraph that is not indented under it ends the list."""
    text = "We have:\n- a library;\n- a ferry:\n  1. big\n  2) small\n- a mill.\n\nMore here.\n 3. Third.\n"
    assert structure(text) == [
        ("prose", 0, 0, "", "We have:"),
        ("item", 1, 0, "", "a library;"),
        ("item", 1, 0, "", "a ferry:"),
        ("item", 2, 1, "", "big"),
        ("item", 2, 2, "", "small"),
        ("item", 1, 0, "", "a mill."),
        ("prose", 0, 0, "", "More here."),
        ("item", 1, 3, "", "Third."),
    ]


def test_items_and_code_of_markdown_have_their_depth_number_and_language() -> None:
    """What stands in an item after its first paragraph belongs to it; an ordered list counts from its start."""
    text = (
        "Do this:\n\n3. Stop it.\n   - Gently.\n\n4. Run:\n\n   ```sh {hl=1}\n     start\n   now\n   ```\n\n"
        "   Then wait.\n\nEnd.\n\n    indented = 1\n\n~~~\n~~~\n\n```no-such\nopen\n"
    )
    assert structure(text, markdown=True) == [
        ("prose", 0, 0, "", "Do this:"),
        ("item", 1, 3, "", "Stop it."),
        ("item", 2, 0, "", "Gently."),
        ("item", 1, 4, "", "Run:"),
        ("code", 1, 0, "bash", "     start\n   now"),
        ("prose", 1, 0, "", "Then wait."),
        ("prose", 0, 0, "", "End."),
        ("code", 0, 0, "", "    indented = 1"),
        ("code", 0, 0, "", "open"),
    ]


def test_items_are_counted_whatever_number_is_written() -> None:
    """From the number of the first; many writers number every item 1."""
    text = "1. One.\n1. Two.\n\n   More.\n1. Three.\n\nThen:\n\n7) Seven.\n7) Eight.\n\n0. Zero.\n"
    assert [(number, content) for kind, _, number, _, content in structure(text, markdown=True) if kind == "item"] == [
        (1, "One."), (2, "Two."), (3, "Three."), (7, "Seven."), (8, "Eight."), (0, "Zero."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("export { a } from './a';", "aside"),
        ("We import tea from 'Ceylon'.", "prose"),
        ("import X from './x'\nIt opens.", "prose"),
    ],
)
def test_lines_that_import_from_files_are_asides(text: str, kind: str) -> None:
    """As in .mdx; sentences about imports are not."""
    assert [found for found, _ in kinds(text, markdown=True)] == [kind]


def test_the_markup_of_markdown_is_told_from_its_text() -> None:
    """Headings, list items and quotes lose their marks; links, images and comments are asides."""
    text = (
        "# Hours\n\nThe library\nopens.\n\n- At *nine*.\n- At ten,\n  on Sundays.\n\n> Quoted text.\n\n"
        "```\ncode here.\n```\n\n| a | b |\n|---|---|\n| c | d |\n\n![x](y.png)\n\n"
        "- [Elsewhere](https://a.b)\n\n<!-- no -->\n\nLater\n=====\n\nEnd."
    )
    blocks = kinds(text, markdown=True)
    assert [content for kind, content in blocks if kind == "prose"] == ["The library\nopens.", "Quoted text.", "End."]
    assert [content for kind, content in blocks if kind == "item"] == ["At nine.", "At ten,\n  on Sundays."]
    assert [content for kind, content in blocks if kind == "code"] == ["code here."]
    assert [content for kind, content in blocks if kind == "heading"] == ["Hours", "Later"]


@pytest.mark.parametrize(
    "aside",
    [
        "[Elsewhere](https://a.b), <https://c.d> | https://e.f",
        "[![A badge](https://a.b/c.svg)](https://a.b) ![x](y.png)",
        "Opening hours ............ 12",
        "Opening hours . . . . . . xii\nFares …… 3",
    ],
)
def test_lists_of_links_and_lines_with_leaders_are_asides(aside: str) -> None:
    """Images in links count as links; a word beside a link makes it prose."""
    assert kinds(f"It opens.\n\n{aside}\n\nIt closes.")[1] == ("aside", aside)
    assert kinds("[Elsewhere](https://a.b) it opens.")[0][0] == "prose"
    assert kinds("It opens .... not.\nIt closes at 3")[0][0] == "prose"


@pytest.mark.parametrize(
    "piece", [".", ". ", "…", "https://a", "https://a,", "[", "[a](", "![a](b)", "<", "* ", "| ", "`"]
)
@pytest.mark.parametrize("markdown", [True, False])
def test_no_paragraph_takes_quadratic_time(piece: str, *, markdown: bool) -> None:
    """A hundred thousand characters of what the rules look for, and a word that matches none of them."""
    text = f"a{piece * (100_000 // len(piece))} word"
    ((_, content),) = kinds(text, markdown=markdown)
    seen = without_marks(text, find_marks(text), 0, len(text)) if markdown else text
    assert content.strip("| ") == seen


@given(st.text(alphabet="aB.:# -*>|`[](\n\x85\u2028\t0", max_size=200), st.booleans())
def test_blocks_are_ordered_and_trimmed(text: str, markdown: bool) -> None:
    """In any text, blocks do not overlap and have no white space at their ends, but for the indentation of code."""
    last = 0
    text, blocks = split_text(text, markdown=markdown)
    for block in blocks:
        content = text[block.start : block.end]
        assert block.start >= last
        assert content.strip() != ""
        assert content == (content.rstrip() if block.kind == "code" else content.strip())
        last = block.end


def test_references_are_asides_and_the_text_after_them_is_not() -> None:
    """In Markdown and in plain text; a heading of the same level ends them, a deeper one does not."""
    text = "# One\n\nIt opens.\n\n# References\n\nLee, A. (2001). Ferries.\n\n## Online\n\nLee, B. (2002). Boats."
    text += "\n\n# Two\n\nIt closes."
    assert [content for kind, content in kinds(text, markdown=True) if kind == "prose"] == ["It opens.", "It closes."]
    plain = "It opens at nine.\n\nReferences\n\nLee, A. (2001). Ferries.\n\nSmith, B. (2002). Boats."
    assert [content for kind, content in kinds(plain) if kind == "prose"] == ["It opens at nine."]


def test_tables_of_contents_are_asides_except_for_sentences() -> None:
    """That is lines with leaders, and lines without a full stop under a heading such as Contents."""
    text = "# Contents\n\n- Opening hours\n- Fares\n\nThe box holds three books."
    text += "\n\n# Hours\n\nIntroduction ........ 3\n\nIt opens."
    assert [content for kind, content in kinds(text, markdown=True) if kind == "prose"] == [
        "The box holds three books.",
        "It opens.",
    ]


@pytest.mark.parametrize(
    "end",
    [
        "-- \nAnn Lee\nThe town library",
        "Best regards,\nAnn Lee\n\nThe town library",
        "Sincerely\n\nAnn",
        "Un saludo,\nAna",
        "Atenciosamente,\nAna",
        "Met vriendelijke groet\n\nAn",
    ],
)
def test_signatures_are_asides(end: str) -> None:
    """Everything from the closing words of a letter on is an aside, nothing before them."""
    text = f"Dear reader,\n\nThe library opens at nine.\n\n{end}"
    assert [content for kind, content in kinds(text) if kind == "prose"] == [
        "Dear reader,",
        "The library opens at nine.",
    ]
    long = f"{end}\n\n{'It goes on and on. ' * 30}"
    assert kinds(long)[-1][0] == "prose"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("# Where is the map?\n\nhttps://example.org/map\n", "prose"),
        ("# How do I get there\n\n<https://example.org/a>\nhttps://example.org/b\n", "prose"),
        ("# The map\n\nhttps://example.org/map\n", "aside"),
        ("# Where is the map?\n\n[map](https://example.org/map)\n", "aside"),
        ("# Where is the map?\n\nhttps://example.org/map\n\nIt hangs in the hall.\n", "aside"),
        ("# Where is the map?\n\nIt hangs in the hall.\n\nhttps://example.org/map\n", "prose"),
    ],
)
def test_an_address_alone_below_a_question_is_its_answer(text: str, kind: str) -> None:
    assert kinds(text, markdown=True)[1][0] == kind


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["@Helm    steers the boat", "@Rower   rows", "@Warden  opens the shed"], 3),
        (["  F5      saves the map", "  Ctrl+M  makes a new one", "          and closes the old one"], 2),
        (["punt   flat boat", "raft   logs"], 2),
        (["The ferry leaves at nine.  It takes all", "guests who wait at the pier.  It is red"], 1),
        (["The  ferry  leaves  the  pier at nine and", "who  waits  longer  than that can swim  to"], 1),
    ],
)  # fmt: skip
def test_rows_of_aligned_columns_stand_alone(lines: list[str], rows: int) -> None:
    """Lines below the second column go on above; gaps in prose make no columns."""
    assert len(kinds("Harbour\n\n" + "\n".join(lines) + "\n")) == 1 + rows


@pytest.mark.parametrize(
    ("block", "items"),
    [
        (
            "options:\n  -t, --tide         show the tide\n  --port NAME, --harbour NAME\n"
            "                     where to land\n  --dry              do nothing",
            ["-t, --tide         show the tide", "--port NAME, --harbour NAME\n                     where to land",
             "--dry              do nothing"],
        ),
        (
            "Options:\n  -t, --tide TIDE    show the tide: low,\n                     high or none\n"
            "      --dry          do nothing",
            ["-t, --tide TIDE    show the tide: low,\n                     high or none", "--dry          do nothing"],
        ),
        ("exit status:\n  0  landed\n  2  run aground", ["0  landed", "2  run aground"]),
        (
            "positional arguments:\n  COMMAND\n    land      go to the pier\n    leave     go to the lake",
            ["land      go to the pier", "leave     go to the lake"],
        ),
        ("examples:\n  ferry land --dry\n      show what would be done", []),
        ("We take with us:\n  coats for all\n  lamps and rope", []),
        ("The rule is:\n    leave when the bell    rings\n    and stay if it is dry", []),
    ],
)  # fmt: skip
def test_what_a_program_says_of_its_options_is_a_list(block: str, items: list[str]) -> None:
    """Below its label, whose rows may have a narrow gap, a long option above its text, and any indent."""
    found = kinds(f"Ferry\n\n{block}\n")
    assert [content for kind, content in found if kind == "item"] == items
    assert found[1] == ("prose", block.split("\n")[0] if items else block)


def test_lines_in_capitals_are_headings_where_several_are() -> None:
    """Whatever stands below them; what is in brackets, such as keys, is none."""
    text = "HARBOUR\n\nROLES\n\nHelm: steers\nRower: rows\n\n[YUHJ]\nThese keys move.\n"
    assert kinds(text) == [
        ("heading", "HARBOUR"), ("heading", "ROLES"), ("prose", "Helm: steers"), ("prose", "Rower: rows"),
        ("prose", "[YUHJ]\nThese keys move."),
    ]  # fmt: skip
    assert kinds("The light says:\n\nCLOSED\n\nIt is red: no entry\n")[1] == ("prose", "CLOSED")
    assert kinds("[help_ferry]\n\nThe ferry is red.\n")[0] == ("prose", "[help_ferry]")


def test_the_first_of_a_few_centred_lines_is_the_title() -> None:
    """Lines that begin below each other are a paragraph."""
    title = "            A Guide to the Old Harbour\n               (for guests in boats)\n\nIt is red.\n"
    assert kinds(title) == [
        ("heading", "A Guide to the Old Harbour"), ("prose", "(for guests in boats)"), ("prose", "It is red.")
    ]  # fmt: skip
    assert kinds("            A ferry of the old\n            harbour is red.\n")[0][0] == "prose"


def test_entries_between_percent_signs_stand_alone() -> None:
    """The line that opens one is the heading of its text; a text of a single line is none."""
    text = (
        "%%%%\nOld rope of the harbour master's boat\n\nIt holds a boat.\n%%%%\nRed oar\n\nIt floats: \n- well\n%%%%\n"
    )
    assert [block for block in kinds(text) if block[0] != "aside"] == [
        ("heading", "Old rope of the harbour master's boat"), ("prose", "It holds a boat."), ("heading", "Red oar"),
        ("prose", "It floats:"), ("item", "well"),
    ]  # fmt: skip
    assert [kind for kind, _ in kinds("One boat a day.\n%\nNo oar, no row\n%\nTwo oars\nare better\n")] == [
        "prose", "aside", "prose", "aside", "prose"
    ]  # fmt: skip


def test_an_entry_that_asks_is_the_heading_of_the_entry_that_answers(tmp_path: Path) -> None:
    """By the same name behind "Q:" and "A:"; an entry behind a list is in none of its items."""
    text = (
        "%%%%\nQ:rope\n\nI lost my rope.\nWhere is it?\n%%%%\nA:rope\n\nA: In the boat:\n- red\n- old\n"
        "%%%%\nQ:oar\n\nIs it red?\n%%%%\nA:mill\n\nNo.\n%%%%\nB\n\nIt floats.\n%%%%\n"
    )
    assert [block for block in kinds(text) if block[0] != "aside"] == [
        ("heading", "I lost my rope.\nWhere is it?"), ("prose", "A: In the boat:"), ("item", "red"), ("item", "old"),
        ("heading", "Q:oar"), ("prose", "Is it red?"), ("heading", "A:mill"), ("prose", "No."), ("heading", "B"),
        ("prose", "It floats."),
    ]  # fmt: skip
    read = read_content(tmp_path, "a.txt", text.encode())
    assert placed_sentences(read)[0] == ("A: In the boat:", None, "I lost my rope. Where is it?")
