"""The messages between a searcher and those who ask it, and the key that both must have.

A message is its length in four bytes, big-endian, and MessagePack. Arrays are bytes in the order of the processor, as
in the files of an index. The key never goes over the network: each side proves with it that it knows the random bytes
of the other one (HMAC-SHA-256). Messages are not encrypted, so that the network between the two must be private.
"""

import hashlib
import hmac
import re
import secrets
import socket
import struct
import time
from typing import TypeVar

import msgspec

MAX_MESSAGE_BYTES = 1 << 26
MAX_CHUNK_BYTES = 1 << 22  # of a file
NONCE_BYTES = 32
MIN_KEY_BYTES = 16
FILE_NAME = re.compile(r"\w[\w.-]*")
LENGTH = struct.Struct(">I")


class AskLive(msgspec.Struct, frozen=True, tag=True):
    """Ask for the live generation."""


class ListFiles(msgspec.Struct, frozen=True, tag=True):
    """Ask for the names of the files in a generation's or a model's folder."""

    folder: str


class ReadFile(msgspec.Struct, frozen=True, tag=True):
    """Ask for up to MAX_CHUNK_BYTES of a file, from an offset; `seal` for one of a generation, see FindNearest."""

    folder: str
    name: str
    offset: int
    seal: bytes = b""


class FindNearest(msgspec.Struct, frozen=True, tag=True):
    """Ask for the k rows nearest to a vector (float32), within ranges (int32) and without some rows (int64).

    `seal` is the checksum of the generation's manifest: another index may have a generation of the same name.
    """

    generation: str
    seal: bytes
    vector: bytes
    k: int
    starts: bytes | None
    ends: bytes | None
    without: bytes | None


class CompareTokens(msgspec.Struct, frozen=True, tag=True):
    """Ask for the highest cosine of each token (float32) of a question with each row (int64); see FindNearest."""

    generation: str
    seal: bytes
    tokens: bytes
    count: int  # of the tokens
    rows: bytes


class Live(msgspec.Struct, frozen=True, tag=True):
    """The live generation, and the checksum of its manifest as the file of this name has it."""

    generation: str
    seal: bytes


class Files(msgspec.Struct, frozen=True, tag=True):
    """The names of files."""

    names: tuple[str, ...]


class Content(msgspec.Struct, frozen=True, tag=True):
    """A part of a file, or cosines (float32)."""

    content: bytes


class Nearest(msgspec.Struct, frozen=True, tag=True):
    """Rows (int64), best first, and their scores (float32)."""

    rows: bytes
    scores: bytes


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why a request has no answer; another searcher may have one if this one does not have the generation."""

    reason: str
    is_elsewhere: bool = False


Request = AskLive | ListFiles | ReadFile | FindNearest | CompareTokens
Reply = Live | Files | Content | Nearest | Refused
M = TypeVar("M")


def send(connection: socket.socket, message: Request | Reply) -> None:
    """Send a message. Raises OSError."""
    content = msgspec.msgpack.encode(message)
    connection.sendall(LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket, kind: type[M]) -> M:
    """Receive a message of a kind. Raises OSError if the connection ends or the message is not of that kind."""
    (length,) = LENGTH.unpack(_receive_bytes(connection, LENGTH.size))
    if length > MAX_MESSAGE_BYTES:
        raise ConnectionError(f"a message of {length} bytes is too long")
    try:
        return msgspec.msgpack.decode(_receive_bytes(connection, length), type=kind)
    except msgspec.MsgspecError as error:
        raise ConnectionError(f"a message cannot be understood: {error}") from None


def greet(connection: socket.socket, key: bytes, within_s: float, *, as_server: bool) -> None:
    """Prove to the other side that this one has the key, and let it prove the same.

    Raises ConnectionError, TimeoutError if it takes longer than `within_s`, however steadily bytes come.
    """
    end_at = time.monotonic() + within_s
    own = secrets.token_bytes(NONCE_BYTES)
    connection.sendall(own)
    other = _receive_bytes(connection, NONCE_BYTES, end_at)
    names = (b"server", b"client") if as_server else (b"client", b"server")
    connection.sendall(_proof(key, names[0], own, other))
    if not hmac.compare_digest(_receive_bytes(connection, NONCE_BYTES, end_at), _proof(key, names[1], other, own)):
        raise ConnectionError("the other side has another key")


def _proof(key: bytes, side: bytes, own: bytes, other: bytes) -> bytes:
    return hmac.digest(key, side + own + other, hashlib.sha256)


def _receive_bytes(connection: socket.socket, count: int, end_at: float | None = None) -> bytes:
    """Receive so many bytes, until a monotonic time. Raises OSError if it comes or the connection ends before."""
    content = bytearray(count)
    rest = memoryview(content)
    while rest:
        if end_at is not None:
            if (left_s := end_at - time.monotonic()) <= 0:
                raise TimeoutError("timed out")
            connection.settimeout(left_s)
        received = connection.recv_into(rest)
        if not received:
            raise ConnectionError("the connection was closed")
        rest = rest[received:]
    return bytes(content)
