"""Places: the headings above an offset, and its page, row or time."""

from dataclasses import asdict, replace
from pathlib import Path

from retrieval.asking.quotes import cite
from retrieval.index.build import build_index
from retrieval.reading.assemble import assemble
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.isolated.protocol import Part, Turn
from retrieval.store import opening, publishing
from retrieval.text.locations import heading_path, mark_at
from retrieval.text.sections import collect_headings
from retrieval.types import Document, ReadDocument
from tests.support import samples
from tests.support.small_index import PROVENANCE
from tests.support.word_encoder import WordEncoder


def document(*parts: Part) -> Document:
    text, blocks, marks = assemble(parts)
    return Document("a.pdf", "A", None, None, None, text, "", "", collect_headings(blocks), "page", marks)


def test_a_heading_ends_those_of_its_level_and_below() -> None:
    """The path holds one heading of each level that is open."""
    levels = (("One", 1), ("Two", 2), ("Three", 3), ("Other", 2), ("Last", 1))
    found = document(Part("text", "Nothing."), *(
        part for name, level in levels for part in (Part("heading", name, level), Part("text", f"In {name}."))
    ))  # fmt: skip
    paths = {name: heading_path(found, found.text.index(f"In {name}.")) for name, _ in levels}
    assert heading_path(found, 0) is None
    assert paths == {
        "One": "One",
        "Two": "One › Two",
        "Three": "One › Two › Three",
        "Other": "One › Other",
        "Last": "Last",
    }


def test_the_heading_of_a_record_is_not_that_of_the_next() -> None:
    """A record without a heading has none; what stands above a whole table stands above each of its rows."""
    records = document(
        Part("heading", "Fares", 1, at=1), Part("text", "Adults pay.", at=1), Part("text", "Dogs swim.", at=2)
    )
    found = replace(records, unit="row")
    assert [heading_path(found, found.text.index(word)) for word in ("Adults", "Dogs")] == ["Fares", None]
    table = document(Part("heading", "Fares", 1), Part("row", "Who: adults.", at=2), Part("row", "Who: dogs.", at=3))
    found = replace(table, unit="row")
    assert [heading_path(found, found.text.index(word)) for word in ("adults", "dogs")] == ["Fares", "Fares"]


def test_a_place_holds_until_the_next_one() -> None:
    """Also inside a paragraph; where a format says nothing there is none."""
    found = document(
        Part("text", "One two three.", at=1, turns=(Turn(4, 2), Turn(8, 3))),
        Part("text", "Four."),
        Part("text", "Five.", at=3),
    )
    assert [mark_at(found, found.text.index(word)) for word in ("One", "two", "three", "Four", "Five")] == [
        1,
        2,
        3,
        None,
        3,
    ]
    assert mark_at(Document("a.txt", "A", None, None, None, "Text.", ""), 0) is None


def test_extracted_text_is_what_the_blocks_say_and_nothing_invisible() -> None:
    """Each block is its span of the text; control characters and stray white space are gone."""
    parts = [Part("heading", " A\n title ", 2), Part("row", "Day:\u00a0Monday."), Part("row", "Day: Tue\u200bsday.")]
    text, blocks, _ = assemble([*parts, Part("aside", "x = 1\n  y\x00 = 2\n\n"), Part("text", "\x07")])
    assert text == "A title\n\nDay: Monday.\nDay: Tuesday.\n\nx = 1\n  y = 2"
    assert [(text[one.start : one.end], one.kind, one.level) for one in blocks] == [
        ("A title", "heading", 2),
        ("Day: Monday.", "row", 0),
        ("Day: Tuesday.", "row", 0),
        ("x = 1\n  y = 2", "aside", 0),
    ]


def test_a_citation_says_where_in_the_words_of_the_format(tmp_path: Path, words: WordEncoder) -> None:
    """Page, row, time, line and headings come back from the disk, and every quote is in the text."""
    pages = [[(70, 100, 14, "*Hours"), (70, 130, 11, "The library opens.")], [(70, 100, 11, "The cat sleeps.")]]
    seeds, folder = tmp_path / "seeds", tmp_path / "index"
    seeds.mkdir()
    folder.mkdir()
    (seeds / "a.pdf").write_bytes(samples.pdf([[(70, 100 + 14 * n, 11, "Words of text.") for n in range(9)], *pages]))
    (seeds / "b.csv").write_text("Day,Opens\nMonday,nine\n")
    (seeds / "c.vtt").write_text("WEBVTT\n\n01:02.000 --> 01:04.000\nThe ferry has a price.\n")
    (seeds / "d.md").write_text("# Museum\n\nIt was.\n\n## Monday\n\nThe museum sleeps.")
    (seeds / "e.rst").write_text("Monday\n======\n\n\nThe library\nsleeps.\n")
    reads = [one for one in read_files(list_files(seeds)[0], 1_000_000) if isinstance(one, ReadDocument)]
    publishing.publish(folder, build_index(reads, words, "en", "gen-1").index, PROVENANCE)
    index = opening.open_index(folder).index
    assert [asdict(one) for one in index.documents] == [asdict(one.document) for one in reads]
    cited = {index.text(row): cite(index, row) for row in range(index.count)}
    assert {text: (one.page, one.heading, one.row, one.time, one.line) for text, one in cited.items()} == {
        "Words of text.": (1, None, None, None, 1),
        "The library opens.": (2, "Hours", None, None, 5),
        "The cat sleeps.": (3, "Hours", None, None, 7),
        "Day: Monday; Opens: nine.": (None, None, 2, None, 1),
        "The ferry has a price.": (None, None, None, "0:01:02", 1),
        "It was.": (None, "Museum", None, None, 3),
        "The museum sleeps.": (None, "Museum › Monday", None, None, 7),
        "The library sleeps.": (None, "Monday", None, None, 5),
    }
