"""The gateway, version 10: sessions, which outlive connections, and the events that each session has yet to get."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Protocol

from bot.sandbox.loopback import api_payloads
from bot.sandbox.loopback.discord_world import Dispatch, World
from bot.sandbox.loopback.world_records import Guild, Json

PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_KNOWN_INTENTS = (1 << 26) - 1
_MAX_REPLAY = 10_000  # events that a session stores for a RESUME
_MAX_WRITTEN = 100_000  # ids whose deliveries are counted


class ClosedError(Exception):
    """The client broke a rule; the gateway closes the connection with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Connection(Protocol):
    """A connection of a client, as sessions and faults see it; `gateway_link` makes them."""

    session: Session | None
    frozen: bool

    def send(self, message: Json | str | bytes) -> None:
        """Queue a message for the client."""

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code, after the messages in the queue."""

    def freeze(self) -> None:
        """Stop reading and writing without closing."""

    def reset(self) -> None:
        """Break the connection."""


@dataclass(eq=False)
class Session:
    """What a client and the gateway agreed on at IDENTIFY; `sent` has the last events with their sequence numbers."""

    id: str
    shard: tuple[int, int]
    intents: int
    number: int = 0
    sent: deque[tuple[int, Json]] = field(default_factory=deque)
    link: Connection | None = None

    def serves(self, guild: Guild | None) -> bool:
        """Return whether this shard gets the events of a guild, or of direct messages if `guild` is None."""
        index, count = self.shard
        return index == ((guild.id >> 22) % count if guild else 0)

    def dispatch(self, name: str, data: Json) -> None:
        """Give an event its number, store it, and send it if the session has a connection."""
        self.number += 1
        event = {"op": 0, "s": self.number, "t": name, "d": data}
        self.sent.append((self.number, event))
        if self.link is not None:
            self.link.send(event)


class Gateway:
    """All sessions and links. A test may change the settings, which are plain attributes, at any time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.links: set[Connection] = set()
        self.heartbeat_interval = 41.25
        self.max_replay = _MAX_REPLAY
        self.shards = 1
        self.identify_limit = 1000
        self.max_concurrency = 1
        self.identify_spacing = 0.0  # seconds; 5 at Discord, for which tests with shards would have to wait
        self.identifies = 0
        self.identifies_done: list[float] = []
        self.resumes_done: list[float] = []
        self.written: Counter[str] = Counter()  # how often a message or interaction, by id, was written to a link
        self.url = ""
        world.listeners.append(self.deliver)

    def deliver(self, event: Dispatch) -> None:
        """Give an event to every session that it concerns, connected or not; record an event that no session gets."""
        concerned = self.listeners_of(event.guild)
        for session in concerned:
            data = event.body(session.intents)
            if data is not None:
                session.dispatch(event.name, data)
        if not concerned and event.name in ("MESSAGE_CREATE", "INTERACTION_CREATE"):
            data = event.body(_KNOWN_INTENTS) or {}
            self.world.note("undelivered", name=event.name, id=data.get("id"))

    def bot_information(self) -> Json:
        """Build the answer of /gateway/bot."""
        remaining = max(0, self.identify_limit - self.identifies)
        limit = {"total": self.identify_limit, "remaining": remaining, "reset_after": 86_400_000}
        limit["max_concurrency"] = self.max_concurrency
        return {"url": self.url, "shards": self.shards, "session_start_limit": limit}

    def count_delivery(self, id_: str) -> None:
        """Count that a message or interaction was written to a link."""
        if len(self.written) >= _MAX_WRITTEN:
            self.written.clear()
        self.written[id_] += 1

    # Requests of a client.

    def identify(self, link: Connection, data: Json) -> Session | None:
        """Start a session with READY and the guilds of its shard. Returns None if it is too soon after the last one.

        Raises ClosedError.
        """
        if link.session is not None:
            raise ClosedError(4005, "Already authenticated.")
        shard = self._check_identify(data)
        self.identifies += 1
        if self.identifies_done and self.world.clock.now() - self.identifies_done[-1] < self.identify_spacing:
            return None
        self.identifies_done.append(self.world.clock.now())
        if self.identifies > self.identify_limit:
            self.world.renew_token()
            raise ClosedError(4004, "Authentication failed.")
        sent: deque[tuple[int, Json]] = deque(maxlen=self.max_replay)
        session = Session(secrets.token_hex(16), shard, data["intents"], sent=sent, link=link)
        self.sessions[session.id] = session
        link.session = session
        self.world.note("identify", shard=shard[0], session=session.id)
        self._welcome(session)
        return session

    def _check_identify(self, data: Json) -> tuple[int, int]:
        if data.get("token") != self.world.token:
            raise ClosedError(4004, "Authentication failed.")
        shard = data.get("shard", [0, 1])
        whole = isinstance(shard, list) and len(shard) == 2 and all(type(part) is int for part in shard)
        if not whole or not 0 <= shard[0] < shard[1]:
            raise ClosedError(4010, "Invalid shard.")
        if sum((guild.id >> 22) % shard[1] == shard[0] for guild in self.world.guilds.values()) > 2500:
            raise ClosedError(4011, "Sharding required.")
        intents = data.get("intents")
        if type(intents) is not int or not 0 <= intents <= _KNOWN_INTENTS:
            raise ClosedError(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self.world.privileged:
            raise ClosedError(4014, "Disallowed intent(s).")
        if not isinstance(data.get("properties"), dict):
            raise ClosedError(4002, "Error while decoding payload.")
        return (shard[0], shard[1])

    def _welcome(self, session: Session) -> None:
        world = self.world
        guilds = [guild for guild in world.guilds.values() if world.bot.id in guild.members and session.serves(guild)]
        session.dispatch(
            "READY",
            {
                "v": 10, "user": api_payloads.user(world.bot) | {"verified": True, "mfa_enabled": True, "email": None},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds], "session_id": session.id,
                "resume_gateway_url": self.url, "session_type": "normal", "private_channels": [], "relationships": [],
                "shard": list(session.shard), "application": {"id": str(world.application_id), "flags": 0},
            },
        )  # fmt: skip
        for guild in guilds if session.intents & 1 else ():
            session.dispatch("GUILD_CREATE", api_payloads.guild(guild, world))

    def resume(self, link: Connection, data: Json) -> Session | None:
        """Resume a session: send the events that the client missed, then RESUMED. Returns None if that is impossible.

        Raises ClosedError.
        """
        if link.session is not None:
            raise ClosedError(4005, "Already authenticated.")
        if data.get("token") != self.world.token:
            raise ClosedError(4004, "Authentication failed.")
        session, sequence = self.sessions.get(str(data.get("session_id"))), data.get("seq")
        if session is None or type(sequence) is not int:
            return None
        if not 0 <= sequence <= session.number:
            raise ClosedError(4007, "Invalid seq.")
        missed = [event for number, event in session.sent if number > sequence]
        if len(missed) < session.number - sequence:
            del self.sessions[session.id]
            return None
        if session.link is not None:
            session.link.session = None
        session.link, link.session = link, session
        for event in missed:
            link.send(event)
        self.resumes_done.append(self.world.clock.now())
        self.world.note("resume", shard=session.shard[0], session=session.id, replayed=len(missed))
        session.dispatch("RESUMED", {"_trace": []})
        return session

    def remove(self, link: Connection, own: int | None, code: int | None) -> None:
        """Remove a link that the gateway closed with code `own`, or the client with `code`.

        Its session stays for a RESUME unless the client ended it (1000, 1001) or the gateway did (4007, 4009).
        """
        self.links.discard(link)
        session, link.session = link.session, None
        if session is not None and session.link is link:
            session.link = None
            if own in (4007, 4009) or (own is None and code in (1000, 1001)):
                self.sessions.pop(session.id, None)
        self.world.note("disconnect", code=own or code, shard=session.shard[0] if session else None)

    def connected(self, shard: int | None = None) -> bool:
        """Return whether a session, of `shard` if one is given, has a working link."""
        return any(
            session.link is not None and not session.link.frozen and shard in (None, session.shard[0])
            for session in self.sessions.values()
        )

    def listeners_of(self, guild: Guild | None) -> list[Session]:
        """Return the sessions that get the events of a guild, or of direct messages if `guild` is None."""
        return [session for session in self.sessions.values() if session.serves(guild)]
