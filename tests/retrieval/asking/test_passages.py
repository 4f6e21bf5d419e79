"""What comes along with a sentence: warnings above it, footnotes of its marks, the introduction of its terms."""

from itertools import pairwise

import pytest

from retrieval.asking.passages import MAX_JOINED_LENGTH, compose_passage, join_passages
from retrieval.index.index import Index
from retrieval.types import PassagePart
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

BACKSLASH = "\\"
LONG = "The cat sleeps on the ferry and nobody knows why. " * 20


def passage(words: WordEncoder, name: str, text: str, sentence: str) -> tuple[PassagePart, ...]:
    """Compose the passage of the sentence that begins with some words, in a document of its own."""
    index = index_of(words, {name: text})
    row = next(row for row in range(index.count) if index.text(row).startswith(sentence))
    parts = compose_passage(index, row, "Is it?")
    check(index, parts)
    return parts


def check(index: Index, parts: tuple[PassagePart, ...]) -> None:
    """Every part is the document's text, and parts are in order and do not overlap."""
    text = index.documents[0].text
    assert [text[part.start : part.end] for part in parts] == [part.text for part in parts]
    assert all(part.end <= following.start for part, following in pairwise(parts))


def texts(parts: tuple[PassagePart, ...]) -> list[str]:
    """Return the texts of parts, after "… " where something is left out."""
    return ["… " * part.after_gap + part.text for part in parts]


def test_a_warning_above_the_lead_in_of_code_is_shown(word_encoder: WordEncoder) -> None:
    """In a section too long to be shown, the warning comes with the command, and what is above it does not."""
    text = f"# Reset\n\n{LONG}\n\n**Caution:** It deletes all.\n\nReset with:\n\n```\nreset now\n```\n"
    parts = passage(word_encoder, "a.md", text, "reset now")
    assert texts(parts) == ["Reset", "Caution: It deletes all.", "Reset with:", "reset now"]


def test_a_warning_above_the_paragraph_of_the_sentence_is_shown(word_encoder: WordEncoder) -> None:
    """It governs prose as well, and a second warning above it too."""
    text = f"# Reset\n\n{LONG}\n\nDanger! It is hot.\n\nImportant: Back up.\n\nReset it at nine.\n"
    parts = passage(word_encoder, "a.md", text, "Reset it")
    assert texts(parts) == ["Reset", "Danger! It is hot.", "Important: Back up.", "Reset it at nine."]


def test_a_warning_with_a_label_of_its_own_is_shown_with_it(word_encoder: WordEncoder) -> None:
    """The label is a paragraph; without it the warning would read as a statement."""
    text = f"# Reset\n\n{LONG}\n\n**Warning**\n\nIt deletes all.\n\nReset it at nine.\n"
    parts = passage(word_encoder, "a.md", text, "Reset it")
    assert texts(parts) == ["Reset", "Warning", "It deletes all.", "Reset it at nine."]


def test_a_passage_does_not_end_with_a_line_that_opens_the_next_paragraph(word_encoder: WordEncoder) -> None:
    """A line that ends in a colon is left out with what it belongs to; if that is short, both are shown."""
    text = f"# Reset\n\n{LONG}\n\nReset it at nine.\n\nThen check it with:\n\n"
    parts = passage(word_encoder, "a.md", f"{text}{LONG}\n", "Reset it")
    assert texts(parts) == ["Reset", "Reset it at nine."]
    parts = passage(word_encoder, "a.md", f"{text}A bell.\n\n{LONG}\n", "Reset it")
    assert texts(parts) == ["Reset", "Reset it at nine.", "Then check it with:", "A bell."]


@pytest.mark.parametrize("label", ["**Warning**", "IMPORTANT:"])
def test_a_label_behind_a_passage_is_shown_with_its_warning(word_encoder: WordEncoder, label: str) -> None:
    """Of a long one the first sentence; a list below a label is left out with it."""
    text = f"# Reset\n\n{LONG}\n\nReset it at nine.\n\n{label}\n\n"
    shown = label.strip("*")
    parts = passage(word_encoder, "a.md", f"{text}It bites.\n\n{LONG}\n", "Reset it")
    assert texts(parts) == ["Reset", "Reset it at nine.", shown, "It bites."]
    parts = passage(word_encoder, "a.md", f"{text}{LONG}\n", "Reset it")
    assert texts(parts) == ["Reset", "Reset it at nine.", shown, "The cat sleeps on the ferry and nobody knows why."]
    parts = passage(word_encoder, "a.md", f"{text}- {LONG}\n", "Reset it")
    assert texts(parts) == ["Reset", "Reset it at nine."]


@pytest.mark.parametrize("heading", ["## How do I reset it?", "**How do I reset it?**"])
def test_below_a_heading_that_asks_the_answer_is_shown_from_its_beginning(
    word_encoder: WordEncoder, heading: str
) -> None:
    """As far as it fits, if the sentence is in that; one further down is shown as below any other heading."""
    dull = LONG[:408].strip()
    text = f"# Reset\n\nMany ask.\n\n{heading}\n\nPress nine.\n\n{dull}\n\nIt is hot.\n\nSee:\n\n- {LONG}\n\nIt ends.\n"
    parts = passage(word_encoder, "a.md", text, "It is hot.")
    assert texts(parts) == ["How do I reset it?", "Press nine.", dull, "It is hot."]
    assert texts(passage(word_encoder, "a.md", text, "It ends.")) == ["How do I reset it?", "It ends."]
    other = text.replace("How do I reset it?", "Resetting")
    assert texts(passage(word_encoder, "a.md", other, "It is hot."))[1:] == ["It is hot."]


@pytest.mark.parametrize("above", ["the above command", "this command above", "the above reset command"])
def test_a_paragraph_that_refers_to_what_is_above_is_shown_with_it(word_encoder: WordEncoder, above: str) -> None:
    """Code, with the paragraph above that; another paragraph stays alone."""
    dull = LONG[:408].strip()
    text = f"# Reset\n\n{dull}\n\n{dull} Run:\n\n```\nreset now\n```\n\nFor {above}, wait.\n\n{LONG}\n"
    parts = passage(word_encoder, "a.md", text, "For ")
    assert texts(parts) == ["Reset", f"{dull} Run:", "reset now", f"For {above}, wait."]
    parts = passage(word_encoder, "a.md", text.replace(above, "the mill above us"), "For ")
    assert texts(parts) == ["Reset", "reset now", "For the mill above us, wait."]


def test_a_warning_further_up_belongs_to_something_else(word_encoder: WordEncoder) -> None:
    """Only what stands right above warns of a paragraph."""
    text = f"# Reset\n\n{LONG}\n\nWarning: It deletes all.\n\n{'The cat sleeps. ' * 30}\n\nReset it at nine.\n"
    assert texts(passage(word_encoder, "a.md", text, "Reset it")) == ["Reset", "Reset it at nine."]


def test_of_a_long_warning_the_first_sentence_is_shown(word_encoder: WordEncoder) -> None:
    """The rest is left out, and the gap is marked."""
    text = f"# Reset\n\nWarning: It deletes all. {LONG}\n\nReset it at nine.\n"
    assert texts(passage(word_encoder, "a.md", text, "Reset it")) == [
        "Reset", "Warning: It deletes all.", "… Reset it at nine.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mark", "note"),
    [
        ("a.md", "[^1]", "[^1]: Not on monday."),
        ("a.txt", "*", "* Not on monday."),
        ("a.md", "\\*", "\\* Not on monday."),
        ("a.txt", "¹", "¹ Not on monday."),
    ],
)
def test_a_footnote_is_shown_after_a_gap(word_encoder: WordEncoder, name: str, mark: str, note: str) -> None:
    """The note of a mark in the text comes along from the end of the document; no other note does."""
    text = f"{LONG}\n\nThe library opens at nine each day.{mark}\n\n{LONG}\n\n{note}\n\n{LONG}\n\n[^2]: The cat.\n"
    shown = texts(passage(word_encoder, name, text, "The library"))
    note = note.removeprefix("* ").removeprefix(BACKSLASH)
    assert shown == [f"The library opens at nine each day.{mark.removeprefix(BACKSLASH)}", f"… {note}"]


def test_the_sentence_of_a_footnote_is_shown_with_it(word_encoder: WordEncoder) -> None:
    """A note that is quoted itself says nothing without the sentence that has its mark."""
    text = f"# Hours\n\n{LONG}\n\nThe library opens at nine.[^1]\n\n# Other\n\n{LONG}\n\n[^1]: Not on monday.\n"
    shown = texts(passage(word_encoder, "a.md", text, "[^1]: Not"))
    assert shown == ["Hours", "The library opens at nine.[^1]", "… [^1]: Not on monday."]


def test_a_long_footnote_is_left_out(word_encoder: WordEncoder) -> None:
    """More than 300 characters are a text of their own."""
    text = f"The library opens at nine.[^1]\n\n{LONG}\n\n[^1]: Not on monday. {LONG}\n"
    assert texts(passage(word_encoder, "a.md", text, "The library")) == ["The library opens at nine.[^1]"]


def test_an_item_of_markdown_is_no_footnote(word_encoder: WordEncoder) -> None:
    """There a star before a line makes a list, and stars around words make them bold."""
    text = f"The **library opens** at nine and is free.*\n\n{LONG}\n\n* The cat sleeps.\n"
    assert texts(passage(word_encoder, "a.md", text, "The library")) == ["The library opens at nine and is free.*"]


def test_the_line_that_introduces_terms_is_shown_above_the_term(word_encoder: WordEncoder) -> None:
    """Questions are headings of the level of terms; what stands between is left out and marked."""
    text = "# Norvil\n\nNone of this is true any more. Wrong answers:\n\n" + "".join(
        f"**Is the {what} open?**\n\nThe {what} opens at {when}.\n\n"
        for what, when in (("cat", "ten"), ("ferry", "four"))
    )
    first, second = (passage(word_encoder, "a.md", text, f"The {what} opens") for what in ("cat", "ferry"))
    assert texts(first) == ["Wrong answers:", "Is the cat open?", "The cat opens at ten."]
    assert texts(second) == ["Wrong answers:", "… Is the ferry open?", "The ferry opens at four."]


TABS = '=== "Lake"\n\n    Row with two oars.\n\n=== "Sea"\n\n    ```\n    sail\n    ```\n\n'


def test_a_line_with_a_colon_takes_the_tabs_below_it_along(word_encoder: WordEncoder) -> None:
    """Each with its label; what is behind the tabs is shown below the heading around them, after a gap."""
    text = f"# Go\n\n{LONG}\n\nTo cross the water:\n\n{TABS}Later it rains.\n\nThen it snows.\n"
    assert texts(passage(word_encoder, "a.md", text, "To cross")) == [
        "Go", "To cross the water:", "Lake", "Row with two oars.", "Sea", "sail"
    ]  # fmt: skip
    assert texts(passage(word_encoder, "a.md", text, "Row")) == ["To cross the water:", "Lake", "Row with two oars."]
    assert texts(passage(word_encoder, "a.md", text, "Later")) == ["Go", "… Later it rains.", "Then it snows."]


def test_tabs_that_get_too_long_are_left_out_of_what_announces_them(word_encoder: WordEncoder) -> None:
    """Whole ones; a line that announces nothing takes none along."""
    tabs = TABS.replace("sail", LONG)
    text = f"# Go\n\nTo cross the water:\n\n{tabs}"
    assert texts(passage(word_encoder, "a.md", text, "To cross")) == [
        "Go", "To cross the water:", "Lake", "Row with two oars."
    ]  # fmt: skip
    text = f"# Go\n\nYou can cross the water.\n\n{TABS}"
    assert texts(passage(word_encoder, "a.md", text, "You can")) == ["Go", "You can cross the water."]


def joined(words: WordEncoder, text: str, upper: str, lower: str) -> list[str] | None:
    """Compose the passages of the sentences that begin with some words as one; return the texts of its parts."""
    index = index_of(words, {"a.md": text})
    row, other = (next(row for row in range(index.count) if start in index.text(row)) for start in (upper, lower))
    parts = join_passages(index, row, other, "Is it?")
    assert parts == join_passages(index, other, row, "Is it?")
    if parts is None:
        return None
    check(index, parts)
    return texts(parts)


@pytest.mark.parametrize(
    ("between", "shown"),
    [
        ("", ["Cats", "Black ones.", "White ones."]),
        ("It rains.\n\n", ["Cats", "Black ones.", "It rains.", "White ones."]),
        ("- It rains.\n\n## Later\n\n", ["Cats", "Black ones.", "It rains.", "Later", "White ones."]),
        ("It rains.[^1]\n\n", ["Cats", "Black ones.", "It rains.[^1]", "White ones.", "… [^1]: In May."]),
        (f"{LONG}\n\n", ["Cats", "Black ones.", "… White ones."]),
        (f"## Later\n\n{LONG}\n\n### At night\n\n", None),
    ],
)
def test_passages_are_joined_with_what_stands_between_them(
    between: str, shown: list[str] | None, word_encoder: WordEncoder
) -> None:
    """Headings and what footnotes say of it, too; over a distance only below the same heading, with a gap."""
    ends = "\n\n".join(["Nobody knows why the ferry sails along the whole coast and back again every day."] * 12)
    text = f"# Cats\n\nBlack ones.\n\n{between}White ones.\n\n{ends}\n\n[^1]: In May.\n"
    found = joined(word_encoder, text, "Black", "White")
    assert (found and [line for line in found if not line.startswith("Nobody")]) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"# Covered\n\nBlack ones.\n\n{LONG}\n\n# Not covered\n\nWhite ones.\n\n{LONG}",  # siblings
        f"# Covered\n\nBlack ones.\n\n# Not covered\n\nWhite ones.\n\n{LONG}",
        f"# Cats\n\nBlack ones.[^1]\n\n{LONG}\n\n## Dogs\n\n{LONG}\n\nWhite ones.[^1]\n\n[^1]: In May.",  # far
        "# Cats\n\n| Name | Day |\n|---|---|\n| Black | May |\n| White | June |\n",  # rows
        f"Black ones.\n\nWhite ones.\n\n{LONG}",  # no heading
        '# Cats\n\n=== "Black"\n\n    Black ones.\n\nWhite ones.\n',  # inside a tab and behind it
        f"# Cats\n\nSome.[^1] {LONG}\n\n# Dogs\n\nWhite ones.\n\n[^1]: Black ones.",  # a footnote
    ],
)
def test_passages_that_do_not_belong_together_are_not_joined(text: str, word_encoder: WordEncoder) -> None:
    """Under headings of one level, far from each other, rows of a table, and texts without headings."""
    assert joined(word_encoder, text, "Black", "White") is None


def test_a_joined_passage_is_not_longer_than_its_limit(word_encoder: WordEncoder) -> None:
    """Although each alone may be as long as that."""
    items = "".join(f"- Item {number} of a list of many things.\n" for number in range(20))
    text = f"# Cats\n\nBlack ones:\n\n{items}\nWhite ones:\n\n{items}\n\n{LONG}"
    assert 2 * len(items) > MAX_JOINED_LENGTH
    assert joined(word_encoder, text, "Black", "White") is None
