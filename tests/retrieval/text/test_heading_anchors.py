"""An address that ends with "#" leads to the heading of a quote."""

import pytest

from retrieval.text.heading_anchors import anchor, with_heading
from retrieval.types import Document, Heading

TEXT = "Guide intro Setup first Setup second Term third"
DOCUMENT = Document(
    "a.md", "Guide", None, None, "https://a.example/guide#", TEXT, "",
    headings=(Heading(0, 5, 1), Heading(12, 17, 2), Heading(24, 29, 2), Heading(37, 41, 7)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("word", "address"),
    [("intro", "guide"), ("first", "guide#setup"), ("second", "guide#setup-1"), ("third", "guide#setup-1")],
)
def test_the_heading_above_a_quote_is_its_place(word: str, address: str) -> None:
    """A repeated one is numbered; the title of the page and terms have none."""
    assert with_heading(DOCUMENT.url, DOCUMENT, TEXT.index(word)) == f"https://a.example/{address}"


@pytest.mark.parametrize(
    ("heading", "name"),
    [("What's new in 2.0?", "whats-new-in-20"), ("Über uns", "über-uns"), ("a_b -- c", "a_b----c")],
)
def test_names_are_those_of_github(heading: str, name: str) -> None:
    """Lower case, without marks, with a hyphen for each space."""
    assert anchor(heading) == name
