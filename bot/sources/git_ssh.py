"""Speak Git's protocol over the system's ssh: keys from the agent or ~/.ssh, host keys that are known already.

The address of the host is looked up and checked here, and ssh connects to that very address: what the user's own
configuration says about proxies, jumps and other names of the host is overruled, since it would lead around the check.
Nothing is asked on a terminal, and no password is used.
"""

import os
import selectors
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import IO, NamedTuple
from urllib.parse import unquote, urlsplit

from dulwich.client import SSHGitClient, SSHVendor, SubprocessWrapper
from dulwich.protocol import DEFAULT_GIT_PROTOCOL_VERSION_FETCH, Protocol

from bot.sources.budget import Budget
from bot.sources.git_transport import silence_dulwich
from bot.sources.guarded_http import Resolve, allowed_addresses
from bot.sources.sync_errors import SyncError, UnreachableError
from config.sync_settings import SCP_ADDRESS, GitSource

SSH_PORT = 22
MAX_ERROR_BYTES = 65_536
NEWER_OPTIONS = {  # since OpenSSH 8.7
    "SessionType": "default", "StdinNull": "no", "ForkAfterAuthentication": "no",
}  # fmt: skip
REFUSALS = {  # in what ssh says, and what it means
    "identification has changed": "has another host key than in known_hosts: perhaps another machine answers for it",
    "host key verification failed": "its host key is not in known_hosts; connect once with ssh, and compare the key",
    "permission denied": "refuses the keys of the agent and of ~/.ssh",
    "connection refused": "cannot be reached",
    "connection timed out": "does not answer in time (sync.timeout_s)",
    "does not appear to be a git repository": "has no such repository, or not for this key",
    "not found": "has no such repository, or not for this key",
    "does not exist": "has no such repository, or not for this key",
}


class SshAddress(NamedTuple):
    """A repository that ssh reaches; an empty user is ssh's default."""

    user: str
    host: str
    port: int
    path: str


def parse_ssh_address(address: str) -> SshAddress:
    """Parse ssh://user@host:port/path or user@host:path, which the settings have checked."""
    if match := SCP_ADDRESS.fullmatch(address):
        return SshAddress(match["user"] or "", match["host"], SSH_PORT, match["path"])
    parts = urlsplit(address)
    return SshAddress(unquote(parts.username or ""), parts.hostname or "", parts.port or SSH_PORT, unquote(parts.path))


class GuardedSshClient(SSHGitClient):
    """Fetches from one repository."""

    def __init__(self, source: GitSource, budget: Budget, timeout_s: float, resolve: Resolve) -> None:
        """Connect to nothing yet; `timeout_s` is how long the server may be silent."""
        self._address = parse_ssh_address(source.address)
        vendor = _GuardedSsh(budget, timeout_s, resolve, allow_private=source.allow_private_addresses)
        user, host, port, self.path = self._address
        super().__init__(host, port, user or None, vendor=vendor, quiet=True)
        silence_dulwich()
        self._protocol: Protocol | None = None
        self.authorization: str | None = None  # ssh has keys instead

    def _connect(
        self, cmd: bytes, path: str | bytes, protocol_version: int | None = None
    ) -> tuple[Protocol, Callable[[], bool], IO[bytes] | None]:
        """Start ssh, and remember what dulwich does not close if the server says nothing."""
        self.end()
        connection = super()._connect(cmd, path, protocol_version)
        self._protocol = connection[0]
        return connection

    def end(self) -> None:
        """End ssh if it still runs."""
        if self._protocol is not None:
            self._protocol.close()


class _GuardedSsh(SSHVendor):
    """Starts ssh for dulwich."""

    def __init__(self, budget: Budget, timeout_s: float, resolve: Resolve, *, allow_private: bool) -> None:
        self._budget, self._timeout_s, self._resolve, self._allow_private = budget, timeout_s, resolve, allow_private

    def run_command(
        self,
        host: str,
        command: bytes,
        username: str | None = None,
        port: int | None = None,
        password: str | None = None,  # noqa: ARG002 - none of these is used
        key_filename: str | None = None,  # noqa: ARG002
        ssh_command: str | None = None,  # noqa: ARG002 - what a repository's settings name is not started
        protocol_version: int | None = None,
    ) -> "_GuardedProcess":
        """Run a command on a host whose address may be connected to. Raises SyncError."""
        program = shutil.which("ssh")
        if program is None:
            raise SyncError("ssh is not installed, which an ssh address needs")
        addresses = allowed_addresses(host, port or SSH_PORT, self._resolve, allow_private=self._allow_private)
        arguments = ssh_arguments(host, port or SSH_PORT, addresses[0], self._timeout_s, protocol_version)
        target = f"{username}@{host}" if username else host
        process = subprocess.Popen(  # noqa: S603 - ssh itself; the target is checked, and the command quoted by dulwich
            [program, *arguments, "--", target, command],
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | {"SSH_ASKPASS_REQUIRE": "never"},
        )  # fmt: skip
        return _GuardedProcess(process, host, self._budget, self._timeout_s)


def ssh_arguments(host: str, port: int, address: str, timeout_s: float, protocol_version: int | None) -> list[str]:
    """Return the options that make ssh connect to the checked address of a host and compare the host's key."""
    settings = {
        "BatchMode": "yes", "StrictHostKeyChecking": "yes", "UpdateHostKeys": "no", "ProxyCommand": "none",
        "ProxyJump": "none", "HostName": address, "HostKeyAlias": host if port == SSH_PORT else f"[{host}]:{port}",
        "CanonicalizeHostname": "no", "ControlMaster": "no", "ControlPath": "none", "PermitLocalCommand": "no",
        "ClearAllForwardings": "yes", "ForwardAgent": "no", "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no", "ConnectTimeout": str(max(int(timeout_s), 1)), "EscapeChar": "none",
        "RemoteCommand": "none", "Tunnel": "no", "LogLevel": "ERROR",
        "IgnoreUnknown": ",".join(NEWER_OPTIONS), **NEWER_OPTIONS,
    }  # fmt: skip
    if protocol_version is None or protocol_version > 0:
        settings["SetEnv"] = f"GIT_PROTOCOL=version={protocol_version or DEFAULT_GIT_PROTOCOL_VERSION_FETCH}"
    options = [option for name, value in settings.items() for option in ("-o", f"{name}={value}")]
    return ["-x", "-T", "-p", str(port), *options]


class _GuardedProcess(SubprocessWrapper):
    """A running ssh as dulwich reads it: within the budget, and with a limit of silence."""

    def __init__(self, process: "subprocess.Popen[bytes]", host: str, budget: Budget, timeout_s: float) -> None:
        assert process.stdin is not None  # noqa: S101 - a pipe
        self.proc, self.write = process, process.stdin.write  # dulwich's own __init__ would read ahead of us
        self._host, self._budget, self._timeout_s = host, budget, timeout_s
        self._errors = b""
        self.read = self._read  # type: ignore[assignment]  # dulwich always names a size

    def _read(self, size: int = -1) -> bytes:
        """Read `size` bytes, fewer only at the end. Raises SyncError, also if ssh says why it failed."""
        parts: list[bytes] = []
        missing = size if size >= 0 else self._budget.max_bytes
        while missing > 0 and (part := self._next(missing)):
            self._budget.spend(len(part))
            parts.append(part)
            missing -= len(part)
        if not parts and missing and self.proc.poll():
            raise UnreachableError(f"{self._host} {self._reason()}")
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        """Read what arrives next, b"" at the end; what ssh says beside it is kept. Raises SyncError."""
        output, errors = self.proc.stdout, self.proc.stderr
        assert output is not None  # noqa: S101 - both are pipes
        assert errors is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(errors, selectors.EVENT_READ)
            while True:
                self._budget.spend()
                ready = {key.fileobj for key, _ in selector.select(self._timeout_s)}
                if not ready:
                    self.proc.kill()
                    raise UnreachableError(f"{self._host} does not answer in time (sync.timeout_s)")
                if errors in ready:
                    said = os.read(errors.fileno(), MAX_ERROR_BYTES)
                    self._errors = (self._errors + said)[-MAX_ERROR_BYTES:]
                    if not said:
                        selector.unregister(errors)
                if output in ready:
                    part = os.read(output.fileno(), min(size, MAX_ERROR_BYTES))
                    if not part:
                        self._end(errors)
                    return part

    def _end(self, errors: IO[bytes]) -> None:
        """Wait for the end of ssh, which has no more to send, and keep the last that it says."""
        with suppress(subprocess.TimeoutExpired):
            self.proc.wait(self._timeout_s)
        os.set_blocking(errors.fileno(), False)
        with suppress(OSError):
            while said := os.read(errors.fileno(), MAX_ERROR_BYTES):
                self._errors = (self._errors + said)[-MAX_ERROR_BYTES:]

    def _reason(self) -> str:
        """Word why ssh ended, without repeating what a server says."""
        said = self._errors.decode("utf-8", "replace").casefold()
        return next((reason for sign, reason in REFUSALS.items() if sign in said), "refuses or breaks off")

    def close(self, timeout: int | None = 5) -> None:
        """End ssh."""
        if self.proc.poll() is None:
            self.proc.terminate()
        super().close(timeout)
