"""Decide about addresses of pages: which are one, which belong to a site, and which file each has."""

import hashlib
import posixpath
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from bot.sources.safe_paths import matches, path_problem

MAX_ADDRESS_LENGTH = 2_000
MAX_PARTS = 20  # of a path; links that make it longer and longer are a loop
MAX_SAME_PARTS = 2
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|ref_src|sessionid|phpsessid|jsessionid", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
PAGE_SUFFIXES = (".html", ".htm", ".xhtml")
PLAIN = ":@!$&'()*+,;=~"
ESCAPE_OR_OTHER = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~-]")
UNSAFE = re.compile(r"[^\w.()+,=@-]+")
HASH_LENGTH = 8


def normalize(address: str, base: str = "") -> str | None:
    """Write an address in one form: absolute, without fragment and tracking; None if it is no page on the web."""
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        port, host = parts.port, (parts.hostname or "").lower()
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    written = _escape(parts.path, plain="/" + PLAIN, unescaped=PLAIN)
    path = posixpath.normpath(written) if written.strip("/") else "/"
    path = "/" + path.lstrip("/") + ("/" if written.endswith("/") and path != "/" else "")
    pairs = [_escape(pair, plain="/?" + PLAIN) for pair in parts.query.split("&") if pair]
    kept = [pair for pair in pairs if not TRACKING.fullmatch(unquote(pair.partition("=")[0]))]
    address = urlunsplit((parts.scheme, netloc, path, "&".join(sorted(kept)), ""))
    return address if len(address) <= MAX_ADDRESS_LENGTH else None


def _escape(text: str, *, plain: str, unescaped: str = "") -> str:
    """Write a part of an address in one form (RFC 3986, 6.2.2), without changing what it stands for.

    The characters in `plain` stay, all others but letters, digits and "-._~" are escaped. An escaped one stays escaped
    unless it is one of these or in `unescaped`: "%2F" is no slash, and "%E9" no character of UTF-8.
    """

    def write(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0] if match[0] in plain else quote(match[0], errors="replace")  # a lone surrogate
        character = chr(int(match[1], 16))
        is_plain = character in unescaped or (character.isascii() and (character.isalnum() or character in "-._~"))
        return character if is_plain else match[0].upper()

    return ESCAPE_OR_OTHER.sub(write, text)


def folder_of(address: str) -> str:
    """Return the address of the folder of a page."""
    return address[: address.index("/", address.index("//") + 2) + 1] if address.count("/") < 3 else (
        address[: address.rindex("/") + 1]
    )  # fmt: skip


def belongs(address: str, prefixes: Sequence[str], exclude: Sequence[str]) -> bool:
    """Return whether an address begins with one of the prefixes and its path matches no excluded glob."""
    return address.startswith(tuple(prefixes)) and not matches(unquote(urlsplit(address).path).lstrip("/"), exclude)


def is_loop(address: str) -> bool:
    """Return whether a path looks as if links made it longer and longer: /a/b/a/b/a/b."""
    parts = [part for part in urlsplit(address).path.split("/") if part]
    return len(parts) > MAX_PARTS or any(parts.count(part) > MAX_SAME_PARTS for part in parts)


def file_path(address: str, suffix: str, with_host: bool, *, is_taken: bool = False) -> str:
    """Make the path of the file of a page; a part that cannot be in it is replaced, and a hash keeps it unique.

    So it does if another page has the path without a hash, `is_taken`.
    """
    parts = urlsplit(address)
    names = [unquote(part) for part in parts.path.split("/") if part]
    if not names or parts.path.endswith("/"):
        names.append("index")
    safe = [UNSAFE.sub("-", name).lstrip(".-") or "page" for name in names]
    stem = re.sub(r"(?i)\.(?:x?html?|php|aspx?|jsp|txt|md)$", "", safe[-1]) or "page"
    if safe != names or parts.query or is_taken:
        digest = hashlib.sha256(address.encode()).hexdigest()[:HASH_LENGTH]
        stem = f"{stem[:80]}-{digest}"
    safe[-1] = stem + suffix
    path = "/".join([UNSAFE.sub("-", parts.netloc), *safe] if with_host else safe)
    if path_problem(path):
        path = f"page-{hashlib.sha256(address.encode()).hexdigest()[: 2 * HASH_LENGTH]}{suffix}"
    return path
