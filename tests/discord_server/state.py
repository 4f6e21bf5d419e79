"""The state of the loopback Discord: everything that exists, what changes it, and the record of what happened.

Knows nothing of sockets. Every change is published to the listeners (the gateway is one) as a `Dispatch`.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.discord_server import payloads, permissions
from tests.discord_server.errors import unknown
from tests.discord_server.records import (
    CATEGORY,
    DIRECT,
    EPOCH_MS,
    FORUM,
    HAS_THREAD,
    TEXT,
    THREAD,
    Channel,
    Clock,
    Event,
    Guild,
    Interaction,
    Json,
    Message,
    Question,
    Role,
    Signal,
    User,
)

_FIRST_GUILD = (1_577_836_800_000 - EPOCH_MS) << 22  # guilds are old, and one millisecond apart: shards share evenly
_NONCE_SECONDS = 300.0


@dataclass(frozen=True)
class Dispatch:
    """An event for the gateway: `body` gives its data for a session's intents, or None if that gets nothing."""

    name: str
    guild: Guild | None
    body: Callable[[int], Json | None]


class World:
    """Holds all records and is the one place where they change."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.questions: dict[int, Question] = {}
        self.commands: dict[int | None, list[Json]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()
        self.signal = Signal()
        self.listeners: list[Callable[[Dispatch], None]] = []
        self.application_id = self.clock.snowflake()
        self.cdn = ""
        self.privileged = 0  # the privileged intents that the developer portal has switched on
        self.tokens: dict[str, Interaction] = {}
        self._nonces: dict[tuple[int, int, str], Message] = {}
        self.bot = User(self.application_id, "Footnote", bot=True)
        self.users[self.bot.id] = self.bot
        self.owner = self.user("owner")
        self.token = ""
        self.renew_token()

    def renew_token(self) -> None:
        """Give the bot another token, of the shape that Discord's have; the one before is void."""
        self.token = f"{secrets.token_urlsafe(19)[:26]}.{secrets.token_urlsafe(4)[:6]}.{secrets.token_urlsafe(30)[:38]}"

    def note(self, kind: str, /, **data: Any) -> None:
        """Add a line to the record and wake who waits for one."""
        self.events.append(Event(self.clock.now(), kind, data))
        self.counts[kind] += 1
        self.signal.notify()

    def publish(self, name: str, guild: Guild | None, body: Callable[[int], Json | None]) -> None:
        for listener in self.listeners:
            listener(Dispatch(name, guild, body))

    # What there is.

    def user(self, name: str, *, bot: bool = False) -> User:
        one = User(self.clock.snowflake(), name, bot)
        self.users[one.id] = one
        return one

    def guild(self, name: str, *, owner: User | None = None, invited: bool = True) -> Guild:
        """Make a guild with one text channel, "general"; the bot is a member of it if `invited`."""
        owner = owner or self.owner
        made = Guild(_FIRST_GUILD + (len(self.guilds) << 22), name, owner)
        made.roles[made.id] = Role(made.id, "@everyone", permissions.MEMBER)
        made.members[owner.id] = set()
        if invited:
            made.members[self.bot.id] = set()
        self.guilds[made.id] = made
        self.channel(made, "general")
        self.announce_guild(made)
        return made

    def announce_guild(self, guild: Guild) -> None:
        if self.bot.id in guild.members:
            self.publish("GUILD_CREATE", guild, lambda intents: payloads.guild(guild, self) if intents & 1 else None)

    def join(self, guild: Guild, user: User, *roles: Role) -> None:
        """Make `user` a member with `roles`."""
        guild.members[user.id] = {role.id for role in roles}
        if user is self.bot:
            self.announce_guild(guild)

    def leave(self, guild: Guild, user: User) -> None:
        """End a membership; the bot is told that the guild is gone if it was its own."""
        del guild.members[user.id]
        if user is self.bot:
            self.publish("GUILD_DELETE", guild, lambda _: {"id": str(guild.id)})

    def role(self, guild: Guild, name: str, bits: int = 0) -> Role:
        made = Role(self.clock.snowflake(), name, bits)
        guild.roles[made.id] = made
        body = {"guild_id": str(guild.id), "role": payloads.role(made)}
        self.publish("GUILD_ROLE_CREATE", guild, lambda intents: body if intents & 1 else None)
        return made

    def channel(self, guild: Guild, name: str, kind: int = TEXT, parent: Channel | None = None) -> Channel:
        """Make a channel of a guild: text (0), category (4) or forum (15)."""
        assert kind in (TEXT, CATEGORY, FORUM)
        return self._add_channel(Channel(self.clock.snowflake(), kind, name, guild, parent), "CHANNEL_CREATE")

    def allow(self, channel: Channel, target: User | Role, allow: int = 0, deny: int = 0) -> None:
        """Set what a user or a role may do in `channel`, beside what holds in the guild."""
        channel.overwrites[target.id] = (allow, deny)
        body = payloads.channel(channel)
        self.publish("CHANNEL_UPDATE", channel.guild, lambda intents: body if intents & 1 else None)

    def direct_channel(self, user: User) -> Channel:
        """Return the conversation of the bot with `user`; there is one."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        made = Channel(self.clock.snowflake(), DIRECT, "", recipient=user)
        self.channels[made.id] = made
        return made

    def thread(self, parent: Channel, name: str, owner: User, source: Message | None = None) -> Channel:
        """Make a thread in `parent`; one that starts at a message has that message's id."""
        id_ = source.id if source else self.clock.snowflake()
        made = Channel(id_, THREAD, name, parent.guild, parent, owner)
        if source is not None:
            source.thread, source.flags = made, source.flags | HAS_THREAD
        return self._add_channel(made, "THREAD_CREATE")

    def _add_channel(self, made: Channel, event: str) -> Channel:
        assert made.guild is not None
        self.channels[made.id] = made.guild.channels[made.id] = made
        self.note("channel", id=str(made.id), name=made.name, type=made.type)
        more = {"newly_created": True} if event == "THREAD_CREATE" else {}

        def body(intents: int) -> Json | None:
            seen = intents & 1 and permissions.in_channel(made, self.bot)
            return payloads.channel(made) | more if seen else None

        self.publish(event, made.guild, body)
        return made

    # Messages.

    def find_message(self, channel: Channel, id_: int) -> Message:
        found = channel.messages.get(id_)
        if found is None or found.deleted is not None:
            raise unknown("Message")
        return found

    def repeated(self, channel: Channel, author: User, nonce: str) -> Message | None:
        """Return the message that `author` sent into `channel` with this nonce in the last minutes."""
        found = self._nonces.get((channel.id, author.id, nonce))
        return found if found is not None and found.at > self.clock.now() - _NONCE_SECONDS else None

    def post(self, message: Message) -> Message:
        """Put a new message into its channel and tell everybody who may see it."""
        message.channel.messages[message.id] = self.messages[message.id] = message
        if message.nonce is not None:
            self._nonces[message.channel.id, message.author.id, message.nonce] = message
        self.note("message", id=str(message.id), channel=str(message.channel.id), author=message.author.name)
        if message.author is self.bot and message.interaction is None:
            self._attribute(message)
        self._publish_message("MESSAGE_CREATE", message)
        return message

    def edit(self, message: Message, **changes: Any) -> None:
        """Change fields of a message and say so."""
        for name, value in changes.items():
            setattr(message, name, value)
        message.edits.append(self.clock.now())
        message.edited = self.clock.snowflake()
        self.note("edit", id=str(message.id), channel=str(message.channel.id))
        self._publish_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = self.clock.now()
        self.note("delete", id=str(message.id), channel=str(message.channel.id))
        guild = message.channel.guild
        body = {"id": str(message.id), "channel_id": str(message.channel.id)}
        body |= {"guild_id": str(guild.id)} if guild else {}
        self.publish("MESSAGE_DELETE", guild, lambda intents: body if self._hears(message, intents) else None)

    def _publish_message(self, name: str, message: Message) -> None:
        def body(intents: int) -> Json | None:
            return payloads.dispatched_message(message, self, intents) if self._hears(message, intents) else None

        self.publish(name, message.channel.guild, body)

    def _hears(self, message: Message, intents: int) -> bool:
        if message.visible_to is not None or not permissions.in_channel(message.channel, self.bot):
            return False
        return bool(intents & (1 << 9 if message.channel.guild else 1 << 12))

    # Questions: users' messages that want an answer.

    def ask(self, message: Message) -> Question:
        """Note that a user's message wants an answer; call before the message is posted."""
        question = self.questions[message.id] = Question(message)
        return question

    def _attribute(self, answer: Message) -> None:
        """Count a message of the bot as an answer: to what it replies to, or to the last question in its channel."""
        if answer.reference is not None:
            question = self.questions.get(answer.reference.id)
        else:
            asked = [one for one in self.questions.values() if one.message.channel is answer.channel]
            started = self.questions.get(answer.channel.id) if answer.channel.type == THREAD else None
            question = asked[-1] if asked else started
        if question is not None:
            question.answers.append(answer)
            question.signal.notify()
