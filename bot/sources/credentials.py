"""Find the password for a server: in the variable of the environment that a source names, else with git's own helper.

Nothing is stored, and no message contains one.
"""

import base64
import os
import shutil
import subprocess
from urllib.parse import urlsplit

from bot.sources.sync_errors import SyncError
from config.sync_settings import GitSource

DEFAULT_USER = "x-access-token"  # GitHub's for tokens; most other servers take any name
HELPER_TIMEOUT_S = 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def from_environment(source: GitSource) -> str | None:
    """Return the Authorization header from the variable that a source names, None if it names none.

    Raises SyncError if the variable is empty, or if the password would be sent unencrypted.
    """
    if not source.token_variable:
        return None
    token = os.environ.get(source.token_variable, "").strip()
    if not token:
        raise SyncError(f"{source.token_variable} is not set in the environment")
    _check_encrypted(source.address)
    return _basic(source.user or DEFAULT_USER, token)


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
