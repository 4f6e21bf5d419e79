"""How long to wait before another try, and which failures no try can mend."""

import math
import random
from collections.abc import Mapping

import aiohttp
import discord
from discord.errors import GatewayNotFound

from bot.discord_bot.wire.connection_errors import BAD_CREDENTIALS, FinalError, RateLimitError

MAX_DEMANDED_PAUSE_S = 300.0  # a try every five minutes stays far below the 10,000 refusals that ban an address
DEFAULT_RETRY_AFTER_S = 15.0
MIN_RETRY_AFTER_S = 0.5


def backoff(tries: int, *, first: float, longest: float) -> float:
    """Return the seconds to pause after `tries` failed tries (from 0): doubling up to `longest`, with jitter.

    The pause lies between half the bound, min(longest, first * 2 ** tries), and the bound itself.
    """
    bound = min(longest, first * 2.0 ** min(tries, 30))
    return random.uniform(bound / 2, bound)


def pause_after(error: BaseException, tries: int, *, first: float, longest: float) -> float:
    """Return the seconds to pause: the back-off, or more if Discord demands it, up to MAX_DEMANDED_PAUSE_S."""
    return max(backoff(tries, first=first, longest=longest), min(demanded_pause(error), MAX_DEMANDED_PAUSE_S))


def root_cause(error: BaseException) -> BaseException:
    """Return the error that discord.py wrapped in one of its own, or else the error itself."""
    if isinstance(error, GatewayNotFound | discord.LoginFailure) and error.__cause__ is not None:
        return error.__cause__
    return error


def demanded_pause(error: BaseException) -> float:
    """Return the seconds for which Discord wants to be left alone after an error; 0 if it does not."""
    error = root_cause(error)
    if isinstance(error, discord.RateLimited | RateLimitError):
        return error.retry_after
    if isinstance(error, discord.HTTPException) and error.status == 429:
        return retry_after(error.response.headers)
    if isinstance(error, aiohttp.WSServerHandshakeError) and error.status == 429:
        return retry_after(error.headers or {})
    return 0.0


def retry_after(headers: Mapping[str, str]) -> float:
    """Parse the seconds in the headers of a 429: at least MIN_RETRY_AFTER_S, and a default if they are unreadable."""
    try:
        seconds = float(headers.get("Retry-After", DEFAULT_RETRY_AFTER_S))
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    return max(MIN_RETRY_AFTER_S, seconds) if math.isfinite(seconds) else DEFAULT_RETRY_AFTER_S


def final_error(error: BaseException) -> FinalError | None:
    """Return the error to stop with if Discord refuses the token, else None."""
    if isinstance(error, FinalError):
        return error
    cause = root_cause(error)
    if isinstance(cause, discord.LoginFailure) or (isinstance(cause, discord.HTTPException) and cause.status == 401):
        return FinalError(BAD_CREDENTIALS)
    return None


def describe(error: BaseException) -> str:
    """Format an error as one short line."""
    error = root_cause(error)
    if isinstance(error, discord.HTTPException):
        return f"Discord answered {error.status} (code {error.code}): {' '.join(error.text.split())[:200]}"
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
