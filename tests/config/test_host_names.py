"""Names and addresses of machines, by their form."""

import pytest

from config.host_names import is_host, is_network


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, True) for text in ("127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0", "localhost")),  # noqa: S104
        *((text, True) for text in ("a.b-c.example.", "my_host", "a" * 63, "4.example")),
        *((text, False) for text in ("", ".", "a..b", ".a", "-a", "a-", "a b", "a/b", "localhost\n", "ä.example")),
        *((text, False) for text in ("999.1.1.1", "1.2.3", "[::1]", "localhost:80", "http://localhost", "a" * 64)),
        ("a." * 127, False),
    ],
)
def test_host_is_an_address_or_a_name(text: str, expected: bool) -> None:
    """Ports, brackets and whole addresses of the web are not part of it."""
    assert is_host(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.0.0.0/8", True), ("10.0.0.1", True), ("fe80::/10", True), ("10.0.0.1/8", False), ("proxy", False)],
)
def test_network_is_an_address_or_a_range(text: str, expected: bool) -> None:
    """A range begins with its first address; names have none."""
    assert is_network(text) is expected
