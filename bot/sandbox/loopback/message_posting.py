"""Turn a checked payload of the bot into a message, with the pings that it really causes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.payload_checks import CREATE, EDIT, check_message
from bot.sandbox.loopback.refusals import RefusedError, invalid_form, missing_access, missing_permissions, unknown
from bot.sandbox.loopback.world_records import COMPONENTS_V2, EPHEMERAL, Channel, Interaction, Json, Message, User

_MAX_FILE_BYTES = 10_485_760


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request."""

    name: str
    content_type: str
    body: bytes


def reachable(world: World, id_: int) -> Channel:
    """Return a channel that the bot may see. Raises RefusedError."""
    channel = world.channels.get(id_)
    if channel is None:
        raise unknown("Channel")
    if not permission_bits.in_channel(channel, world.bot) & permission_bits.VIEW_CHANNEL:
        raise missing_access()
    return channel


def require(world: World, channel: Channel, bits: int) -> None:
    """Raise RefusedError unless the bot has all permissions of `bits` in `channel`."""
    if permission_bits.in_channel(channel, world.bot) & bits != bits:
        raise missing_permissions()


def send(world: World, channel: Channel, payload: Json, files: list[Upload]) -> Message:
    """Post a message of the bot, or return the one that was sent before with the same enforced nonce.

    Raises RefusedError.
    """
    if channel.type not in (0, 1, 11):
        raise RefusedError(400, 50008, "Cannot send messages in a non-text channel")
    require(world, channel, permission_bits.send_bit(channel))
    check_message(payload, CREATE, files=len(files))
    if channel.recipient is not None and not channel.recipient.accepts_direct:
        raise RefusedError(403, 50007, "Cannot send messages to this user")
    if channel.archived:
        raise RefusedError(400, 50083, "Thread is archived")
    if payload.get("embeds"):
        require(world, channel, permission_bits.EMBED_LINKS)
    if files:
        require(world, channel, permission_bits.ATTACH_FILES)
    nonce = payload.get("nonce")
    if nonce is not None and payload.get("enforce_nonce"):
        repeated = world.repeated(channel, world.bot, str(nonce))
        if repeated is not None:
            world.note("repeated nonce", id=str(repeated.id))
            return repeated
    message = compose(world, channel, payload, files)
    message.flags &= ~EPHEMERAL
    message.nonce = str(nonce) if nonce is not None else None
    message.reference = _reference(world, channel, payload.get("message_reference"))
    message.pings = pings(message)
    return world.post(message)


def _reference(world: World, channel: Channel, pointer: Json | None) -> Message | None:
    if pointer is None:
        return None
    require(world, channel, permission_bits.READ_MESSAGE_HISTORY)
    message = channel.messages.get(int(pointer["message_id"]))
    if message is not None and message.deleted is None:
        return message
    if pointer.get("fail_if_not_exists", True):
        raise invalid_form(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    return None


def compose(world: World, channel: Channel, payload: Json, files: list[Upload]) -> Message:
    """Build a message of the bot from a checked payload, without posting it."""
    message = Message(world.clock.snowflake(), channel, world.bot, "", world.clock.now())
    for name, value in changes(world, payload, files).items():
        setattr(message, name, value)
    message.pings = pings(message)
    return message


def changes(world: World, payload: Json, files: list[Upload], message: Message | None = None) -> Json:
    """Return the fields of a message that a checked payload sets."""
    fields: dict[str, Any] = {}
    if "content" in payload:
        fields["content"] = (payload["content"] or "").strip()
    if "embeds" in payload:
        fields["embeds"] = [{"type": "rich"} | embed for embed in payload["embeds"] or []]
    if "components" in payload:
        fields["components"] = payload["components"] or []
    if "allowed_mentions" in payload:
        fields["allowed_mentions"] = payload["allowed_mentions"]
    if "flags" in payload:
        fields["flags"] = payload["flags"] or 0
    if files or "attachments" in payload:
        kept_ids = {str(attachment["id"]) for attachment in payload.get("attachments") or []}
        before = message.attachments if message else []
        kept = [attachment for attachment in before if attachment["id"] in kept_ids]
        fields["attachments"] = kept + [_store(world, upload) for upload in files]
    return fields


def _store(world: World, upload: Upload) -> Json:
    if len(upload.body) > _MAX_FILE_BYTES:
        raise RefusedError(413, 40005, "Request entity too large")
    id_ = str(world.clock.snowflake())
    path = f"attachments/{id_}/{upload.name}"
    world.files[path] = (upload.content_type, upload.body)
    url = f"{world.cdn}/{path}"
    body: Json = {"id": id_, "filename": upload.name, "size": len(upload.body), "url": url, "proxy_url": url}
    return body | {"content_type": upload.content_type}


def edit(world: World, message: Message, payload: Json, files: list[Upload]) -> Message:
    """Check and apply an edit of the bot's own message. Raises RefusedError, also if nothing would be left."""
    if message.author is not world.bot:
        raise RefusedError(403, 50005, "Cannot edit a message authored by another user")
    check_message(payload, EDIT, files=len(files), editing=True)
    apply_edit(world, message, payload, files)
    return message


def apply_edit(world: World, message: Message, payload: Json, files: list[Upload]) -> None:
    """Apply a checked payload to a message; the flag that hides it from others stays."""
    new = changes(world, payload, files, message)
    if "flags" in new:
        settable = 1 << 2 | COMPONENTS_V2
        new["flags"] = message.flags & ~settable | new["flags"] & settable
    shown = {name: new.get(name, getattr(message, name)) for name in ("content", "embeds", "components", "attachments")}
    if not any(shown.values()):
        raise RefusedError(400, 50006, "Cannot send an empty message")
    world.edit(message, **new)


def pings(message: Message) -> list[str]:
    """Return the ids of everybody whom a message notifies, or "everyone"."""
    allowed = message.allowed_mentions
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    listed = {str(id_) for name in ("users", "roles") for id_ in (allowed or {}).get(name) or ()}
    bits = permission_bits.in_channel(message.channel, message.author)
    pinged = [id_ for id_ in re.findall(r"<@!?(\d+)>", message.content) if "users" in parse or id_ in listed]
    guild = message.channel.guild
    for id_ in re.findall(r"<@&(\d+)>", message.content) if guild else ():
        role = guild.roles.get(int(id_)) if guild else None
        mentionable = role is not None and (role.mentionable or bits & permission_bits.MENTION_EVERYONE)
        if mentionable and ("roles" in parse or id_ in listed):
            pinged.append(id_)
    if guild and "everyone" in parse and bits & permission_bits.MENTION_EVERYONE:
        pinged += ["everyone"] * bool(re.search("@(everyone|here)", message.content))
    if message.reference is not None and (True if allowed is None else allowed.get("replied_user")):
        pinged.append(str(message.reference.author.id))
    return list(dict.fromkeys(pinged))


def hidden_from(message: Message, user: User) -> bool:
    """Return whether a message is shown to somebody else than `user` only."""
    return message.visible_to is not None and message.visible_to is not user


def of_interaction(message: Message, interaction: Interaction, *, ephemeral: bool) -> Message:
    """Mark a message as a response to an interaction; only its user sees it if `ephemeral`."""
    message.interaction = interaction
    if ephemeral:
        message.flags |= EPHEMERAL
        message.visible_to = interaction.user
        message.pings = []
    return message
