"""Put the objects of a PDF together, with their cross-reference table."""

from collections.abc import Sequence


def assemble_pdf(objects: Sequence[bytes], references: str) -> bytes:
    """Join objects, numbered from 1, with table and trailer; `references` name the root there, and perhaps more."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(out)
    entries = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{entries}".encode()
    return bytes(out + f"trailer << /Size {len(objects) + 1} {references} >>\nstartxref\n{start}\n%%EOF".encode())
