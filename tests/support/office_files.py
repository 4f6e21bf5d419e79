"""Files of OpenDocument, PowerPoint and Excel, made with nothing but the standard library."""

from collections.abc import Sequence

from tests.support.samples import OFFICE_NS, PACKAGE_NS, zip_archive

ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODF_NAMESPACES = "".join(
    f' xmlns:{name}="{ODF}:{path}:1.0"'
    for name, path in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing", "meta": "meta",
        "fo": "xsl-fo-compatible",
    }.items()
)  # fmt: skip
DRAWING_NS = "http://schemas.openxmlformats.org/drawingml/2006/main"
PRESENTATION_NS = "http://schemas.openxmlformats.org/presentationml/2006/main"
SHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HIDDEN = ' state="hidden"'
CREATED = "2024-05-01T09:00:00Z"
CORE = (
    f'<cp:coreProperties xmlns:cp="{PACKAGE_NS}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Ferry</dc:title><dc:creator>Ann Lee</dc:creator>'
    f"<dcterms:created>{CREATED}</dcterms:created></cp:coreProperties>"
)


def odt(body: str, *, styles: str = "") -> bytes:
    """Make an .odt from the body of its text and its automatic styles."""
    return zip_archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<?xml version="1.0"?><office:document-content{ODF_NAMESPACES}><office:automatic-styles>'
            f"{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
            "meta.xml": f'<?xml version="1.0"?><office:document-meta{ODF_NAMESPACES} '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>Ferry</dc:title>'
            "<meta:initial-creator>Ann Lee</meta:initial-creator><meta:creation-date>2024-05-01T09:00:00"
            "</meta:creation-date></office:meta></office:document-meta>",
        },
        first="mimetype",
    )


def pptx(*slides: str, notes: str = "", created: str = CREATED) -> bytes:
    """Make a .pptx from the shapes of its slides, with notes of the first one; "hidden" before a slide hides it."""
    relation = '<Relationship Id="r{0}" Type="{1}/{2}" Target="{3}"/>'
    members = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{PRESENTATION_NS}" xmlns:r="{OFFICE_NS}"><p:sldIdLst>'
        + "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(len(slides)))
        + "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{PACKAGE_NS}/relationships">'
        + "".join(relation.format(n, OFFICE_NS, "slide", f"slides/slide{n}.xml") for n in range(len(slides)))
        + "</Relationships>",
        "docProps/core.xml": CORE.replace(CREATED, created),
    }
    for number, slide in enumerate(slides):
        shown = ' show="0"' if slide.startswith("hidden") else ""
        members[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{PRESENTATION_NS}" xmlns:a="{DRAWING_NS}"{shown}><p:cSld><p:spTree>'
            f"{slide.removeprefix('hidden')}</p:spTree></p:cSld></p:sld>"
        )
    if notes:
        members["ppt/slides/_rels/slide0.xml.rels"] = (
            f'<Relationships xmlns="{PACKAGE_NS}/relationships">'
            + relation.format(1, OFFICE_NS, "notesSlide", "../notesSlides/notes1.xml")
            + "</Relationships>"
        )
        members["ppt/notesSlides/notes1.xml"] = (
            f'<p:notes xmlns:p="{PRESENTATION_NS}" xmlns:a="{DRAWING_NS}"><p:cSld><p:spTree>'
            f"{shape([notes], 'body')}{shape(['3'], 'sldNum')}</p:spTree></p:cSld></p:notes>"
        )
    return zip_archive(members)


def shape(paragraphs: Sequence[str], placeholder: str | None = None) -> str:
    """Make a shape of paragraphs of text, or of paragraphs in DrawingML; `placeholder` "" is one without a type."""
    kind = f' type="{placeholder}"' if placeholder else ""
    mark = "" if placeholder is None else f"<p:nvPr><p:ph{kind}/></p:nvPr>"
    made = (text if text.startswith("<a:p>") else f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sp><p:nvSpPr>{mark}</p:nvSpPr><p:txBody>{''.join(made)}</p:txBody></p:sp>"


def xlsx(
    *sheets: str,
    strings: Sequence[str] = (),
    formats: str = "",
    names: Sequence[str] = ("Fees", "Rooms"),
    created: str = CREATED,
    author: str = "Ann Lee",
) -> bytes:
    """Make an .xlsx from the content of its sheets, shared strings, and the formats of all styles.

    `formats` are the numbers of formats, divided by spaces; a code in brackets is a format of its own. A sheet that
    begins with "hidden" is hidden.
    """
    codes = [code for code in formats.split() if code.startswith("[")]
    numbers = [164 + codes.index(code) if code.startswith("[") else int(code) for code in formats.split()]
    own = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code[1:-1]}"/>' for n, code in enumerate(codes))
    cells = "".join(f'<xf numFmtId="{number}" fontId="0"/>' for number in (0, *numbers))
    members = {
        "xl/workbook.xml": f'<workbook xmlns="{SHEET_NS}" xmlns:r="{OFFICE_NS}"><sheets>'
        + "".join(
            f'<sheet name="{names[n]}" sheetId="{n + 1}" r:id="r{n}"{HIDDEN * sheet.startswith("hidden")}/>'
            for n, sheet in enumerate(sheets)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE_NS}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE_NS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(len(sheets))
        )
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{SHEET_NS}"><numFmts>{own}</numFmts><fonts><font/><font><b/></font>'
        "</fonts>"
        f'<cellXfs>{cells}<xf numFmtId="0" fontId="1"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET_NS}">'
        + "".join(f"<si><t>{text}</t></si>" for text in strings)
        + "</sst>",
        "docProps/core.xml": CORE.replace(CREATED, created).replace("Ann Lee", author),
    }
    for number, sheet in enumerate(sheets):
        content = sheet.removeprefix("hidden")
        members[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{SHEET_NS}">{content}</worksheet>'
    return zip_archive(members)


def sheet_rows(*rows: Sequence[str], start: int = 1) -> str:
    """Make the data of a sheet from rows of texts, from a number on.

    "=1:45000" is the number 45000 in style 1.
    """
    made = []
    for number, row in enumerate(rows, start):
        cells = []
        for letter, text in zip("ABCDEFGH", row, strict=False):
            if text.startswith("="):
                style, _, value = text[1:].partition(":")
                cells.append(f'<c r="{letter}{number}" s="{style}"><v>{value}</v></c>')
            elif text:
                cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>')
        made.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f"<sheetData>{''.join(made)}</sheetData>"
