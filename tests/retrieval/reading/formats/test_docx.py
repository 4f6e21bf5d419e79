"""A Word file is read as Word shows it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from retrieval.reading.formats import docx
from tests.support import samples
from tests.support.reading import asides_of, placed_sentences, read_content, sentences_of, structure_of


def test_insertions_count_and_deletions_do_not(tmp_path: Path) -> None:
    """Headings, rows and core properties are read as well."""
    revised = (
        '<w:p><w:r><w:t xml:space="preserve">The fare is </w:t></w:r><w:del><w:r><w:delText>four'
        "</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>five</w:t></w:r></w:ins><w:r><w:t> euros.</w:t></w:r></w:p>"
    )
    body = (
        samples.docx_paragraph("The ferry", "Heading1") + samples.docx_paragraph("It crosses the lake twice a day.")
        + samples.docx_paragraph("Fares", "Heading2") + revised
        + samples.docx_table(["Ticket", "Price"], ["Adult", "5 euros"], ["Child", "2 euros"])
    )  # fmt: skip
    properties = (
        "<dc:title>The ferry handbook</dc:title><dc:creator>Ann Lee</dc:creator>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2023-06-04T10:00:00Z</dcterms:created>'
    )
    read = read_content(tmp_path, "a.docx", samples.docx(body, properties=properties))
    document = read.document
    assert (document.title, document.source, document.published) == ("The ferry handbook", "Ann Lee", "2023-06-04")
    assert placed_sentences(read) == [
        ("It crosses the lake twice a day.", None, "The ferry"),
        ("The fare is five euros.", None, "The ferry › Fares"),
        ("Ticket: Adult; Price: 5 euros.", 2, "The ferry › Fares"),
        ("Ticket: Child; Price: 2 euros.", 3, "The ferry › Fares"),
    ]


def test_notes_come_at_the_end_of_their_section(tmp_path: Path) -> None:
    """A note that is a sentence can be quoted, one that names a source cannot; unreferenced notes are not read."""
    body = (
        samples.docx_paragraph("The ferry", "Heading1")
        + samples.DOCX_NOTE_REFERENCE.format("It crosses the lake.", "footnote", 1)
        + samples.DOCX_NOTE_REFERENCE.format("It is old.", "endnote", 1)
        + samples.docx_table(["Ticket", "Price"], ["Adult", "5 euros"])
        + f"<w:p><w:del>{samples.DOCX_NOTE_REFERENCE.format('x', 'footnote', 3)[5:-6]}</w:del></w:p>"
        + samples.docx_paragraph("Fares", "Heading1")
        + samples.DOCX_NOTE_REFERENCE.format("Dogs travel free.", "footnote", 2)
    )
    notes = ["In winter it crosses only once a day.", "Lee, A. (2001). Ferries of the lake.", "It is deleted and gone."]
    read = read_content(
        tmp_path, "a.docx", samples.docx_with_notes(body, footnote=notes, endnote=["It was built by two fishermen."])
    )
    assert [(text, heading) for text, _, heading in placed_sentences(read)] == [
        ("It crosses the lake.¹", "The ferry"),
        ("It is old.²", "The ferry"),
        ("Ticket: Adult; Price: 5 euros.", "The ferry"),
        ("¹ In winter it crosses only once a day.", "The ferry"),
        ("² It was built by two fishermen.", "The ferry"),
        ("Dogs travel free.", "Fares"),
    ]
    assert "Ferries of the lake" in asides_of(read)[-1]
    assert "separates" not in read.document.text
    assert "deleted" not in read.document.text


def test_text_boxes_are_read_once_where_they_are_anchored(tmp_path: Path) -> None:
    """The first of their two forms is read, also inside a layout table, and apart from the paragraph around it."""
    box = samples.DOCX_ANCHORED.format(
        samples.DOCX_TEXT_BOX.format(
            samples.docx_paragraph("Dogs travel free.")
            + samples.DOCX_ANCHORED.format(samples.DOCX_TEXT_BOX.format(samples.docx_table("a", "b")))
        )
    )
    cell = f"<w:tbl><w:tr><w:tc>{box}</w:tc></w:tr></w:tbl>"
    read = read_content(tmp_path, "a.docx", samples.docx(box + cell + samples.docx_paragraph("It is old.")))
    boxed = ["It crosses the lake.", "Dogs travel free.", "It crosses the lake."]
    texts = [text for text, _, _ in placed_sentences(read) if text not in ("a", "b")]
    assert texts == [*boxed, *boxed, "It is old."]
    box = samples.DOCX_TEXT_BOX.format(samples.docx_paragraph("Bicycles cost one euro."))
    old = samples.docx(f"<w:p><w:r><w:pict>{box}</w:pict></w:r></w:p>")
    assert sentences_of(read_content(tmp_path, "b.docx", old)) == ["Bicycles cost one euro."]


def test_struck_runs_are_left_out(tmp_path: Path) -> None:
    """Struck through once or twice; a paragraph of nothing else is none."""
    run = "<w:r><w:rPr>{}</w:rPr><w:t>{}</w:t></w:r>"
    struck = run.format("<w:strike/>", " four") + run.format('<w:dstrike w:val="true"/>', " three")
    kept = run.format('<w:strike w:val="0"/>', " five.")
    body = f"<w:p>{run.format('', 'It costs')}{struck}{kept}</w:p><w:p>{struck}</w:p>"
    assert sentences_of(read_content(tmp_path, "a.docx", samples.docx(body))) == ["It costs five."]


def test_hidden_runs_and_pronunciations_are_left_out(tmp_path: Path) -> None:
    """A run whose hiding is switched off is read."""
    body = (
        "<w:p><w:r><w:t>It opens</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> never</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> at nine</w:t></w:r>'
        "<w:r><w:ruby><w:rt><w:r><w:t>way</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>.</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
    )
    assert sentences_of(read_content(tmp_path, "a.docx", samples.docx(body))) == ["It opens at nine."]


def listed(text: str, numbering: str = "", level: int = 0, *, more: str = "") -> str:
    """Make a paragraph of a list, which may have more properties."""
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>' if numbering else ""
    return f"<w:p><w:pPr>{place}{more}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_items_are_counted_as_word_counts_them(tmp_path: Path) -> None:
    """By level, on from the list with the same definition unless a start is given; paragraphs inside belong to them."""
    body = (
        samples.docx_paragraph("The ferry", "Heading1") + listed("Pay.", "1") + listed("Cash.", "1", 1)
        + listed("Card.", "1", 1) + listed("It is safe.", more='<w:ind w:left="720"/>') + listed("Board.", "1")
        + listed("Aft.", "1", 1) + listed("Wait.", "2") + listed("Sit.", "3") + listed("Rest.", "3", 1)
        + listed("Long.", "4") + listed("It ends.", "0")
    )  # fmt: skip
    assert structure_of(read_content(tmp_path, "a.docx", samples.docx_with_lists(body))) == [
        ("heading", 1, 0, "", "The ferry"),
        ("item", 1, 5, "", "Pay."),
        ("item", 2, 1, "", "Cash."),
        ("item", 2, 2, "", "Card."),
        ("prose", 2, 0, "", "It is safe."),
        ("item", 1, 6, "", "Board."),
        ("item", 2, 1, "", "Aft."),
        ("item", 1, 7, "", "Wait."),
        ("item", 1, 1, "", "Sit."),
        ("item", 2, 0, "", "Rest."),
        ("prose", 1, 0, "", "Long."),
        ("prose", 0, 0, "", "It ends."),
    ]


def test_styles_make_items_and_code(tmp_path: Path) -> None:
    """By their numbering or their name; the numbers of a named style begin anew after another paragraph."""
    styled = [("One.", "Step"), ("Two.", "Step"), ("A.", "ListNumber"), ("a.", "ListBullet2"), ("B.", "ListNumber"),
              ("It ends.", ""), ("C.", "ListNumber"), ("def f():", "SourceCode"), ("  g()", "SourceCode")]  # fmt: skip
    paragraphs = [samples.docx_paragraph(*paragraph) for paragraph in [("The ferry", "Heading1"), *styled]]
    body = "".join(paragraphs).replace("<w:t>", '<w:t xml:space="preserve">')
    assert structure_of(read_content(tmp_path, "a.docx", samples.docx_with_lists(body)))[1:] == [
        ("item", 1, 5, "", "One."),
        ("item", 1, 6, "", "Two."),
        ("item", 1, 1, "", "A."),
        ("item", 2, 0, "", "a."),
        ("item", 1, 2, "", "B."),
        ("prose", 0, 0, "", "It ends."),
        ("item", 1, 1, "", "C."),
        ("code", 0, 0, "", "def f():\n  g()"),
    ]


def test_paragraphs_in_a_monospaced_font_are_code(tmp_path: Path) -> None:
    """With their tabs and line breaks; not one with a word of it, nor where the whole document is in such a font."""
    run = '<w:r><w:rPr><w:rFonts w:ascii="Courier New"/></w:rPr>{}</w:r>'
    line = f"<w:p>{run.format('<w:t>if x:</w:t><w:br/><w:tab/><w:t>row()</w:t>')}</w:p>"
    word = f"<w:p><w:r><w:t>Type </w:t></w:r>{run.format('<w:t>row()</w:t>')}</w:p>"
    body = samples.docx_paragraph("The ferry", "Heading1") + word + line + line
    assert structure_of(read_content(tmp_path, "a.docx", samples.docx(body)))[1:] == [
        ("prose", 0, 0, "", "Type row()"),
        ("code", 0, 0, "", "if x:\n\trow()\nif x:\n\trow()"),
    ]
    everywhere = structure_of(read_content(tmp_path, "b.docx", samples.docx(line * 2)))
    assert [kind for kind, *_ in everywhere] == ["prose", "prose"]


@given(st.lists(st.integers(0, 8), max_size=12))
def test_nesting_loses_no_text(depths: list[int]) -> None:
    """However deep, each item is there once, in order and at its depth."""
    body = "".join(listed(f"word{number}", "1", depth) for number, depth in enumerate(depths))
    parts = docx.read(samples.docx_with_lists(body)).parts
    expected = [("item", depth + 1, f"word{number}") for number, depth in enumerate(depths)]
    assert [(part.kind, part.level, part.text) for part in parts] == expected


def test_notes_have_their_marks_beside_the_words_that_refer_to_them(tmp_path: Path) -> None:
    """Not behind a number, where the mark would be an exponent; two references to a note have one mark."""
    reference = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    body = "".join(
        f"<w:p><w:r><w:t>{before}</w:t></w:r>{reference.format(note)}<w:r><w:t>{after}</w:t></w:r></w:p>"
        for before, note, after in (("It costs 12", 1, " euros."), ("Cars", 2, " pay more."), ("So do carts", 2, "."))
    )
    notes = ["That is the price of the summer.", "That holds for lorries as well."]
    assert sentences_of(read_content(tmp_path, "a.docx", samples.docx_with_notes(body, footnote=notes))) == [
        "It costs 12 euros.", "Cars¹ pay more.", "So do carts¹.", "That is the price of the summer.",
        "¹ That holds for lorries as well.",
    ]  # fmt: skip
