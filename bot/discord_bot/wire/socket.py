"""One connection of a shard to the gateway: discord.py's WebSocket with our own reading and heartbeat.

Every end of a link is a LinkError or another exception of `poll_event`, after which the socket is closed.
A dispatch that discord.py cannot read is logged and left out; the link stays. What comes after an end,
connection.py decides.
"""

import asyncio
import json
import logging
import math
import time
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import aiohttp
from discord.gateway import DiscordWebSocket
from yarl import URL

from bot.discord_bot.wire.addresses import check_gateway
from bot.discord_bot.wire.connection_errors import BAD_CREDENTIALS, AddressError, FinalError, LinkError

if TYPE_CHECKING:
    from bot.discord_bot.wire.gateway_client import ResilientClient

log = logging.getLogger(__name__)

FINAL_CODES = {
    4004: BAD_CREDENTIALS,
    4010: "Discord refuses the shard that the bot named (close code 4010).",
    4011: "The bot is in too many servers for the number of shards it was started with (close code 4011).",
    4012: "Discord no longer speaks this version of its API (close code 4012): update Footnote.",
    4013: "Discord does not know the intents that the bot asked for (close code 4013): update Footnote.",
    4014: "Discord refuses the intents that the bot asked for (close code 4014): see Bot in the developer portal.",
}
NEW_SESSION_CODES = frozenset({4003, 4007, 4009})
USUAL_INTERVAL = 41.25
CLOSING = 1.0  # seconds that closing may take: nobody answers on a half-open link


class Pulse:
    """Sends heartbeats, more often than Discord asks, so that a silent link is noticed soon.

    Has the methods and the attribute that discord.py uses of its own, which is a thread.
    """

    def __init__(self, link: "Link", interval: float) -> None:
        self._link = link
        self._interval = interval
        self._sent = self._answered = time.monotonic()
        self.latency = math.inf
        self._task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while True:
            self._sent = time.monotonic()
            try:
                await self._link.socket.send_str(json.dumps({"op": self._link.HEARTBEAT, "d": self._link.sequence}))
            except Exception:  # the reader of the link finds out by itself
                return
            await asyncio.sleep(self._interval)

    def ack(self) -> None:
        """Note that a heartbeat was answered."""
        self._answered = time.monotonic()
        self.latency = self._answered - self._sent

    def unanswered(self) -> float:
        """Return the seconds since the last answer."""
        return time.monotonic() - self._answered

    def stop(self) -> None:
        """Send no more."""
        self._task.cancel()


class Link(DiscordWebSocket):
    """One connection to the gateway. `heard` is when the last frame came, by time.monotonic."""

    _keep_alive: Pulse | None  # type: ignore[assignment]  # discord.py's own is a thread

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self.heard = self._progress = time.monotonic()
        self.greeted = False  # HELLO came
        self.settled = False  # READY or RESUMED came: events flow
        self.fresh = False  # the session began on this link
        self._resumed_at: int | None = None  # the sequence that a RESUME named

    @property
    def _client(self) -> "ResilientClient":
        return cast("ResilientClient", self._connection._get_client())

    async def identify(self) -> None:
        """Start a new session."""
        self._client.count_identify(self.shard_id or 0)
        self.fresh = True
        await super().identify()

    async def resume(self) -> None:
        """Go on with the session after the last event that was handled."""
        self._resumed_at = self.sequence
        await super().resume()

    async def send_as_json(self, data: Any) -> None:
        """Send a frame; the link is closed when that fails."""
        try:
            await self.send(json.dumps(data))
        except BaseException:
            await self.close()
            raise

    async def poll_event(self) -> None:
        """Handle one frame; raises LinkError, FinalError or what the socket raised when the link ended."""
        try:
            try:
                message = await self.socket.receive(timeout=self._patience())
            except TimeoutError:
                raise LinkError("nothing came any more") from None
            self.heard = time.monotonic()
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                raise self._ended()
            await self.received_message(message.data)
            self._complain()
        except BaseException:
            await self.close()
            raise

    def _ended(self) -> Exception:
        code = self.socket.close_code
        if code is not None and code in FINAL_CODES:
            return FinalError(FINAL_CODES[code])
        return LinkError(f"closed with code {code}", resume=code not in NEW_SESSION_CODES)

    def _patience(self) -> float:
        """Return the seconds to wait for the next frame."""
        times = self._client.times
        if not self.greeted:
            return times.greeting
        return times.silence if self.settled else max(0.01, min(times.silence, self._left()))

    def _left(self) -> float:
        """Return the seconds that a session has left to begin or to go on."""
        times = self._client.times
        return self._progress + (times.settling if self.fresh else times.resuming) - time.monotonic()

    def _complain(self) -> None:
        """Raise LinkError when frames come, but not those that must."""
        if self.greeted and not self.settled and self._left() < 0:
            raise LinkError("neither a new session nor the old one began")
        if self._keep_alive is not None and self._keep_alive.unanswered() > self._client.times.unanswered:
            raise LinkError("heartbeats are not answered")

    async def received_message(self, msg: Any, /) -> None:
        """Handle one frame as it came, compressed or not."""
        frame = self._read(msg)
        if frame is None:
            return
        op, data, sequence = frame.get("op"), frame.get("d"), frame.get("s")
        if op == self.DISPATCH:
            self._follow(sequence)
            self._handle(frame.get("t"), data)
            await asyncio.sleep(0)  # many frames may wait in the buffer; others must get their turn
        elif op == self.HEARTBEAT_ACK:
            if self._keep_alive is not None:
                self._keep_alive.ack()
        elif op == self.HEARTBEAT:
            await self.send_as_json({"op": self.HEARTBEAT, "d": self.sequence})
        elif op == self.HELLO:
            self._greet(data)
        elif op == self.RECONNECT:
            raise LinkError("Discord asked for another link")
        elif op == self.INVALIDATE_SESSION:
            raise LinkError("Discord ended the session", resume=data is True)
        else:
            log.debug("A frame of an unknown kind came: %r", op)

    def _read(self, message: str | bytes) -> dict[str, Any] | None:
        """Return the frame, or None when there is none yet or it is not one."""
        try:
            text = self._decompressor.decompress(message) if isinstance(message, bytes) else message
            if text is None:
                return None
            self.log_receive(cast("dict[str, Any]", text))
            frame = json.loads(text)
            if isinstance(frame, dict):
                return frame
            raise ValueError("it is not an object")
        except zlib.error:
            raise LinkError("the compressed stream is damaged") from None
        except (ValueError, RecursionError) as error:
            log.warning("A frame that cannot be read was left out; a question may be lost", extra={"why": repr(error)})
            return None

    def _greet(self, data: object) -> None:
        asked = data.get("heartbeat_interval") if isinstance(data, Mapping) else None
        valid = isinstance(asked, int | float) and math.isfinite(asked) and asked > 0
        interval = float(cast("float", asked)) / 1000 if valid else USUAL_INTERVAL
        if self._keep_alive is not None:
            self._keep_alive.stop()
        self._keep_alive = Pulse(self, min(interval, self._client.times.heartbeat))
        self.greeted = True
        self._progress = time.monotonic()

    def _follow(self, sequence: object) -> None:
        """Note how far the session has come; a gap behind a RESUME means that events are missing."""
        self._progress = time.monotonic()
        if not isinstance(sequence, int):
            return
        if self._resumed_at is not None:
            missing = sequence - self._resumed_at - 1
            self._resumed_at = None
            if missing > 0:
                log.warning(
                    "Discord left out events after a break; questions among them are lost",
                    extra={"shard": self.shard_id, "events": missing},
                )
        self.sequence = sequence

    def _handle(self, event: object, data: Any) -> None:
        """Hand one event to discord.py's parser; nothing that an event holds ends the link but a broken READY."""
        try:
            if not isinstance(event, str):
                raise TypeError("the event has no name")
            self._dispatch("socket_event_type", event)
            if event == "READY":
                self._begin(data)
            elif event == "RESUMED":
                data = {"__shard_id__": self.shard_id}
            elif self._repeated(event, data):
                log.debug("%s came again and was left out", event)
                return
            if parse := self._discord_parsers.get(event):
                parse(data)
        except Exception as error:
            if event == "READY":
                raise LinkError(f"the new session cannot be read: {error!r}", resume=False) from None
            log.warning(
                "An event that cannot be read was left out; a question may be lost",
                extra={"shard": self.shard_id, "gateway_event": repr(event)[:60], "why": repr(error)[:300]},
            )
        self.settled = self.settled or event == "READY" or not self.fresh

    def _begin(self, ready: dict[str, Any]) -> None:
        if not isinstance(ready["session_id"], str):
            raise TypeError("session_id is not text")
        self.session_id = ready["session_id"]
        ready.setdefault("shard", [self.shard_id, self.shard_count])
        self.fresh = True
        try:
            self.gateway = check_gateway(ready.get("resume_gateway_url"))
        except AddressError as error:
            log.warning("The server's address for resuming is not used: %s", error)
            self.gateway = URL(self.DEFAULT_GATEWAY)

    def _repeated(self, event: str, data: Any) -> bool:
        """Return whether a question came a second time; a thread counts as one when it was just made."""
        question = event in ("INTERACTION_CREATE", "MESSAGE_CREATE")
        if not isinstance(data, dict) or not (question or (event == "THREAD_CREATE" and data.get("newly_created"))):
            return False
        return isinstance(data.get("id"), str | int) and not self._client.continuity.seen.first((event, data["id"]))

    async def close(self, code: int = 4000) -> None:
        """Close within a second; 4000 keeps the session, 1000 ends it. The first one who closes chooses."""
        if self._keep_alive is not None:
            self._keep_alive.stop()
            self._keep_alive = None
        self._close_code = self._close_code or code
        try:
            async with asyncio.timeout(CLOSING):
                await self.socket.close(code=self._close_code)
        except TimeoutError:
            log.debug("A link was cut, as its other end did not answer the closing")
