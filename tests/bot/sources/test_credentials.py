"""No message repeats a password, whoever it came from and however the server that knows it writes it."""

import base64

from bot.sources.credentials import without_authorization


def test_password_of_gits_own_helper_is_hidden_as_well() -> None:
    """As it is, escaped for an address, and as it was sent."""
    sent = base64.b64encode(b"me:p w:d").decode()
    said = f"unknown user me with p w:d, p%20w%3Ad, p+w%3Ad or {sent}"
    hidden = "unknown user me with [hidden], [hidden], [hidden] or [hidden]"
    assert without_authorization(said, f"Basic {sent}") == hidden
    assert without_authorization(said, None) == said
