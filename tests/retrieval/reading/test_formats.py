"""Every format comes out as clean text with a place that a person can follow."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.text.locations import heading_path, mark_at
from retrieval.text.sentences import split_sentences
from retrieval.types import ReadDocument, Rejected
from tests.support import samples

LIMIT = 10_000_000


def read(folder: Path, name: str, content: bytes) -> ReadDocument:
    (folder / name).write_bytes(content)
    (file,) = [one for one in list_files(folder)[0] if one.id == name]
    found = read_file(file, LIMIT)
    assert isinstance(found, ReadDocument), found
    return found


def reason(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    (file,) = list_files(folder)[0]
    found = read_file(file, LIMIT)
    assert isinstance(found, Rejected), found
    return found.reason


def quotable(found: ReadDocument) -> list[tuple[str, int | str | None, str | None]]:
    """Return each candidate answer with its page, row, time or line, and the headings above it."""
    document = found.document
    return [
        (document.text[one.start : one.end], mark_at(document, one.start), heading_path(document, one.start))
        for one in split_sentences(found, 0, "en")
    ]


def asides(found: ReadDocument) -> list[str]:
    return [found.document.text[one.start : one.end] for one in found.blocks if one.kind == "aside"]


def test_a_web_page_gives_its_article_and_what_it_says_of_itself(tmp_path: Path) -> None:
    """Navigation, captions, code, notes and what is hidden are no answers; rows carry their header."""
    found = read(tmp_path, "hours.html", samples.PAGE.encode())
    document = found.document
    assert (document.title, document.source) == ("Opening hours", "Ann Lee, Town library")
    assert (document.published, document.url) == ("2024-05-01", "https://library.example/hours")
    assert quotable(found) == [
        ("The library opens at nine on weekdays.", None, "Opening hours"),
        ("It closes at five.", None, "Opening hours"),
        ("In winter the library closes at four, because the heating is expensive.", None, "Opening hours › Winter"),
        ("Day: Monday; Opens: 9:00.", 2, "Opening hours › Winter"),
        ("Day: Tuesday; Opens: 10:00.", 3, "Opening hours › Winter"),
    ]
    assert "Nobody sees" not in document.text


def test_a_date_that_a_web_page_does_not_say_is_not_guessed(tmp_path: Path) -> None:
    """A year in its footer is no date of publication, and neither is the time of the file."""
    page = samples.PAGE.replace("article:published_time", "other").replace("All rights", "Copyright 2020. All rights")
    assert read(tmp_path, "a.htm", page.encode()).document.published is None


def test_linked_data_and_a_saved_page_say_where_and_when(tmp_path: Path) -> None:
    """JSON-LD gives date, author and headline; a browser's remark the address."""
    page = (
        "<!-- saved from url=(0026)https://news.example/ferry --><html><head><title>x</title>"
        '<script type="application/ld+json">{"@graph": [{"headline": "The new ferry", "datePublished": '
        '"2023-02-03T10:00",'
        ' "author": [{"name": "Ann Lee"}]}]}</script></head><body><p>The ferry crosses twice a day.</p></body></html>'
    )
    document = read(tmp_path, "a.html", page.encode()).document
    assert (document.title, document.source, document.published) == ("The new ferry", "Ann Lee", "2023-02-03")
    assert document.url == "https://news.example/ferry"


def test_a_web_page_is_read_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    """Without a declaration it must be UTF-8; nothing is guessed."""
    page = "<html><head><meta charset=windows-1252></head><body><p>The café opens at nine.</p></body></html>"
    assert quotable(read(tmp_path, "a.html", page.encode("cp1252")))[0][0] == "The café opens at nine."
    (tmp_path / "a.html").unlink()
    bare = page.replace("<meta charset=windows-1252>", "").encode("cp1252")
    assert reason(tmp_path, "b.html", bare) == "not UTF-8 (line 1); save it as UTF-8"


def test_what_asks_for_consent_is_no_answer(tmp_path: Path) -> None:
    """Also on a page that is too short for an article to be found; known by its role, its class or its id."""
    banners = ['role="dialog"', 'class="x cookie-consent__box"', 'id="CookieBanner"']
    page = "".join(f"<div {one}><p>We use cookies for our partners.</p></div>" for one in banners)
    found = read(
        tmp_path,
        "a.html",
        f"<html><body class='cookie-banner-open'><h1>Hours</h1><p>It opens at nine.</p>{page}".encode(),
    )
    assert [text for text, _, _ in quotable(found)] == ["It opens at nine."]


def test_a_page_saved_in_one_file_is_read_as_a_page(tmp_path: Path) -> None:
    """Its first HTML, in the encoding that it or its part declares; its address is where it was saved from."""
    found = read(tmp_path, "a.mhtml", samples.SAVED.format("--x", "").encode())
    assert [text for text, _, _ in quotable(found)] == ["It costs five € for adults."]
    assert (found.document.title, found.document.url) == ("The ferry", "https://lake.example/ferry")
    western = samples.SAVED.format("--x", "; charset=windows-1252").replace("=E2=82=AC", "=80")
    found = read(tmp_path, "b.mht", western.replace("\n", "\r\n").encode())
    assert [text for text, _, _ in quotable(found)] == ["It costs five € for adults."]


def test_a_page_inside_a_form_is_read(tmp_path: Path) -> None:
    """Some sites put all of it into one; a form that only asks is left out."""
    page = "<form><h1>Hours</h1><p>It opens at nine.</p></form><form><label>Your name, please.</label></form>"
    assert [text for text, _, _ in quotable(read(tmp_path, "a.html", page.encode()))] == ["It opens at nine."]


@pytest.mark.parametrize(
    ("declared", "encoding", "word"),
    [
        ("gb2312", "gb18030", "\u9555"),
        ("Shift_JIS", "cp932", "\u2460"),
        ("utf-16", "utf-8", "caf\u00e9"),
        ("big5", "big5hkscs", "\u4e2d"),
    ],
)
def test_encodings_mean_what_browsers_take_them_for(tmp_path: Path, declared: str, encoding: str, word: str) -> None:
    """Pages declare less than they use; the word has a letter that the declared encoding lacks, or reads otherwise."""
    page = f'<meta charset="{declared}"><p>It is called {word} by most.</p>'
    found = read(tmp_path, "a.html", page.encode(encoding))
    assert [text for text, _, _ in quotable(found)] == [f"It is called {word} by most."]


def test_a_word_file_reads_as_it_reads_in_word(tmp_path: Path) -> None:
    """Inserted words count, deleted words do not; headings, rows and properties are what they are."""
    changed = (
        '<w:p><w:r><w:t xml:space="preserve">The fare is </w:t></w:r><w:del><w:r><w:delText>four'
        "</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>five</w:t></w:r></w:ins><w:r><w:t> euros.</w:t></w:r></w:p>"
    )
    body = (
        samples.paragraph("The ferry", "Heading1") + samples.paragraph("It crosses the lake twice a day.")
        + samples.paragraph("Fares", "Heading2") + changed
        + samples.table(["Ticket", "Price"], ["Adult", "5 euros"], ["Child", "2 euros"])
    )  # fmt: skip
    properties = (
        "<dc:title>The ferry handbook</dc:title><dc:creator>Ann Lee</dc:creator>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2023-06-04T10:00:00Z</dcterms:created>'
    )
    found = read(tmp_path, "a.docx", samples.word(body, properties=properties))
    document = found.document
    assert (document.title, document.source, document.published) == ("The ferry handbook", "Ann Lee", "2023-06-04")
    assert quotable(found) == [
        ("It crosses the lake twice a day.", None, "The ferry"),
        ("The fare is five euros.", None, "The ferry › Fares"),
        ("Ticket: Adult; Price: 5 euros.", 2, "The ferry › Fares"),
        ("Ticket: Child; Price: 2 euros.", 3, "The ferry › Fares"),
    ]


def test_notes_of_a_word_file_stand_at_the_end_of_their_section(tmp_path: Path) -> None:
    """A sentence among them can be quoted; what names a source cannot, and what nobody refers to is not read."""
    body = (
        samples.paragraph("The ferry", "Heading1")
        + samples.NOTED.format("It crosses the lake.", "footnote", 1)
        + samples.NOTED.format("It is old.", "endnote", 1)
        + samples.table(["Ticket", "Price"], ["Adult", "5 euros"])
        + f"<w:p><w:del>{samples.NOTED.format('x', 'footnote', 3)[5:-6]}</w:del></w:p>"
        + samples.paragraph("Fares", "Heading1")
        + samples.NOTED.format("Dogs travel free.", "footnote", 2)
    )
    notes = ["In winter it crosses only once a day.", "Lee, A. (2001). Ferries of the lake.", "It is deleted and gone."]
    found = read(
        tmp_path, "a.docx", samples.with_notes(body, footnote=notes, endnote=["It was built by two fishermen."])
    )
    assert [(text, heading) for text, _, heading in quotable(found)] == [
        ("It crosses the lake.", "The ferry"),
        ("It is old.", "The ferry"),
        ("Ticket: Adult; Price: 5 euros.", "The ferry"),
        ("In winter it crosses only once a day.", "The ferry"),
        ("It was built by two fishermen.", "The ferry"),
        ("Dogs travel free.", "Fares"),
    ]
    assert "Ferries of the lake" in asides(found)[-1]
    assert "separates" not in found.document.text
    assert "deleted" not in found.document.text


def test_a_text_box_is_read_once_where_it_is_anchored(tmp_path: Path) -> None:
    """Of its two forms the first; also inside a table of layout, and not as a piece of the paragraph around it."""
    box = samples.BOXED.format(
        samples.BOX.format(
            samples.paragraph("Dogs travel free.") + samples.BOXED.format(samples.BOX.format(samples.table("a", "b")))
        )
    )
    cell = f"<w:tbl><w:tr><w:tc>{box}</w:tc></w:tr></w:tbl>"
    found = read(tmp_path, "a.docx", samples.word(box + cell + samples.paragraph("It is old.")))
    one = ["It crosses the lake.", "Dogs travel free.", "It crosses the lake."]
    texts = [text for text, _, _ in quotable(found) if text not in ("a", "b")]
    assert texts == [*one, *one, "It is old."]
    old = f"<w:p><w:r><w:pict>{samples.BOX.format(samples.paragraph('Bicycles cost one euro.'))}</w:pict></w:r></w:p>"
    assert [text for text, _, _ in quotable(read(tmp_path, "b.docx", samples.word(old)))] == ["Bicycles cost one euro."]


def test_what_a_word_file_hides_or_says_twice_is_not_read(tmp_path: Path) -> None:
    """Hidden runs, and how to say a word; a run that is not hidden any more is read."""
    body = (
        "<w:p><w:r><w:t>It opens</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> never</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> at nine</w:t></w:r>'
        "<w:r><w:ruby><w:rt><w:r><w:t>way</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>.</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
    )
    assert [text for text, _, _ in quotable(read(tmp_path, "a.docx", samples.word(body)))] == ["It opens at nine."]


def test_a_cell_over_several_rows_stands_in_each_of_them(tmp_path: Path) -> None:
    """So that no other cell comes below its name: in a web page, a Word file and reStructuredText."""
    rows = [("Monday", "9:00", "12:00"), ("Monday", "14:00", "17:00"), ("Friday", "14:00", "")]
    wanted = [
        f"Day: {day}; Opens: {opens}" + (f"; Closes: {closes}." if closes else ".") for day, opens, closes in rows
    ]
    page = (
        "<h1>Hours</h1><p>It opens.</p><table><tr><th>Day</th><th>Opens</th><th>Closes</th></tr>"
        "<tr><td rowspan=2>Monday</td><td>9:00</td><td>12:00</td></tr><tr><td rowspan=2>14:00</td><td>17:00</td></tr>"
        "<tr><td>Friday</td></tr></table>"
    )
    merged = "<w:tcPr><w:vMerge{}/></w:tcPr>"
    start, more = merged.format(' w:val="restart"'), merged.format("")
    cells = [[("", "Day"), ("", "Opens"), ("", "Closes")], [(start, "Monday"), ("", "9:00"), ("", "12:00")],
             [(more, ""), (start, "14:00"), ("", "17:00")], [("", "Friday"), (more, "")]]  # fmt: skip
    table = "".join(
        f"<w:tr>{''.join(f'<w:tc>{how}{samples.paragraph(text)}</w:tc>' for how, text in row)}</w:tr>" for row in cells
    )
    grid = (
        "Hours\n=====\n\n+--------+-------+--------+\n| Day    | Opens | Closes |\n+========+=======+========+\n"
        "| Monday | 9:00  | 12:00  |\n|        +-------+--------+\n|        | 14:00 | 17:00  |\n"
        "+--------+       +--------+\n| Friday |       |        |\n+--------+-------+--------+\n"
    )
    files = {"a.html": page.encode(), "a.docx": samples.word(f"<w:tbl>{table}</w:tbl>"), "a.rst": grid.encode()}
    for name, content in files.items():
        said = [text for text, _, _ in quotable(read(tmp_path, name, content))]
        assert said[-3:] == wanted, name


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    """Chapters give the headings; the contents are no answer; the package says title, author and date."""
    chapters = {
        "b.xhtml": '<nav epub:type="toc" xmlns:epub="http://www.idpf.org/2007/ops"><a href="a.xhtml">One</a></nav>'
        "<h1>One</h1><p>The harbour froze&#160;over.</p>",
        "a.xhtml": "<h1>Two</h1><h2>Spring</h2><p>The ice broke in March.</p>",
    }
    ops = 'xmlns:epub="http://www.idpf.org/2007/ops"'
    chapters["c.xhtml"] = f'<section epub:type="copyright-page" {ops}><p>All rights are reserved.</p></section>'
    metadata = "<dc:title>The lake</dc:title><dc:creator>Ann Lee</dc:creator><dc:date>2019-03</dc:date>"
    found = read(tmp_path, "a.epub", samples.book(chapters, metadata=metadata))
    document = found.document
    assert (document.title, document.source, document.published) == ("The lake", "Ann Lee", "2019-03")
    assert quotable(found) == [
        ("The harbour froze over.", None, "One"),
        ("The ice broke in March.", None, "Two › Spring"),
    ]


def test_chapters_of_a_book_may_be_in_other_encodings(tmp_path: Path) -> None:
    """Also with names for letters that XML does not know; an empty chapter is none."""
    page = '<?xml version="1.0" encoding="{}"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{}</p></body></html>'
    more = {
        "OPS/a.xhtml": page.format("iso-8859-1", "The caf\u00e9&nbsp;opens at nine.").encode("latin-1"),
        "OPS/b.xhtml": page.format("utf-16", "It closes at five.").encode("utf-16"),
        "OPS/c.xhtml": b"",
    }
    found = read(tmp_path, "a.epub", samples.book({"a.xhtml": "", "b.xhtml": "", "c.xhtml": ""}, more=more))
    assert [text for text, _, _ in quotable(found)] == ["The caf\u00e9 opens at nine.", "It closes at five."]


def test_a_pdf_in_two_columns_reads_column_by_column(tmp_path: Path) -> None:
    """Running heads and page numbers go, divided words are whole, a paragraph goes on across columns and pages."""
    left = ["The harbour of the northern shore", "was founded by fishermen, who had", "come from the other side of the"]
    more = ["lake in a winter of extraordi-", "nary cold. Nobody remembers the", "year, but every child knows that"]
    right = ["the ice was a well-known danger.", "A second harbour was built later", "by the company of the steamers,"]
    last = ["which needed a deeper landing", "stage. Its captains were trained", "in the city, and they were well-"]
    page = [(70, 40, 9, "Annual report of the harbour"), (290, 810, 9, "1")]
    page += [(70, 100 + 14 * n, 11, text) for n, text in enumerate(left + more)]
    page += [(320, 100 + 14 * n, 11, text) for n, text in enumerate(right + last)]
    second = [
        (70, 40, 9, "Annual report of the harbour"),
        (290, 810, 9, "2"),
        (70, 100, 11, "known for their caution."),
    ]
    second += [(70, 140, 14, "*Fares"), (70, 170, 11, "Adults pay five euros.")]
    found = read(
        tmp_path, "a.pdf", samples.pdf([page, second], "/Title (The harbour) /CreationDate (D:20240501090000Z)")
    )
    assert (found.document.title, found.document.published) == ("The harbour", "2024-05-01")
    said = (
        "The harbour of the northern shore was founded by fishermen, who had come from the other side of the lake in a "
    )
    assert quotable(found) == [
        (said + "winter of extraordinary cold.", 1, None),
        ("Nobody remembers the year, but every child knows that the ice was a well-known danger.", 1, None),
        (
            "A second harbour was built later by the company of the steamers, which needed a deeper landing stage.",
            1,
            None,
        ),
        ("Its captains were trained in the city, and they were well-known for their caution.", 1, None),
        ("Adults pay five euros.", 2, "Fares"),
    ]


@pytest.mark.parametrize("matrix", ["1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"])
@pytest.mark.parametrize("rotated", [0, 90])
def test_a_page_may_be_turned(tmp_path: Path, matrix: str, rotated: int) -> None:
    """Writing that runs up, down or upside down is read along its lines; a stamp across it is left out."""
    along_x, along_y, up_x, up_y = map(int, matrix.split())
    lines = ["The ferry crosses the lake", "twice a day, and the", "journey takes an hour."]
    places = [(300 - 100 * along_x - 14 * n * up_x, 400 - 100 * along_y - 14 * n * up_y) for n in range(3)]
    written = zip(places, lines, strict=True)
    drawn = "".join(f"BT /F1 11 Tf {matrix} {x} {y} Tm ({line}) Tj ET\n" for (x, y), line in written)
    stamp = "BT /F1 30 Tf 0.7 0.7 -0.7 0.7 200 200 Tm (Draft) Tj ET"
    page = samples.pdf([[]], stream=(drawn + stamp).encode())
    content = page.replace(b"/Parent", f"/Rotate {rotated} /Parent".encode())
    assert quotable(read(tmp_path, "a.pdf", content)) == [(" ".join(lines), 1, None)]


def test_tables_and_notes_of_a_pdf_are_no_answers(tmp_path: Path) -> None:
    """Cells do not say what belongs together, and small type is a note."""
    lines = [(70, 100 + 14 * n, 11, "The ferry crosses the lake twice a day, and it takes an hour.") for n in range(6)]
    lines += [(70, 220, 11, "Adult"), (300, 220, 11, "5 euros"), (70, 234, 11, "Child"), (300, 234, 11, "2 euros")]
    lines += [(70, 700, 7, "This note is printed in very small letters.")]
    found = read(tmp_path, "a.pdf", samples.pdf([lines]))
    assert asides(found) == ["Adult   5 euros\nChild   2 euros", "This note is printed in very small letters."]


GRID = [("*Ticket", "*Price"), ("Adult", "5 euros"), ("Child up to twelve", "2 euros"), ("Dog", "1 euro")]


def pdf_table(
    folder: Path, cells: Sequence[tuple[str, ...]], *more: samples.Letters, x: tuple[int, ...] = (70, 300)
) -> list[str]:
    """Return what can be quoted of a PDF with a table below some prose."""
    lines: list[samples.Letters] = [
        (70, 100 + 14 * n, 11, "The ferry crosses the lake twice a day, as ever.") for n in range(6)
    ]
    for n, row in enumerate(cells):
        lines += [(at, 220 + 16 * n, 11, text) for at, text in zip(x, row, strict=True) if text]
    found = read(folder, "a.pdf", samples.pdf([[*lines, *more]]))
    return [text for text, page, _ in quotable(found) if "crosses" not in text and page == 1]


def test_a_table_of_a_pdf_is_read_where_its_geometry_leaves_no_doubt(tmp_path: Path) -> None:
    """Bold names, and below them even lines with a cell under each; then a row is a sentence as everywhere."""
    wanted = [
        "Ticket: Adult; Price: 5 euros.",
        "Ticket: Child up to twelve; Price: 2 euros.",
        "Ticket: Dog; Price: 1 euro.",
    ]
    assert pdf_table(tmp_path, GRID) == wanted
    assert pdf_table(tmp_path, GRID, (70, 320, 11, "Dogs need a lead.")) == [*wanted, "Dogs need a lead."]


@pytest.mark.parametrize(
    ("cells", "more"),
    [
        ([(one.strip("*"), two.strip("*")) for one, two in GRID], ()),  # which line is the header?
        ([*GRID, ("and cat", "")], ()),  # a cell of two lines, or a row without a price?
        ([*GRID[:2], ("", "each"), *GRID[2:]], ()),
        (GRID[:2], ()),
        ([(one, "yes" if two.endswith("euro") else two) for one, two in GRID], ()),  # words in columns may be prose
        (GRID, ((70, 276, 11, "of any age"),)),
        ([*GRID, ("A dog that is larger than all of the others are, as we know", "9 euros")], ()),
    ],
)
def test_what_may_be_another_table_is_none(
    tmp_path: Path, cells: Sequence[tuple[str, ...]], more: tuple[samples.Letters, ...]
) -> None:
    """A cell that may belong to another row or column is not quoted with either."""
    assert [one for one in pdf_table(tmp_path, cells, *more) if "Price:" in one] == []


def test_questions_and_answers_in_a_table_are_answered_by_the_answer(tmp_path: Path) -> None:
    """The question stands above the answer as a heading does; the row is the spreadsheet's."""
    content = 'question,answer,note\n"When do you open?","At nine. Not on Sunday.",old\nWho pays?,The town.,\n'
    assert quotable(read(tmp_path, "faq.csv", content.encode())) == [
        ("At nine.", 2, "When do you open?"),
        ("Not on Sunday.", 2, "When do you open?"),
        ("The town.", 3, "Who pays?"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bus-faq.csv", "question,answer\nWhen do you open?,At nine.\nWho pays?,The town.\n"),
        (
            "bus-faq.jsonl",
            '{"title": "Opening", "text": "It opens at nine."}\n{"title": "Fares", "text": "Dogs pay."}\n',
        ),
    ],
)
def test_records_are_not_called_as_the_first_of_them(tmp_path: Path, name: str, content: str) -> None:
    """A quote from the last row would stand under the title of the first."""
    assert read(tmp_path, name, content.encode()).document.title == "Bus faq"


def test_a_row_of_a_table_is_a_sentence_with_its_header(tmp_path: Path) -> None:
    """Whatever divides the columns; full stops inside a value end nothing."""
    content = "Day;Opens;Who\nMonday;9:00;Dr. A. Lee\nTuesday;;\n"
    assert quotable(read(tmp_path, "a.csv", content.encode("utf-8-sig"))) == [
        ("Day: Monday; Opens: 9:00; Who: Dr. A. Lee.", 2, None),
        ("Day: Tuesday.", 3, None),
    ]


def test_records_a_line_are_rows(tmp_path: Path) -> None:
    """A text is prose, other fields are facts; a row is a line of the file."""
    content = (
        '{"name": "Ferry", "price": 5, "open": true}\n\n{"title": "Fares", "text": "Adults pay five. Dogs do not."}\n'
    )
    assert quotable(read(tmp_path, "a.jsonl", content.encode())) == [
        ("name: Ferry; price: 5; open: yes.", 1, None),
        ("Adults pay five.", 3, "Fares"),
        ("Dogs do not.", 3, "Fares"),
    ]
    (tmp_path / "a.jsonl").unlink()
    assert reason(tmp_path, "b.jsonl", b'{"a": 1}\n[1]\n') == "line 2 is not a JSON object"


@pytest.mark.parametrize(
    ("name", "head", "comma"), [("a.vtt", "WEBVTT\n\nNOTE hello\n\nSTYLE\n::cue {}\n\n", "."), ("a.srt", "", ",")]
)
def test_subtitles_are_sentences_with_the_time_at_which_they_begin(
    tmp_path: Path, name: str, head: str, comma: str
) -> None:
    """Cues are joined to sentences; marks of sound and of form are none of the words."""
    cues = [
        ("1:00:01", "<i>The ferry crosses</i> the lake"),
        ("1:00:04", "twice a day. It takes"),
        ("1:00:07", "an hour."),
    ]
    cues += [("1:02:00", "[Music]"), ("1:02:05", "The fare &amp; the tax are five euros.")]
    blocks = [f"{n}\n{at}{comma}000 --> {at}{comma}900\n{said}\n" for n, (at, said) in enumerate(cues, 1)]
    found = read(tmp_path, name, (head + "\n".join(blocks)).encode())
    assert quotable(found) == [
        ("The ferry crosses the lake twice a day.", "1:00:01", None),
        ("It takes an hour.", "1:00:04", None),
        ("The fare & the tax are five euros.", "1:02:05", None),
    ]


def test_captions_that_scroll_are_said_once(tmp_path: Path) -> None:
    """Each of them repeats the lines before it, and has lines of spaces; what is said again later is said twice."""
    cues = [
        ("00:01.000 --> 00:03.000", " \nthe<00:01.500><c> ferry</c>"), ("00:03.000 --> 00:03.010", "the ferry\n "),
        ("00:03.010 --> 00:05.000", "the ferry\ncrosses<00:04.000><c> the lake.</c>"),
        ("00:05.000 --> 00:05.010", "crosses the lake.\n "), ("00:08.000 --> 00:09.000", "crosses the lake."),
    ]  # fmt: skip
    content = "WEBVTT\nKind: captions\n\n" + "\n\n".join(f"{at} align:start\n{said}" for at, said in cues)
    assert quotable(read(tmp_path, "a.vtt", content.encode())) == [
        ("the ferry crosses the lake.", "0:00:01", None),
        ("crosses the lake.", "0:00:08", None),
    ]
    sloppy = "1\n00:00:01,000 --> 00:00:02,000\nIt rains.\n \n2\n00:00:02,000 --> 00:00:03,000\n12 boats left.\n"
    found = read(tmp_path, "a.srt", sloppy.encode())
    assert [text for text, _, _ in quotable(found)] == ["It rains.", "12 boats left."]


def test_restructured_text_keeps_its_lines_and_includes_nothing(tmp_path: Path) -> None:
    """Directives that would read other files do not; what only Sphinx knows is read as text."""
    content = (
        "The ferry\n=========\n\n:Author: Ann Lee\n\nIt crosses **twice** a day, see :ref:`the fares <fares>`.\n\n"
        ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n\n"
        ".. versionadded:: 2.0\n   Dogs travel free.\n\nFares\n-----\n\n::\n\n   code\n\n"
        "======  =====\nTicket  Price\n======  =====\nAdult   five\n======  =====\n"
    )
    found = read(tmp_path, "a.rst", content.encode())
    assert (found.document.title, found.document.source) == ("The ferry", "Ann Lee")
    assert quotable(found) == [
        ("It crosses twice a day, see the fares.", 6, "The ferry"),
        ("Dogs travel free.", 16, "The ferry"),
        ("Ticket: Adult; Price: five.", 26, "The ferry › Fares"),
    ]
    assert "root:" not in found.document.text


def test_numbers_of_records_are_quoted_as_they_are_written(tmp_path: Path) -> None:
    """Neither rounded nor made longer, and none is too large."""
    content = f'{{"price": 9.50, "rate": 1e5, "open": true, "large": {"9" * 30}, "list": [1.0, 2]}}\n'
    (row,) = quotable(read(tmp_path, "a.jsonl", content.encode()))
    assert row[0] == f"price: 9.50; rate: 1e5; open: yes; large: {'9' * 30}; list: 1.0, 2."


def test_fields_and_tables_of_paragraphs_in_restructured_text(tmp_path: Path) -> None:
    """The name of a field stands above what it says; a table with a list or long text in it is read as these."""
    long = "It crosses the lake twice a day. " * 14
    content = (
        f"It opens.\n\n:Fares: Adults pay five euros.\n\n.. list-table::\n\n   * - {long}\n     - Dogs travel free.\n"
    )
    found = quotable(read(tmp_path, "a.rst", content.encode()))
    assert found[1] == ("Adults pay five euros.", 3, "Fares")
    assert [text for text, _, _ in found[2:]] == ["It crosses the lake twice a day."] * 14 + ["Dogs travel free."]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pdf", b"no pdf", "not a .pdf file: it does not begin like one"),
        ("a.docx", b"%PDF-1.4", "not a .docx file: it does not begin like one"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted, or in Word's old format; save it as .docx"),
        ("a.epub", b"PK\x03\x04", "damaged: not a complete zip archive"),
        ("a.pdf", b"%PDF-1.4 and nothing else", "damaged: not a readable PDF"),
        ("a.pdf", samples.pdf([[]]), "contains only pictures and no text; run OCR on it first"),
        ("a.html", b"<html><body></body></html>", "empty"),
        ("a.vtt", b"WEBVTT\n\nno time", "contains no timed subtitle"),
        ("a.csv", b"", "empty"),
        ("a.mhtml", b"<html><p>It opens.", "not a saved web page: it has no MIME header"),
        ("a.mhtml", b"MIME-Version: 1.0\n\nIt opens.", "contains no web page"),
    ],
)
def test_what_cannot_be_read_is_rejected_in_words_for_people(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    """The reason says what is wrong, and where it helps what to do."""
    assert reason(tmp_path, name, content).startswith(expected)
