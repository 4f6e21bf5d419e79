"""Fetch what files of a Git repository only point to: their content is in Git LFS, on the same server or another one.

A pointer is never a document. The server is asked where the content is (the batch API of Git LFS, with basic
transfers), and what arrives must have the size and the SHA-256 of the pointer.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from bot.sources.guarded_http import HttpClient
from bot.sources.sync_errors import UnreachableError

POINTER_START = b"version https://git-lfs.github.com/spec/"
POINTER = re.compile(rb"^oid sha256:(?P<oid>[0-9a-f]{64})$.*^size (?P<size>\d{1,15})$", re.MULTILINE | re.DOTALL)
MEDIA_TYPE = "application/vnd.git-lfs+json"
BATCH_OBJECTS = 100
MAX_ANSWER_BYTES = 2_000_000
NOT_FETCHED = "in Git LFS, and not fetched"  # begins the reason of a file whose content cannot be had


class Pointer(NamedTuple):
    """What a pointer says about its content: the SHA-256 in hex, and the size in bytes."""

    oid: str
    size: int


class _Action(msgspec.Struct):
    href: str
    header: dict[str, str] = {}


class _Object(msgspec.Struct):
    oid: str
    actions: dict[str, _Action] = {}


class _Batch(msgspec.Struct):
    objects: list[_Object]


def is_pointer(content: bytes) -> bool:
    """Tell whether a file is a pointer, also one that cannot be parsed."""
    return content.startswith(POINTER_START)


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
            actions = _ask(address, client, authorization, part)
        except (_MissingError, UnreachableError) as error:
            yield from ((pointer, _reason(error)) for pointer in part)
            continue
        for pointer in part:
            try:
                yield pointer, _download(address, client, actions.get(pointer.oid), pointer)
            except (_MissingError, UnreachableError) as error:
                yield pointer, _reason(error)


class _MissingError(Exception):
    """Why a content cannot be had."""


def _reason(error: Exception) -> str:
    return f"{NOT_FETCHED}: {error}"


def _ask(
    address: str, client: HttpClient, authorization: str | None, pointers: Sequence[Pointer]
) -> Mapping[str, _Action]:
    """Ask where the contents of pointers are; returns a download for each that the server has."""
    base = address.rstrip("/")
    url = f"{base if base.endswith('.git') else f'{base}.git'}/info/lfs/objects/batch"
    objects = [pointer._asdict() for pointer in pointers]
    body = {"operation": "download", "transfers": ["basic"], "objects": objects, "hash_algo": "sha256"}
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    if authorization:
        headers["Authorization"] = authorization
    with client.open("POST", url, headers, msgspec.json.encode(body)) as answer:
        if answer.status != 200:
            raise _MissingError(f"the server answers with status {answer.status}")
        content = _read(answer.chunks, MAX_ANSWER_BYTES)
    try:
        batch = msgspec.json.decode(content, type=_Batch)
    except (msgspec.MsgspecError, RecursionError):
        raise _MissingError("the server does not speak its protocol") from None
    return {item.oid: item.actions["download"] for item in batch.objects if "download" in item.actions}


def _download(address: str, client: HttpClient, action: _Action | None, pointer: Pointer) -> bytes:
    """Download one content. Raises _MissingError."""
    if action is None:
        raise _MissingError("the server does not have it")
    schemes = ("https",) if address.startswith("https:") else ("https", "http")
    if urlsplit(action.href).scheme not in schemes:
        raise _MissingError("the server names an address that is not encrypted")
    with client.open("GET", action.href, action.header) as answer:
        if answer.status != 200:
            raise _MissingError(f"{urlsplit(action.href).hostname} answers with status {answer.status}")
        content = _read(answer.chunks, pointer.size)
    if len(content) != pointer.size or hashlib.sha256(content).hexdigest() != pointer.oid:
        raise _MissingError("what arrived is not what the repository names")
    return content


def _read(chunks: Iterator[bytes], max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise _MissingError("the server sends more than it says")
    return bytes(content)
