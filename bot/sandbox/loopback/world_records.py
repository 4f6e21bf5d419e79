"""What a Discord consists of, as plain records. The rules for them are elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000  # the start of 2015, from which Discord's ids count milliseconds
EPHEMERAL = 1 << 6
LOADING = 1 << 7
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15
TEXT, DIRECT, CATEGORY, THREAD, FORUM = 0, 1, 4, 11, 15


class Clock:
    """Gives times and ids. `ahead` is by how many seconds a test moved the server's time forward."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._last = 0

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic() + self.ahead

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.ahead

    def snowflake(self) -> int:
        """Make an id that contains its time and is larger than every id before it."""
        self._last = max((int(self.wall() * 1000) - EPOCH_MS) << 22, self._last + 1)
        return self._last


class Signal:
    """Wakes every task that waits for a condition whenever something changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Make every waiting task check its condition again."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until `condition` holds. Raises TimeoutError, which names `what`, after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not condition():
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait_for(future, end - loop.time())
            except TimeoutError:
                raise TimeoutError(f"{what} did not happen within {timeout:g} s") from None
            finally:
                self._waiting.discard(future)


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the server's record: when something happened, in monotonic seconds, what, and its details."""

    at: float
    kind: str
    data: Json


@dataclass(eq=False)
class User:
    """A person or a bot."""

    id: int
    name: str
    bot: bool = False
    accepts_direct: bool = True
    locale: str = "en-US"  # the language of their client


class Population(Protocol):
    """Who there is: all users by their ids, the bot, and the id of its application."""

    users: dict[int, User]
    bot: User
    application_id: int


@dataclass(eq=False)
class Role:
    """A role of a guild; everybody has the role whose id is that of the guild."""

    id: int
    name: str
    permissions: int
    mentionable: bool = False


@dataclass(eq=False)
class Guild:
    """A guild and what belongs to it; `members` maps the id of a user to the ids of their roles."""

    id: int
    name: str
    owner: User
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    locale: str = ""  # of a community; other guilds have none of their own


@dataclass(eq=False)
class Channel:
    """A text channel, forum, thread or direct channel; `overwrites` maps the id of a role or user to (allow, deny)."""

    id: int
    type: int
    name: str
    guild: Guild | None = None
    parent: Channel | None = None
    owner: User | None = None
    recipient: User | None = None
    archived: bool = False
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)


@dataclass(eq=False)
class Message:
    """A message as its author wrote it; `pings` are the ids, or "everyone", that it notified."""

    id: int
    channel: Channel
    author: User
    content: str
    at: float
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    allowed_mentions: Json | None = None
    pings: list[str] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    reference: Message | None = None
    interaction: Interaction | None = None
    visible_to: User | None = None
    thread: Channel | None = None
    edited: int | None = None
    edits: list[float] = field(default_factory=list)
    deleted: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An action of the bot on an interaction: callback, edit, follow-up or deletion."""

    at: float
    what: str
    message: Message | None = None


@dataclass(eq=False)
class Interaction:
    """An action of a user that the bot has to answer within Discord's time limits."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    data: Json
    created: float
    message: Message | None = None
    acknowledged: float | None = None
    callback_type: int | None = None
    original: Message | None = None
    loading: bool = False
    follow_ups: list[Message] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None
    steps: list[Step] = field(default_factory=list)
    signal: Signal = field(default_factory=Signal)

    def step(self, at: float, what: str, message: Message | None = None) -> None:
        """Add a step, and wake the tasks that wait for it."""
        self.steps.append(Step(at, what, message))
        self.signal.notify()

    def is_settled(self) -> bool:
        """Return whether the user sees an outcome: anything but nothing or "thinking"."""
        return any(step.what not in ("defer", "defer update", "delete") for step in self.steps)

    async def deferred(self, timeout: float = 3.0) -> float:
        """Wait for the first response. Returns how many seconds it took."""
        await self.signal.until(lambda: self.acknowledged is not None, timeout, f"a response to {self.data}")
        return self.steps[0].at - self.created

    async def settled(self, timeout: float = 30.0) -> float:
        """Wait until the user sees an outcome. Returns how many seconds that took."""
        await self.signal.until(self.is_settled, timeout, f"an outcome of {self.data}")
        return next(step.at for step in self.steps if step.what not in ("defer", "defer update")) - self.created

    @property
    def shown(self) -> list[Message]:
        """Return the messages that answer it and were not deleted, oldest first."""
        own = [self.original] if self.original and self.original is not self.message and not self.loading else []
        return [message for message in [*own, *self.follow_ups] if message.deleted is None]


@dataclass(eq=False)
class Question:
    """A message that the bot should answer, and its answers."""

    message: Message
    answers: list[Message] = field(default_factory=list)
    signal: Signal = field(default_factory=Signal)

    async def answered(self, timeout: float = 30.0) -> Message:
        """Wait for an answer, and return the first one."""
        await self.signal.until(lambda: bool(self.answers), timeout, f"an answer to {self.message.content!r}")
        return self.answers[0]
