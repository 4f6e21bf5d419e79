"""The settings of `footnote sync`: its limits, and the sources that fill folders of the documents."""

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
VariableName = Annotated[str, Meta(pattern="^([A-Za-z_][A-Za-z0-9_]*)?$")]
FOLDER_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,62}(?<![. ])")
SCP_ADDRESS = re.compile(  # user@host:path, as ssh addresses are mostly written
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?!//)(?P<path>[^\s'\"\\-][^\s'\"\\]*)"
)
SSH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
PLACEHOLDERS = {"commit", "branch", "path", "stem", "page", "line"}  # of an address of a file
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class BaseSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What all kinds of sources have."""

    name: Name
    address: str  # of the repository, the first page or the wiki
    folder: str = ""  # below the documents; "" is the name
    title: str = ""  # of the source in citations
    version: str = ""  # shown behind it
    allow_private_addresses: bool = False
    token_variable: VariableName = ""  # the variable of the environment that has the password or token
    user: str = ""  # for the password

    @property
    def target(self) -> str:
        """Return the folder below the documents that the source fills."""
        return self.folder or self.name

    @property
    def citation_source(self) -> str | None:
        """Return how citations name the source, before its version; None if the settings do not say."""
        return self.title or (self.name if self.version else None)


class GitSource(BaseSource, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="git"):
    """A repository."""

    branch: str = ""  # or a tag; "" is the repository's default
    subfolder: str = ""
    include: list[str] = []
    exclude: list[str] = []
    url: str = ""  # of a file for citations, with PLACEHOLDERS; "" is none


class SiteSource(BaseSource, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="site"):
    """A web site, from a first page or a sitemap."""

    prefixes: list[str] = []  # of the addresses that belong to it; without any, the folder of the address
    exclude: list[str] = []
    delay_s: Annotated[float, Meta(ge=0, le=60)] = 1.0
    grace: Annotated[int, Meta(ge=1, le=100)] = 3  # syncs that must miss a page before it is deleted


class WikiSource(BaseSource, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="mediawiki"):
    """A MediaWiki; its address is that of api.php."""

    namespaces: list[Annotated[int, Meta(ge=0, le=9999)]] = msgspec.field(default_factory=lambda: [0])
    categories: list[str] = []  # of the pages to take; without any, all
    exclude: list[str] = []
    delay_s: Annotated[float, Meta(ge=0, le=60)] = 1.0


Source = GitSource | SiteSource | WikiSource


class SyncSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a sync, each for one source, and the sources."""

    max_files: Annotated[int, Meta(ge=1, le=1_000_000)]
    max_megabytes: Annotated[int, Meta(ge=1, le=100_000)]
    max_minutes: Annotated[int, Meta(ge=1, le=1440)]
    timeout_s: Annotated[int, Meta(ge=1, le=600)]
    max_loss: Annotated[float, Meta(ge=0, le=1)]
    interval_minutes: Annotated[int, Meta(ge=1, le=43_200)]
    sources: list[Source]


def source_problem(sources: Sequence[Source]) -> str | None:
    """Word in one line what is wrong with the sources, None if nothing is. Contains no address, which may be secret."""
    for number, source in enumerate(sources):
        problem = _own_problem(source)
        for other in sources[:number]:
            if other.name == source.name:
                problem = "another source has this name"
            elif _overlap(other.target.casefold(), source.target.casefold()):
                problem = f"its folder is the one of {other.name}, inside it or around it"
        if problem:
            return f"source {source.name}: {problem}"
    return None


def _own_problem(source: Source) -> str | None:
    if problem := _address_problem(source):
        return problem
    if source.token_variable and isinstance(source, GitSource) and uses_ssh(source.address):
        return "token_variable has no meaning for ssh, which takes keys from the agent or ~/.ssh"
    if source.user and not (source.token_variable or isinstance(source, GitSource)):
        return "user needs token_variable, the name of the variable that has the password"
    if not all(FOLDER_PART.fullmatch(part) for part in source.target.split("/")):
        return f"folder {source.target!r} is not the name of a folder below the documents"
    if isinstance(source, GitSource):
        return _template_problem(source.url)
    if isinstance(source, SiteSource) and not all(
        prefix.startswith(("http://", "https://")) for prefix in source.prefixes
    ):
        return "each of its prefixes must begin with https:// or http://"
    return None


def _address_problem(source: Source) -> str | None:
    address = source.address
    if not address.isascii() or not address.isprintable() or " " in address:
        return "address has characters that must be escaped"
    try:
        parts = urlsplit(address)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return "address is invalid"
    if isinstance(source, GitSource) and SCP_ADDRESS.fullmatch(address):
        return None
    if isinstance(source, GitSource) and parts.scheme == "ssh":
        return _ssh_problem(parts, port_is_valid=port_is_valid)
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        is_git = isinstance(source, GitSource)
        return f"address must begin with https://{', ssh://' if is_git else ''} or http://"
    if "@" in parts.netloc:
        return "address must not contain a password; name the variable that has it in token_variable"
    return None


def _ssh_problem(parts: SplitResult, *, port_is_valid: bool) -> str | None:
    if parts.password is not None:
        return "address must not contain a password; ssh takes keys from the agent or ~/.ssh"
    names = (parts.hostname or "", parts.username or "git")
    is_path = len(parts.path) > 1 and unquote(parts.path).isprintable() and not parts.query
    if not port_is_valid or not is_path or not all(map(SSH_NAME.fullmatch, names)):
        return "address must be like ssh://git@host/path or git@host:path"
    return None


def uses_ssh(address: str) -> bool:
    """Tell whether an address of a repository is one for ssh: ssh://… or user@host:path."""
    return address.startswith("ssh://") or SCP_ADDRESS.fullmatch(address) is not None


def _template_problem(url: str) -> str | None:
    if url and not url.startswith(("http://", "https://")):
        return "url must begin with https:// or http://"
    unknown = set(PLACEHOLDER.findall(url)) - PLACEHOLDERS
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        return f"url has {{{min(unknown)}}}; what can be filled in is {known}"
    return None


def _overlap(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other}/") or f"{other}/".startswith(f"{folder}/")
