"""What the bot writes: a checked payload becomes a message, with the pings that it really causes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.discord_server import permissions
from tests.discord_server.errors import RefusedError, invalid_form, missing_access, missing_permissions, unknown
from tests.discord_server.records import COMPONENTS_V2, EPHEMERAL, Channel, Interaction, Json, Message, User
from tests.discord_server.state import World
from tests.discord_server.validation import CREATE, EDIT, check_message

_FILE_LIMIT = 10_485_760


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request."""

    name: str
    content_type: str
    body: bytes


def reachable(world: World, id_: int) -> Channel:
    """Return a channel that the bot may see; others are refused as unknown or without access."""
    channel = world.channels.get(id_)
    if channel is None:
        raise unknown("Channel")
    if not permissions.in_channel(channel, world.bot) & permissions.VIEW_CHANNEL:
        raise missing_access()
    return channel


def require(world: World, channel: Channel, bits: int) -> None:
    """Refuse unless the bot has all of `bits` in `channel`."""
    if permissions.in_channel(channel, world.bot) & bits != bits:
        raise missing_permissions()


def send(world: World, channel: Channel, payload: Json, files: list[Upload]) -> Message:
    """Send a message of the bot into a channel, or return the one that was sent with the same enforced nonce."""
    if channel.type not in (0, 1, 11):
        raise RefusedError(400, 50008, "Cannot send messages in a non-text channel")
    require(world, channel, permissions.send_bit(channel))
    check_message(payload, CREATE, files=len(files))
    if channel.recipient is not None and not channel.recipient.accepts_direct:
        raise RefusedError(403, 50007, "Cannot send messages to this user")
    if channel.archived:
        raise RefusedError(400, 50083, "Thread is archived")
    if payload.get("embeds"):
        require(world, channel, permissions.EMBED_LINKS)
    if files:
        require(world, channel, permissions.ATTACH_FILES)
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
    require(world, channel, permissions.READ_MESSAGE_HISTORY)
    found = channel.messages.get(int(pointer["message_id"]))
    if found is not None and found.deleted is None:
        return found
    if pointer.get("fail_if_not_exists", True):
        raise invalid_form(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    return None


def compose(world: World, channel: Channel, payload: Json, files: list[Upload]) -> Message:
    """Return a checked payload as a message of the bot that is not sent yet."""
    message = Message(world.clock.snowflake(), channel, world.bot, "", world.clock.now())
    for name, value in changes(world, payload, files).items():
        setattr(message, name, value)
    message.pings = pings(message)
    return message


def changes(world: World, payload: Json, files: list[Upload], message: Message | None = None) -> Json:
    """Return the fields of a message that a checked payload sets."""
    out: dict[str, Any] = {}
    if "content" in payload:
        out["content"] = (payload["content"] or "").strip()
    if "embeds" in payload:
        out["embeds"] = [{"type": "rich"} | embed for embed in payload["embeds"] or []]
    if "components" in payload:
        out["components"] = payload["components"] or []
    if "allowed_mentions" in payload:
        out["allowed_mentions"] = payload["allowed_mentions"]
    if "flags" in payload:
        out["flags"] = payload["flags"] or 0
    if files or "attachments" in payload:
        kept = {str(one["id"]) for one in payload.get("attachments") or []}
        old = [one for one in (message.attachments if message else []) if one["id"] in kept]
        out["attachments"] = old + [_store(world, one) for one in files]
    return out


def _store(world: World, upload: Upload) -> Json:
    if len(upload.body) > _FILE_LIMIT:
        raise RefusedError(413, 40005, "Request entity too large")
    id_ = str(world.clock.snowflake())
    path = f"attachments/{id_}/{upload.name}"
    world.files[path] = (upload.content_type, upload.body)
    url = f"{world.cdn}/{path}"
    body: Json = {"id": id_, "filename": upload.name, "size": len(upload.body), "url": url, "proxy_url": url}
    return body | {"content_type": upload.content_type}


def edit(world: World, message: Message, payload: Json, files: list[Upload]) -> Message:
    """Edit a message of the bot; an edit that leaves nothing is refused."""
    if message.author is not world.bot:
        raise RefusedError(403, 50005, "Cannot edit a message authored by another user")
    check_message(payload, EDIT, files=len(files), editing=True)
    apply_edit(world, message, payload, files)
    return message


def apply_edit(world: World, message: Message, payload: Json, files: list[Upload]) -> None:
    """Change what a checked payload names; flags that show who may see a message stay."""
    new = changes(world, payload, files, message)
    if "flags" in new:
        settable = 1 << 2 | COMPONENTS_V2
        new["flags"] = message.flags & ~settable | new["flags"] & settable
    shown = {name: new.get(name, getattr(message, name)) for name in ("content", "embeds", "components", "attachments")}
    if not any(shown.values()):
        raise RefusedError(400, 50006, "Cannot send an empty message")
    world.edit(message, **new)


def pings(message: Message) -> list[str]:
    """Return the ids of everybody whom a message notifies, "everyone" for all."""
    allowed = message.allowed_mentions
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    listed = {str(one) for name in ("users", "roles") for one in (allowed or {}).get(name) or ()}
    may = permissions.in_channel(message.channel, message.author)
    out = [one for one in re.findall(r"<@!?(\d+)>", message.content) if "users" in parse or one in listed]
    guild = message.channel.guild
    for one in re.findall(r"<@&(\d+)>", message.content) if guild else ():
        role = guild.roles.get(int(one)) if guild else None
        mentionable = role is not None and (role.mentionable or may & permissions.MENTION_EVERYONE)
        if mentionable and ("roles" in parse or one in listed):
            out.append(one)
    if guild and "everyone" in parse and may & permissions.MENTION_EVERYONE:
        out += ["everyone"] * bool(re.search("@(everyone|here)", message.content))
    if message.reference is not None and (True if allowed is None else allowed.get("replied_user")):
        out.append(str(message.reference.author.id))
    return list(dict.fromkeys(out))


def hidden_from(message: Message, user: User) -> bool:
    """Tell whether `user` cannot see a message that only somebody else is shown."""
    return message.visible_to is not None and message.visible_to is not user


def of_interaction(message: Message, interaction: Interaction, *, ephemeral: bool) -> Message:
    """Mark a message as a response to `interaction`, seen by the asker alone if `ephemeral`."""
    message.interaction = interaction
    if ephemeral:
        message.flags |= EPHEMERAL
        message.visible_to = interaction.user
        message.pings = []
    return message
