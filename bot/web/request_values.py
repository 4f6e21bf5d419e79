"""Read what requests carry, within limits: who asks, the body, numbers and flags."""

from starlette.requests import ClientDisconnect, Request

from bot.web.askers import Asker
from bot.web.request_errors import RequestError

MAX_BODY_BYTES = 100_000  # the longest question in the widest characters takes about half
MAX_NUMBER = 10_000_000
ASKER = "asker"  # in the state of a request, set by `RequestGuard`


def asker_of(request: Request) -> Asker:
    """Return who asks. Raises RequestError if their token is missing or wrong."""
    asker: Asker | RequestError = request.scope["state"][ASKER]
    if isinstance(asker, RequestError):
        raise asker
    return asker


async def read_body(request: Request) -> bytes:
    """Read the body of a request. Raises RequestError if it is too large or does not arrive."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise RequestError("too_large", f"The body is larger than {MAX_BODY_BYTES:,} bytes.")
    except ClientDisconnect:
        raise RequestError("invalid", "The body did not arrive.") from None
    return bytes(body)


def read_number(request: Request, name: str, default: int, *, least: int = 0, most: int = MAX_NUMBER) -> int:
    """Read a whole number of the query. Raises RequestError if it is none or out of range."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) else -1
    if not least <= number <= most:
        raise RequestError("invalid", f"{name} must be a whole number from {least} to {most}.")
    return number


def read_flag(request: Request, name: str) -> bool:
    """Read a flag of the query. Raises RequestError unless it is true or false."""
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise RequestError("invalid", f"{name} must be true or false.")
    return text == "true"
