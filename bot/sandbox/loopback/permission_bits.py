"""Compute permissions as Discord does."""

from __future__ import annotations

from bot.sandbox.loopback.world_records import THREAD, Channel, Guild, User

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38
ALL = (1 << 53) - 1
MEMBER = (
    ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS | CREATE_PUBLIC_THREADS | SEND_MESSAGES_IN_THREADS
)  # fmt: skip


def in_guild(guild: Guild, user: User) -> int:
    """Return the permission bits of a user before the overwrites of a channel."""
    if user is guild.owner:
        return ALL
    if user.id not in guild.members:
        return 0
    bits = guild.roles[guild.id].permissions
    for role in guild.members[user.id]:
        bits |= guild.roles[role].permissions
    return ALL if bits & ADMINISTRATOR else bits


def in_channel(channel: Channel, user: User) -> int:
    """Return the permission bits of a user in a channel; in direct messages everything is allowed."""
    guild = channel.guild
    if guild is None:
        return ALL
    base = in_guild(guild, user)
    if base == ALL or user.id not in guild.members:
        return base
    place = channel.parent if channel.type == THREAD and channel.parent else channel
    bits = _overwritten(base, place.overwrites.get(guild.id))
    overwrites = [place.overwrites[role] for role in guild.members[user.id] if role in place.overwrites]
    allow = deny = 0
    for role_allow, role_deny in overwrites:
        allow, deny = allow | role_allow, deny | role_deny
    bits = _overwritten(_overwritten(bits, (allow, deny)), place.overwrites.get(user.id))
    return bits if bits & VIEW_CHANNEL else 0


def _overwritten(bits: int, overwrite: tuple[int, int] | None) -> int:
    allow, deny = overwrite or (0, 0)
    return bits & ~deny | allow


def send_bit(channel: Channel) -> int:
    """Return the permission that it takes to write to a channel."""
    return SEND_MESSAGES_IN_THREADS if channel.type == THREAD else SEND_MESSAGES
