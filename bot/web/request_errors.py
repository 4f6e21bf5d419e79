"""Why a request gets no answer: what the HTTP status, the JSON error, the page and MCP say about it."""

from typing import Literal

ErrorKind = Literal[
    "invalid", "unauthorized", "forbidden", "not_found", "wrong_method", "too_large", "rate_limited", "busy", "slow",
    "failed",
]  # fmt: skip
STATUS: dict[ErrorKind, int] = {
    "invalid": 400, "unauthorized": 401, "forbidden": 403, "not_found": 404, "wrong_method": 405,
    "too_large": 413, "rate_limited": 429, "busy": 503, "slow": 503, "failed": 500,
}  # fmt: skip
BUSY_RETRY_S = 2.0


class RequestError(Exception):
    """A request gets no answer; the message is one line for people."""

    def __init__(self, kind: ErrorKind, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return STATUS[self.kind]
