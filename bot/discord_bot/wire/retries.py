"""How long to wait before trying again, and which failures no trying can help."""

import math
import random
from collections.abc import Mapping

import aiohttp
import discord
from discord.errors import GatewayNotFound

from bot.discord_bot.wire.connection_errors import BAD_CREDENTIALS, FinalError, LimitedError

LONGEST_REFUSAL = 300.0  # two tries in ten minutes are far from the 10,000 that ban an address
UNSAID = 15.0


def backoff(tries: int, *, first: float, most: float) -> float:
    """Return the seconds before try number `tries` (from 0): doubling, bounded, and jittered to at most that."""
    bound = min(most, first * 2.0 ** min(tries, 30))
    return random.uniform(bound / 2, bound)


def pause_after(error: BaseException, tries: int, *, first: float, most: float) -> float:
    """Return the seconds before the next try: longer than the back-off when Discord demands it, within bounds."""
    return max(backoff(tries, first=first, most=most), min(demanded(error), LONGEST_REFUSAL))


def root(error: BaseException) -> BaseException:
    """Return the answer of Discord behind an error, where discord.py put its own in front."""
    if isinstance(error, GatewayNotFound | discord.LoginFailure) and error.__cause__ is not None:
        return error.__cause__
    return error


def demanded(error: BaseException) -> float:
    """Return the seconds that Discord demands to be left alone after this error; 0 is none."""
    error = root(error)
    if isinstance(error, discord.RateLimited | LimitedError):
        return error.retry_after
    if isinstance(error, discord.HTTPException) and error.status == 429:
        return retry_after(error.response.headers)
    if isinstance(error, aiohttp.WSServerHandshakeError) and error.status == 429:
        return retry_after(error.headers or {})
    return 0.0


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that the headers of a 429 ask for; at least half a second, 15 when they say nothing."""
    try:
        seconds = float(headers.get("Retry-After", UNSAID))
    except ValueError:
        return UNSAID
    return max(0.5, seconds) if math.isfinite(seconds) else UNSAID


def final(error: BaseException) -> FinalError | None:
    """Return the error to stop with when Discord refuses the token, else None."""
    if isinstance(error, FinalError):
        return error
    cause = root(error)
    if isinstance(cause, discord.LoginFailure) or (isinstance(cause, discord.HTTPException) and cause.status == 401):
        return FinalError(BAD_CREDENTIALS)
    return None


def describe(error: BaseException) -> str:
    """Return an error as one short line."""
    error = root(error)
    if isinstance(error, discord.HTTPException):
        return f"Discord answered {error.status} (code {error.code}): {' '.join(error.text.split())[:200]}"
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
