"""Files of every format, made with nothing but the standard library."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from tests.support.pdf_file import assemble_pdf

WORD_NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_NS = "http://schemas.openxmlformats.org/package/2006"
COMPATIBILITY_NS = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

HTML = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Opening hours | Town library</title>
<meta property="og:site_name" content="Town library"><meta name="author" content="Ann Lee">
<meta property="article:published_time" content="2024-05-01T09:00:00Z">
<link rel="canonical" href="https://library.example/hours"></head><body>
<nav><a href="/">Home</a> <a href="/contact">Contact us</a></nav>
<main><article><h1>Opening hours</h1>
<p>The library opens at nine on weekdays.<sup><a href="#n1">[1]</a></sup> It closes at five.</p>
<p hidden>Nobody sees that the library never opens.</p>
<h2>Winter</h2><p>In winter the library closes at four, because the heating is expensive.</p>
<table><tr><th>Day</th><th>Opens</th></tr><tr><td>Monday</td><td>9:00</td></tr><tr><td>Tuesday</td><td>10:00</td></tr>
</table><pre>hours = 8</pre>
<figure><img src="x.png"><figcaption>The library in the snow.</figcaption></figure></article></main>
<footer>All rights reserved by the town.</footer></body></html>"""
MHTML = """From: <Saved by Blink>
Snapshot-Content-Location: https://lake.example/ferry
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="{0}"

--{0}
Content-Type: text/css

p {{ color: red }}
--{0}
Content-Type: text/html{1}
Content-Transfer-Encoding: quoted-printable

<title>The ferry</title><h1>The ferry</h1><p>It costs five =E2=82=AC for =
adults.</p>
--{0}
Content-Type: text/html

<p>Another frame says something else.</p>
--{0}--
"""
DOCX_NOTE_REFERENCE = '<w:p><w:r><w:t>{}</w:t></w:r><w:r><w:{}Reference w:id="{}"/></w:r></w:p>'
DOCX_TEXT_BOX = "<w:txbxContent>{}</w:txbxContent>"
DOCX_ANCHORED = (
    f'<w:p><w:r><w:t>It crosses the lake.</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="{COMPATIBILITY_NS}">'
    "<mc:Choice><w:drawing>{0}</w:drawing></mc:Choice><mc:Fallback><w:pict>{0}</w:pict></mc:Fallback>"
    "</mc:AlternateContent></w:r></w:p>"
)


def zip_archive(members: Mapping[str, str | bytes], *, first: str | None = None) -> bytes:
    """Make a zip archive; the member `first` comes first and is not compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members, key=lambda name: name != first):
            archive.writestr(name, members[name], zipfile.ZIP_STORED if name == first else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def docx(body: str, *, properties: str = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """Make a .docx from a body of WordprocessingML, with core properties and further members."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>' for n in (1, 2)
    )
    return zip_archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE_NS}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{DOCX_TYPE}"/>'
            '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument'
            '.wordprocessingml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType='
            '"application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE_NS}/relationships"><Relationship Id="r1" Type="{OFFICE_NS}'
            f'/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="{PACKAGE_NS}/relationships'
            '/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE_NS}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE_NS}/styles" Target="styles.xml"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD_NS}">{styles}</w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{WORD_NS}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{PACKAGE_NS}/metadata/core-properties" xmlns:dc='
            '"http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi='
            f'"http://www.w3.org/2001/XMLSchema-instance">{properties}</cp:coreProperties>',
            **(more or {}),
        }
    )


def docx_with_lists(body: str) -> bytes:
    """Make a .docx with lists and styles that refer to them.

    1 and 2 share a definition that counts from 5 and from 1 inside; 3 begins anew, with bullets inside; 4 has no marks.
    """
    level = '<w:lvl w:ilvl="{}"><w:start w:val="{}"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
    steps = level.format(0, 5, "decimal", "%1.") + level.format(1, 1, "lowerLetter", "%2)")
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    anew += f'<w:lvlOverride w:ilvl="1">{level.format(1, 1, "bullet", "•")}</w:lvlOverride>'
    numbers = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{definition}"/>{overrides}</w:num>'
        for number, definition, overrides in ((1, 0, ""), (2, 0, ""), (3, 0, anew), (4, 1, ""))
    )
    style = '<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/>{}</w:style>'
    styles = "".join(
        style.format(name.title().replace(" ", ""), name, "")
        for name in ("heading 1", "List Number", "List Bullet 2", "Source Code")
    )
    styles += style.format("Step", "Step", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    relation = '<Relationship Id="n{0}" Type="{1}/{0}" Target="{0}.xml"/>'
    relations = "".join(relation.format(name, OFFICE_NS) for name in ("styles", "numbering"))
    relationships = f'<Relationships xmlns="{PACKAGE_NS}/relationships">{relations}</Relationships>'
    return docx(
        body,
        more={
            "word/styles.xml": f'<w:styles xmlns:w="{WORD_NS}">{styles}</w:styles>',
            "word/numbering.xml": f'<w:numbering xmlns:w="{WORD_NS}"><w:abstractNum w:abstractNumId="0">{steps}'
            f'</w:abstractNum><w:abstractNum w:abstractNumId="1">{level.format(0, 1, "none", "")}</w:abstractNum>'
            f"{numbers}</w:numbering>",
            "word/_rels/document.xml.rels": relationships,
        },
    )


def docx_paragraph(text: str, style: str = "") -> str:
    """Make a paragraph of WordprocessingML."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def docx_table(*rows: Sequence[str]) -> str:
    """Make a table of WordprocessingML."""
    cells = ("".join(f"<w:tc>{docx_paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx_with_notes(body: str, **notes: Sequence[str]) -> bytes:
    """Make a .docx with notes, which count from 1, by their kind."""
    targets = ["styles", *(f"{kind}s" for kind in notes)]
    relations = "".join(
        f'<Relationship Id="n{name}" Type="{OFFICE_NS}/{name}" Target="{name}.xml"/>' for name in targets
    )
    more = {
        f"word/{kind}s.xml": f'<w:{kind}s xmlns:w="{WORD_NS}"><w:{kind} w:type="separator" w:id="0">'
        f"{docx_paragraph('A line that separates the notes.')}</w:{kind}>"
        + "".join(f'<w:{kind} w:id="{n}">{docx_paragraph(text)}</w:{kind}>' for n, text in enumerate(texts, 1))
        + f"</w:{kind}s>"
        for kind, texts in notes.items()
    }
    relationships = f'<Relationships xmlns="{PACKAGE_NS}/relationships">{relations}</Relationships>'
    return docx(body, more={**more, "word/_rels/document.xml.rels": relationships})


def epub(chapters: Mapping[str, str], *, metadata: str = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """Make an .epub from the bodies of its chapters in XHTML, by file name, in reading order."""
    items = "".join(
        f'<item id="c{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    xhtml = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>{}</html>'
    return zip_archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc='
            f'"http://purl.org/dc/elements/1.1/">{metadata}</metadata><manifest>{items}</manifest>'
            f"<spine>{spine}</spine></package>",
            **{f"OPS/{name}": xhtml.format(f"<body>{body}</body>") for name, body in chapters.items()},
            **(more or {}),
        },
        first="mimetype",
    )


PlacedText = tuple[float, float, float, str]  # x and y in points from the top left corner, size, text


def pdf(
    pages: Sequence[Sequence[PlacedText]], info: str = "", *, stream: bytes | None = None, packed: bool = True
) -> bytes:
    """Make a PDF of texts on A4 pages; a text that begins with * is bold, one that begins with ` monospaced.

    A `stream` replaces the texts of every page; `packed` compresses them.
    """
    first_page = 6  # number of its object
    kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for texts in pages:
        drawn = stream if stream is not None else b"".join(_drawn(*text) for text in texts)
        content = zlib.compress(drawn) if packed else drawn
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> >> >>".encode()
        )
        encoding = " /Filter /FlateDecode" if packed else ""
        objects.append(f"<< /Length {len(content)}{encoding} >> stream\n".encode() + content + b"\nendstream")
    objects.append(f"<< {info} >>".encode("latin-1"))
    return assemble_pdf(objects, f"/Root 1 0 R /Info {len(objects)} 0 R")


def _drawn(x: float, y: float, size: float, text: str) -> bytes:
    """Write the operators that draw a text."""
    font = {"*": "F2", "`": "F3"}.get(text[:1], "F1")
    escaped = (text if font == "F1" else text[1:]).replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {842 - y} Td ({escaped}) Tj ET\n".encode("cp1252")
