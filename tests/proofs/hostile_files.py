"""Read hostile files among good ones: python -m tests.proofs.hostile_files [N].

Besides the good files there are N mutations of them (300 by default), bombs, loops, entities and floods. None may crash
the parent, no reader may exceed its time or memory, each rejection must have a reason, all good files must be read, and
none may reach a server that listens on this machine.
"""

import base64
import json
import random
import re
import resource
import socket
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from unittest import mock

from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.isolated import limits, parent
from retrieval.types import ReadDocument
from tests.support import chats, office_files, samples

MAX_BYTES = 10_000_000
TIME_TOLERANCE = 1.5  # times the time limit, on a busy machine
XML = '<?xml version="1.0"?>'
BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
) + "]>"  # fmt: skip
TOKENS = (  # that mutations insert
    b"\xff\xfe", b"\0\0\0\0", b"<!ENTITY x SYSTEM 'file:///etc/passwd'>", b"&x;", b"/Kids [2 0 R]", b"999999999999",
    b"-1", b"<" * 99, b"(" * 999, b"\xe2\x80\xae", b"]]>", b"\n\n", b'"', b"%PDF-", b"PK\x03\x04", b" obj ", b"<table>",
)  # fmt: skip
ARCHIVE_SUFFIXES = (".docx", ".epub", ".odt", ".pptx", ".xlsx", ".zip")
WEIGHTS = {  # how often the files of a format are mutated
    ".pdf": 8,
    ".docx": 5,
    ".epub": 5,
    ".html": 1,
    ".mhtml": 2,
    ".rst": 2,
    ".sbv": 1,
    ".csv": 3,
    ".jsonl": 2,
    ".vtt": 3,
    ".srt": 2,
    ".adoc": 2,
    ".eml": 2,
    ".ipynb": 1,
    ".json": 2,
    ".mdx": 2,
    ".odt": 3,
    ".org": 2,
    ".pptx": 3,
    ".tex": 3,
    ".tsv": 1,
    ".txt": 2,
    ".wiki": 3,
    ".xhtml": 1,
    ".xlsx": 4,
    ".zip": 2,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which files were rejected, and what reading took at most."""

    rejected: dict[str, str]  # reasons by name
    read: int  # hostile and mutated files that were read nevertheless
    seconds: float  # for the slowest file
    megabytes: float  # of the largest child process


def good_files() -> dict[str, bytes]:
    """Make a good file of each format."""
    lines = [(70.0, 100.0 + 14 * n, 11.0, "The ferry crosses the lake twice a day.") for n in range(20)]
    body = (
        samples.docx_paragraph("The ferry", "Heading1")
        + samples.docx_paragraph("It crosses the lake.")
        + samples.docx_table(["A", "B"], ["1", "2"])
    )
    boxed = samples.DOCX_ANCHORED.format(samples.DOCX_TEXT_BOX.format(samples.docx_paragraph("Dogs travel free.")))
    return {
        "good.html": samples.HTML.encode(),
        "good.mhtml": samples.MHTML.format("--x", "").encode(),
        "notes.docx": samples.docx_with_notes(
            boxed + samples.DOCX_NOTE_REFERENCE.format("It is old.", "footnote", 1), footnote=["It rains."]
        ),
        "good.pdf": samples.pdf([lines, lines]),
        "plain.pdf": samples.pdf([lines, lines], packed=False),
        "good.docx": samples.docx(body),
        "good.epub": samples.epub({"a.xhtml": "<h1>One</h1><p>The ice broke in March.</p>"}),
        "good.csv": b"Day,Opens\nMonday,nine\nTuesday,ten\n",
        "good.jsonl": b'{"day": "Monday", "opens": "nine"}\n',
        "good.vtt": b"WEBVTT\n\n00:01.000 --> 00:04.000\nThe ferry crosses the lake.\n",
        "good.srt": b"1\n00:00:01,000 --> 00:00:04,000\nThe ferry crosses the lake.\n",
        "good.adoc": b"= Ferry\n\nIt crosses the _lake_ twice.\n\n. one\n. two\n\n|===\n|A |B\n\n|1 |2\n|===\n",
        "good.eml": b"From: a@lake.example\nSubject: Ferry\n\nIt crosses the lake.\n\n> Does it?\n",
        "good.ipynb": b'{"cells": [{"cell_type": "markdown", "source": "# Ferry\\n\\nIt crosses the *lake*."}]}',
        "good.json": json.dumps(chats.DISCORD_JSON).encode(),
        "good.odt": office_files.odt(
            '<text:h text:outline-level="1">Ferry</text:h><text:p>It crosses the lake.</text:p>'
        ),
        "good.mdx": b"import A from './a'\n\n# Ferry\n\n:::{grid} 1 2\n:gutter: 2\n\n:::{card} Day\n"
        b"It crosses {the} <A b={1}>lake</A>.\n+++\nOften.\n:::\n:::\n\n```{list-table}\n* - Day\n  - Fee\n```\n\n"
        b'> [!NOTE]\n> It is old.\n\n{{< tab "a" >}}\n',
        "talk.txt": b"".join(b"0:%02d\nThe ferry crosses the lake.\n" % (3 * n) for n in range(9)),
        "good.sbv": b"0:00:01.000,0:00:04.000\nAnn: The ferry crosses the lake.\n",
        "good.wiki": b"{{Infobox\n| name = Ferry\n| big = {{nowrap|1902}}\n}}\n'''It''' crosses the [[lake|big lake]]."
        b"<ref>Old.</ref>\n\n== Fees ==\n* [[Dog]]s pay.\n{|\n! Day !! Fee\n|-\n| Monday || 5\n|}\n<!-- x -->",
        "pages.zip": samples.zip_archive(
            {"a.xml": "<mediawiki><page><title>A</title><text>It is a [[mill]].</text></page></mediawiki>"}
        ),
        "spoken.txt": b"Ann: It crosses the lake.\nBen: It is an old one.\n" * 4,
        "slack.txt": b"Ann\n 9:12 AM\nIt crosses the lake.\nBen\n 9:13 AM\nIt is an old one.\n" * 3,
        "good.org": b"* Ferry\nIt crosses the /lake/.\n- one\n- two\n| A | B |\n|---+---|\n| 1 | 2 |\n",
        "good.pptx": office_files.pptx(
            office_files.shape(["Ferry"], "title") + office_files.shape(["It crosses the lake.", "It is old."], "body")
        ),
        "good.tex": b"\\section{Ferry}\nIt \\emph{crosses} the lake.\n\\begin{itemize}\\item one\\end{itemize}\n",
        "good.tsv": b"Day\tOpens\nMonday\tnine\nTuesday\tten\n",
        "good.txt": chats.COPIED.encode(),
        "good.xhtml": samples.HTML.encode(),
        "good.xlsx": office_files.xlsx(
            office_files.sheet_rows(["Day", "Fee"], ["=1:45413", "=2:5"], ["=1:45414", "=2:9"]), formats="14 9"
        ),
        "good.zip": samples.zip_archive({"a.md": "# Ferry\n\nIt crosses the lake.", "b.csv": "Day,Fee\nMonday,5\n"}),
        "good.rst": b"The ferry\n=========\n\nIt crosses the lake, *twice* a day.\n\n- one\n- two\n",
    }


def hostile_files(address: str) -> dict[str, bytes]:
    """Make hostile files, whose names begin with bad; `address` is a server that must not be reached."""
    zeros = b"\0" * 90_000_000
    inner = samples.zip_archive({"a": zeros[:9_000_000]})
    fetch = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>'
    relation = (
        f'<Relationships xmlns="{samples.PACKAGE_NS}/relationships"><Relationship Id="r9" Type="{samples.OFFICE_NS}/'
        f'attachedTemplate" Target="{address}" TargetMode="External"/></Relationships>'
    )
    files = {
        "bomb.docx": samples.zip_archive({"word/document.xml": zeros}),
        "large.epub": samples.zip_archive({"a": zeros, "b": zeros}),
        "many.docx": samples.zip_archive({f"{n}.xml": "" for n in range(2_001)}),
        "lies.docx": _with_false_sizes(samples.docx(samples.docx_paragraph("x" * 50_000))),
        "nested.epub": samples.epub({"a.xhtml": "<p>x</p>"}, more={"OPS/a.xhtml": inner}),
        "bare.docx": samples.zip_archive({"a.txt": "no document"}),
        "laughs.docx": samples.docx("", more={"word/document.xml": f"{XML}{BILLION_LAUGHS}<x>&a11;</x>"}),
        "laughs.epub": samples.epub({"a.xhtml": ""}, more={"OPS/a.xhtml": f"{XML}{BILLION_LAUGHS}<body>&a11;</body>"}),
        "fetch.docx": samples.docx("", more={"word/document.xml": f"{XML}{fetch}<x>&e;</x>"}),
        "fetch.epub": samples.epub({"a.xhtml": ""}, more={"META-INF/container.xml": f"{XML}{fetch}<x>&e;</x>"}),
        "relation.docx": samples.docx("", more={"word/_rels/document.xml.rels": relation}),
        "style.docx": samples.docx(
            samples.docx_paragraph("", "A"),
            more={"word/styles.xml": f'<w:styles xmlns:w="{samples.WORD_NS}"><w:style w:type="paragraph" w:styleId="A">'
                  '<w:basedOn w:val="A"/></w:style></w:styles>'},
        ),
        "outside.epub": samples.epub({"../../../../etc/passwd": ""}),
        "fetch.html": f'{fetch}<html><head><base href="{address}"><link rel="stylesheet" href="{address}"></head>'
        f'<body><img src="{address}"><iframe src="{address}"></iframe><script src="{address}"></script>'.encode(),
        "deep.html": b"<div>" * 200_000,
        "parts.mhtml": b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n" + b"--x\n" * 1_000_000,
        "nested.mhtml": b"MIME-Version: 1.0\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(50_000)),
        "headers.mhtml": b"MIME-Version: 1.0\n" + b"A: b\n c\n" * 1_000_000,
        "packed.mhtml": b"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
        + base64.b64encode(b"<div>" * 1_000_000),
        "fetch.mhtml": samples.MHTML.format("--x", "").replace("<title>", f'<img src=3D"{address}"><title>').encode(),
        "boxes.docx": samples.docx(_nested_text_boxes(300)),
        "notes.docx": samples.docx_with_notes("", footnote=[f"{number**30} " * 2 for number in range(9_000)]),
        "attributes.html": b"<p " + b'a="1" ' * 500_000 + b">",
        "deep.jsonl": b'{"a":' * 500_000,
        "quotes.csv": b'"' * 5_000_000,
        "fields.csv": b"," * 5_000_000,
        "angles.vtt": b"WEBVTT\n\n00:01.000 --> 00:04.000\n" + b"<v " * 1_000_000,
        "stars.rst": b"*" * 200_000 + b"\n" + b"a|" * 100_000,
        "deep.rst": b"".join(b"  " * n + b"- a\n\n" for n in range(400)),
        "pages.pdf": samples.pdf([[]]).replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"),
        "cross.pdf": samples.pdf([[]]).replace(b"trailer <<", b"trailer << /Prev 9 "),
        "stream.pdf": samples.pdf([[]], stream=b" " * 75_000_000),
        "letters.pdf": samples.pdf([[]], stream=b"BT /F1 9 Tf 9 99 Td " + b"(aaaaaaaaaaaaaaaaaaaa) Tj " * 2_800_000),
        "fetch.pdf": samples.pdf([[]], f"/Title (x) /A << /S /URI /URI ({address}) >>"),
        "bomb.xlsx": samples.zip_archive({"xl/workbook.xml": zeros}),
        "bomb.zip": samples.zip_archive({"a.txt": zeros}),
        "nested.zip": samples.zip_archive({"a.zip": samples.zip_archive({"b.zip": inner}), "b.txt": ""}),
        "laughs.odt": samples.zip_archive({"content.xml": f"{XML}{BILLION_LAUGHS}<x>&a11;</x>"}),
        "laughs.pptx": samples.zip_archive({"ppt/presentation.xml": f"{XML}{BILLION_LAUGHS}<x>&a11;</x>"}),
        "laughs.xlsx": samples.zip_archive({"xl/workbook.xml": f"{XML}{BILLION_LAUGHS}<x>&a11;</x>"}),
        "fetch.odt": samples.zip_archive({"content.xml": f"{XML}{fetch}<x>&e;</x>"}),
        "fetch.eml": f'From: a\nSubject: b\nContent-Type: text/html\n\n<img src="{address}">'.encode(),
        "repeated.odt": office_files.odt(
            "<table:table>" + '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'table:number-columns-repeated="16384"/></table:table-row>' * 1_000 + "</table:table>"
        ),
        "deep.odt": office_files.odt("<text:section>" * 20_000 + "</text:section>" * 20_000),
        "wide.xlsx": office_files.xlsx(
            "<sheetData>" + '<row><c r="XFD1" t="inlineStr"><is><t>a</t></is></c></row>' * 20_000 + "</sheetData>"
        ),
        "outside.pptx": samples.zip_archive({
            "ppt/presentation.xml": '<p xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<sldId r:id="r1"/></p>',
            "ppt/_rels/presentation.xml.rels": '<a><Relationship Id="r1" Target="../../../../etc/passwd"/></a>',
        }),
        "deep.json": b"[" * 500_000,
        "nested.json": b'{"a":' * 900 + b"1" + b"}" * 900,
        "deep.ipynb": b'{"cells":' * 200_000,
        "braces.tex": b"\\section{" * 100_000,
        "dollars.tex": b"\\[ $ " * 200_000,
        "stars.adoc": b"*a " * 300_000,
        "blocks.adoc": b"====\na\n" * 5_000 + b"".join(b"=" * n + b"\n" for n in range(4, 900)),
        "cards.mdx": b":::{card} a\n+++\n" * 50_000,
        "tables.mdx": b":::{list-table}\n* - a\n  - b\n" * 50_000,
        "times.txt": b"0:00\na\n" * 200_000,
        "braces.wiki": b"'''a''' == b ==\n" * 3 + b"{{a|" * 200_000 + b"}}" * 200_000,
        "tables.wiki": b"{|\n! a\n|-\n| b || c\n" * 20_000 + b"|}\n",
        "refs.wiki": b"== a ==\n[[b|c]] <ref><!--" + b"<ref name=" * 200_000,
        "spoken.txt": b"Ann: It is so.\n" * 100_000 + b"Ben: No, it is not.\n",
        "times.slack.txt": b"Ann\n9:12\nIt is so.\n" * 50_000,
        "bars.txt": b"+--+--+\n| a | b |\n" * 50_000,
        "listed.txt": b"Dogs\n12 beds\n" * 100_000,
        "macros.tex": b"".join(b"\\def\\%c{%s}" % (97 + n, b"\\%c" % (98 + n) * 40) for n in range(20)) + b"\\a\n" * 99,
        "accordion.html": b"<button class=accordion aria-controls=a>is it so?</button><div id=a hidden>" * 20_000,
        "styles.html": b"<style>" + b".a{text-decoration:line-through}" * 9_000 + b"</style>" + b"<p class=a>" * 20_000,
        "mapping.json": b'[{"mapping":' + b'{"a":{"message":' * 200 + b"1" + b"}}" * 200 + b"}]",
        "stars.org": b"*a /b =c " * 100_000,
        "quotes.org": b"#+begin_quote\n" * 5_000,
        "headers.eml": b"Subject: a\nFrom: =?utf-8?b?" + b"(" * 100_000 + b"\n\nx",
        "words.html": b"<div class=message>" * 20_000 + b"<span class=author>a</span><span class=time>9:00</span>",
        "empty.pdf": b"%PDF-1.7\n" + b"\n" * 1_000_000,
    }  # fmt: skip
    return {f"bad-{name}": content for name, content in files.items()}


def _nested_text_boxes(depth: int) -> str:
    """Make a text box in a text box, and so on."""
    inner = ""
    for number in range(depth):
        inner = f"<w:p><w:r><w:t>{number**9}</w:t><w:pict>{samples.DOCX_TEXT_BOX.format(inner)}</w:pict></w:r></w:p>"
    return inner


def _with_false_sizes(content: bytes) -> bytes:
    """Change the directory of an archive so that each member claims to have ten bytes."""
    changed = bytearray(content)
    for entry in re.finditer(b"PK\x01\x02", content):
        changed[entry.start() + 24 : entry.start() + 28] = struct.pack("<I", 10)
    return bytes(changed)


def mutate(name: str, content: bytes, rng: random.Random) -> bytes:
    """Damage a good file in a few places; of an archive mostly one of its members."""
    if name.endswith(ARCHIVE_SUFFIXES) and rng.random() < 0.8:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
        victim = rng.choice(sorted(members))
        return samples.zip_archive({**members, victim: _damage(members[victim], rng)})
    return _damage(content, rng)


def _damage(content: bytes, rng: random.Random) -> bytes:
    """Flip bits, delete, repeat, insert or truncate in up to six places."""
    for _ in range(rng.randint(1, 6)):
        start, length = rng.randrange(len(content) + 1), rng.randint(1, 40)
        piece = content[start : start + length]
        match rng.randrange(5):
            case 0:
                piece = bytes(byte ^ 1 << rng.randrange(8) for byte in piece)
            case 1:
                piece = b""
            case 2:
                piece *= rng.choice((2, 3, 500))
            case 3:
                piece = rng.choice(TOKENS)
            case _:
                if rng.random() < 0.3:
                    return content[:start]
        content = content[:start] + piece + content[start + length :]
    return content


def fill(folder: Path, count: int, address: str, seed: int) -> None:
    """Write good files, hostile ones and `count` mutations of the good ones."""
    rng = random.Random(seed)
    good = good_files()
    files = good | hostile_files(address)
    names = sorted(good)
    for number, name in enumerate(rng.choices(names, [WEIGHTS[Path(name).suffix] for name in names], k=count)):
        files[f"mutated-{number}-{name}"] = mutate(name, good[name], rng)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def prove(folder: Path, count: int, *, seconds: int = limits.TIME_S, seed: int = 0) -> Outcome:
    """Fill an empty folder and read it. Raises AssertionError if a promise is broken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        fill(folder, count, f"http://127.0.0.1:{server.getsockname()[1]}/x", seed)
        durations: list[float] = []
        extract = parent.extract

        def timed(content: bytes, suffix: str, language: str | None = None) -> object:
            started = time.monotonic()
            try:
                return extract(content, suffix, language)
            finally:
                durations.append(time.monotonic() - started)

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("reading opened a socket")

        entries, rejected = list_files(folder)
        assert rejected == []
        with (
            mock.patch.object(parent, "extract", timed),
            mock.patch.object(parent, "TIME_S", seconds),
            mock.patch.object(socket, "socket", refuse),
        ):
            reads = {file.id: read for file, read in zip(entries, read_files(entries, MAX_BYTES), strict=True)}
        server.setblocking(False)
        try:
            server.accept()
            raise AssertionError("a reader connected to the server")
        except BlockingIOError:
            pass
    names_read = {name for name, read in reads.items() if isinstance(read, ReadDocument)}
    assert set(good_files()) <= names_read, "a good file was not read"
    assert max(durations) < seconds * TIME_TOLERANCE, f"a reader took {max(durations):.0f} s"
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    assert megabytes <= limits.MEMORY_BYTES / 2**20, f"a reader took {megabytes:.0f} MB"
    reasons = {name: read.reason for name, read in reads.items() if not isinstance(read, ReadDocument)}
    assert all(reasons.values())
    return Outcome(reasons, len(names_read) - len(good_files()), max(durations), megabytes)


def main() -> int:
    """Print the outcome."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        outcome = prove(Path(folder), count)
    print(f"{count} mutated and {len(hostile_files(''))} hostile files in {time.monotonic() - started:.0f} s:")
    print(f"0 crashes, 0 connections, all good files read; {outcome.read} of the others read, the rest rejected")
    print(f"the longest took {outcome.seconds:.1f} s, the largest {outcome.megabytes:.0f} MB")
    counts = Counter(re.sub(r"\d+", "#", reason) for reason in outcome.rejected.values())
    for reason, occurrences in counts.most_common():
        print(f"{occurrences:6} {reason}")
    for name, reason in sorted(outcome.rejected.items()):
        if name.startswith("bad-"):
            print(f"{name}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
