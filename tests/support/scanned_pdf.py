"""A PDF whose pages are pictures of text, as a scanner makes them."""

import zlib
from collections.abc import Sequence

import pypdfium2

from tests.support.pdf_file import assemble_pdf

DOTS_PER_POINT = 200 / 72
OBJECTS_PER_PAGE = 3


def scanned_pdf(printed: bytes, turns: Sequence[int] = (), stamp: str = "") -> bytes:
    """Draw each page of a PDF, turned by so many quarters, into a PDF of pictures; `stamp` is a text on each."""
    objects = [b""]
    for number, page in enumerate(pypdfium2.PdfDocument(printed)):
        quarters = turns[number % len(turns)] if turns else 0
        bitmap = page.render(scale=DOTS_PER_POINT, grayscale=True, rotation=90 * quarters)
        rows = bytes(bitmap.buffer)
        lines = [rows[start : start + bitmap.width] for start in range(0, len(rows), bitmap.stride)]
        packed = zlib.compress(b"".join(lines[: bitmap.height]))
        width, height = bitmap.width / DOTS_PER_POINT, bitmap.height / DOTS_PER_POINT
        drawn = f"q {width} 0 0 {height} 0 0 cm /Scan Do Q BT /F1 8 Tf 72 20 Td ({stamp}) Tj ET".encode()
        first = 2 + OBJECTS_PER_PAGE * number
        objects += [
            f"<< /Type /Page /Parent 1 0 R /MediaBox [0 0 {width} {height}] /Contents {first + 1} 0 R /Resources << "
            f"/XObject << /Scan {first + 2} 0 R >> /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> "
            ">> >> >>".encode(),
            f"<< /Length {len(drawn)} >> stream\n".encode() + drawn + b"\nendstream",
            f"<< /Type /XObject /Subtype /Image /Width {bitmap.width} /Height {bitmap.height} /ColorSpace /DeviceGray "
            f"/BitsPerComponent 8 /Filter /FlateDecode /Length {len(packed)} >> stream\n".encode()
            + packed
            + b"\nendstream",
        ]
    kids = [f"{number} 0 R" for number in range(2, len(objects) + 1, OBJECTS_PER_PAGE)]
    objects[0] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    objects.append(b"<< /Type /Catalog /Pages 1 0 R >>")
    return assemble_pdf(objects, f"/Root {len(objects)} 0 R")
