"""A web page is read without what surrounds its text, in the encoding that it declares."""

from pathlib import Path

import pytest

from tests.support import samples
from tests.support.reading import placed_sentences, read_content, rejection_reason, sentences_of, structure_of


def test_pages_give_their_article_and_metadata(tmp_path: Path) -> None:
    """Navigation, captions, notes and hidden elements are never quoted; rows repeat their header."""
    read = read_content(tmp_path, "hours.html", samples.HTML.encode())
    document = read.document
    assert (document.title, document.source) == ("Opening hours", "Ann Lee, Town library")
    assert (document.published, document.url) == ("2024-05-01", "https://library.example/hours")
    assert placed_sentences(read) == [
        ("The library opens at nine on weekdays.", None, "Opening hours"),
        ("It closes at five.", None, "Opening hours"),
        ("In winter the library closes at four, because the heating is expensive.", None, "Opening hours › Winter"),
        ("Day: Monday; Opens: 9:00.", 2, "Opening hours › Winter"),
        ("Day: Tuesday; Opens: 10:00.", 3, "Opening hours › Winter"),
        ("hours = 8", None, "Opening hours › Winter"),
    ]
    assert "Nobody sees" not in document.text


def test_an_article_keeps_the_structure_of_its_page(tmp_path: Path) -> None:
    """Numbers, depth and languages, which trafilatura drops; code that it leaves out comes back in its place."""
    prose = "The ferry crosses the lake twice a day, and it takes forty minutes each way in any weather. " * 4
    steps = (
        "<ol start='3'><li><p>Buy a ticket.</p><p>It is green.</p><ul><li>At the pier.</li><li>On board.</li></ul></li>"
        "<li value='9'>Go on board.</li></ol>"
    )
    code = (
        "<figure class='highlight'><table><tr><td class='gutter'><pre>1\n2</pre></td><td class='code'>"
        "<pre class='language-py'>def board():\n    go()</pre></td></tr></table></figure>"
    )
    page = (
        f"<html><body><div><a href='/'>Home</a></div><article><h1>The ferry</h1><p>{prose}</p>{steps}{code}"
        "<p>It leaves at nine. It is on time.</p></article></body></html>"
    )
    assert structure_of(read_content(tmp_path, "a.html", page.encode())) == [
        ("heading", 1, 0, "", "The ferry"),
        ("prose", 0, 0, "", prose.strip()),
        ("item", 1, 3, "", "Buy a ticket."),
        ("prose", 1, 0, "", "It is green."),
        ("item", 2, 0, "", "At the pier."),
        ("item", 2, 0, "", "On board."),
        ("item", 1, 9, "", "Go on board."),
        ("code", 0, 0, "python", "def board():\n    go()"),
        ("prose", 0, 0, "", "It leaves at nine. It is on time."),
    ]


def test_publication_dates_are_not_guessed(tmp_path: Path) -> None:
    """Neither a year in the footer nor the time of the file is a date of publication."""
    page = samples.HTML.replace("article:published_time", "other").replace("All rights", "Copyright 2020. All rights")
    assert read_content(tmp_path, "a.htm", page.encode()).document.published is None


def test_linked_data_and_saved_pages_have_metadata(tmp_path: Path) -> None:
    """JSON-LD gives date, author and headline; the comment of a browser gives the address."""
    page = (
        "<!-- saved from url=(0026)https://news.example/ferry --><html><head><title>The new ferry | News</title>"
        '<script type="application/ld+json">{"@graph": [{"headline": "The new ferry", "datePublished": '
        '"2023-02-03T10:00",'
        ' "author": [{"name": "Ann Lee"}]}]}</script></head><body><p>The ferry crosses twice a day.</p></body></html>'
    )
    document = read_content(tmp_path, "a.html", page.encode()).document
    assert (document.title, document.source, document.published) == ("The new ferry", "Ann Lee", "2023-02-03")
    assert document.url == "https://news.example/ferry"


@pytest.mark.parametrize(
    ("head", "linked", "title"),
    [
        ("<title>Edda Lorne - Encyclopedia</title>", '"headline": "founder of a library"', "Edda Lorne"),
        ("", '"headline": "founder of a library", "name": "Edda Lorne"', "Edda Lorne"),
        ("<title>Edda Lorne</title>", '"name": "River Encyclopedia"', "Edda Lorne"),
        ("<title>Untitled Document</title>", '"headline": "Book now"', "Edda Lorne"),
        ("<title>Lorne, Edda</title>", '"name": "Lorne, Edda"', "Lorne, Edda"),
        ("<title>x</title><meta property='og:title' content='Edda Lorne'>", '"headline": "x"', "Edda Lorne"),
    ],
)
def test_linked_data_of_something_else_gives_no_title(tmp_path: Path, head: str, linked: str, title: str) -> None:
    """A headline or name counts where the title element or the first heading has it."""
    page = (
        f"<html><head>{head}<script type='application/ld+json'>{{{linked}}}</script></head>"
        "<body><h1>Edda Lorne</h1><p>She founded the town library in 1921.</p></body></html>"
    )
    assert read_content(tmp_path, "a.html", page.encode()).document.title == title


def test_pages_are_decoded_as_they_declare(tmp_path: Path) -> None:
    """Without a declaration it must be UTF-8, or Windows-1252 beyond doubt."""
    page = "<html><head><meta charset=windows-1252></head><body><p>The café opens at nine.</p></body></html>"
    assert placed_sentences(read_content(tmp_path, "a.html", page.encode("cp1252")))[0][0] == "The café opens at nine."
    undeclared = page.replace("<meta charset=windows-1252>", "").encode("cp1252")
    assert placed_sentences(read_content(tmp_path, "b.html", undeclared))[0][0] == "The café opens at nine."
    doubtful = undeclared.replace(b"\xe9", b"\x8d")
    assert rejection_reason(tmp_path, "c.html", doubtful) == "not UTF-8 (line 1); save it as UTF-8"


def test_consent_dialogs_are_never_quoted(tmp_path: Path) -> None:
    """Also on a page that is too short for trafilatura; recognised by role, class or id."""
    banners = ['role="dialog"', 'class="x cookie-consent__box"', 'id="CookieBanner"']
    page = "".join(f"<div {banner}><p>We use cookies for our partners.</p></div>" for banner in banners)
    read = read_content(
        tmp_path,
        "a.html",
        f"<html><body class='cookie-banner-open'><h1>Hours</h1><p>It opens at nine.</p>{page}".encode(),
    )
    assert sentences_of(read) == ["It opens at nine."]


def test_pages_inside_a_form_are_read(tmp_path: Path) -> None:
    """Some sites put everything into one; a form without paragraphs is left out."""
    page = "<form><h1>Hours</h1><p>It opens at nine.</p></form><form><label>Your name, please.</label></form>"
    assert sentences_of(read_content(tmp_path, "a.html", page.encode())) == ["It opens at nine."]


@pytest.mark.parametrize(
    ("declared", "encoding", "word"),
    [
        ("gb2312", "gb18030", "\u9555"),
        ("Shift_JIS", "cp932", "\u2460"),
        ("utf-16", "utf-8", "caf\u00e9"),
        ("big5", "big5hkscs", "\u4e2d"),
        ("latin-1", "cp1252", "\u20ac"),
        ("windows-1256", "cp1256", "\u0645"),
        ("iso-8859-8-i", "iso8859-8", "\u05d0"),
    ],
)
def test_declared_encodings_mean_what_browsers_read(tmp_path: Path, declared: str, encoding: str, word: str) -> None:
    """The word has a letter that the declared encoding lacks or decodes differently."""
    page = f'<meta charset="{declared}"><p>It is called {word} by most.</p>'
    read = read_content(tmp_path, "a.html", page.encode(encoding))
    assert sentences_of(read) == [f"It is called {word} by most."]
