"""Heads and feet of pages are no text, and what they divide goes on."""

from pathlib import Path

import pytest

from retrieval.reading.running_heads import without_running_heads
from tests.support.reading import placed_sentences, read_content

TOP = "   The punt of berth {n} is moored behind the old boathouse, where the warden keeps the"
BOTTOM = "   key in a tin. It floats."
FOOT = "   Harbour 2.1                              May 4, 2021"
HEAD = "   Harbour Handbook                                  {n}"
RFC_FOOT, RFC_HEAD = "Falk                     [Page {n}]", "RFC 9    Harbours    May 2021"
BREAKS = {
    "nroff": f"\n\n{FOOT}\n\n\n\n\n{HEAD}\n\n\n\n",
    "rfc": f"\n\n{RFC_FOOT}\n\f{RFC_HEAD}\n\n",
    "form feed in a line of its own": f"\n\n\n{RFC_FOOT}\n\f\n{RFC_HEAD}\n\n\n",
    "number in German": "\n\n\n              Seite {n} von 5\n\n\n\n",
    "number": "\n\n\n              - {n} -\n\n\n\n",
}


@pytest.mark.parametrize("gap", BREAKS.values(), ids=BREAKS.keys())
def test_heads_and_feet_are_left_out(gap: str, tmp_path: Path) -> None:
    """The paragraph goes on at the top of the next page, and each sentence leads to its line in the file."""
    pages = [TOP.format(n=n) + gap.format(n=n) + BOTTOM for n in range(1, 6)]
    text = "A boat guide\n\n" + "\n\n".join(pages) + "\n"
    read = read_content(tmp_path, "guide.txt", text.encode())
    sentences = placed_sentences(read)
    assert [sentence.split()[0] for sentence, *_ in sentences] == ["The", "It"] * 5
    assert [" ".join(sentence.split()) for sentence, *_ in sentences][2] == (
        "The punt of berth 2 is moored behind the old boathouse, where the warden keeps the key in a tin."
    )
    lines = text.split("\n")
    places = [int(str(line)) for _, line, _ in sentences[::2]]
    assert [lines[place - 1].split("The")[0] + "The" for place in places] == ["   The"] * 5


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"Step {n}\n\n\n\n\nTurn the winch once.\n\n\n\n\n" for n in range(9)),
        "".join(f"\fChapter {n}\n\nThe winch turns {n} times.\n\n" for n in range(9)),
        "".join(f"Punt    {n}\nRaft    {n}\n\n\n\n\n\n" for n in range(9)),
        "The ferry is red.\n\n\n\n\n\nHarbour     May 2021\n\n\n\nIt is old.\n",
    ],
)
def test_what_comes_back_otherwise_stays(text: str) -> None:
    """Numbered headings, rows of tables, and a line that is there once."""
    assert without_running_heads(text, 0).text == text


def test_paragraphs_end_at_a_page_that_ends_with_a_sentence() -> None:
    """And above an item, or below a short line, which may be a heading."""
    text = "".join(
        f"The ferry takes all guests who wait at the pier.{BREAKS['nroff'].format(n=n)}It is red\n" for n in range(4)
    )
    assert "pier.\n\nIt is red\n" in without_running_heads(text, 0).text
