"""Only public addresses are connected to, whatever form a private one takes."""

import pytest

from bot.sources.budget import Budget
from bot.sources.guarded_http import HttpClient, may_connect
from bot.sources.sync_errors import SyncError, UnreachableError
from tests.support.trap_server import Response, trap_server


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"])
def test_public_address_is_allowed(address: str) -> None:
    """Also where an IPv6 address stands for an IPv4 one."""
    assert may_connect(address, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.0.1", "::1", "fc00::1", "::ffff:10.0.0.1",
     "2002:a00:1::", "64:ff9b::7f00:1", "fec0::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "0.0.0.1", "198.18.0.1"],
)  # fmt: skip
def test_private_address_needs_a_setting(address: str) -> None:
    """Loopback, the networks of RFC 1918 and 4193, and addresses that contain one of them."""
    assert not may_connect(address, allow_private=False)
    assert may_connect(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200", "192.0.0.192",
     "224.0.0.1", "ff02::1", "0.0.0.0", "::",  # noqa: S104 - nothing listens there
      "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
)  # fmt: skip
def test_metadata_and_special_addresses_are_never_allowed(address: str) -> None:
    """No setting opens the way to the passwords of a cloud machine."""
    assert not may_connect(address, allow_private=True)


def test_address_that_was_checked_is_the_one_connected_to() -> None:
    """A second look-up, which could give another address, does not happen."""
    calls: list[str] = []

    def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001 - a look-up has both
        calls.append(host)
        return ["127.0.0.1"] if len(calls) == 1 else ["10.0.0.1"]

    with trap_server(lambda _: Response(b"here")) as server:
        client = HttpClient(Budget(1, 1), 5, allow_private=True, resolve=resolve)
        with client.open("GET", server.address.replace("127.0.0.1", "docs.example")) as answer:
            assert b"".join(answer.chunks) == b"here"
        client.close()
    assert calls == ["docs.example"]


def test_bytes_and_time_are_counted() -> None:
    """A body that goes on is cut off at the limit, not read to its end."""
    with trap_server(lambda _: Response(b"x" * 3_000_000)) as server:
        client = HttpClient(Budget(1, 1), 5, allow_private=True)
        with (
            pytest.raises(SyncError, match=r"^more than 1 MB to download \(sync.max_megabytes\)$"),
            client.open("GET", server.address) as answer,
        ):
            for _ in answer.chunks:
                pass
        client.close()
    times = iter([0.0, 30.0, 61.0])
    budget = Budget(1, 1, lambda: next(times))
    budget.spend(1_000_000)
    with pytest.raises(SyncError, match=r"^not done after 1 minutes \(sync.max_minutes\)$"):
        budget.spend()


def test_answer_that_drips_in_is_given_up() -> None:
    """Its head counts like its body: each read asks whether there is time left."""
    times = iter(range(0, 1000, 4))
    with trap_server(lambda _: Response(b"x")) as server:
        client = HttpClient(Budget(1, 10, lambda: next(times)), 5, allow_private=True)
        with (
            pytest.raises(UnreachableError, match=r"^the server takes too long for a page$"),
            client.open("GET", server.address, max_seconds=5),
        ):
            pass
        client.close()


@pytest.mark.parametrize("url", ["http://x.example/\u00e4", "http://x.example/a b", "http://x.example/\r\nHost: y"])
def test_address_that_must_be_escaped_is_refused(url: str) -> None:
    """Nothing of it can become a header."""
    client = HttpClient(Budget(1, 1), 5, allow_private=True)
    with pytest.raises(SyncError, match="must be escaped"), client.open("GET", url):
        pass
    client.close()


@pytest.mark.parametrize("url", ["http://h:99999/", "http://[::1", "http:///x", "http://h:0/"])
def test_address_that_is_malformed_is_refused(url: str) -> None:
    """As a problem of the address; a server may have named it."""
    client = HttpClient(Budget(1, 1), 5, allow_private=True)
    with pytest.raises(UnreachableError, match=r"^an address is malformed$"), client.open("GET", url):
        pass
    client.close()
