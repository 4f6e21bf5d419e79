"""Bytes to text for formats that may say their encoding; what does not say it must be UTF-8."""

import codecs
import re

from retrieval.formats.extracted import RefusedError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(
    rb"<\?xml[^>]{0,100}encoding=[\"']([\w.:-]{1,40})|<meta[^>]{0,200}charset=[\"']?\s*([\w.:-]{1,40})"
)
DECLARED_WITHIN = 4_096  # bytes
LOADED = (  # now, for nothing can be opened later on; further encodings are not known then
    "ascii", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso8859-1", "iso8859-2", "iso8859-5",
    "iso8859-7",
    "iso8859-9", "iso8859-15", *(f"cp{number}" for number in range(1250, 1259)),
    "cp437", "cp850", "cp866", "mac-roman", "koi8-r",
    "koi8-u", "big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "iso2022-jp", "shift-jis",
)  # fmt: skip


def decode(content: bytes, declared: str | None = None) -> str:
    """Return text with universal newlines, read as its mark says, else as declared, else as UTF-8.

    Raises RefusedError when it is something else.
    """
    name = next((name for mark, name in MARKS if content.startswith(mark)), declared or "utf-8")
    try:
        text = content.decode(name)
    except (LookupError, OSError):
        raise RefusedError(f"says that its encoding is {name[:40]!r}, which is not known") from None
    except UnicodeError as error:
        line = content.count(b"\n", 0, getattr(error, "start", 0)) + 1
        said = f"is not {name}, though it says so" if declared else "is not UTF-8"
        raise RefusedError(f"{said} (line {line}); save it as UTF-8") from None
    if "\0" in text:
        raise RefusedError("holds NUL bytes, so it is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_markup(content: bytes) -> str:
    """Return the text of a web page in the encoding that it declares, else in UTF-8. Raises RefusedError."""
    match = DECLARED.search(content[:DECLARED_WITHIN].lower())
    name = (match[1] or match[2]).decode("ascii") if match else None
    if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):
        name = "cp1252"  # what browsers take these for
    return decode(content, name)


def load() -> None:
    """Load the encodings that files may be in, while that can still be done."""
    for name in LOADED:
        codecs.lookup(name)
