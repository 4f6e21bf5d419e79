"""Write one document in many formats: headings, paragraphs, lists, code and tables become the markup of each.

In a text, **bold** and ~~struck out~~ are marked as in Markdown; formats without such marks leave them out.
"""

import html
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.support.samples import WORD_NS, PlacedText, docx, docx_paragraph, docx_table, epub, pdf

INLINE = re.compile(r"(\*\*.+?\*\*|~~.+?~~)")
HEADING = re.compile(r"(#+) (.*)")
PDF_LINE_LENGTH, PDF_LINE_HEIGHT, PDF_MARGIN, PDF_INDENT = 80, 16.0, 60.0, 18.0  # characters; points
DOCX_STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{name.title().replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
    for name in ("heading 1", "heading 2", "heading 3", "List Paragraph", "HTML Preformatted")
)
BULLET_NUMBERING, FIRST_STEPS_NUMBERING = 1, 2


@dataclass(frozen=True)
class Bullets:
    """A list of items."""

    items: tuple["Item", ...]


@dataclass(frozen=True)
class Steps:
    """A numbered list of items."""

    items: tuple["Item", ...]


@dataclass(frozen=True)
class Code:
    """A block of code."""

    language: str
    text: str


@dataclass(frozen=True)
class Table:
    """A table of data, whose first row names the columns."""

    rows: tuple[tuple[str, ...], ...]


Node = str | Bullets | Steps | Code | Table  # a text that begins with "# ", "## ", … is a heading
Item = str | tuple[str | Bullets | Steps | Code, ...]  # its text, and what is below it


def bullets(*items: Item) -> Bullets:
    """Make a list of items."""
    return Bullets(items)


def steps(*items: Item) -> Steps:
    """Make a numbered list of items."""
    return Steps(items)


def table(*rows: str) -> Table:
    """Make a table of rows whose cells are separated by " | "."""
    return Table(tuple(tuple(row.split(" | ")) for row in rows))


def _parts(item: Item) -> tuple[str, tuple[Node, ...]]:
    """Split an item into its text and what is below it."""
    if isinstance(item, str):
        return item, ()
    assert isinstance(item[0], str)
    return item[0], item[1:]


def _plain(text: str) -> str:
    """Leave out the marks of bold text. Text that is struck out cannot be written without marks."""
    assert "~~" not in text
    return text.replace("**", "")


def to_markdown(nodes: Sequence[Node]) -> bytes:
    """Write a document as Markdown."""
    return ("\n\n".join(map(_markdown, nodes)) + "\n").encode()


def _markdown(node: Node) -> str:
    match node:
        case Bullets(items) | Steps(items):
            marks = ["- " if isinstance(node, Bullets) else f"{n}. " for n in range(1, len(items) + 1)]
            return "\n".join(_markdown_item(mark, item) for mark, item in zip(marks, items, strict=True))
        case Code(language, text):
            return f"```{language}\n{text}\n```"
        case Table(rows):
            lines = [f"| {' | '.join(row)} |" for row in rows]
            return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
        case _:
            return node


def _markdown_item(mark: str, item: Item) -> str:
    text, below = _parts(item)
    nested = "".join(("\n" if isinstance(node, Bullets | Steps) else "\n\n") + _markdown(node) for node in below)
    return mark + textwrap.indent(text + nested, " " * len(mark)).strip()


def to_text(nodes: Sequence[Node]) -> bytes:
    """Write a document as plain text: headings are underlined, code is indented."""
    return ("\n\n".join(_text(node, underline="=-~") for node in nodes) + "\n").encode()


def _text(node: Node, underline: str) -> str:
    match node:
        case Bullets(items) | Steps(items):
            marks = ["- " if isinstance(node, Bullets) else f"{n}. " for n in range(1, len(items) + 1)]
            return "\n".join(_text_item(mark, item, underline) for mark, item in zip(marks, items, strict=True))
        case Code(_, text):
            return textwrap.indent(text, "    ")
        case Table(rows):
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            return "\n".join(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
            )
        case _:
            if match := HEADING.match(node):
                return f"{match[2]}\n{underline[len(match[1]) - 1] * len(match[2])}"
            return textwrap.fill(_plain(node), 72)


def _text_item(mark: str, item: Item, underline: str) -> str:
    text, below = _parts(item)
    nested = "".join("\n" + _text(node, underline) for node in below)
    return mark + textwrap.indent(_plain(text) + nested, " " * len(mark)).strip()


def to_rst(nodes: Sequence[Node]) -> bytes:
    """Write a document as reStructuredText."""
    return ("\n\n".join(map(_rst, nodes)) + "\n").encode()


def _rst(node: Node) -> str:
    match node:
        case Bullets(items) | Steps(items):
            marks = ["* " if isinstance(node, Bullets) else f"{n}. " for n in range(1, len(items) + 1)]
            return "\n".join(_rst_item(mark, item) for mark, item in zip(marks, items, strict=True))
        case Code(language, text):
            return f".. code-block:: {language}\n\n{textwrap.indent(text, '   ')}"
        case Table(rows):
            lines = "\n".join(f"   * - {row[0]}\n" + "\n".join(f"     - {cell}" for cell in row[1:]) for row in rows)
            return f".. list-table::\n   :header-rows: 1\n\n{lines}"
        case _:
            return _text(node, "=-~") if HEADING.match(node) else node.replace("~~", "")


def _rst_item(mark: str, item: Item) -> str:
    text, below = _parts(item)
    nested = "".join(f"\n\n{_rst(node)}" for node in below)
    return mark + textwrap.indent(text + nested, " " * len(mark)).strip() + ("\n" if nested else "")


def to_html(nodes: Sequence[Node]) -> bytes:
    """Write a document as a web page."""
    title = next((match[2] for node in nodes if isinstance(node, str) and (match := HEADING.match(node))), "")
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    return (
        f'<!DOCTYPE html><html lang="en"><head>{head}</head><body><main>{to_body(nodes)}</main></body></html>'.encode()
    )


def to_epub(nodes: Sequence[Node]) -> bytes:
    """Write a document as an e-book of one chapter."""
    return epub({"chapter.xhtml": to_body(nodes)})


def to_body(nodes: Sequence[Node]) -> str:
    """Write a document as the body of a web page."""
    return "\n".join(map(_html, nodes))


def _html(node: Node) -> str:
    match node:
        case Bullets(items) | Steps(items):
            tag = "ul" if isinstance(node, Bullets) else "ol"
            return f"<{tag}>\n{''.join(map(_html_item, items))}</{tag}>"
        case Code(language, text):
            return f'<pre><code class="language-{language}">{html.escape(text)}\n</code></pre>'
        case Table(rows):
            cells = [
                "".join(f"<{tag}>{_html_inline(cell)}</{tag}>" for cell in row)
                for tag, row in zip(["th", *["td"] * len(rows)], rows, strict=False)
            ]
            return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"
        case _:
            match = HEADING.match(node)
            tag = f"h{len(match[1])}" if match else "p"
            return f"<{tag}>{_html_inline(match[2] if match else node)}</{tag}>"


def _html_item(item: Item) -> str:
    text, below = _parts(item)
    return f"<li>{_html_inline(text)}{''.join(map(_html, below))}</li>\n"


def _html_inline(text: str) -> str:
    pieces = []
    for piece in INLINE.split(text):
        tag = {"**": "strong", "~~": "s"}.get(piece[:2], "")
        inner = html.escape(piece[2:-2] if tag else piece, quote=False)
        pieces.append(f"<{tag}>{inner}</{tag}>" if tag else inner)
    return "".join(pieces)


def to_docx(nodes: Sequence[Node]) -> bytes:
    """Write a document as a Word file, whose lists have the numbering that Word gives them."""
    numberings = iter(range(FIRST_STEPS_NUMBERING, 100))
    body = "".join(_docx(node, 0, numberings) for node in nodes)
    return docx(body, more=docx_numbering(next(numberings) - FIRST_STEPS_NUMBERING))


def docx_numbering(step_lists: int) -> dict[str, str]:
    """Make the members of a Word file that number its lists: one for bullets, and one for each list of steps."""
    levels = {
        kind: "".join(f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/></w:lvl>' for n in range(3))
        for kind in ("bullet", "decimal")
    }
    instances = f'<w:num w:numId="{BULLET_NUMBERING}"><w:abstractNumId w:val="0"/></w:num>' + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
        "</w:lvlOverride></w:num>"
        for number in range(FIRST_STEPS_NUMBERING, FIRST_STEPS_NUMBERING + step_lists)
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = "".join(
        f'<Relationship Id="p{name}" Type="{office}/{name}" Target="{name}.xml"/>' for name in ("styles", "numbering")
    )
    types = "".join(
        f'<Override PartName="/word/{member}.xml" ContentType='
        f'"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
        for member, kind in (("document", "document.main"), ("styles", "styles"), ("numbering", "numbering"))
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{types}<Override PartName="/docProps/core.xml" ContentType='
        '"application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">{parts}</Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{WORD_NS}">{DOCX_STYLES}</w:styles>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{WORD_NS}"><w:abstractNum w:abstractNumId="0">{levels["bullet"]}'
        f'</w:abstractNum><w:abstractNum w:abstractNumId="1">{levels["decimal"]}</w:abstractNum>{instances}'
        "</w:numbering>",
    }


def _docx(node: Node, level: int, numberings: Iterator[int]) -> str:
    match node:
        case Bullets(items) | Steps(items):
            number = BULLET_NUMBERING if isinstance(node, Bullets) else next(numberings)
            return "".join(_docx_item(item, level, number, numberings) for item in items)
        case Code(_, text):
            lines = text.split("\n")
            return "".join(docx_paragraph(html.escape(line), "HtmlPreformatted") for line in lines)
        case Table(rows):
            return docx_table(*([html.escape(cell) for cell in row] for row in rows))
        case _:
            match = HEADING.match(node)
            properties = f'<w:pStyle w:val="Heading{len(match[1])}"/>' if match else ""
            if level:
                properties = f'<w:ind w:left="{720 * level}"/>'
            return f"<w:p><w:pPr>{properties}</w:pPr>{_docx_runs(match[2] if match else node)}</w:p>"


def _docx_item(item: Item, level: int, number: int, numberings: Iterator[int]) -> str:
    text, below = _parts(item)
    numbering = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    paragraph = f'<w:p><w:pPr><w:pStyle w:val="ListParagraph"/>{numbering}</w:pPr>{_docx_runs(text)}</w:p>'
    return paragraph + "".join(_docx(node, level + 1, numberings) for node in below)


def _docx_runs(text: str) -> str:
    runs = []
    for piece in INLINE.split(text):
        tag = {"**": "b", "~~": "strike"}.get(piece[:2], "")
        properties = f"<w:rPr><w:{tag}/></w:rPr>" if tag else ""
        inner = html.escape(piece[2:-2] if tag else piece)
        runs.append(f'<w:r>{properties}<w:t xml:space="preserve">{inner}</w:t></w:r>')
    return "".join(runs)


def to_pdf(nodes: Sequence[Node]) -> bytes:
    """Write a document as a page of a PDF."""
    texts: list[PlacedText] = []
    y = PDF_MARGIN
    for node in nodes:
        for indent, line in _pdf_lines(node, 0):
            is_heading = line.startswith("*")
            texts.append((PDF_MARGIN + PDF_INDENT * indent, y, 15.0 if is_heading else 11.0, line))
            y += PDF_LINE_HEIGHT
        y += PDF_LINE_HEIGHT * 0.6
    return pdf([texts])


def _pdf_lines(node: Node, indent: int) -> Iterator[tuple[int, str]]:
    match node:
        case Bullets(items) | Steps(items):
            for number, item in enumerate(items, 1):
                text, below = _parts(item)
                mark = "•" if isinstance(node, Bullets) else f"{number}."
                yield from ((indent + 1, line) for line in textwrap.wrap(f"{mark} {_plain(text)}", PDF_LINE_LENGTH))
                for nested in below:
                    yield from _pdf_lines(nested, indent + 1)
        case str():
            if match := HEADING.match(node):
                yield indent, f"*{match[2]}"
            else:
                yield from ((indent, line) for line in textwrap.wrap(_plain(node), PDF_LINE_LENGTH))
        case _:
            raise NotImplementedError(f"{type(node).__name__} in a PDF")


RENDERERS: dict[str, Callable[[Sequence[Node]], bytes]] = {
    "md": to_markdown,
    "txt": to_text,
    "rst": to_rst,
    "html": to_html,
    "epub": to_epub,
    "docx": to_docx,
    "pdf": to_pdf,
}
