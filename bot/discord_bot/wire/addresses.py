"""Where Discord is: check addresses before they are sent the token, and hand them to discord.py.

discord.py keeps its addresses in class attributes, so they are the same for the whole process.
"""

import ipaddress

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_bot.wire.connection_errors import AddressError

ENCRYPTED = frozenset({"https", "wss"})
PLAIN = frozenset({"http", "ws"})
OFFICIAL_GATEWAY = URL("wss://gateway.discord.gg/")


def use(api: str, gateway: str, cdn: str) -> None:
    """Let discord.py use these addresses; raises AddressError for one that is neither encrypted nor local."""
    checked = [check(api, {"https", "http"}), check(gateway, {"wss", "ws"}), check(cdn, {"https", "http"})]
    Route.BASE = str(checked[0]).rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = checked[1]
    discord.Asset.BASE = str(checked[2]).rstrip("/")


def check(address: str, schemes: frozenset[str] | set[str] = ENCRYPTED | PLAIN) -> URL:
    """Return the address as a URL; raises AddressError unless it is encrypted or on this machine."""
    try:
        url = URL(address)
        host = url.host
        port = url.port
    except (TypeError, ValueError):
        raise AddressError(f"{address!r} is not an address.") from None
    if not host or not port or url.scheme not in schemes:
        raise AddressError(f"{address!r} is not an address that starts with {' or '.join(sorted(schemes))}.")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise AddressError(f"The address of {host} must hold neither a user, a query nor a fragment.")
    if url.scheme in PLAIN and not local(host):
        raise AddressError(f"{address!r} is neither encrypted (https, wss) nor on this machine: the token would leak.")
    return url


def local(host: str) -> bool:
    """Return whether a host is this machine, without looking its name up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_gateway(address: object) -> URL:
    """Return a gateway address that a server named; raises AddressError for one less safe than the configured one."""
    if not isinstance(address, str):
        raise AddressError("The server named no gateway address.")
    url = check(address.partition("?")[0], {"wss", "ws"})
    if url.scheme == "ws" and DiscordWebSocket.DEFAULT_GATEWAY.scheme != "ws":
        raise AddressError(f"{address!r} is not encrypted, though the configured gateway is.")
    return url


def first_gateway(address: object) -> URL:
    """Return where to start a session: a configured address goes before the one that /gateway/bot names."""
    configured = DiscordWebSocket.DEFAULT_GATEWAY
    return configured if configured != OFFICIAL_GATEWAY else check_gateway(address)
