"""Decode files of formats that can declare their encoding; without a declaration it must be UTF-8."""

import codecs
import re

from retrieval.reading.isolated.protocol import RefusedError

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
# The encodings that browsers use for declared names, mostly larger ones.
BROWSER_ENCODINGS = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),  # in real UTF-16 the declaration could not be read
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949"), "cp949"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874"), "cp874"),
    "iso-8859-9": "cp1254", "big5": "big5hkscs", "x-x-big5": "big5hkscs",
}  # fmt: skip
MAX_DECLARATION_OFFSET = 4_096  # bytes
PRELOADED = (  # a confined process cannot load further ones
    "ascii", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso8859-1", "iso8859-2", "iso8859-5",
    "iso8859-7",
    "iso8859-9", "iso8859-15", *(f"cp{number}" for number in range(1250, 1259)),
    "cp437", "cp850", "cp866", "mac-roman", "koi8-r",
    "koi8-u", "big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "iso2022-jp", "shift-jis",
    "big5hkscs", "cp874", "cp932", "cp949",
)  # fmt: skip


def decode(content: bytes, declared: str | None = None) -> str:
    """Decode by byte order mark, else as declared, else as UTF-8, with universal newlines. Raises RefusedError."""
    name = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), declared or "utf-8")
    try:
        text = content.decode(name)
    except (LookupError, OSError):
        raise RefusedError(f"unknown encoding {name[:40]!r}") from None
    except UnicodeError as error:
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
    return decode(content, BROWSER_ENCODINGS.get(name.lower(), name) if name else None)


def preload() -> None:
    """Load all encodings that files may have, before the process is confined."""
    for name in PRELOADED:
        codecs.lookup(name)
