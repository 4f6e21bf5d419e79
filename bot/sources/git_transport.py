"""Speak Git's protocol over the guarded HTTP client: dulwich decides what is said, this module how it is sent.

Only http and https are spoken. dulwich is used instead of the git program: each connection passes our own guard, no
file is checked out, so no hook, filter, link or attribute of a repository has an effect, and nothing must be installed.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urljoin, urlsplit

from dulwich.client import AbstractHttpGitClient

from bot.sources.credentials import from_git_helper
from bot.sources.guarded_http import Answer, HttpClient
from bot.sources.sync_errors import SyncError

REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
LISTED_REF = re.compile(rb"[0-9a-f]{40,64}\trefs/")  # how a plain web server answers, with a file of the repository
OTHER_NAMES = b"object-format=sha256"
PAGE_OF_HOST = re.compile(r"/(?:tree|blob|src|-)/")  # as GitHub, GitLab and others show a folder of a repository
GIT_TYPES = "application/x-git-"  # without them, dulwich would fetch file by file, as from a plain web server


class GitAnswer:
    """An answer as dulwich reads it: by size, with its type and where a redirect led."""

    def __init__(self, answer: Answer, redirect_location: str, close: Callable[[], object]) -> None:
        """Read nothing yet; `close` ends the connection."""
        self.content_type = answer.headers.get("content-type")
        self.redirect_location = redirect_location
        self.close = close
        self._chunks, self._rest = answer.chunks, b""

    def peek(self) -> bytes:
        """Return the beginning, which is still to be read."""
        self._rest = self._rest or next(self._chunks, b"")
        return self._rest

    def read(self, size: int) -> bytes:
        """Read a number of bytes, fewer only at the end."""
        parts, missing = [], size
        while missing > 0:
            self._rest = self._rest or next(self._chunks, b"")
            if not self._rest:
                break
            part, self._rest = self._rest[:missing], self._rest[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


class GuardedGitClient(AbstractHttpGitClient):
    """Fetches from one repository."""

    def __init__(self, address: str, client: HttpClient, authorization: str | None) -> None:
        """Use an HTTP client and, if it is given, an Authorization header for the host of the address only."""
        super().__init__(address, quiet=True)
        silence_dulwich()
        self._address, self._client, self.authorization = address, client, authorization
        self._asked_helper = authorization is not None
        self.path = ""  # of the repository below the address
        self.location = address  # where the repository is, after redirects

    def end(self) -> None:
        """Do nothing: each answer ends its connection."""

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,  # noqa: ARG002 - whatever it says, only 200 is an answer
    ) -> tuple[Any, Callable[[int], bytes]]:
        """Send a request; follows redirects of GET only. Raises SyncError for every answer but 200."""
        content = data if isinstance(data, bytes) or data is None else b"".join(data)
        method, current = "GET" if content is None else "POST", url
        for _ in range(MAX_REDIRECTS + 1):
            sent = dict(headers or {})
            if self.authorization and _origin(current) == _origin(self._address):
                sent["Authorization"] = self.authorization
            with ExitStack() as stack:
                answer = stack.enter_context(self._client.open(method, current, sent, content))
                if answer.status == 200:
                    read = GitAnswer(answer, current if current != url else "", stack.pop_all().close)
                    if method == "GET":
                        self.location = current.partition("/info/refs")[0]
                        _check_protocol(read)
                    return read, read.read
            if answer.status in REDIRECTS and method == "GET" and answer.headers.get("location"):
                current = _redirected(current, answer.headers["location"])
            elif answer.status == 401 and not self._asked_helper and _origin(current) == _origin(self._address):
                self._asked_helper = True
                self.authorization = from_git_helper(self._address)
                if self.authorization is None:
                    break
            else:
                break
        raise SyncError(_refusal(answer.status, current, self.authorization is not None))


def silence_dulwich() -> None:
    """Let dulwich log nothing: it repeats what servers send, control characters included."""
    logger = logging.getLogger("dulwich")
    logger.propagate, logger.handlers = False, [logging.NullHandler()]


def _check_protocol(answer: GitAnswer) -> None:
    """Raise SyncError unless an answer is in Git's protocol, about a repository that can be read."""
    problem = ""
    if (answer.content_type or "").startswith(GIT_TYPES):
        if OTHER_NAMES in answer.peek():
            problem = "the repository names its objects by SHA-256, which cannot be synced yet"
    elif LISTED_REF.match(answer.peek()):
        problem = 'the server has the files of a repository only (Git\'s "dumb" HTTP); use an address that speaks Git'
    else:
        problem = "the server does not speak Git's protocol; is the address a repository's?"
    if problem:
        answer.close()
        raise SyncError(problem)


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        _origin(target)
    except ValueError:  # such as a port that is none
        target = ""
    if urlsplit(target).scheme not in ("http", "https"):
        raise SyncError(f"{urlsplit(url).hostname} redirects to something that is no web address")
    if url.startswith("https:") and not target.startswith("https:"):
        raise SyncError(f"{urlsplit(url).hostname} redirects to an unencrypted address")
    return target


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _refusal(status: int, url: str, had_password: bool) -> str:
    host = urlsplit(url).hostname
    if status in (401, 403):
        problem = "refuses the password" if had_password else "asks for a password (token_variable)"
        return f"{host} {problem}: status {status}"
    if status == 404 and PAGE_OF_HOST.search(urlsplit(url).path):
        return (
            f"{host} has no such repository; the address is that of a page: name the repository, branch and subfolder"
        )
    if status == 404:
        return f"{host} has no such repository, or not without a password: status 404"
    if status in REDIRECTS:
        return f"{host} redirects too often"
    return f"{host} answers with status {status}"
