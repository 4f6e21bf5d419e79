"""Fetch what files of a Git repository only point to: their content is in Git LFS, on the same server or another one.

A pointer is never a document. The server is asked where the content is (the batch API of Git LFS, with basic
transfers), and what arrives must have the size and the SHA-256 of the pointer.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from bot.sources.guarded_http import HttpClient
from bot.sources.http_pages import REDIRECTS, origin_of
from bot.sources.sync_errors import UnreachableError

POINTER_STARTS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
MAX_POINTER_BYTES = 1_023  # as in Git LFS itself; what is larger is a document, whatever it begins with
POINTER = re.compile(rb"^oid sha256:(?P<oid>[0-9a-f]{64})$.*^size (?P<size>\d{1,15})$", re.MULTILINE | re.DOTALL)
MEDIA_TYPE = "application/vnd.git-lfs+json"
BATCH_OBJECTS = 100
MAX_ANSWER_BYTES = 2_000_000
OWN_HEADERS = (  # which a server that names a download does not decide
    "accept-encoding", "connection", "content-length", "cookie", "expect", "host", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade", "user-agent",
)  # fmt: skip
REDIRECTS_OF_POST = (307, 308)
MAX_REDIRECTS = 5
NOT_FETCHED = "in Git LFS, and not fetched"  # begins the reason of a file whose content cannot be had


class Pointer(NamedTuple):
    """What a pointer says about its content: the SHA-256 in hex, and the size in bytes."""

    oid: str
    size: int


class _Action(msgspec.Struct):
    href: str
    header: dict[str, str] | None = None


class _Object(msgspec.Struct):
    oid: str
    authenticated: bool = False  # if not, the client may say who it is
    actions: dict[str, _Action] | None = None


class _Batch(msgspec.Struct):
    objects: list[_Object]


def is_pointer(content: bytes) -> bool:
    """Tell whether a file is a pointer, also one that cannot be parsed."""
    return len(content) <= MAX_POINTER_BYTES and content.startswith(POINTER_STARTS)


def parse_pointer(content: bytes) -> Pointer | None:
    """Parse a pointer, None if it is malformed."""
    match = POINTER.search(content)
    return Pointer(match["oid"].decode(), int(match["size"])) if match else None


def fetch_contents(
    address: str, client: HttpClient, authorization: str | None, pointers: Sequence[Pointer]
) -> Iterator[tuple[Pointer, bytes | str]]:
    """Fetch the contents of pointers; yields each with its content, or with the reason why it cannot be had.

    `authorization` is sent to the origin of the address only. Raises SyncError if the budget is spent.
    """
    for start in range(0, len(pointers), BATCH_OBJECTS):
        part = pointers[start : start + BATCH_OBJECTS]
        try:
            known = _ask(address, client, authorization, part)
        except (_MissingError, UnreachableError) as error:
            yield from ((pointer, _reason(error)) for pointer in part)
            continue
        for pointer in part:
            try:
                yield pointer, _download(address, client, authorization, known.get(pointer.oid), pointer)
            except (_MissingError, UnreachableError) as error:
                yield pointer, _reason(error)


class _MissingError(Exception):
    """Why a content cannot be had."""


def _reason(error: Exception) -> str:
    return f"{NOT_FETCHED}: {error}"


def _ask(
    address: str, client: HttpClient, authorization: str | None, pointers: Sequence[Pointer]
) -> Mapping[str, _Object]:
    """Ask where the contents of pointers are; returns the objects that the server has, each with its download."""
    base = address.rstrip("/")
    url = f"{base if base.endswith('.git') else f'{base}.git'}/info/lfs/objects/batch"
    objects = [pointer._asdict() for pointer in pointers]
    body = {"operation": "download", "transfers": ["basic"], "objects": objects, "hash_algo": "sha256"}
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    if authorization:
        headers["Authorization"] = authorization
    content = _fetch(client, url, headers, MAX_ANSWER_BYTES, msgspec.json.encode(body))
    try:
        batch = msgspec.json.decode(content, type=_Batch)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise _MissingError("the server does not speak its protocol") from None
    return {item.oid: item for item in batch.objects if item.actions and "download" in item.actions}


def _download(
    address: str, client: HttpClient, authorization: str | None, known: _Object | None, pointer: Pointer
) -> bytes:
    """Download one content. Raises _MissingError."""
    if known is None or known.actions is None:
        raise _MissingError("the server does not have it")
    action = known.actions["download"]
    href = _target(address, action.href)
    headers = {name: value for name, value in (action.header or {}).items() if name.lower() not in OWN_HEADERS}
    is_known = known.authenticated or "authorization" in map(str.lower, headers)
    if authorization and not is_known and origin_of(href) == origin_of(address):
        headers["Authorization"] = authorization
    content = _fetch(client, href, headers, pointer.size)
    if len(content) != pointer.size or hashlib.sha256(content).hexdigest() != pointer.oid:
        raise _MissingError("what arrived is not what the repository names")
    if is_pointer(content):
        raise _MissingError("its content is a pointer again")
    return content


def _fetch(
    client: HttpClient, url: str, headers: Mapping[str, str], max_bytes: int, content: bytes | None = None
) -> bytes:
    """Get an address, or post content to it, and follow redirects; headers that may be secret stay with the first host.

    Raises _MissingError, UnreachableError.
    """
    method, followed = ("GET", REDIRECTS) if content is None else ("POST", REDIRECTS_OF_POST)
    sent, current = dict(headers), url
    for _ in range(MAX_REDIRECTS + 1):
        with client.open(method, current, sent, content) as answer:
            if answer.status == 200:
                return _read(answer.chunks, max_bytes)
            location = answer.headers.get("location") if answer.status in followed else None
        if not location:
            raise _MissingError(f"{urlsplit(current).hostname} answers with status {answer.status}")
        current = _target(current, location)
        if origin_of(current) != origin_of(url):
            sent = {name: value for name, value in headers.items() if name in ("Accept", "Content-Type")}
    raise _MissingError(f"{urlsplit(url).hostname} redirects too often")


def _target(address: str, target: str) -> str:
    """Return where an address that a server names leads to. Raises _MissingError if nobody should go there."""
    try:
        absolute = urljoin(address, target)
        scheme = urlsplit(absolute).scheme
        origin_of(absolute)
    except ValueError:  # such as a port that is none
        raise _MissingError("the server names an address that is malformed") from None
    if scheme not in (("https",) if address.startswith("https:") else ("https", "http")):
        raise _MissingError("the server names an address that is not encrypted")
    return absolute


def _read(chunks: Iterator[bytes], max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise _MissingError("the server sends more than it says")
    return bytes(content)
