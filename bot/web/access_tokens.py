"""Tell askers apart by bearer tokens, each of which may see some of the collections.

The tokens come from a file or from the environment, as TOML: `"token" = "all"` or `"token" = ["handbook"]`, one a line.
They are kept as checksums, compared in constant time, and appear in no message.
"""

import hashlib
import hmac
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.serving.visible import VisibleCollections
from bot.web.askers import Asker
from bot.web.client_addresses import network_of
from bot.web.request_errors import RequestError
from config.settings import ConfigError, ServeSettings

VARIABLE = "SERVE_TOKENS"
MIN_TOKEN_LENGTH = 16
FORM = 'expected lines such as "token" = "all" or "token" = ["collection"]'
ALL = "all"
NEEDS_TOKEN = "This service needs a token: send it as Authorization: Bearer …"  # noqa: S105 - a message
WRONG_TOKEN = "This token is not known here."  # noqa: S105 - a message


class TokenAccess:
    """Decides who asks from what a request says about itself."""

    def __init__(self, tokens: Mapping[str, VisibleCollections], others: VisibleCollections) -> None:
        """Take the collections that each token may see, and those that everybody without one may."""
        self._granted = [(_digest(token), visible) for token, visible in tokens.items()]
        self._others = others

    @property
    def collections(self) -> frozenset[str]:
        """Return all collections that are named."""
        return frozenset().union(*(visible or () for visible in (*(grant for _, grant in self._granted), self._others)))

    def asker(self, authorization: str | None, address: str) -> Asker:
        """Tell who asks, by the value of the header Authorization and the address of the client.

        Raises RequestError for a wrong token, and without one if nothing is visible to everybody.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.casefold() != "bearer":  # other schemes are between the client and a proxy before this service
            if self._others is not None and not self._others:
                raise RequestError("unauthorized", NEEDS_TOKEN)
            return Asker(("address", network_of(address)), self._others)
        digest = _digest(token.strip())
        matches = [hmac.compare_digest(digest, known) for known, _ in self._granted]  # all are compared, also after one
        if not any(matches):
            raise RequestError("unauthorized", WRONG_TOKEN)
        number = matches.index(True)
        return Asker(("token", number), self._granted[number][1])


def read_access(serve: ServeSettings) -> TokenAccess:
    """Read the tokens that the settings name. Raises ConfigError that says what to do, without any token.

    Who names a file wants tokens: if it is empty, nobody has one, and the service stays closed.
    """
    tokens = _read_tokens(serve.token_file)
    if isinstance(serve.collections, list):
        return TokenAccess(tokens, frozenset(serve.collections))
    is_open = serve.collections == ALL or not (tokens or serve.token_file)
    return TokenAccess(tokens, None if is_open else frozenset())


def _read_tokens(file: str) -> dict[str, VisibleCollections]:
    source = f"the file {file} (serve.token_file)" if file else f"{VARIABLE} in the environment"
    try:
        text = Path(file).expanduser().read_text("utf-8") if file else os.environ.get(VARIABLE, "")
        content = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {source}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ConfigError(f"{source} is not valid TOML; {FORM}") from None
    return {_check_token(token, source): _parse_grant(value, source) for token, value in content.items()}


def _check_token(token: str, source: str) -> str:
    if len(token) < MIN_TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"{source} has a token that is shorter than {MIN_TOKEN_LENGTH} characters, or has characters other than "
            "letters, digits and signs; make one with: python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token


def _parse_grant(value: Any, source: str) -> VisibleCollections:
    if value == ALL:
        return None
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return frozenset(value)
    raise ConfigError(f"{source} has a token without collections; {FORM}")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
