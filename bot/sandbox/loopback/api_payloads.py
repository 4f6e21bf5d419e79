"""Convert records to the JSON of Discord's API. Keys that Discord omits are absent, not null."""

from __future__ import annotations

import datetime
import re

from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.world_records import (
    DIRECT,
    EPOCH_MS,
    FORUM,
    THREAD,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Population,
)
from bot.sandbox.loopback.world_records import Role as RoleRecord
from bot.sandbox.loopback.world_records import User as UserRecord

MESSAGE_CONTENT = 1 << 15  # the privileged intent


def stamp(snowflake: int) -> str:
    """Format the time in an id as ISO 8601."""
    seconds = ((snowflake >> 22) + EPOCH_MS) / 1000
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


def user(record: UserRecord) -> Json:
    """Convert a user."""
    body: Json = {"id": str(record.id), "username": record.name, "discriminator": "0", "avatar": None}
    body |= {"global_name": record.name, "public_flags": 0}
    return body | {"bot": True} if record.bot else body


def member(guild: Guild, record: UserRecord, channel: Channel | None = None) -> Json:
    """Convert a member; with a channel, add their permissions in it, as interactions do."""
    roles = [str(role) for role in guild.members.get(record.id, ())]
    body: Json = {"user": user(record), "nick": None, "roles": roles, "joined_at": stamp(guild.id), "flags": 0}
    body |= {"deaf": False, "mute": False, "pending": False}
    return body | {"permissions": str(permission_bits.in_channel(channel, record))} if channel else body


def role(record: RoleRecord) -> Json:
    """Convert a role."""
    body: Json = {"id": str(record.id), "name": record.name, "permissions": str(record.permissions), "color": 0}
    body |= {"colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "flags": 0}
    return body | {"hoist": False, "managed": False, "mentionable": record.mentionable, "position": 0}


def channel(record: Channel) -> Json:
    """Convert a channel of any type."""
    if record.type == DIRECT:
        assert record.recipient is not None  # noqa: S101 - a direct channel has one
        body: Json = {"id": str(record.id), "type": DIRECT, "recipients": [user(record.recipient)]}
        return body | {"last_message_id": None, "flags": 0}
    assert record.guild is not None  # noqa: S101 - every other channel has one
    body = {"id": str(record.id), "type": record.type, "name": record.name, "guild_id": str(record.guild.id)}
    body |= {"parent_id": str(record.parent.id) if record.parent else None, "flags": 0, "rate_limit_per_user": 0}
    if record.type == THREAD:
        assert record.owner is not None  # noqa: S101 - a thread has one
        metadata: Json = {"archived": record.archived, "auto_archive_duration": 1440, "locked": False}
        metadata |= {"archive_timestamp": stamp(record.id), "create_timestamp": stamp(record.id)}
        count = len(record.messages)
        body |= {"owner_id": str(record.owner.id), "thread_metadata": metadata, "member_count": 1}
        return body | {"message_count": count, "total_message_sent": count, "last_message_id": None}
    body |= {"position": 0, "topic": None, "nsfw": False, "last_message_id": None}
    body["permission_overwrites"] = [
        {"id": str(id_), "type": 0 if id_ in record.guild.roles else 1, "allow": str(allow), "deny": str(deny)}
        for id_, (allow, deny) in record.overwrites.items()
    ]
    return body | {"available_tags": [], "default_reaction_emoji": None} if record.type == FORUM else body


def features(record: Guild) -> list[str]:
    """Return the features of a guild: one with a locale is a community."""
    return ["COMMUNITY"] if record.locale else []


def guild(record: Guild, world: Population) -> Json:
    """Convert a guild for GUILD_CREATE without privileged intents: of its members, only the bot."""
    visible = [place for place in record.channels.values() if permission_bits.in_channel(place, world.bot)]
    return {
        "id": str(record.id), "name": record.name, "owner_id": str(record.owner.id), "icon": None, "splash": None,
        "joined_at": stamp(record.id), "large": False, "unavailable": False, "member_count": len(record.members),
        "roles": list(map(role, record.roles.values())), "emojis": [], "stickers": [], "features": features(record),
        "channels": [channel(place) for place in visible if place.type != THREAD],
        "threads": [channel(place) for place in visible if place.type == THREAD and not place.archived],
        "members": [member(record, world.bot)], "voice_states": [], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [], "verification_level": 0, "mfa_level": 0,
        "default_message_notifications": 0, "explicit_content_filter": 0, "afk_timeout": 300, "premium_tier": 0,
        "preferred_locale": record.locale or "en-US", "nsfw_level": 0, "system_channel_flags": 0,
        "afk_channel_id": None,
    }  # fmt: skip


def mentioned(record: Message, world: Population) -> list[UserRecord]:
    """Return the users whom a message mentions, including the author of the message that it replies to."""
    ids = [int(id_) for id_ in re.findall(r"<@!?(\d+)>", record.content)]
    if record.reference is not None and (record.allowed_mentions or {}).get("replied_user", not record.author.bot):
        ids.append(record.reference.author.id)
    return [world.users[id_] for id_ in dict.fromkeys(ids) if id_ in world.users]


def message(record: Message, world: Population, intents: int = MESSAGE_CONTENT, *, with_content: bool = False) -> Json:
    """Convert a message as a bot with `intents` gets it, but always `with_content` for a context menu."""
    users = mentioned(record, world)
    with_content = with_content or bool(intents & MESSAGE_CONTENT) or record.channel.guild is None
    with_content = with_content or record.author is world.bot or world.bot in users
    body: Json = {
        "id": str(record.id), "channel_id": str(record.channel.id), "author": user(record.author),
        "content": record.content if with_content else "", "embeds": record.embeds if with_content else [],
        "components": record.components if with_content else [],
        "attachments": record.attachments if with_content else [],
        "timestamp": stamp(record.id), "edited_timestamp": stamp(record.edited) if record.edited else None,
        "tts": False, "mention_everyone": "everyone" in record.pings, "mentions": list(map(user, users)),
        "mention_roles": re.findall(r"<@&(\d+)>", record.content), "pinned": False,
        "type": 19 if record.reference else 0, "flags": record.flags,
    }  # fmt: skip
    if record.nonce is not None:
        body["nonce"] = record.nonce
    if record.thread is not None:
        body["thread"] = channel(record.thread)
    if record.reference is not None:
        body |= _reference(record.reference, world, intents)
    if record.interaction is not None:
        body |= _origin(record.interaction, world)
    return body


def _reference(record: Message, world: Population, intents: int) -> Json:
    pointer: Json = {"type": 0, "message_id": str(record.id), "channel_id": str(record.channel.id)}
    if record.channel.guild is not None:
        pointer["guild_id"] = str(record.channel.guild.id)
    if record.deleted is not None:
        return {"message_reference": pointer, "referenced_message": None}
    shallow = message(record, world, intents)
    for key in ("referenced_message", "message_reference"):
        shallow.pop(key, None)
    return {"message_reference": pointer, "referenced_message": shallow}


def _origin(record: Interaction, world: Population) -> Json:
    metadata: Json = {"id": str(record.id), "type": record.type, "user": user(record.user)}
    metadata["authorizing_integration_owners"] = {}
    kind = {2: 20, 3: 19, 5: 19}[record.type]
    return {
        "application_id": str(world.application_id), "webhook_id": str(world.application_id), "type": kind,
        "interaction_metadata": metadata,
    }  # fmt: skip


def dispatched_message(record: Message, world: Population, intents: int) -> Json:
    """Build the data of MESSAGE_CREATE and MESSAGE_UPDATE: the message, its guild and its author's membership."""
    body = message(record, world, intents)
    guild = record.channel.guild
    if guild is None:
        return body | {"channel_type": DIRECT}
    body |= {"guild_id": str(guild.id), "channel_type": record.channel.type}
    if record.author.id in guild.members:
        author = member(guild, record.author)
        del author["user"]
        body["member"] = author
    return body


def interaction(record: Interaction, world: Population) -> Json:
    """Build the data of INTERACTION_CREATE."""
    guild, where = record.channel.guild, channel(record.channel)
    bits = permission_bits.in_channel(record.channel, world.bot)
    body: Json = {
        "id": str(record.id), "application_id": str(world.application_id), "type": record.type, "version": 1,
        "token": record.token, "data": record.data, "channel_id": str(record.channel.id), "locale": record.user.locale,
        "channel": where, "app_permissions": str(bits), "entitlements": [], "attachment_size_limit": 10_485_760,
    }  # fmt: skip
    if guild is not None:
        where["permissions"] = str(permission_bits.in_channel(record.channel, record.user))
        body |= {"guild_id": str(guild.id), "guild_locale": guild.locale or "en-US", "context": 0}
        body["guild"] = {"id": str(guild.id), "locale": guild.locale or "en-US", "features": features(guild)}
        body["member"] = member(guild, record.user, record.channel)
        body["authorizing_integration_owners"] = {"0": str(guild.id)}
    else:
        body |= {"user": user(record.user), "context": 1, "authorizing_integration_owners": {"0": "0"}}
    if record.message is not None and record.type in (3, 5):
        body["message"] = message(record.message, world)
    return body
