"""Numbered headings of plain text, and the list of contents that names them."""

import pytest

from tests.support.reading import split_text

CONTENTS = """Harbour questions

Contents

   1 Boats
      1.1 How do I rent a punt?
      1.2 Which boat is the one for guests who cannot
          row?
   2 Piers
      2.1 Something leaks.

"""
SECTIONS = (
    ("1 Boats", ""),
    ("1.1 How do I rent a punt?", "Sign at the desk."),
    ("1.2 Which boat is the one for guests who cannot row?", "The raft. It is pulled."),
    ("2 Piers", ""),
    ("2.1 Something leaks.", "Call the warden."),
)


def headings_and_prose(text: str) -> list[tuple[str, int, str]]:
    """Return kind, level and content of each block that is no aside."""
    text, blocks = split_text(text, markdown=False)
    return [
        (block.kind, block.level, " ".join(text[block.start : block.end].split())) for block in blocks
        if block.kind != "aside"
    ]  # fmt: skip


EXPECTED = [
    ("heading", 1, "Harbour questions"),
    ("heading", 1, "1 Boats"),
    ("heading", 2, "1.1 How do I rent a punt?"),
    ("prose", 0, "Sign at the desk."),
    ("heading", 2, "1.2 Which boat is the one for guests who cannot row?"),
    ("prose", 0, "The raft. It is pulled."),
    ("heading", 1, "2 Piers"),
    ("heading", 2, "2.1 Something leaks."),
    ("prose", 0, "Call the warden."),
]


@pytest.mark.parametrize("rule", ["-----\n\n", "", "=====\n\n"])
@pytest.mark.parametrize("contents", [CONTENTS, "Harbour questions\n\n"])
def test_sections_of_a_faq_have_headings(contents: str, rule: str) -> None:
    """By the rules above them, or by the contents; these are an aside. Without either, only what asks is a heading."""
    body = "".join(f"{rule}{heading}\n\n" + (f"   {text}\n\n" if text else "") for heading, text in SECTIONS)
    if rule or contents == CONTENTS:
        assert headings_and_prose(contents + body) == EXPECTED


def test_numbered_lines_that_ask_are_headings_of_what_follows() -> None:
    """Where there are several; one alone may be a fact."""
    text = "".join(f"1.{n} Where is berth {n}?\n\nIt is at pier {n}.\n\n" for n in range(1, 4))
    assert [kind for kind, *_ in headings_and_prose(text)] == ["heading", "prose"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "Rules\n\n1.1 Boats must be dry.\n\n1.2 Guests must sign.\n\n1.3 Dogs must swim.\n",
        "Times\n\n1.1 Ferry at nine\n1.2 Ferry at ten\n1.3 Ferry at noon\n\nAll of them are red.\n",
    ],
)
def test_numbered_paragraphs_of_their_own_stay_text(text: str) -> None:
    """Such as those of a contract."""
    assert [kind for kind, *_ in headings_and_prose(text)][1:4] == ["prose"] * 3
