"""The gateway, version 10: sessions, which outlive connections, and the events that each has still to get."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.discord_server import payloads
from tests.discord_server.records import Guild, Json
from tests.discord_server.state import Dispatch, World

if TYPE_CHECKING:
    from tests.discord_server.link import Link

PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_KNOWN_INTENTS = (1 << 26) - 1
_KEPT = 10_000  # events that a session keeps for a RESUME


class ClosedError(Exception):
    """The client did what the gateway answers with a close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


@dataclass(eq=False)
class Session:
    """What a client and the gateway agreed on at IDENTIFY; `sent` holds the last events with their numbers."""

    id: str
    shard: tuple[int, int]
    intents: int
    number: int = 0
    sent: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    link: Link | None = None

    def has(self, guild: Guild | None) -> bool:
        """Tell whether events of `guild` (None: of direct conversations) come to this shard."""
        index, count = self.shard
        return index == ((guild.id >> 22) % count if guild else 0)

    def dispatch(self, name: str, data: Json) -> None:
        """Give an event its number, keep it, and send it if somebody listens."""
        self.number += 1
        event = {"op": 0, "s": self.number, "t": name, "d": data}
        self.sent.append((self.number, event))
        if self.link is not None:
            self.link.send(event)


class Gateway:
    """All sessions and links. Settings are plain attributes that a test may change at any time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.links: set[Link] = set()
        self.heartbeat_interval = 41.25
        self.shards = 1
        self.identify_limit = 1000
        self.identify_spacing = 0.0  # seconds between two; Discord's are 5, which tests with shards would wait for
        self.identifies = 0
        self.identifies_done: list[float] = []
        self.resumes_done: list[float] = []
        self.written: Counter[str] = Counter()  # by id: how often a message or interaction was written to a link
        self.url = ""
        world.listeners.append(self.deliver)

    def deliver(self, event: Dispatch) -> None:
        """Give an event to every session that it concerns, connected or not; note one that nobody will ever get."""
        concerned = self.listeners_of(event.guild)
        for session in concerned:
            data = event.body(session.intents)
            if data is not None:
                session.dispatch(event.name, data)
        if not concerned and event.name in ("MESSAGE_CREATE", "INTERACTION_CREATE"):
            data = event.body(_KNOWN_INTENTS) or {}
            self.world.note("undelivered", name=event.name, id=data.get("id"))

    def bot_information(self) -> Json:
        """Return the answer of /gateway/bot."""
        remaining = max(0, self.identify_limit - self.identifies)
        limit = {"total": self.identify_limit, "remaining": remaining, "reset_after": 86_400_000, "max_concurrency": 1}
        return {"url": self.url, "shards": self.shards, "session_start_limit": limit}

    # What a client asks for.

    def identify(self, link: Link, data: Json) -> Session | None:
        """Begin a session: READY and the guilds of its shard; None if it came too soon after the last one."""
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
        session = Session(secrets.token_hex(16), shard, data["intents"], link=link)
        self.sessions[session.id] = session
        link.session = session
        self.world.note("identify", shard=shard[0], session=session.id)
        self._welcome(session)
        return session

    def _check_identify(self, data: Json) -> tuple[int, int]:
        if data.get("token") != self.world.token:
            raise ClosedError(4004, "Authentication failed.")
        shard = data.get("shard", [0, 1])
        whole = isinstance(shard, list) and len(shard) == 2 and all(type(one) is int for one in shard)
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
        guilds = [one for one in world.guilds.values() if world.bot.id in one.members and session.has(one)]
        session.dispatch(
            "READY",
            {
                "v": 10, "user": payloads.user(world.bot) | {"verified": True, "mfa_enabled": True, "email": None},
                "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds], "session_id": session.id,
                "resume_gateway_url": self.url, "session_type": "normal", "private_channels": [], "relationships": [],
                "shard": list(session.shard), "application": {"id": str(world.application_id), "flags": 0},
            },
        )  # fmt: skip
        for guild in guilds if session.intents & 1 else ():
            session.dispatch("GUILD_CREATE", payloads.guild(guild, world))

    def resume(self, link: Link, data: Json) -> Session | None:
        """Take a session up again: what was missed, then RESUMED; None if it cannot be resumed."""
        if link.session is not None:
            raise ClosedError(4005, "Already authenticated.")
        if data.get("token") != self.world.token:
            raise ClosedError(4004, "Authentication failed.")
        session, seen = self.sessions.get(str(data.get("session_id"))), data.get("seq")
        if session is None or type(seen) is not int:
            return None
        if not 0 <= seen <= session.number:
            raise ClosedError(4007, "Invalid seq.")
        missed = [event for number, event in session.sent if number > seen]
        if len(missed) < session.number - seen:
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

    def left(self, link: Link, own: int | None, code: int | None) -> None:
        """Forget a link that we closed with `own` or the client with `code`.

        Its session stays for a RESUME unless the client said goodbye (1000, 1001) or we ended it (4007, 4009).
        """
        self.links.discard(link)
        session, link.session = link.session, None
        if session is not None and session.link is link:
            session.link = None
            if own in (4007, 4009) or (own is None and code in (1000, 1001)):
                self.sessions.pop(session.id, None)
        self.world.note("disconnect", code=own or code, shard=session.shard[0] if session else None)

    def connected(self, shard: int | None = None) -> bool:
        """Tell whether a session (of `shard`) has a link now."""
        return any(
            one.link is not None and not one.link.frozen and shard in (None, one.shard[0])
            for one in self.sessions.values()
        )

    def listeners_of(self, guild: Guild | None) -> list[Session]:
        """Return the sessions that get the events of `guild`."""
        return [session for session in self.sessions.values() if session.has(guild)]
