"""Tell clients apart by their addresses."""

import ipaddress
from collections.abc import Sequence

IPV6_NETWORK_BITS = 64  # the part of an address that one household or machine has to itself


def client_address(host: str) -> str:
    """Return the address of a client; a socket for IPv6 writes one of IPv4 as "::ffff:192.0.2.1"."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(getattr(address, "ipv4_mapped", None) or address)


def network_of(address: str) -> str:
    """Return an address without the part that one client can change at will."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def is_proxy(address: str, proxies: Sequence[str]) -> bool:
    """Return whether an address is one of the proxies: addresses, networks, or "*" for all."""
    for proxy in proxies:
        try:
            if proxy in ("*", address) or ipaddress.ip_address(address) in ipaddress.ip_network(proxy):
                return True
        except ValueError:  # a name, or an address that is none
            continue
    return False
