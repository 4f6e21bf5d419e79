"""Say whether texts of the settings can be addresses of machines. Looks nothing up."""

import re

HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")  # between the dots of a name
MAX_HOST_LENGTH = 253
NUMERIC_ADDRESS = re.compile(r"[0-9.]*|.*:.*", re.DOTALL)


def is_host(text: str) -> bool:
    """Return whether a text is an IP address or can be the name of a host. Looks nothing up."""
    if not NUMERIC_ADDRESS.fullmatch(text):
        labels = text.removesuffix(".").split(".")
        return len(text) <= MAX_HOST_LENGTH and all(HOST_LABEL.fullmatch(label) for label in labels)
    import ipaddress  # few settings need it

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Return whether a text is an IP address or a range of them, such as "10.0.0.0/8"."""
    import ipaddress  # few settings need it

    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
