"""Connect to the PostgreSQL database of the queue, and connect again whenever the connection is lost.

No error repeats the address, since it contains a password.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from retrieval.errors import FootnoteError

T = TypeVar("T")
ADDRESS_FORM: Final = "write postgresql://USER:PASSWORD@HOST/NAME"
ENCODING: Final = "special characters of the password percent-encoded"
SCHEMES: Final = ("postgresql+asyncpg://", "postgresql+psycopg://", "postgresql://", "postgres://")
RETRY_INTERVAL_S: Final = 1.0
MAX_REASON_CHARS: Final = 300
OPTIONS: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,  # ms until a lost network is noticed
    "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000",
    "application_name": "footnote",
}


class QueueError(FootnoteError):
    """The queue cannot be used; the text is one line for people."""


class QueueConnection:
    """A connection that `listens` to a channel. For one thread."""

    def __init__(
        self,
        address: str,
        channel: str,
        *,
        patience_s: float = math.inf,
        stop: threading.Event | None = None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Connect. Raises QueueError at once if that fails.

        A connection that is lost later is opened again for up to `patience_s`, or until `stop` is set; `notify` gets a
        line about it.
        """
        self._address = parse_address(address)
        self._channel = channel
        self._patience_s = patience_s
        self._stop = stop or threading.Event()
        self._notify = notify
        try:
            self._connection = self._open()
        except psycopg.Error as error:
            raise QueueError(_describe(error)) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def run(self, operation: Callable[[psycopg.Connection], T]) -> T:
        """Run an operation in a transaction, again if the connection was lost: twice must be as good as once.

        Raises QueueError if it cannot be run.
        """
        give_up_at: float | None = None
        while True:
            try:
                if self._connection.closed:
                    self._connection = self._open()
                    self._notify("connected to the queue again")
                with self._connection.transaction():
                    return operation(self._connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if give_up_at is None:
                    give_up_at = time.monotonic() + self._patience_s
                    self._notify(f"{_describe(error)}; trying again")
                self._connection.close()
                if self._stop.wait(RETRY_INTERVAL_S) or time.monotonic() > give_up_at:
                    raise QueueError(_describe(error)) from None
            except psycopg.Error as error:
                raise QueueError(_describe(error)) from None

    def wait(self, seconds: float) -> bool:
        """Wait for a notification, and return whether there was one; a lost connection ends the wait."""
        try:
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            self._connection.close()
            return False

    def _open(self) -> psycopg.Connection:
        connection = psycopg.connect(self._address, autocommit=True, **OPTIONS)
        connection.execute(f"LISTEN {self._channel}".encode())
        return connection


def parse_address(address: str) -> str:
    """Convert an address to the form that psycopg reads. Raises QueueError, which never repeats the address."""
    scheme = next((scheme for scheme in SCHEMES if address.startswith(scheme)), None)
    if scheme is None:
        raise QueueError(f"the address of the encoding queue is not one of PostgreSQL; {ADDRESS_FORM}")
    converted = f"postgresql://{address.removeprefix(scheme)}".replace(" ", "%20")  # as SQLAlchemy reads it
    try:
        parts = conninfo_to_dict(converted)
    except psycopg.Error:
        raise QueueError(f"the address of the encoding queue cannot be parsed; {ADDRESS_FORM}") from None
    # What is behind a special character of a password would be taken for a host or a port, which errors name.
    is_split = "@" in f"{parts.get('host', '')}{parts.get('dbname', '')}"
    if is_split or not str(parts.get("port") or "0").replace(",", "").isdecimal():
        raise QueueError(f"the address of the encoding queue cannot be parsed; {ADDRESS_FORM}, {ENCODING}")
    return converted


def _describe(error: psycopg.Error) -> str:
    reason = error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
    return f"the encoding queue cannot be used: {reason[:MAX_REASON_CHARS]}"
