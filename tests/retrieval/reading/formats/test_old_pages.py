"""Pages without an element for their content are read whole: tables as layout, bold lines as headings, frames."""

import pytest

from retrieval.reading.formats import webpage
from retrieval.reading.isolated.protocol import RefusedError

TOUR, PRICE = "The mill opens on Sundays at two.", "A tour costs three euros."


def kinds_of(body: str) -> list[tuple[str, str]]:
    """Return kind and text of each part of a page, without its asides."""
    parts = webpage.read(f"<html><head><title>Mill</title></head><body>{body}</body></html>".encode()).parts
    return [(part.kind, part.text) for part in parts if part.kind != "aside"]


@pytest.mark.parametrize(
    "body",
    [
        f"<div class=navigation><a href=a>Next</a></div><p class=a>{TOUR}</p><p class=b>{PRICE}</p>",
        f"<table><tr><td><a href=a>Home</a><br><a href=b>News</a></td><td>{TOUR}<br><br>{PRICE}</td></tr></table>",
        f"<table><tr><td><table><tr><td>{TOUR}</td></tr></table></td><td><table><tr><td>{PRICE}</td></tr></table></td></tr>"
        "</table>",
        f"<font face=Arial>{TOUR}<br>\n<br>{PRICE}</font>",
        f"<center><p>{TOUR}<p>{PRICE}</center>",
        f"<div><div>{TOUR}</div><div>{PRICE}</div></div>",
    ],
)
def test_paragraphs_of_a_short_page_stay_apart(body: str) -> None:
    """Trafilatura would make one paragraph of all, with the links around it."""
    assert kinds_of(body) == [("text", TOUR), ("text", PRICE)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<b>Is it open?</b><br>{TOUR}<br><br><b>What is it?</b><br>{PRICE}",
         [("heading", "Is it open?"), ("text", TOUR), ("heading", "What is it?"), ("text", PRICE)]),
        (f"<p><strong>Winter</strong><br>{TOUR}</p>", [("heading", "Winter"), ("text", TOUR)]),
        (f"<p>{PRICE}<br><br><b>Winter</b><br>{TOUR}</p>", [("text", PRICE), ("heading", "Winter"), ("text", TOUR)]),
        (f"<p><b>Winter</b> is cold.<br>{TOUR}</p>", [("text", f"Winter is cold.  \n{TOUR}")]),
        (f"<p>It is <b>cold</b><br>{TOUR}</p>", [("text", f"It is cold  \n{TOUR}")]),
        (f"<p><b>It is cold.</b><br>{TOUR}</p>", [("text", f"It is cold.  \n{TOUR}")]),
        (f"<ul><li><b>Winter</b><br>{TOUR}</li></ul>", [("item", f"Winter  \n{TOUR}")]),
    ],
)  # fmt: skip
def test_a_bold_line_is_the_heading_of_the_lines_below(body: str, expected: list[tuple[str, str]]) -> None:
    """At the beginning of a paragraph, unless it is a sentence or goes on."""
    assert kinds_of(body) == expected


def test_a_table_inside_a_table_for_layout_is_read_once() -> None:
    """Its rows stay where they are."""
    rows = "<tr><th>Boat</th><th>Fee</th></tr><tr><td>Canoe</td><td>12</td></tr><tr><td>Skiff</td><td>20</td></tr>"
    text = f"<p>{TOUR} {PRICE} {TOUR}</p>" * 3
    body = (
        f"<table><tr><td><a href=a>Home</a></td><td><h2>Fees</h2>{text}<table border=1>{rows}</table></td></tr></table>"
    )
    assert [text for kind, text in kinds_of(body) if kind == "row"] == [
        "Boat: Canoe; Fee: 12.",
        "Boat: Skiff; Fee: 20.",
    ]


def test_a_set_of_frames_says_what_it_shows() -> None:
    """The text is in the other files."""
    frames = b"<frameset><frame src=a.html><frame src=b.html><noframes><body><p>None.</body></noframes></frameset>"
    with pytest.raises(RefusedError) as refused:
        webpage.read(frames)
    assert str(refused.value) == "a set of frames without a text of its own; it shows a.html, b.html"
