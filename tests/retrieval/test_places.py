"""Places: the headings above an offset, and its page, row or time."""

from retrieval.assembly import assemble
from retrieval.formats.extracted import Part
from retrieval.places import heading_path, headings_of, mark_at
from retrieval.records import Document


def document(*parts: Part) -> Document:
    text, blocks, marks = assemble(parts)
    return Document("a.pdf", "A", None, None, None, text, "", headings_of(blocks), "page", marks)


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


def test_a_place_holds_until_the_next_one() -> None:
    """Also inside a paragraph; where a format says nothing there is none."""
    found = document(
        Part("text", "One two three.", at=1, turns=((4, 2), (8, 3))), Part("text", "Four."), Part("text", "Five.", at=3)
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
