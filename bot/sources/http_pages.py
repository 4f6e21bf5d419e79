"""Get pages politely: one at a time, with pauses, with conditions, and with limits on what arrives.

A busy server (status 429 or 503) is asked again after the time that it names. Redirects are returned, not followed.
"""

import codecs
import email.utils
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from bot.sources.guarded_http import Answer, HttpClient
from bot.sources.sync_errors import SyncError

REDIRECTS = (301, 302, 303, 307, 308)
BUSY = (429, 503)
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_ATTEMPTS = 3
DEFAULT_RETRY_AFTER_S = 10.0
MAX_RETRY_AFTER_S = 300.0
MAX_PAGE_S = 60.0  # for all of an answer
CHUNK_BYTES = 1 << 16
GZIP_START = b"\x1f\x8b"


LARGER_CODECS = {  # what browsers take a declared encoding for (encoding.spec.whatwg.org), by Python's names
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "gb2312": "gb18030",
    "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
NO_CODECS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")  # none of pages


class UnusableError(Exception):
    """Why a page cannot be used, such as that it is larger than a limit when it is unpacked."""


class Fetched(NamedTuple):
    """An answer that arrived in full: its body without compression, and where a redirect leads."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    location: str = ""

    @property
    def media_type(self) -> str:
        """Return the media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """Return the encoding that the header names, as browsers take it; "" if it names none that is known."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return _codec_of(value.strip(" \"'"))
        return ""


class PoliteClient:
    """Gets pages from servers with a pause between two requests to the same one."""

    def __init__(
        self,
        client: HttpClient,
        delay_s: float,
        wait: Callable[[float], object],
        authorization: Mapping[str, str] | None = None,
    ) -> None:
        """Use an HTTP client; `wait` waits for seconds.

        `authorization` has the Authorization header of each origin ("https://host") that gets one.
        """
        self.delay_s = delay_s
        self._client, self._wait, self._authorization = client, wait, authorization or {}
        self._asked: set[str] = set()

    @property
    def seconds_left(self) -> float:
        """Return how long the sync may still take."""
        return self._client.seconds_left

    def get(
        self,
        address: str,
        max_bytes: int,
        conditions: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Get a page, or post a form. Raises SyncError if the server does not answer, UnusableError over the limit.

        `conditions` are further headers.
        """
        host = urlsplit(address).netloc
        for attempt in range(MAX_ATTEMPTS):
            if host in self._asked and self.delay_s:
                self._wait(self.delay_s)
            self._asked.add(host)
            sent = {"Accept-Encoding": "gzip", "Accept": "text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.1"}
            sent |= dict(conditions or {})
            if authorization := self._authorization.get(origin_of(address)):
                sent["Authorization"] = authorization
            body = urlencode(form).encode() if form else None
            if body is not None:
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            method = "GET" if body is None else "POST"
            with self._client.open(method, address, sent, body, max_seconds=MAX_PAGE_S) as answer:
                status = answer.status
                if status not in BUSY:
                    return _read(answer, max_bytes)
                pause = _retry_after(answer.headers.get("retry-after", ""))
            if pause > MAX_RETRY_AFTER_S or attempt == MAX_ATTEMPTS - 1:
                break
            self._wait(pause)
        raise SyncError(f"{urlsplit(address).hostname} wants to be asked later (status {status})")


def origin_of(address: str) -> str:
    """Return the scheme, host and port of an address, "https://host"; a port that goes without saying is left out."""
    parts = urlsplit(address)
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def _read(answer: Answer, max_bytes: int) -> Fetched:
    """Read and unpack a body. Raises UnusableError, SyncError."""
    if answer.status in REDIRECTS:
        return Fetched(answer.status, answer.headers, b"", _escape_bytes(answer.headers.get("location", "")))
    if answer.status != 200:
        return Fetched(answer.status, answer.headers, b"")
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise UnusableError(f"is packed with {encoding[:20]}, which was not asked for")
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise UnusableError(f"larger than {max_bytes:,} bytes")
    content = bytearray()
    for chunk in unpack_gzip(answer.chunks) if "gzip" in encoding else answer.chunks:
        content += chunk
        if len(content) > max_bytes:
            raise UnusableError(f"larger than {max_bytes:,} bytes")
    return Fetched(answer.status, answer.headers, bytes(content))


def unpack_gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack what is packed with gzip, in small parts; it may consist of several members (RFC 1952).

    Raises UnusableError if it is damaged or has no end.
    """
    engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for part in _sliced(chunks):
            rest = part
            while rest:
                if engine.eof:
                    if not rest.startswith(GZIP_START[: len(rest)]):  # padding, or what else is behind it
                        return
                    engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
                yield engine.decompress(rest, CHUNK_BYTES)
                rest = engine.unconsumed_tail or engine.unused_data
    except zlib.error:
        raise UnusableError("is damaged") from None
    if not engine.eof:
        raise UnusableError("is damaged")


def _sliced(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield bytes in parts that may be copied for each member of a packed file, of which each may have thousands."""
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK_BYTES):
            yield chunk[start : start + CHUNK_BYTES]


def _codec_of(label: str) -> str:
    try:
        name = codecs.lookup(label).name
        "".encode(name)  # not every codec is one of text
    except (LookupError, ValueError):
        return ""
    return "" if name in NO_CODECS else LARGER_CODECS.get(name, name)


def _escape_bytes(location: str) -> str:
    """Escape the bytes of a header that are not ASCII, as browsers do: they stand for themselves."""
    return "".join(char if char.isascii() else f"%{ord(char):02X}" for char in location)


def _retry_after(value: str) -> float:
    """Parse a Retry-After header, in seconds or as a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return DEFAULT_RETRY_AFTER_S
