"""Files made by the tools that people have: LibreOffice, pandoc, groff, Chromium; skipped where one is missing."""

import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.text.locations import heading_path, mark_at
from retrieval.text.sentences import split_sentences
from retrieval.types import ReadDocument

SOURCE = """---
title: The ferry handbook
author: Ann Lee
date: 2024-05-01
lang: en
---

# The ferry

The ferry crosses the lake twice a day.[^1] It takes forty minutes each way.

[^1]: A note of the harbour master.

## Fares

| Ticket | Price   |
|--------|---------|
| Adult  | 5 euros |
| Child  | 2 euros |

- Dogs travel free on the lower deck.

```
fare = 5
```

# References

- Smith, J. (2001). Ferries of the lake. Harbour Press.
"""
BOXED = """<?xml version="1.0"?><office:document office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.text"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"><office:body><office:text>
<text:h text:outline-level="1">The ferry</text:h>
<text:p>The ferry crosses the lake twice a day.<text:note
 text:note-class="footnote"><text:note-citation>1</text:note-citation>
<text:note-body><text:p>In winter it crosses only once a day.</text:p></text:note-body></text:note><draw:custom-shape
 text:anchor-type="char" svg:width="5cm" svg:height="2cm"><text:p>Dogs travel free on the lower deck.</text:p>
<draw:enhanced-geometry draw:type="rectangle"/></draw:custom-shape></text:p>
<text:h text:outline-level="1">Fares</text:h><text:p>It is old.</text:p>
</office:text></office:body></office:document>"""
FERRY, FARES = "The ferry", "The ferry › Fares"
PROSE = [
    ("The ferry crosses the lake twice a day.", FERRY),
    ("It takes forty minutes each way.", FERRY),
]
ROWS = [("Ticket: Adult; Price: 5 euros.", FARES), ("Ticket: Child; Price: 2 euros.", FARES)]
LIST = [("Dogs travel free on the lower deck.", FARES)]
TWO_COLUMNS = """.TL
Ferries of the lake
.2C
.NH 1
Introduction
.PP
The ferry crosses the lake twice a day, and it takes forty minutes each way whatever the weather is. It was first built
in 1890 by the harbour company, which had been founded by fishermen of the northern shore. Passengers may stand on the
upper deck, although the responsibility for accidents remains with them.
.FS
Harbour regulations, paragraph four.
.FE
.NH 2
Fares
.PP
Adults pay five euros. Bicycles cost one euro, and internationalization of the tariff is not intended by the
administration, whatever the representatives of the neighbouring municipalities recommend.
"""


def tool(name: str) -> str:
    """Return the path of a tool, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path, given: str | None = None) -> bytes:
    """Run a tool and return what it prints."""
    content = None if given is None else given.encode()
    done = subprocess.run(list(map(str, command)), input=content, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-200:]}")
    return done.stdout


def read(path: Path) -> ReadDocument:
    (file,) = [one for one in list_files(path.parent)[0] if one.id == path.name]
    found = read_file(file, 10_000_000)
    assert isinstance(found, ReadDocument), found
    return found


def quotable(found: ReadDocument) -> list[tuple[str, str | None]]:
    document = found.document
    return [
        (document.text[one.start : one.end], heading_path(document, one.start))
        for one in split_sentences(found, 0, "en")
    ]


def by_pandoc(folder: Path, name: str) -> Path:
    run(tool("pandoc"), "-s", "-f", "markdown", "-o", folder / name, given=SOURCE)
    return folder / name


@pytest.mark.parametrize("name", ["a.html", "a.docx", "a.epub"])
def test_what_pandoc_wrote_is_read(tmp_path: Path, name: str) -> None:
    """Prose, rows and items with their headings; neither code nor notes nor references."""
    found = read(by_pandoc(tmp_path, name))
    said = [one for one in quotable(found) if one[0] not in ("Ann Lee", "2024-05-01", "A note of the harbour master.")]
    assert said == PROSE + ROWS + LIST
    assert (found.document.title, found.document.source) == ("The ferry handbook", "Ann Lee")


def test_a_footnote_of_pandoc_stands_at_the_end_of_its_section(tmp_path: Path) -> None:
    """In a Word file; there it can be quoted with the heading that it belongs to."""
    said = quotable(read(by_pandoc(tmp_path, "a.docx")))
    place = said.index(("A note of the harbour master.", FERRY))
    assert said[place - 2 : place + 2] == [*PROSE, ("A note of the harbour master.", FERRY), ROWS[0]]


def test_a_text_box_of_libreoffice_is_read_once(tmp_path: Path) -> None:
    """Where it is anchored, though the file holds it twice; its footnote is read, too."""
    source = tmp_path / "made" / "a.fodt"
    source.parent.mkdir()
    source.write_text(BOXED)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    run(tool("soffice"), profile, "--headless", "--convert-to", "docx", "--outdir", tmp_path, source)
    with zipfile.ZipFile(tmp_path / "a.docx") as made:
        assert made.read("word/document.xml").count(b"Dogs travel free") == 2
    assert quotable(read(tmp_path / "a.docx")) == [
        ("The ferry crosses the lake twice a day.", FERRY),
        ("Dogs travel free on the lower deck.", FERRY),
        ("In winter it crosses only once a day.", FERRY),
        ("It is old.", "Fares"),
    ]


PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The ferry – Lake news</title>
<link rel="canonical" href="https://lake.example/ferry"><script type="application/ld+json">{"@type": "NewsArticle",
"headline": "The ferry", "datePublished": "2024-05-01T08:00:00Z", "publisher": {"name": "Lake news"}}</script></head>
<body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport on the lake</a></li></ul></nav>
<main><article><h1>The ferry</h1><p>The ferry crosses the lake twice a day. It takes forty minutes each way.</p>
<h2>Fares</h2><div id="fares">Nobody sees this line.</div></article>
<aside><h3>Most read</h3><ul><li><a href="/a">Mayor opens the library</a></li></ul></aside></main>
<footer><p>All rights reserved by the news of the lake.</p></footer><script>
document.getElementById("fares").innerHTML = "<table><tr><th>Ticket</th><th>Price</th></tr><tr><td>Adult</td><td>"
  + "5 euros</td></tr><tr><td>Child</td><td>2 euros</td></tr></table>"
  + "<ul><li>Dogs travel free on the lower deck.</li></ul>";
const banner = document.createElement("div");
banner.setAttribute("role", "dialog");
banner.innerHTML = "<p>We use cookies to make this page better for our partners.</p><button>Accept all</button>";
document.body.append(banner);
</script></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a page whose scripts write half of it."""
    path = tmp_path / "page" / "a.html"
    path.parent.mkdir()
    path.write_text(PAGE)
    return path


def headless(folder: Path, *options: str | Path) -> list[str | Path]:
    """Return a command that starts Chromium without a window, with a profile of its own."""
    return [tool("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", *options]


def snapshot(command: Sequence[str | Path], address: str) -> str:
    """Return the page that a browser saves as a single file, by the DevTools protocol over a pair of pipes."""
    (its_in, to), (back, its_out) = os.pipe(), os.pipe()
    start = f"import os, sys; os.dup2({its_in}, 3); os.dup2({its_out}, 4); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", start, *map(str, command), "--remote-debugging-pipe"]
    with subprocess.Popen(words, pass_fds=(its_in, its_out), stderr=subprocess.DEVNULL) as browser:
        os.close(its_in)
        os.close(its_out)
        late = threading.Timer(60, browser.kill)
        late.start()
        with open(to, "wb", buffering=0) as said, open(back, "rb") as heard:  # noqa: PTH123 - descriptors, not paths
            told = _messages(heard)

            def ask(method: str, session: str | None = None, until: str = "", **params: object) -> dict[str, Any]:
                message = {"id": 1, "method": method, "params": params} | ({"sessionId": session} if session else {})
                said.write(json.dumps(message).encode() + b"\0")
                answer = next(one for one in told if one.get("id") == 1)
                if until:
                    next(one for one in told if one.get("method") == until)
                return dict(answer["result"])

            target = ask("Target.createTarget", url="about:blank")["targetId"]
            session = ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            ask("Page.enable", session)
            ask("Page.navigate", session, until="Page.loadEventFired", url=address)
            saved = ask("Page.captureSnapshot", session, format="mhtml")["data"]
            ask("Browser.close")
        late.cancel()
    return str(saved)


def _messages(heard: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield what a browser says, until it ends."""
    waiting = b""
    while more := os.read(heard.fileno(), 1 << 16):
        *whole, waiting = (waiting + more).split(b"\0")
        yield from map(json.loads, whole)


@pytest.mark.parametrize("name", ["a.html", "a.mhtml"])
def test_a_page_that_chromium_saved_is_read_as_it_was_shown(tmp_path: Path, page: Path, name: str) -> None:
    """With what its scripts wrote, without what they replaced; neither its navigation nor what asks for cookies."""
    command = headless(tmp_path / "profile")
    if name == "a.html":
        (tmp_path / name).write_bytes(run(*command, "--dump-dom", page.as_uri()))
    else:
        (tmp_path / name).write_text(snapshot(command, page.as_uri()))
    found = read(tmp_path / name)
    assert quotable(found) == PROSE + ROWS + LIST
    document = found.document
    assert (document.title, document.url) == ("The ferry", "https://lake.example/ferry")
    # A single file keeps no scripts, so no linked data.
    wanted = ("Lake news", "2024-05-01") if name == "a.html" else (None, None)
    assert (document.source, document.published) == wanted


def test_restructured_text_of_pandoc_is_read(tmp_path: Path) -> None:
    """Under the document's title, which pandoc makes a heading above the others."""
    found = read(by_pandoc(tmp_path, "a.rst"))
    wanted = [(text, f"The ferry handbook › {heading}") for text, heading in PROSE + ROWS + LIST]
    assert quotable(found) == wanted
    document = found.document
    assert (document.title, document.source, document.published) == ("The ferry handbook", "Ann Lee", "2024-05-01")


@pytest.mark.parametrize("kind", ["docx:MS Word 2007 XML", "pdf", "html:HTML (StarWriter)", "epub"])
def test_what_libreoffice_wrote_is_read(tmp_path: Path, kind: str) -> None:
    """The same document as LibreOffice saves, prints and exports it."""
    made = tmp_path / "made"
    source = by_pandoc(tmp_path, "a.odt")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    run(tool("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", made, source)
    path = made / f"a.{kind.split(':')[0]}"
    if not path.exists():
        pytest.skip(f"this LibreOffice does not write {kind}")
    found = quotable(read(path))
    texts = [text for text, _ in found]
    marked = path.suffix != ".epub"  # its e-books have neither headings nor code, only other letters
    for text, heading in PROSE + LIST + (ROWS if path.suffix in (".docx", ".html") else []):
        assert text in texts
        assert not marked or str(dict(found)[text]).endswith(heading.split(" › ")[-1])
    assert not [text for text in texts if "Harbour Press" in text or (marked and "fare = 5" in text)]


def test_two_columns_of_groff_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Words that groff divided are whole, its page numbers are gone, and its footnote is no answer."""
    content = TWO_COLUMNS + "".join(TWO_COLUMNS.split(".2C\n")[1] for _ in range(5))
    (tmp_path / "a.pdf").write_bytes(run(tool("groff"), "-ms", "-Tpdf", "-P-pa4", given=content))
    found = read(tmp_path / "a.pdf")
    document = found.document
    pages = {mark_at(document, one.start) for one in split_sentences(found, 0, "en")}
    said = quotable(found)
    paragraph = TWO_COLUMNS.split(".PP\n")[1].split("\n.FS")[0].replace("\n", " ")
    texts = [text for text, _ in said]
    assert document.title == "Ferries of the lake"
    assert len(pages) > 1
    for sentence in (*paragraph.replace(". ", ".|").split("|"), "Adults pay five euros."):
        assert texts.count(sentence) == 6, sentence
    assert sum("internationalization" in text and text.endswith("municipalities recommend.") for text in texts) == 6
    assert not [text for text in texts if "paragraph four" in text or text.strip("- ").isdigit()]
    assert {str(path).split(" › ")[-1].split(". ")[-1] for _, path in said} == {"Introduction", "Fares"}


TABLE = """<style>td, th { border: 1px solid; padding: 4px 24px; text-align: left }</style><h1>The ferry</h1>
<p>The ferry crosses the lake twice a day. It takes forty minutes each way.</p>
<table width="600"><thead><tr><th>Ticket</th><th>Price</th></tr></thead><tbody><tr><td>Adult</td><td>5 euros</td></tr>
<tr><td>Child</td><td>2 euros</td></tr></tbody></table><p>Dogs travel free on the lower deck.</p>"""
TBL = ".LP\nThe ferry is old.\n.TS\ncenter expand;\nlB lB\nl l.\nTicket\tPrice\nAdult\t5 euros\nChild\t2 euros\n.TE\n"


@pytest.mark.parametrize("name", ["chromium", "soffice", "groff"])
def test_a_table_that_was_printed_is_read(tmp_path: Path, name: str) -> None:
    """As a browser, an office and a typesetter draw it; the prose around it is read as ever."""
    page, target = tmp_path / "page" / "a.html", tmp_path / "a.pdf"
    page.parent.mkdir()
    page.write_text(TABLE)
    if name == "chromium":
        run(*headless(tmp_path / "profile", f"--print-to-pdf={target}", page.as_uri()))
    elif name == "soffice":
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        kind = "pdf:writer_web_pdf_Export"
        run(tool("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", tmp_path, page)
    else:
        target.write_bytes(run(tool("groff"), "-t", "-ms", "-Tpdf", given=TBL))
    texts = [text for text, _ in quotable(read(target))]
    assert [text for text in texts if "Ticket" in text] == [text for text, _ in ROWS]
    assert not [text for text in texts if "Adult" in text and "Ticket" not in text]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_page_that_chromium_printed_is_read(tmp_path: Path) -> None:
    """Headings are known by their size, paragraphs by their distance."""
    page = by_pandoc(tmp_path, "a.html")
    target = tmp_path / "printed" / "a.pdf"
    target.parent.mkdir()
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={target}", page.as_uri())
    found = dict(quotable(read(target)))
    for text, heading in PROSE + LIST:
        assert heading.split(" › ")[-1] in str(found[text])
