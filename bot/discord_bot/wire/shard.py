"""Keep one shard of the gateway connected: resume after every break, and start a new session only when one is over."""

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord
from yarl import URL

from bot.discord_bot.wire.connection_errors import AddressError, FinalError, LinkError
from bot.discord_bot.wire.retries import describe, pause_after
from bot.discord_bot.wire.socket import Link

if TYPE_CHECKING:
    from bot.discord_bot.wire.gateway_client import ResilientClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Times:
    """Every wait of the connection, in seconds. Together they keep the way back under 30 seconds."""

    heartbeat: float = 8.0  # between our heartbeats; Discord asks for one every 41
    silence: float = 18.0  # without a frame for so long, a link is dead
    unanswered: float = 27.0  # frames come but no answer to a heartbeat
    opening: float = 10.0  # to connect, be greeted and send the first frame
    greeting: float = 8.0  # to be greeted
    settling: float = 20.0  # from then, or from the last event, until a new session begins
    resuming: float = 10.0  # the same until the old session goes on
    first_pause: float = 0.5  # before the first try, doubling
    longest_pause: float = 8.0
    invalid_pause: tuple[float, float] = (1.0, 5.0)  # Discord demands it after an invalid session
    steady: float = 30.0  # a link that held so long was a success
    request: float = 25.0  # for /gateway/bot with discord.py's own tries


@dataclass(frozen=True, slots=True)
class Session:
    """What RESUME needs."""

    id: str
    sequence: int | None
    gateway: URL


class Keeper:
    """Keeps one shard connected. discord.py takes it for its own Shard, of which it reads `id` and `ws`."""

    REFUSALS = 5  # a session that cannot be resumed so often in a row is given up

    def __init__(self, client: "ResilientClient", shard_id: int, gateway: URL) -> None:
        self.id = shard_id
        self.ws: Link
        self._client = client
        self._gateway = gateway
        self._session: Session | None = None
        self._tries = 0
        self._refusals = 0
        self._up = False
        self._since = 0.0
        self._task: asyncio.Task[None] | None = None

    def launch(self) -> asyncio.Task[None]:
        """Start to keep the shard connected; the task ends with a FinalError, or when the client closes."""
        self._task = asyncio.create_task(self._keep(), name=f"shard {self.id}")
        return self._task

    async def close(self) -> None:
        """End the session and stop."""
        if self._task is not None:
            self._task.cancel()
        if hasattr(self, "ws"):
            await self.ws.close(code=1000)

    async def disconnect(self) -> None:
        """Cut the link; it is opened again."""
        await self.ws.close()

    reconnect = disconnect

    async def _keep(self) -> None:
        while not self._client.leaving:
            error: Exception
            try:
                await self._live()
            except FinalError:
                raise
            except Exception as failure:
                error = failure
            if self._client.leaving:
                return
            await asyncio.sleep(self._pause_after(error))

    async def _live(self) -> None:
        """Open a link and read it until it breaks, which always raises."""
        session = self._session
        link: Link | None = None
        try:
            link = self.ws = await self._open(session)
            self._client.register(self)
            while True:
                await link.poll_event()
                if link.settled and not self._up:
                    self._settled(link)
        except LinkError as error:
            self._judge(session, link, resume=error.resume)
            raise
        except BaseException:
            self._judge(session, link, resume=True)
            raise
        finally:
            self._down()

    async def _open(self, session: Session | None) -> Link:
        """Return a link on which a session was asked for, the old one if there is one."""
        turn = self._client.identify_turn(self.id) if session is None else contextlib.nullcontext()
        async with turn, asyncio.timeout(self._client.times.opening):
            return await Link.from_client(
                self._client,
                gateway=self._address(session),
                shard_id=self.id,
                session=session.id if session else None,
                sequence=session.sequence if session else None,
                resume=session is not None,
            )

    def _address(self, session: Session | None) -> URL:
        """Return where to connect: READY's address for resuming, but the usual one every other try."""
        if session is None or self._tries % 2:
            return self._gateway
        return session.gateway

    def _judge(self, session: Session | None, link: Link | None, *, resume: bool) -> None:
        """Decide what becomes of the session when a link ended."""
        if link is not None and link.settled:
            self._client.continuity.heard[self.id] = link.heard
            if link.session_id is not None:
                self._session = Session(link.session_id, link.sequence, link.gateway)
        elif link is not None and session is not None:
            self._refusals += 1
        if not resume or self._refusals >= self.REFUSALS:
            self._session = None

    def _settled(self, link: Link) -> None:
        self._up = True
        self._refusals = 0
        now = time.monotonic()
        heard = self._client.continuity.heard.get(self.id)
        if link.fresh and heard is not None:
            log.warning(
                "A new session began after a break; questions asked in between may be lost",
                extra={"shard": self.id, "seconds": round(now - heard, 1)},
            )
        elif heard is not None:
            log.info("The session goes on after a break", extra={"shard": self.id, "seconds": round(now - heard, 1)})
        self._client.continuity.heard[self.id] = now
        self._since = now
        self._client.tell_link(self.id, up=True)

    def _down(self) -> None:
        if self._up:
            self._up = False
            if time.monotonic() - self._since >= self._client.times.steady:
                self._tries = 0
            self._client.tell_link(self.id, up=False)

    def _pause_after(self, error: Exception) -> float:
        times = self._client.times
        pause = pause_after(error, self._tries, first=times.first_pause, most=times.longest_pause)
        if isinstance(error, LinkError) and not error.resume:
            pause = max(pause, random.uniform(*times.invalid_pause))
        self._tries += 1
        expected = isinstance(error, LinkError | OSError | TimeoutError | discord.DiscordException | AddressError)
        if self._tries < 4 or self._tries.bit_count() == 1:  # a long outage must not fill the log
            log.info(
                "The link to Discord is down",
                extra={
                    "shard": self.id,
                    "why": describe(error),
                    "tries": self._tries,
                    "next": "resume" if self._session else "new session",
                    "pause": round(pause, 1),
                },
                exc_info=None if expected or type(error).__module__.startswith("aiohttp") else error,
            )
        return pause
