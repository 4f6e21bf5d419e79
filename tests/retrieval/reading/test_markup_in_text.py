"""Text files that are Markdown or HTML are read as that."""

import pytest

from retrieval.reading.markup_in_text import as_markdown
from tests.support.reading import split_text

BODY = "<p>\nThe ferry takes <b>ten</b> boats.<br>\nIt is red.\n</p>\n<p>\nRing twice.\n</p>\n"


@pytest.mark.parametrize(
    "opening",
    [
        "<title>Ferry</title>\n\n",
        "<head><title>Ferry</title></head>\n",
        '<meta charset="utf-8">\n',
        "<!-- made by hand -->\n<!-- in May -->\n<div>\n",
        "<h1>Ferry</h1>\n",
    ],
)
def test_a_piece_of_a_page_is_html(opening: str) -> None:
    """Whatever it begins with, its tags are left out, and what a browser does not show."""
    assert as_markdown(opening + BODY, 0) is not None
    text, blocks = split_text(opening + BODY)
    shown = [text[block.start : block.end] for block in blocks if block.kind == "prose"]
    assert shown == ["The ferry takes ten boats.  \nIt is red.", "Ring twice."]
    assert "<title>" not in text


@pytest.mark.parametrize(
    "text", ["<title> is an element.\n", "<!-- only a remark -->\nThe ferry is red.\n", "<b> makes letters bold.</b>\n"]
)
def test_a_text_about_html_is_plain(text: str) -> None:
    """A tag alone makes no page."""
    assert as_markdown(text, 0) is None
