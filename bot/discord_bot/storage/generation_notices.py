"""Tell the bots on a PostgreSQL database that another generation of the index is live, and hear it told.

A notice says only that it is worth looking: the files of the index are the truth, and bots look at intervals anyway.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, func, select

from bot.discord_bot.storage.engine import DatabaseError, close_engine, describe, make_engine

CHANNEL: Final = "footnote_generation"
CHECK_INTERVAL_S: Final = 30.0  # at which a connection that lost its network is noticed
RETRY_INTERVAL_S: Final = 5.0


async def announce(url: URL) -> None:
    """Tell all bots that listen. Raises DatabaseError."""
    engine = make_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(select(func.pg_notify(CHANNEL, "")))
    except Exception as error:  # each driver has its own errors, and SQLAlchemy does not wrap all of them
        raise DatabaseError(describe(error, url)) from None
    finally:
        await close_engine(engine)


async def listen(url: URL, heard: Callable[[], None], lost: Callable[[str], None] = lambda _: None) -> None:
    """Call `heard` for each notice until cancelled, and whenever listening begins: notices may have been missed before.

    A lost connection is opened again; `lost` gets one line for each different reason.
    """
    last_reason = ""
    while True:
        try:
            await _listen_once(url, heard)
        except Exception as error:  # as above
            if (reason := describe(error, url)) != last_reason:
                lost(reason)
                last_reason = reason
        await asyncio.sleep(RETRY_INTERVAL_S)


async def _listen_once(url: URL, heard: Callable[[], None]) -> None:
    """Listen until the connection is closed."""
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            closed = asyncio.Event()
            driver.add_termination_listener(lambda _: closed.set())
            await driver.add_listener(CHANNEL, lambda *_: heard())
            heard()
            while not closed.is_set():
                try:
                    async with asyncio.timeout(CHECK_INTERVAL_S):
                        await closed.wait()
                except TimeoutError:
                    await driver.execute("SELECT 1")
    finally:
        await close_engine(engine)
