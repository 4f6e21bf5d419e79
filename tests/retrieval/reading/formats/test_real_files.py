"""Files written by LibreOffice, pandoc, groff and Chromium are read; tests are skipped if a tool is missing."""

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

from retrieval.types import ReadDocument
from tests.support.reading import placed_sentences, read_path

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
TEXT_BOX = """<?xml version="1.0"?><office:document office:version="1.3"
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
NOTED = [(f"{PROSE[0][0]}¹", FERRY), PROSE[1]]  # where the mark of its note is kept
ROWS = [("Ticket: Adult; Price: 5 euros.", FARES), ("Ticket: Child; Price: 2 euros.", FARES)]
LIST = [("Dogs travel free on the lower deck.", FARES)]
CODE = [("fare = 5", FARES)]
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
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: str | Path, stdin: str | None = None) -> bytes:
    """Run a tool and return what it prints; skip the test if it fails."""
    content = None if stdin is None else stdin.encode()
    done = subprocess.run(list(map(str, command)), input=content, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-200:]}")
    return done.stdout


def read_file(path: Path) -> ReadDocument:
    """Read a file that is not rejected."""
    read = read_path(path)
    assert isinstance(read, ReadDocument), read
    return read


def headed_sentences(read: ReadDocument) -> list[tuple[str, str | None]]:
    """Return each sentence that can be quoted, with the headings above it."""
    return [(text, heading) for text, _, heading in placed_sentences(read)]


def by_pandoc(folder: Path, name: str) -> Path:
    """Have pandoc convert SOURCE."""
    run(tool("pandoc"), "-s", "-f", "markdown", "-o", folder / name, stdin=SOURCE)
    return folder / name


@pytest.mark.parametrize("name", ["a.html", "a.docx", "a.epub"])
def test_files_of_pandoc_are_read(tmp_path: Path, name: str) -> None:
    """Prose, rows, list items and code are quoted with their headings and the marks of notes; references are not."""
    read = read_file(by_pandoc(tmp_path, name))
    extra = ("Ann Lee", "2024-05-01", "¹ A note of the harbour master.")
    assert [pair for pair in headed_sentences(read) if pair[0] not in extra] == NOTED + ROWS + LIST + CODE
    assert (read.document.title, read.document.source) == ("The ferry handbook", "Ann Lee")


def test_a_footnote_of_pandoc_comes_at_the_end_of_its_section(tmp_path: Path) -> None:
    """In a Word file, where it can be quoted with its heading."""
    note = ("¹ A note of the harbour master.", FERRY)
    sentences = headed_sentences(read_file(by_pandoc(tmp_path, "a.docx")))
    number = sentences.index(note)
    assert sentences[number - 2 : number + 2] == [*NOTED, note, ROWS[0]]


def test_a_text_box_of_libreoffice_is_read_once(tmp_path: Path) -> None:
    """The file contains it twice; it is read where it is anchored, as is its footnote."""
    source = tmp_path / "source" / "a.fodt"
    source.parent.mkdir()
    source.write_text(TEXT_BOX)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    run(tool("soffice"), profile, "--headless", "--convert-to", "docx", "--outdir", tmp_path, source)
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert archive.read("word/document.xml").count(b"Dogs travel free") == 2
    assert headed_sentences(read_file(tmp_path / "a.docx")) == [
        ("The ferry crosses the lake twice a day.¹", FERRY),
        ("Dogs travel free on the lower deck.", FERRY),
        ("¹ In winter it crosses only once a day.", FERRY),
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
    """Write a page of which scripts write half."""
    path = tmp_path / "page" / "a.html"
    path.parent.mkdir()
    path.write_text(PAGE)
    return path


def headless(folder: Path, *options: str | Path) -> list[str | Path]:
    """Return the command that starts Chromium without a window, with a profile of its own."""
    return [tool("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", *options]


def snapshot(command: Sequence[str | Path], address: str) -> str:
    """Save a page as a single file with a browser, by the DevTools protocol over a pair of pipes."""
    (browser_in, to_browser), (from_browser, browser_out) = os.pipe(), os.pipe()
    start = f"import os, sys; os.dup2({browser_in}, 3); os.dup2({browser_out}, 4); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", start, *map(str, command), "--remote-debugging-pipe"]
    with subprocess.Popen(words, pass_fds=(browser_in, browser_out), stderr=subprocess.DEVNULL) as browser:
        os.close(browser_in)
        os.close(browser_out)
        timeout = threading.Timer(60, browser.kill)
        timeout.start()
        with open(to_browser, "wb", buffering=0) as requests, open(from_browser, "rb") as replies:  # noqa: PTH123 - descriptors, not paths
            messages = _messages(replies)

            def call(method: str, session: str | None = None, until: str = "", **params: object) -> dict[str, Any]:
                request = {"id": 1, "method": method, "params": params} | ({"sessionId": session} if session else {})
                requests.write(json.dumps(request).encode() + b"\0")
                reply = next(message for message in messages if message.get("id") == 1)
                if until:
                    next(message for message in messages if message.get("method") == until)
                return dict(reply["result"])

            target = call("Target.createTarget", url="about:blank")["targetId"]
            session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            call("Page.enable", session)
            call("Page.navigate", session, until="Page.loadEventFired", url=address)
            page = call("Page.captureSnapshot", session, format="mhtml")["data"]
            call("Browser.close")
        timeout.cancel()
    return str(page)


def _messages(pipe: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the messages of a browser until it ends."""
    incomplete = b""
    while content := os.read(pipe.fileno(), 1 << 16):
        *messages, incomplete = (incomplete + content).split(b"\0")
        yield from map(json.loads, messages)


@pytest.mark.parametrize("name", ["a.html", "a.mhtml"])
def test_pages_that_chromium_saved_are_read_as_shown(tmp_path: Path, page: Path, name: str) -> None:
    """With what scripts wrote, without what they replaced, navigation and the cookie banner."""
    command = headless(tmp_path / "profile")
    if name == "a.html":
        (tmp_path / name).write_bytes(run(*command, "--dump-dom", page.as_uri()))
    else:
        (tmp_path / name).write_text(snapshot(command, page.as_uri()))
    read = read_file(tmp_path / name)
    assert headed_sentences(read) == PROSE + ROWS + LIST
    document = read.document
    assert (document.title, document.url) == ("The ferry", "https://lake.example/ferry")
    # MHTML contains no scripts, and so no linked data.
    expected = ("Lake news", "2024-05-01") if name == "a.html" else (None, None)
    assert (document.source, document.published) == expected


def test_restructured_text_of_pandoc_is_read(tmp_path: Path) -> None:
    """Pandoc makes the document's title a heading above the others."""
    read = read_file(by_pandoc(tmp_path, "a.rst"))
    expected = [(text, f"The ferry handbook › {heading}") for text, heading in NOTED + ROWS + LIST + CODE]
    assert headed_sentences(read) == expected
    document = read.document
    assert (document.title, document.source, document.published) == ("The ferry handbook", "Ann Lee", "2024-05-01")


@pytest.mark.parametrize("kind", ["docx:MS Word 2007 XML", "pdf", "html:HTML (StarWriter)", "epub"])
def test_files_of_libreoffice_are_read(tmp_path: Path, kind: str) -> None:
    """The same document is saved, printed and exported."""
    target = tmp_path / "converted"
    source = by_pandoc(tmp_path, "a.odt")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    run(tool("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", target, source)
    path = target / f"a.{kind.split(':')[0]}"
    if not path.exists():
        pytest.skip(f"this LibreOffice does not write {kind}")
    sentences = dict(headed_sentences(read_file(path)))
    prose = PROSE if path.suffix == ".html" else NOTED
    has_markup = path.suffix != ".epub"  # LibreOffice marks neither headings nor code in e-books
    for text, heading in prose + LIST + (ROWS + CODE if path.suffix in (".docx", ".html") else []):
        assert text in sentences
        assert not has_markup or str(sentences[text]).endswith(heading.split(" › ")[-1])
    assert not [text for text in sentences if "Harbour Press" in text]


def test_two_columns_of_groff_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Divided words are joined, page numbers left out, and footnotes never quoted."""
    content = TWO_COLUMNS + "".join(TWO_COLUMNS.split(".2C\n")[1] for _ in range(5))
    (tmp_path / "a.pdf").write_bytes(run(tool("groff"), "-ms", "-Tpdf", "-P-pa4", stdin=content))
    read = read_file(tmp_path / "a.pdf")
    sentences = placed_sentences(read)
    paragraph = TWO_COLUMNS.split(".PP\n")[1].split("\n.FS")[0].replace("\n", " ")
    texts = [text for text, _, _ in sentences]
    assert read.document.title == "Ferries of the lake"
    assert len({page for _, page, _ in sentences}) > 1
    for sentence in (*paragraph.replace(". ", ".|").split("|"), "Adults pay five euros."):
        assert texts.count(sentence) == 6, sentence
    assert sum("internationalization" in text and text.endswith("municipalities recommend.") for text in texts) == 6
    assert not [text for text in texts if "paragraph four" in text or text.strip("- ").isdigit()]
    assert {str(path).split(" › ")[-1].split(". ")[-1] for _, _, path in sentences} == {"Introduction", "Fares"}


TABLE = """<style>td, th { border: 1px solid; padding: 4px 24px; text-align: left }</style><h1>The ferry</h1>
<p>The ferry crosses the lake twice a day. It takes forty minutes each way.</p>
<table width="600"><thead><tr><th>Ticket</th><th>Price</th></tr></thead><tbody><tr><td>Adult</td><td>5 euros</td></tr>
<tr><td>Child</td><td>2 euros</td></tr></tbody></table><p>Dogs travel free on the lower deck.</p>"""
TBL = ".LP\nThe ferry is old.\n.TS\ncenter expand;\nlB lB\nl l.\nTicket\tPrice\nAdult\t5 euros\nChild\t2 euros\n.TE\n"


@pytest.mark.parametrize("name", ["chromium", "soffice", "groff"])
def test_printed_tables_are_read(tmp_path: Path, name: str) -> None:
    """As a browser, an office suite and a typesetter draw them, with the prose around them."""
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
        target.write_bytes(run(tool("groff"), "-t", "-ms", "-Tpdf", stdin=TBL))
    texts = [text for text, _ in headed_sentences(read_file(target))]
    assert [text for text in texts if "Ticket" in text] == [text for text, _ in ROWS]
    assert not [text for text in texts if "Adult" in text and "Ticket" not in text]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_pages_that_chromium_printed_are_read(tmp_path: Path) -> None:
    """Headings are recognised by their size, paragraphs by their distance."""
    page = by_pandoc(tmp_path, "a.html")
    target = tmp_path / "printed" / "a.pdf"
    target.parent.mkdir()
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={target}", page.as_uri())
    sentences = dict(headed_sentences(read_file(target)))
    for text, heading in PROSE + LIST:
        assert heading.split(" › ")[-1] in str(sentences[text])
