"""Tell which addresses that documents give can be shown as links."""

from urllib.parse import urlsplit

NOT_IN_ADDRESSES = frozenset(' "<>\\^`{|}\ufffd')


def is_web_address(url: str) -> bool:
    """Return whether a text is a complete web address.

    Addresses with a user before the host are excluded, because readers could take it for the host.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    complete = parts.scheme in ("http", "https") and "." in (host or "") and "@" not in parts.netloc
    return complete and url.isprintable() and not NOT_IN_ADDRESSES & set(url)
