"""Where Discord is: check that an address may be sent the token, and hand it to discord.py.

discord.py keeps its addresses in class attributes, so they are the same for the whole process.
"""

import ipaddress

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_bot.wire.connection_errors import AddressError

ENCRYPTED_SCHEMES = frozenset({"https", "wss"})
PLAIN_SCHEMES = frozenset({"http", "ws"})
SCHEMES = {  # of each address in the settings, by its key
    "api": frozenset({"https", "http"}),
    "gateway": frozenset({"wss", "ws"}),
    "cdn": frozenset({"https", "http"}),
}
OFFICIAL_GATEWAY = URL("wss://gateway.discord.gg/")


def use(api: str, gateway: str, cdn: str) -> None:
    """Make discord.py use these addresses. Raises AddressError, and changes nothing, if one is unsafe."""
    api_url, cdn_url = check(api, SCHEMES["api"]), check(cdn, SCHEMES["cdn"])
    gateway_url = check(gateway, SCHEMES["gateway"])
    Route.BASE = str(api_url).rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = gateway_url
    discord.Asset.BASE = str(cdn_url).rstrip("/")


def check(address: str, schemes: frozenset[str] | set[str] = ENCRYPTED_SCHEMES | PLAIN_SCHEMES) -> URL:
    """Parse an address. Raises AddressError unless it is encrypted or on this machine."""
    try:
        url = URL(address)
        host = url.host
        port = url.port
    except (TypeError, ValueError):
        raise AddressError(f"{address!r} is not an address.") from None
    if not host or not port or url.scheme not in schemes:
        raise AddressError(f"{address!r} is not an address that starts with {' or '.join(sorted(schemes))}.")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise AddressError(f"The address of {host} must contain no user, query or fragment.")
    if url.scheme in PLAIN_SCHEMES and not is_local(host):
        raise AddressError(f"{address!r} is neither encrypted (https, wss) nor on this machine: the token would leak.")
    return url


def is_local(host: str) -> bool:
    """Return whether a host is this machine, without a DNS lookup."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_gateway(address: object) -> URL:
    """Parse a gateway address that a server gave, without its query.

    Raises AddressError for an address that is less safe than the configured gateway.
    """
    if not isinstance(address, str):
        raise AddressError("The server gave no gateway address.")
    url = check(address.partition("?")[0], {"wss", "ws"})
    if url.scheme == "ws" and DiscordWebSocket.DEFAULT_GATEWAY.scheme != "ws":
        raise AddressError(f"{address!r} is not encrypted, although the configured gateway is.")
    return url


def first_gateway(address: object) -> URL:
    """Choose where to start a session: at the configured gateway, or else at the one that /gateway/bot gave."""
    configured = DiscordWebSocket.DEFAULT_GATEWAY
    return configured if configured != OFFICIAL_GATEWAY else check_gateway(address)
