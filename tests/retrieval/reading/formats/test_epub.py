"""A book is read in the order of its chapters."""

from pathlib import Path

from tests.support import samples
from tests.support.reading import placed_sentences, read_content, sentences_of


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
