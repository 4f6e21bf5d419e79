"""Faults on demand: what breaks, where, and how often."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.loopback.rest_limits import too_many
from bot.sandbox.loopback.world_records import Json, Signal

if TYPE_CHECKING:
    from bot.sandbox.loopback.gateway_sessions import Connection, Gateway

MALFORMED: dict[str, str] = {
    "not json": '{"op":0,"s":1,"t":"MESSAGE_CREATE","d":{',
    "not an object": "[1, 2, 3]",
    "null": "null",
    "no data": '{"op":0,"t":"MESSAGE_CREATE","s":null}',
    "missing keys": '{"op":0,"t":"MESSAGE_CREATE","s":null,"d":{"id":"1"}}',
    "wrong types": '{"op":0,"t":"MESSAGE_CREATE","s":null,"d":{"id":[],"channel_id":{},"author":7,"content":null}}',
    "list for object": '{"op":0,"t":"GUILD_CREATE","s":null,"d":[]}',
    "interaction without id": '{"op":0,"t":"INTERACTION_CREATE","s":null,"d":{"type":2}}',
    "unknown event": '{"op":0,"t":"FOOTNOTE_UNHEARD_OF","s":null,"d":{"a":1}}',
    "unknown operation": '{"op":99,"s":null,"t":null,"d":null}',
    "operation of a wrong type": '{"op":"zero","s":null,"t":null,"d":null}',
    "number of a wrong type": '{"op":0,"t":"TYPING_START","s":"many","d":{}}',
}
BROKEN_STREAM = b"\x07\x08\x09\x00\x00\xff\xff"  # ends like a compressed message, but is none


@dataclass(eq=False)
class Fault:
    """A fault that waits for its request or step; it struck `hits` times and will strike `left` more times."""

    where: str
    when: str  # "before" or "after" the request takes effect
    kind: str  # reset, cut, answer, slow, silent
    left: int
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Json | str = ""
    seconds: float = 0.0
    hits: int = 0
    signal: Signal = field(default_factory=Signal)

    def strike(self) -> None:
        """Count a hit."""
        self.left -= 1
        self.hits += 1
        self.signal.notify()

    async def struck(self, times: int = 1, timeout: float = 10.0) -> None:
        """Wait until it struck so many times."""
        await self.signal.until(lambda: self.hits >= times, timeout, f"the fault {self.kind} at {self.where}")


class Faults:
    """The current faults. `where` is a regular expression to search for in "METHOD /path" of a request."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.rest: list[Fault] = []
        self.steps: list[Fault] = []

    # Requests, including the upgrade to a WebSocket, "GET /ws".

    def reset(self, where: str = "", *, when: str = "before", times: int = 1) -> Fault:
        """Break the connection with RST instead of answering."""
        return self._add(Fault(where, when, "reset", times))

    def cut(self, where: str = "", *, times: int = 1) -> Fault:
        """Break the connection with RST in the middle of the answer."""
        return self._add(Fault(where, "after", "cut", times))

    def fail(self, status: int = 503, where: str = "", *, when: str = "before", times: int = 1) -> Fault:
        """Answer as the proxy in front of Discord does when it fails."""
        body = f"<html><title>{status}</title></html>"
        headers = {"Content-Type": "text/html"}
        return self._add(Fault(where, when, "answer", times, status, headers, body))

    def limit(
        self, wait: float, where: str = "", *, via: bool = True, everywhere: bool = False, times: int = 1
    ) -> Fault:
        """Answer 429 with a time to wait; without `via` as the protection in front of Discord does."""
        headers, body = too_many(wait, everywhere=everywhere, via=via)
        return self._add(Fault(where, "before", "answer", times, 429, headers, body))

    def answer(self, status: int, body: Json | str, where: str = "", *, when: str = "before", times: int = 1) -> Fault:
        """Answer with any status and JSON, or with a text that claims to be JSON."""
        return self._add(Fault(where, when, "answer", times, status, {}, body))

    def slow(self, seconds: float, where: str = "", *, when: str = "before", times: int = 1) -> Fault:
        """Answer as usual, but late."""
        return self._add(Fault(where, when, "slow", times, seconds=seconds))

    def silent(self, where: str = "", *, when: str = "before", times: int = 1) -> Fault:
        """Never answer, but leave the connection open."""
        return self._add(Fault(where, when, "silent", times))

    def _add(self, fault: Fault) -> Fault:
        assert fault.when in ("before", "after")
        re.compile(fault.where)
        self.rest.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        for fault in (*self.rest, *self.steps):
            fault.left = 0
        self.rest, self.steps = [], []

    def next(self, line: str, when: str) -> Fault | None:
        """Find the fault that strikes a request now, and count the hit."""
        for fault in self.rest:
            if fault.left > 0 and fault.when == when and re.search(fault.where, line):
                fault.strike()
                self._gateway.world.note("fault", kind=fault.kind, line=line, when=when)
                return fault
        return None

    # The gateway.

    def plan(self, step: str, action: str, times: int = 1) -> Fault:
        """Plan an action (see `do`) instead of the usual step: "hello", "identify", "resume" or "heartbeat"."""
        fault = Fault(step, "before", action, times)
        self.steps.append(fault)
        return fault

    def at(self, step: str, link: Connection) -> bool:
        """Do what is planned for a step of a link. Returns whether it replaces the usual step."""
        for fault in self.steps:
            if fault.left > 0 and fault.where == step:
                fault.strike()
                self.do(fault.kind, link)
                return True
        return False

    def do(self, action: str, link: Connection) -> None:
        """Do an action to a link: ignore, reset, freeze, beat, reconnect, invalid true, invalid false or close CODE."""
        self._gateway.world.note("fault", kind=action)
        word, _, argument = action.partition(" ")
        actions: dict[str, Callable[[], None]] = {
            "ignore": lambda: None,
            "reset": link.reset,
            "freeze": link.freeze,
            "beat": lambda: link.send({"op": 1, "s": None, "t": None, "d": None}),
            "reconnect": lambda: link.send({"op": 7, "s": None, "t": None, "d": None}),
            "invalid": lambda: self._invalidate(link, resumable=argument == "true"),
            "close": lambda: link.close(int(argument)),
        }
        actions[word]()

    def _invalidate(self, link: Connection, *, resumable: bool) -> None:
        if not resumable and link.session is not None:
            self._gateway.sessions.pop(link.session.id, None)
        link.send({"op": 9, "s": None, "t": None, "d": resumable})

    def gateway(self, action: str, shard: int | None = None) -> int:
        """Do an action (see `do`) to every link, or every link of `shard`. Returns the number of links."""
        links = self._links(shard)
        for link in links:
            self.do(action, link)
        return len(links)

    def malformed(self, name: str, shard: int | None = None) -> None:
        """Send every link one of the `MALFORMED` texts, "broken stream" (which cannot be decompressed), or any text."""
        for link in self._links(shard):
            self._gateway.world.note("fault", kind="malformed", name=name)
            link.send(BROKEN_STREAM if name == "broken stream" else MALFORMED.get(name, name))

    def forget_sessions(self) -> None:
        """Forget every session, as a restart of the gateway does; none can be resumed."""
        self._gateway.sessions.clear()

    def _links(self, shard: int | None) -> list[Connection]:
        links = list(self._gateway.links)
        return [link for link in links if shard is None or (link.session and link.session.shard[0] == shard)]


async def never() -> None:
    """Wait until cancelled."""
    await asyncio.Event().wait()


def as_text(body: Json | str) -> str:
    return body if isinstance(body, str) else json.dumps(body)
