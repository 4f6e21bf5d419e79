"""Addresses that would leak the token are refused before anything is sent."""

from collections.abc import Iterator

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord_bot.wire import addresses
from bot.discord_bot.wire.addresses import OFFICIAL_GATEWAY, check, check_gateway, first_gateway
from bot.discord_bot.wire.connection_errors import AddressError

OFFICIAL = ("https://discord.com/api/v10", "wss://gateway.discord.gg/", "https://cdn.discordapp.com")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    addresses.use(*OFFICIAL)


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/v10",
        "wss://gateway.discord.gg/",
        "wss://gateway-us-east1-b.discord.gg",
        "https://discord.example:8443/api",
        "http://127.0.0.1:8080/api/v10",
        "ws://127.8.9.10/ws",
        "http://localhost:1",
        "ws://[::1]:9000/",
    ],
)
def test_encrypted_and_local_addresses_are_accepted(address: str) -> None:
    """Encrypted ones anywhere, unencrypted ones only on this machine."""
    assert str(check(address)).startswith(address.rstrip("/"))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "discord.com",
        "//discord.com",
        "http://discord.com/api/v10",
        "ws://gateway.discord.gg",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:password@discord.com",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[fe80::1]",
        "http://169.254.169.254",
        "http://2130706433",
        "http://127.1",
        "http://",
        "https://",
        "https:///path",
        "https://discord.com/?token=",
        "https://discord.com/#x",
        "https://discord.com:0",
        "https://discord.com:99999",
        "https://[::1",
        "ftp://discord.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://\u2488\u2488",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    """Unencrypted ones on other machines, misleading host names, and anything that is not an address."""
    with pytest.raises(AddressError, match=r"\.$"):
        check(address)


@pytest.mark.parametrize("position", range(3))
def test_one_unsafe_address_changes_nothing(position: int) -> None:
    """All three are checked before any is used."""
    safe = ["https://a.example/api", "wss://b.example/", "https://c.example"]
    safe[position] = safe[position].replace("https", "http").replace("wss", "ws")
    with pytest.raises(AddressError):
        addresses.use(*safe)
    assert (Route.BASE, str(DiscordWebSocket.DEFAULT_GATEWAY), discord.Asset.BASE) == OFFICIAL


def test_the_addresses_reach_discord_py() -> None:
    """Requests, connections and pictures use them, with or without a slash at the end."""
    addresses.use("http://127.0.0.1:1/api/v10/", "ws://127.0.0.1:1/ws", "http://127.0.0.1:1/cdn/")
    assert Route("GET", "/users/@me").url == "http://127.0.0.1:1/api/v10/users/@me"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/ws"
    assert discord.Asset.BASE == "http://127.0.0.1:1/cdn"


@pytest.mark.parametrize("address", [None, 5, "ws://gateway.example", "ws://127.0.0.1/", "https://gateway.discord.gg"])
def test_a_server_cannot_switch_encryption_off(address: object) -> None:
    """While the configured gateway is encrypted, the addresses that a server gives have to be."""
    with pytest.raises(AddressError):
        check_gateway(address)


def test_a_local_server_may_give_a_local_address() -> None:
    """If the gateway is on this machine, another port is as safe. discord.py adds the query itself."""
    addresses.use("http://127.0.0.1:1/api/v10", "ws://127.0.0.1:1/ws", "http://127.0.0.1:1/cdn")
    assert str(check_gateway("ws://127.0.0.1:2/ws?v=10")) == "ws://127.0.0.1:2/ws"
    with pytest.raises(AddressError):
        check_gateway("ws://gateway.example/")


def test_a_configured_gateway_takes_precedence() -> None:
    """Behind a proxy, the address that /gateway/bot gives cannot be reached; without a proxy it is used."""
    assert first_gateway("wss://elsewhere.example/").host == "elsewhere.example"
    addresses.use(OFFICIAL[0], "wss://proxy.example/", OFFICIAL[2])
    assert first_gateway("wss://elsewhere.example/").host == "proxy.example"
    assert OFFICIAL_GATEWAY.host == "gateway.discord.gg"
