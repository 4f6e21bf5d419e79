"""A book is read in the order of its chapters."""

from pathlib import Path

from tests.support import samples
from tests.support.reading import placed_sentences, read_content, sentences_of, structure_of


def test_books_are_read_in_the_order_of_their_spine(tmp_path: Path) -> None:
    """Chapters give the headings, the package title, author and date; the table of contents is never quoted."""
    chapters = {
        "b.xhtml": '<nav epub:type="toc" xmlns:epub="http://www.idpf.org/2007/ops"><a href="a.xhtml">One</a></nav>'
        "<h1>One</h1><p>The harbour froze&#160;over.</p>",
        "a.xhtml": "<h1>Two</h1><h2>Spring</h2><p>The ice broke in March.</p>",
    }
    namespace = 'xmlns:epub="http://www.idpf.org/2007/ops"'
    chapters["c.xhtml"] = f'<section epub:type="copyright-page" {namespace}><p>All rights are reserved.</p></section>'
    metadata = "<dc:title>The lake</dc:title><dc:creator>Ann Lee</dc:creator><dc:date>2019-03</dc:date>"
    read = read_content(tmp_path, "a.epub", samples.epub(chapters, metadata=metadata))
    document = read.document
    assert (document.title, document.source, document.published) == ("The lake", "Ann Lee", "2019-03")
    assert placed_sentences(read) == [
        ("The harbour froze over.", None, "One"),
        ("The ice broke in March.", None, "Two › Spring"),
    ]


def test_chapters_may_have_other_encodings(tmp_path: Path) -> None:
    """HTML's names of letters, which XML does not know, are read too; an empty chapter is skipped."""
    page = '<?xml version="1.0" encoding="{}"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{}</p></body></html>'
    more = {
        "OPS/a.xhtml": page.format("iso-8859-1", "The caf\u00e9&nbsp;opens at nine.").encode("latin-1"),
        "OPS/b.xhtml": page.format("utf-16", "It closes at five.").encode("utf-16"),
        "OPS/c.xhtml": b"",
    }
    read = read_content(tmp_path, "a.epub", samples.epub({"a.xhtml": "", "b.xhtml": "", "c.xhtml": ""}, more=more))
    assert sentences_of(read) == ["The caf\u00e9 opens at nine.", "It closes at five."]


NAMESPACE = 'xmlns:epub="http://www.idpf.org/2007/ops"'
NOTE_LINK = '<a {0} epub:type="noteref" href="{1}" id="{2}">{3}</a>'


def blocks_of(folder: Path, chapters: dict[str, str]) -> list[tuple[str, str]]:
    """Return the kind and the text of each block of a book."""
    return [(kind, text) for kind, *_, text in structure_of(read_content(folder, "a.epub", samples.epub(chapters)))]


def test_a_note_of_a_chapter_keeps_its_mark(tmp_path: Path) -> None:
    """The number that links back is left out, and a note that names a source has no mark."""
    links = [NOTE_LINK.format(NAMESPACE, f"#n{n}", f"r{n}", n) for n in (1, 2)]
    body = (
        f"<p>It carries cars.{links[0]} It is old.{links[1]}</p>"
        f'<aside {NAMESPACE} epub:type="footnote" id="n1"><p><a epub:type="backlink" href="#r1">1</a>. '
        "On Sundays it carries no cars.</p></aside>"
        f'<aside {NAMESPACE} epub:type="footnote" id="n2"><p>2 Lee, A. (2001), p. 3.</p></aside>'
    )
    assert blocks_of(tmp_path, {"a.xhtml": body}) == [
        ("prose", "It carries cars.¹ It is old."),
        ("aside", "¹ On Sundays it carries no cars."),
        ("aside", "2 Lee, A. (2001), p. 3."),
    ]


def test_notes_at_the_end_of_a_book_are_counted_through(tmp_path: Path) -> None:
    """Each chapter begins with 1, and an anchor inside a paragraph names that paragraph."""
    links = [f'<sup><a id="r{n}" href="../OPS/notes.xhtml#n{n}">1</a></sup>' for n in (1, 2)]
    notes = (
        f'<section {NAMESPACE} epub:type="endnotes"><ol><li id="n1">On Sundays it carries no cars.'
        '<a href="a.xhtml#r1">↩</a></li></ol><p><a id="n2" href="b.xhtml#r2"><sup>1</sup></a> Dogs pay as much as '
        "their owner.</p></section>"
    )
    chapters = {
        "a.xhtml": f"<p>It carries cars{links[0]} at any hour.</p>",
        "b.xhtml": f"<p>It carries <i>dogs</i>{links[1]}. Ten is 10{links[1]}.</p>",
        "notes.xhtml": notes,
    }
    assert blocks_of(tmp_path, chapters) == [
        ("prose", "It carries cars¹ at any hour."),
        ("prose", "It carries dogs². Ten is 10."),
        ("aside", "¹ On Sundays it carries no cars."),
        ("aside", "² Dogs pay as much as their owner."),
    ]


def test_links_to_no_note_leave_the_text_alone(tmp_path: Path) -> None:
    """Such as one to a missing place or to another page."""
    body = "<p>It is old.<sup><a href='#x'>1</a></sup> It is blue.<sup><a href='no.xhtml#y'>2</a></sup></p>"
    assert blocks_of(tmp_path, {"a.xhtml": body}) == [("prose", "It is old. It is blue.")]
