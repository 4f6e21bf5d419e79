"""Offsets know the headings above them and their page, row or time."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from retrieval.asking.quotes import cite
from retrieval.index.build import build_index
from retrieval.reading.assemble import assemble
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.isolated.protocol import Part, Turn
from retrieval.store import opening, publishing
from retrieval.text.locations import address_at, heading_path, mark_at
from retrieval.text.sections import collect_headings
from retrieval.types import Document, ReadDocument
from tests.support import samples
from tests.support.small_index import PROVENANCE
from tests.support.word_encoder import WordEncoder


def document(*parts: Part) -> Document:
    """Assemble a document as if it had been read from a PDF."""
    text, blocks, marks = assemble(parts)
    return Document("a.pdf", "A", None, None, None, text, "", "", collect_headings(blocks), "page", marks)


def test_a_heading_closes_those_of_its_level_and_below() -> None:
    """The path has at most one heading of each level."""
    levels = (("One", 1), ("Two", 2), ("Three", 3), ("Other", 2), ("Last", 1))
    pdf = document(Part("text", "Before."), *(
        part for name, level in levels for part in (Part("heading", name, level), Part("text", f"In {name}."))
    ))  # fmt: skip
    paths = {name: heading_path(pdf, pdf.text.index(f"In {name}.")) for name, _ in levels}
    assert heading_path(pdf, 0) is None
    assert paths == {
        "One": "One",
        "Two": "One › Two",
        "Three": "One › Two › Three",
        "Other": "One › Other",
        "Last": "Last",
    }


def test_a_heading_of_a_record_applies_to_that_record() -> None:
    """A record without a heading has none, but a heading above a table applies to each of its rows."""
    records = document(
        Part("heading", "Fares", 1, at=1), Part("text", "Adults pay.", at=1), Part("text", "Dogs swim.", at=2)
    )
    csv = replace(records, unit="row")
    assert [heading_path(csv, csv.text.index(word)) for word in ("Adults", "Dogs")] == ["Fares", None]
    table = document(Part("heading", "Fares", 1), Part("row", "Who: adults.", at=2), Part("row", "Who: dogs.", at=3))
    page = replace(table, unit="row")
    assert [heading_path(page, page.text.index(word)) for word in ("adults", "dogs")] == ["Fares", "Fares"]


def test_a_mark_applies_until_the_next() -> None:
    """Also inside a paragraph, and to no place if the format gives none."""
    pdf = document(
        Part("text", "One two three.", at=1, turns=(Turn(4, 2), Turn(8, 3))),
        Part("text", "Four."),
        Part("text", "Five.", at=3),
    )
    assert [mark_at(pdf, pdf.text.index(word)) for word in ("One", "two", "three", "Four", "Five")] == [
        1,
        2,
        3,
        None,
        3,
    ]
    assert mark_at(Document("a.txt", "A", None, None, None, "Text.", ""), 0) is None


def test_blocks_are_spans_of_clean_text() -> None:
    """Control characters and stray white space are gone."""
    parts = [Part("heading", " A\n title ", 2), Part("row", "Day:\u00a0Monday."), Part("row", "Day: Tue\u200bsday.")]
    text, blocks, _ = assemble([*parts, Part("aside", "x = 1\n  y\x00 = 2\n\n"), Part("text", "\x07")])
    assert text == "A title\n\nDay: Monday.\nDay: Tuesday.\n\nx = 1\n  y = 2"
    assert [(text[block.start : block.end], block.kind, block.level) for block in blocks] == [
        ("A title", "heading", 2),
        ("Day: Monday.", "row", 0),
        ("Day: Tuesday.", "row", 0),
        ("x = 1\n  y = 2", "aside", 0),
    ]


def test_citations_locate_quotes_in_the_unit_of_the_format(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Page, row, time, line and headings survive being stored, and every quote is in the text."""
    pages = [[(70, 100, 14, "*Hours"), (70, 130, 11, "The library opens.")], [(70, 100, 11, "The cat sleeps.")]]
    seeds, folder = tmp_path / "seeds", tmp_path / "index"
    seeds.mkdir()
    folder.mkdir()
    (seeds / "a.pdf").write_bytes(samples.pdf([[(70, 100 + 14 * n, 11, "Words of text.") for n in range(9)], *pages]))
    (seeds / "b.csv").write_text("Day,Opens\nMonday,nine\n")
    (seeds / "c.vtt").write_text("WEBVTT\n\n01:02.000 --> 01:04.000\nThe ferry has a price.\n")
    (seeds / "d.md").write_text("# Museum\n\nIt was.\n\n## Monday\n\nThe museum sleeps.")
    (seeds / "e.rst").write_text("Monday\n======\n\n\nThe library\nsleeps.\n")
    reads = [read for read in read_files(list_files(seeds)[0], 1_000_000) if isinstance(read, ReadDocument)]
    publishing.publish(folder, build_index(reads, word_encoder, "en", "gen-1").index, PROVENANCE)
    index = opening.open_index(folder).index
    assert [asdict(document) for document in index.documents] == [asdict(read.document) for read in reads]
    citations = {index.text(row): cite(index, row) for row in range(index.count)}
    assert {
        text: (cited.page, cited.heading, cited.row, cited.time, cited.line) for text, cited in citations.items()
    } == {
        "Words of text.": (1, None, None, None, 1),
        "The library opens.": (2, "Hours", None, None, 5),
        "The cat sleeps.": (3, "Hours", None, None, 7),
        "Day: Monday; Opens: nine.": (None, None, 2, None, 1),
        "The ferry has a price.": (None, None, None, "0:01:02", 1),
        "It was.": (None, "Museum", None, None, 3),
        "The museum sleeps.": (None, "Museum › Monday", None, None, 7),
        "The library sleeps.": (None, "Monday", None, None, 5),
    }


@pytest.mark.parametrize(
    ("name", "line", "url", "expected"),
    [
        ("a.md", 7, "https://x.example/a.md#L{line}", "https://x.example/a.md#L7"),
        ("a.md", None, "https://x.example/a.md#L{line}", "https://x.example/a.md"),
        ("a.pdf", 7, "https://x.example/a.pdf#L{line}", "https://x.example/a.pdf"),
        ("a.pdf", 7, "https://x.example/a.pdf?line={line}#top", "https://x.example/a.pdf?line=1#top"),
        ("a.md", 7, "https://x.example/a.md#top", "https://x.example/a.md#top"),
        ("a.md", 7, None, None),
    ],
)
def test_address_has_the_line_of_a_quote(name: str, line: int | None, url: str | None, expected: str | None) -> None:
    """Where a format has no lines of its file, what asks for one is left out."""
    document = Document(name, "T", None, None, url, "Text.", "0" * 64)
    assert address_at(document, line) == expected
