"""Decode files of formats that can declare their encoding; without one it is UTF-8 or beyond doubt."""

import codecs
import re

import webencodings

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.reading.older_encodings import decode_older

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(
    rb"<\?xml[^>]{0,100}encoding=[\"']([\w.:-]{1,40})|<meta[^>]{0,200}charset=[\"']?\s*([\w.:-]{1,40})"
)
CODECS = {  # Python's names of the encodings that browsers use, mostly larger ones than declared
    **webencodings.PYTHON_NAMES, "gbk": "gb18030", "latin-1": "cp1252", "windows-1252": "cp1252",
    "utf-16le": "utf-8", "utf-16be": "utf-8",  # in real UTF-16 the declaration could not be read
}  # fmt: skip
MAX_DECLARATION_OFFSET = 4_096  # bytes
PRELOADED = (  # besides those of browsers; a confined process cannot load further ones
    "ascii", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-1", "iso8859-9", "cp437",
    "cp850", "big5", "euc-kr", "gb2312", "shift-jis",
)  # fmt: skip


def decode(content: bytes, declared: str | None = None) -> str:
    """Decode by byte order mark, else as declared, else as UTF-8 or what is certain, with universal newlines.

    Raises RefusedError.
    """
    name = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), declared or "utf-8")
    try:
        text = content.decode(name)
        if "\0" in text and not declared:
            text = decode_older(content) or text
    except (LookupError, OSError):
        raise RefusedError(f"unknown encoding {name[:40]!r}") from None
    except UnicodeError as error:
        if not declared and (older := decode_older(content)):
            return older.replace("\r\n", "\n").replace("\r", "\n")
        line = content.count(b"\n", 0, getattr(error, "start", 0)) + 1
        problem = f"not {name}, although it says so" if declared else "not UTF-8"
        raise RefusedError(f"{problem} (line {line}); save it as UTF-8") from None
    if "\0" in text:
        raise RefusedError("not text: it contains NUL bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_markup(content: bytes) -> str:
    """Decode a web page in the encoding that it declares, else as UTF-8. Raises RefusedError."""
    match = DECLARED.search(content[:MAX_DECLARATION_OFFSET].lower())
    name = (match[1] or match[2]).decode("ascii") if match else None
    return decode_declared(content, name)


def decode_declared(content: bytes, name: str | None) -> str:
    """Decode as a browser would under a declared name, without one as UTF-8. Raises RefusedError."""
    if not name:
        return decode(content)
    encoding = webencodings.lookup(name)
    label = encoding.name if encoding else name.lower()
    return decode(content, CODECS.get(label, label))


def preload() -> None:
    """Load all encodings that files may have, before the process is confined."""
    for label in webencodings.LABELS:
        webencodings.lookup(label)
    for name in PRELOADED:
        codecs.lookup(name)
