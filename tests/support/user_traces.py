"""Traces of a user that must not be in the files of a database."""

import hashlib


def user_traces(user: int) -> list[bytes]:
    """Return the id as text and as a number, and its hashes without a key, as bytes and as text."""
    text = str(user).encode()
    hashes = [hashlib.new(name, text) for name in ("md5", "sha1", "sha256", "sha512", "blake2b")]
    return [
        text,
        user.to_bytes(8, "big"),
        user.to_bytes(8, "little"),
        hex(user)[2:].encode(),
        *(hash_.digest() for hash_ in hashes),
        *(hash_.hexdigest().encode() for hash_ in hashes),
    ]
