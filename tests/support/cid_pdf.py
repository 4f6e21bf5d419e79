"""A PDF in a font of its own that has the letters of a text, to be written from left to right or from top to bottom."""

from collections.abc import Sequence
from io import BytesIO

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from tests.support.pdf_file import assemble_pdf

PlacedText = tuple[float, float, float, str]  # x and y in points from the top left corner, size, text


def cid_pdf(
    columns: Sequence[PlacedText], lines: Sequence[PlacedText] = (), turned: Sequence[PlacedText] = ()
) -> bytes:
    """Make a page of columns, of lines, and of lines turned clockwise.

    A column hangs from its middle, a line stands on its left end.
    """
    texts = [text for *_, text in (*columns, *lines, *turned)]
    codes = {letter: number for number, letter in enumerate(sorted(set("".join(texts))), 1)}
    drawn = [
        f"BT /{font} {size} Tf {matrix} {x} {842 - y} Tm <{''.join(f'{codes[letter]:04x}' for letter in text)}> Tj ET\n"
        for font, matrix, placed in (("F1", "1 0 0 1", columns), ("F2", "1 0 0 1", lines), ("F2", "0 -1 1 0", turned))
        for x, y, size, text in placed
    ]
    kind = "/Type /Font /Subtype /Type0 /BaseFont /Box /ToUnicode 9 0 R /DescendantFonts [6 0 R] /Encoding"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 10 0 R >> >> >>",
        _stream("".join(drawn).encode()),
        f"<< {kind} /Identity-V >>".encode(),
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Box /CIDToGIDMap /Identity /DW 1000 /FontDescriptor 7 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        b"<< /Type /FontDescriptor /FontName /Box /Flags 4 /FontBBox [0 -120 1000 880] /ItalicAngle 0 /Ascent 880 "
        b"/Descent -120 /CapHeight 700 /StemV 80 /FontFile2 8 0 R >>",
        _stream(_font(list(codes))),
        _stream(_meanings(codes)),
        f"<< {kind} /Identity-H >>".encode(),
    ]
    return assemble_pdf(objects, "/Root 1 0 R")


def _stream(content: bytes) -> bytes:
    return f"<< /Length {len(content)} >> stream\n".encode() + content + b"\nendstream"


def _meanings(codes: dict[str, int]) -> bytes:
    """Write the map from the codes of letters to Unicode."""
    pairs = "\n".join(f"<{code:04x}> <{letter.encode('utf-16-be').hex()}>" for letter, code in codes.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Box def /CMapType 2 def "
        f"1 begincodespacerange <0000> <ffff> endcodespacerange {len(codes)} beginbfchar\n{pairs}\nendbfchar "
        "endcmap end end"
    ).encode()


def _font(letters: Sequence[str]) -> bytes:
    """Make a font in which each letter is a box."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, -50))
    for corner in ((100, 800), (900, 800), (900, -50)):
        pen.lineTo(corner)
    pen.closePath()
    box = pen.glyph()
    names = [".notdef", *(f"letter{number}" for number in range(1, len(letters) + 1))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): name for letter, name in zip(letters, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, box))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Box", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    buffer = BytesIO()
    builder.save(buffer)
    return buffer.getvalue()
