"""The state of the loopback Discord: everything that exists, how it changes, and the record of what happened.

Every change is published to the listeners, of which the gateway is one, as a `Dispatch`. Sockets are left to others.
"""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.loopback import api_payloads, permission_bits
from bot.sandbox.loopback.refusals import unknown
from bot.sandbox.loopback.world_records import (
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

_FIRST_GUILD = (1_577_836_800_000 - EPOCH_MS) << 22  # ids one millisecond apart spread evenly over shards
_NONCE_LIFETIME_S = 300.0


@dataclass(frozen=True)
class Dispatch:
    """An event for the gateway. `body` returns its data for the intents of a session, None if they exclude it."""

    name: str
    guild: Guild | None
    body: Callable[[int], Json | None]


class World:
    """Holds all records; they change nowhere else."""

    def __init__(self, max_events: int | None = None) -> None:
        """Choose how many entries of the record are kept, None for all."""
        self._max_events = max_events
        self._guild_numbers = itertools.count()
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
        self.privileged = 0  # the privileged intents that are switched on in the developer portal
        self.tokens: dict[str, Interaction] = {}
        self._nonces: dict[tuple[int, int, str], Message] = {}
        self.bot = User(self.application_id, "Footnote", bot=True)
        self.users[self.bot.id] = self.bot
        self.owner = self.user("owner")
        self.token = ""
        self.renew_token()

    def renew_token(self) -> None:
        """Replace the token of the bot by a new one in Discord's format."""
        self.token = f"{secrets.token_urlsafe(19)[:26]}.{secrets.token_urlsafe(4)[:6]}.{secrets.token_urlsafe(30)[:38]}"

    def note(self, kind: str, /, **data: Any) -> None:
        """Add an entry to the record, and wake the tasks that wait for one."""
        self.events.append(Event(self.clock.now(), kind, data))
        if self._max_events is not None:
            del self.events[: -self._max_events]
        self.counts[kind] += 1
        self.signal.notify()

    def publish(self, name: str, guild: Guild | None, body: Callable[[int], Json | None]) -> None:
        """Tell every listener of a change."""
        for listener in self.listeners:
            listener(Dispatch(name, guild, body))

    # Users, guilds and channels.

    def user(self, name: str, *, bot: bool = False) -> User:
        """Make a user."""
        user = User(self.clock.snowflake(), name, bot)
        self.users[user.id] = user
        return user

    def guild(self, name: str, *, owner: User | None = None, invited: bool = True, locale: str = "") -> Guild:
        """Make a guild with a text channel, "general"; the bot is a member if `invited`.

        With a locale it is a community.
        """
        owner = owner or self.owner
        guild = Guild(_FIRST_GUILD + (next(self._guild_numbers) << 22), name, owner, locale=locale)
        guild.roles[guild.id] = Role(guild.id, "@everyone", permission_bits.MEMBER)
        guild.members[owner.id] = set()
        if invited:
            guild.members[self.bot.id] = set()
        self.guilds[guild.id] = guild
        self.channel(guild, "general")
        self.announce_guild(guild)
        return guild

    def announce_guild(self, guild: Guild) -> None:
        """Tell the bot of a guild that it is a member of."""
        if self.bot.id in guild.members:
            self.publish(
                "GUILD_CREATE", guild, lambda intents: api_payloads.guild(guild, self) if intents & 1 else None
            )

    def join(self, guild: Guild, user: User, *roles: Role) -> None:
        """Make a user a member with roles."""
        guild.members[user.id] = {role.id for role in roles}
        if user is self.bot:
            self.announce_guild(guild)

    def leave(self, guild: Guild, user: User) -> None:
        """End the membership of a user; if it is the bot, the gateway tells it."""
        del guild.members[user.id]
        if user is self.bot:
            self.publish("GUILD_DELETE", guild, lambda _: {"id": str(guild.id)})

    def forget_guild(self, guild: Guild, people: Iterable[User]) -> None:
        """Remove a guild, some of its members, and all that they wrote; the bot hears that it left."""
        self.leave(guild, self.bot)
        gone = {user.id for user in people}
        direct = [channel for channel in self.channels.values() if channel.recipient and channel.recipient.id in gone]
        for channel in (*guild.channels.values(), *direct):
            self.forget_messages(channel, keep=0)
            self.channels.pop(channel.id, None)
        for user_id in gone:
            self.users.pop(user_id, None)
        self.commands.pop(guild.id, None)
        del self.guilds[guild.id]

    def forget_messages(self, channel: Channel, keep: int) -> None:
        """Remove all but the newest messages of a channel from the records, without telling anybody."""
        for id_ in sorted(channel.messages)[: max(len(channel.messages) - keep, 0)]:
            message = channel.messages.pop(id_)
            self.messages.pop(id_, None)
            self.questions.pop(id_, None)
            self._nonces.pop((channel.id, message.author.id, message.nonce or ""), None)
            for attachment in message.attachments:
                self.files.pop(f"attachments/{attachment['id']}/{attachment['filename']}", None)

    def forget_interactions(self, before: float, keep: int) -> None:
        """Remove the interactions that were created before a time of the clock, and all but the newest."""
        for id_ in list(self.interactions)[: max(len(self.interactions) - keep, 0)]:
            del self.tokens[self.interactions.pop(id_).token]
        for interaction in [old for old in self.interactions.values() if old.created < before]:
            del self.interactions[interaction.id], self.tokens[interaction.token]

    def role(self, guild: Guild, name: str, bits: int = 0) -> Role:
        """Make a role with the permissions `bits`."""
        role = Role(self.clock.snowflake(), name, bits)
        guild.roles[role.id] = role
        body = {"guild_id": str(guild.id), "role": api_payloads.role(role)}
        self.publish("GUILD_ROLE_CREATE", guild, lambda intents: body if intents & 1 else None)
        return role

    def channel(self, guild: Guild, name: str, kind: int = TEXT, parent: Channel | None = None) -> Channel:
        """Make a channel in a guild: text (0), category (4) or forum (15)."""
        assert kind in (TEXT, CATEGORY, FORUM)  # noqa: S101 - threads are made by `thread`
        return self._add_channel(Channel(self.clock.snowflake(), kind, name, guild, parent), "CHANNEL_CREATE")

    def allow(self, channel: Channel, target: User | Role, allow: int = 0, deny: int = 0) -> None:
        """Set the overwrite of a user or a role in a channel."""
        channel.overwrites[target.id] = (allow, deny)
        body = api_payloads.channel(channel)
        self.publish("CHANNEL_UPDATE", channel.guild, lambda intents: body if intents & 1 else None)

    def direct_channel(self, user: User) -> Channel:
        """Return the direct channel of the bot and a user, made on first use."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        channel = Channel(self.clock.snowflake(), DIRECT, "", recipient=user)
        self.channels[channel.id] = channel
        return channel

    def thread(self, parent: Channel, name: str, owner: User, source: Message | None = None) -> Channel:
        """Make a thread in a channel; a thread on a message has the id of the message."""
        id_ = source.id if source else self.clock.snowflake()
        thread = Channel(id_, THREAD, name, parent.guild, parent, owner)
        if source is not None:
            source.thread, source.flags = thread, source.flags | HAS_THREAD
        return self._add_channel(thread, "THREAD_CREATE")

    def _add_channel(self, channel: Channel, event: str) -> Channel:
        assert channel.guild is not None  # noqa: S101 - direct channels are made by `direct_channel`
        self.channels[channel.id] = channel.guild.channels[channel.id] = channel
        self.note("channel", id=str(channel.id), name=channel.name, type=channel.type)
        extra = {"newly_created": True} if event == "THREAD_CREATE" else {}

        def body(intents: int) -> Json | None:
            visible = intents & 1 and permission_bits.in_channel(channel, self.bot)
            return api_payloads.channel(channel) | extra if visible else None

        self.publish(event, channel.guild, body)
        return channel

    # Messages.

    def find_message(self, channel: Channel, id_: int) -> Message:
        """Find a message that was not deleted. Raises RefusedError."""
        message = channel.messages.get(id_)
        if message is None or message.deleted is not None:
            raise unknown("Message")
        return message

    def repeated(self, channel: Channel, author: User, nonce: str) -> Message | None:
        """Return the message that an author sent to a channel with this nonce in the last minutes, if any."""
        message = self._nonces.get((channel.id, author.id, nonce))
        return message if message is not None and message.at > self.clock.now() - _NONCE_LIFETIME_S else None

    def post(self, message: Message) -> Message:
        """Add a new message to its channel and publish it."""
        message.channel.messages[message.id] = self.messages[message.id] = message
        if message.nonce is not None:
            self._nonces[message.channel.id, message.author.id, message.nonce] = message
        self.note("message", id=str(message.id), channel=str(message.channel.id), author=message.author.name)
        if message.author is self.bot and message.interaction is None:
            self._attribute(message)
        self._publish_message("MESSAGE_CREATE", message)
        return message

    def edit(self, message: Message, **changes: Any) -> None:
        """Change fields of a message and publish the change."""
        for name, value in changes.items():
            setattr(message, name, value)
        message.edits.append(self.clock.now())
        message.edited = self.clock.snowflake()
        self.note("edit", id=str(message.id), channel=str(message.channel.id))
        self._publish_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Delete a message and publish the deletion."""
        message.deleted = self.clock.now()
        self.note("delete", id=str(message.id), channel=str(message.channel.id))
        guild = message.channel.guild
        body = {"id": str(message.id), "channel_id": str(message.channel.id)}
        body |= {"guild_id": str(guild.id)} if guild else {}
        self.publish("MESSAGE_DELETE", guild, lambda intents: body if self._gets(message, intents) else None)

    def dismiss(self, message: Message) -> None:
        """Remove a message that only one user sees, as they can; the bot does not hear of it."""
        message.deleted = self.clock.now()
        self.note("dismiss", id=str(message.id))

    def _publish_message(self, name: str, message: Message) -> None:
        def body(intents: int) -> Json | None:
            return api_payloads.dispatched_message(message, self, intents) if self._gets(message, intents) else None

        self.publish(name, message.channel.guild, body)

    def _gets(self, message: Message, intents: int) -> bool:
        if message.visible_to is not None or not permission_bits.in_channel(message.channel, self.bot):
            return False
        return bool(intents & (1 << 9 if message.channel.guild else 1 << 12))

    # Questions: messages that the bot should answer.

    def ask(self, message: Message) -> Question:
        """Register a message as a question; call this before it is posted."""
        question = self.questions[message.id] = Question(message)
        return question

    def _attribute(self, answer: Message) -> None:
        """Count a message of the bot as an answer: to the question it replies to, or the last one in its channel."""
        if answer.reference is not None:
            question = self.questions.get(answer.reference.id)
        else:
            in_channel = [other for other in self.questions.values() if other.message.channel is answer.channel]
            first = self.questions.get(answer.channel.id) if answer.channel.type == THREAD else None
            question = in_channel[-1] if in_channel else first
        if question is not None:
            question.answers.append(answer)
            question.signal.notify()
