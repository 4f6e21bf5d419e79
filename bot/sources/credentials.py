"""Find the password for a server: in the variable of the environment that a source names, else with git's own helper.

Nothing is stored, and no message contains one.
"""

import base64
import os
import shutil
import subprocess
from urllib.parse import quote, quote_plus, urlsplit

from bot.sources.sync_errors import SyncError
from config.sync_settings import GitSource, SiteSource, Source, WikiSource

DEFAULT_USER = "x-access-token"  # GitHub's for tokens; most other servers take any name
HIDDEN = "[hidden]"
HELPER_TIMEOUT_S = 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def secret_of(source: Source) -> str | None:
    """Return what is in the variable that a source names, None if it names none.

    Raises SyncError if the variable is empty, or if the secret would be sent unencrypted.
    """
    if not source.token_variable:
        return None
    secret = os.environ.get(source.token_variable, "").strip()
    if not secret:
        raise SyncError(f"{source.token_variable} is not set in the environment")
    if not (secret.isascii() and secret.isprintable()):
        raise SyncError(f"{source.token_variable} has characters that cannot be sent")
    _check_encrypted(source.address)
    return secret


def from_environment(source: GitSource) -> str | None:
    """Return the Authorization header of a repository, None without one. Raises SyncError as secret_of does."""
    secret = secret_of(source)
    return _basic(source.user or DEFAULT_USER, secret) if secret else None


def page_authorization(source: SiteSource | WikiSource) -> str | None:
    """Return the Authorization header for pages: with a user a password, else a bearer token; None without either.

    Raises SyncError as secret_of does.
    """
    secret = secret_of(source)
    if not secret:
        return None
    return _basic(source.user, secret) if source.user else f"Bearer {secret}"


def without_secret(text: str, source: Source) -> str:
    """Replace the secret of a source in a text, in which a server may repeat it, also as it is sent."""
    secret = os.environ.get(source.token_variable, "").strip() if source.token_variable else ""
    sent = [_basic(user, secret).partition(" ")[2] for user in (source.user, DEFAULT_USER)]
    return _without(text, secret, *sent) if secret else text


def without_authorization(text: str, header: str | None) -> str:
    """Replace the password of an Authorization header in a text of the server that got it."""
    sent = header.partition(" ")[2] if header else ""
    password = base64.b64decode(sent).decode("utf-8", "replace").partition(":")[2]
    return _without(text, password, sent)


def _without(text: str, secret: str, *others: str) -> str:
    for form in filter(None, (secret, quote(secret), quote_plus(secret), *others)):
        text = text.replace(form, HIDDEN)
    return text


def from_git_helper(address: str) -> str | None:
    """Ask git for a password, as it is set up for this user; None if git or the password is missing."""
    git = shutil.which("git")
    if git is None:
        return None
    parts = urlsplit(address)
    request = f"protocol={parts.scheme}\nhost={parts.netloc}\npath={parts.path.lstrip('/')}\n\n"
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true"}
    try:
        done = subprocess.run(  # noqa: S603 - git itself, with fixed arguments
            [git, "credential", "fill"],
            input=request,
            env=environment,
            capture_output=True,
            text=True,
            timeout=HELPER_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    values = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    if done.returncode or not values.get("password"):
        return None
    _check_encrypted(address)
    return _basic(values.get("username", ""), values["password"])


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _check_encrypted(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise SyncError("a password is only sent over https")
