"""Send HTTP requests to public servers only: each address that a name has is checked before it is connected to.

httpcore is what httpx is built on. Its own layer would add redirects, cookies, proxies from the environment and
decompression without a limit; all of these must be decided here. No redirect is followed, no proxy is used, nothing is
decompressed.
"""

import functools
import ipaddress
import math
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream, SyncBackend

from bot.sources.budget import Budget
from bot.sources.sync_errors import UnreachableError

USER_AGENT = "footnote-sync"
MAX_CONNECTIONS = 2
METADATA_SERVERS = {
    "168.63.129.16", "169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "100.100.100.200",
}  # fmt: skip
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
ERRORS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
    OSError,
)

Resolve = Callable[[str, int], list[str]]


class Answer(NamedTuple):
    """An HTTP response; header names are in lower case, `chunks` yields its body as it arrives."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def resolve(host: str, port: int) -> list[str]:
    """Look up the IP addresses of a host. Raises OSError."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries))


def may_connect(address: str, *, allow_private: bool) -> bool:
    """Return whether an IP address is public, or private where that is allowed; never a server of metadata."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return may_connect(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)), allow_private=allow_private)
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if embedded:
            return may_connect(str(embedded), allow_private=allow_private)
    if str(ip) in METADATA_SERVERS or ip.is_multicast or ip.is_link_local or ip.is_unspecified:
        return False
    if ip.is_loopback or ip.is_private or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local):
        return allow_private
    return ip.is_global and not ip.is_reserved


def allowed_addresses(host: str, port: int, resolve: Resolve, *, allow_private: bool) -> list[str]:
    """Look up the IP addresses of a host. Raises UnreachableError if it has none, or one that is not allowed."""
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError):
        raise UnreachableError(f"the name {host} cannot be looked up") from None
    if not addresses:
        raise UnreachableError(f"the name {host} has no address")
    if not all(may_connect(address, allow_private=allow_private) for address in addresses):
        raise UnreachableError(f"{host} is a private address (allow_private_addresses permits those of your network)")
    return addresses


class TimedStream(NetworkStream):
    """A connection that checks before each read whether there is time left; else an answer could drip in for days."""

    def __init__(self, stream: NetworkStream, check: Callable[[], None]) -> None:
        """Use a function that raises SyncError when the time is over."""
        self._stream, self._check = stream, check

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what arrived. Raises SyncError."""
        self._check()
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        """Encrypt the connection."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._check)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks about the connection."""
        return self._stream.get_extra_info(info)


class GuardedBackend(NetworkBackend):
    """Connects by TCP to the very addresses that it has checked, so that a second look-up cannot give others."""

    def __init__(self, *, allow_private: bool, resolve: Resolve, check: Callable[[], None]) -> None:
        """Use a function that looks up the addresses of a host, and one that raises SyncError without time left."""
        self._allow_private, self._resolve, self._check = allow_private, resolve, check
        self._network = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """Connect to the first address that answers. Raises UnreachableError if any of them is not allowed."""
        *others, last = allowed_addresses(host, port, self._resolve, allow_private=self._allow_private)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                stream = self._network.connect_tcp(address, port, timeout, local_address, socket_options)
                return TimedStream(stream, self._check)
        return TimedStream(self._network.connect_tcp(last, port, timeout, local_address, socket_options), self._check)

    def sleep(self, seconds: float) -> None:
        """Wait between attempts to connect."""
        self._network.sleep(seconds)


class HttpClient:
    """Sends requests for one source, within its budget."""

    def __init__(self, budget: Budget, timeout_s: float, *, allow_private: bool, resolve: Resolve = resolve) -> None:
        """Open no connection yet; `timeout_s` is how long a server may be silent."""
        self._budget, self._end = budget, math.inf
        self.timeout_s, self.resolve = timeout_s, resolve
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        backend = GuardedBackend(allow_private=allow_private, resolve=resolve, check=self._check_time)
        self._pool = httpcore.ConnectionPool(_tls(), max_connections=MAX_CONNECTIONS, network_backend=backend)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @property
    def seconds_left(self) -> float:
        """Return how long the sync may still take."""
        return self._budget.seconds_left

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        max_seconds: float = math.inf,
    ) -> Iterator[Answer]:
        """Send a request and yield the answer; the connection is closed unless its body was read to the end.

        Raises SyncError, which names the host only, since the rest of an address may be secret.
        """
        host = _host_of(url)
        self._end = self._budget.now() + max_seconds
        sent = _encode_headers({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"} | dict(headers or {}))
        self._budget.spend()
        try:
            with self._pool.stream(
                method, url, headers=sent, content=content, extensions={"timeout": self._timeouts}
            ) as response:
                yield Answer(
                    response.status, _decode_headers(response.headers), self._count(response.iter_stream(), host)
                )
        except ERRORS as error:
            raise UnreachableError(f"{host} {_problem(error)}") from None

    def _check_time(self) -> None:
        """Raise SyncError if the sync, or this request, takes too long."""
        self._budget.spend()
        if self._budget.now() > self._end:
            raise UnreachableError("the server takes too long for a page")

    def _count(self, chunks: Iterable[bytes], host: str) -> Iterator[bytes]:
        try:
            for chunk in chunks:
                self._budget.spend(len(chunk))
                yield chunk
        except ERRORS as error:
            raise UnreachableError(f"{host} {_problem(error)}") from None


def _host_of(url: str) -> str:
    """Return the host of an address. Raises UnreachableError if it is no address that can be asked."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UnreachableError("an address has characters that must be escaped")
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is none
        is_whole = False
    if not is_whole:
        raise UnreachableError("an address is malformed")
    return parts.hostname or ""


def _encode_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Encode headers as they are decoded, so that what a server sends, such as an ETag, can be sent back to it."""
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
    except UnicodeError:
        raise UnreachableError("a header has characters that cannot be sent") from None


def _decode_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in lower case; of one that is there several times the last, but every cookie, in lines."""
    received: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        received[key] = f"{received[key]}\n{text}" if key == "set-cookie" and key in received else text
    return received


def _problem(error: Exception) -> str:
    """Word what went wrong with a connection."""
    match error:
        case httpcore.ConnectTimeout() | httpcore.ReadTimeout() | httpcore.WriteTimeout() | httpcore.PoolTimeout():
            return "does not answer in time (sync.timeout_s)"
        case httpcore.ConnectError() if "certificate" in str(error).lower():
            return f"has no valid certificate: {' '.join(str(error).split())[:120]}"
        case httpcore.ConnectError():
            return "cannot be reached"
        case httpcore.ProtocolError() | httpcore.ReadError():
            return "broke off its answer"
        case OSError(strerror=str(reason)):
            return f"failed: {reason}"
    return f"failed: {type(error).__name__}"


@functools.cache
def _tls() -> ssl.SSLContext:
    """Trust the authorities of certifi, and those of SSL_CERT_FILE; loading them takes 0.1 s."""
    context = httpcore.default_ssl_context()
    if extra := os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(extra)
    return context
