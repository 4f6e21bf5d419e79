"""Convert what one member of a server sees to plain values: channels, messages of one channel, and commands."""

from typing import Any

from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.api_payloads import stamp
from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.world_records import (
    DIRECT,
    EPHEMERAL,
    FORUM,
    LOADING,
    THREAD,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
)

Json = dict[str, Any]
KINDS = {DIRECT: "direct", THREAD: "thread", FORUM: "forum"}
SLASH, MENU = 1, 3  # types of commands
SUB_COMMAND, SUB_GROUP = 1, 2  # types of options
MAX_REPLY_CHARS = 100


def view(world: World, guild: Guild, member: User, channel: Channel) -> Json:
    """Compose what a member sees while a channel of a server, or their direct channel, is open."""
    messages = [message for message in channel.messages.values() if is_shown(message, member)]
    return {
        "me": str(member.id),
        "locale": member.locale,
        "channel": str(channel.id),
        "channels": [channel_view(shown) for shown in visible_channels(world, guild, member)],
        "messages": [message_view(message, world, guild) for message in messages],
        "commands": commands(world, guild, member, channel),
        "users": {str(id_): world.users[id_].name for id_ in (*guild.members, world.bot.id) if id_ in world.users},
        "roles": {str(role.id): role.name for role in guild.roles.values()},
    }


def is_shown(message: Message, member: User) -> bool:
    """Return whether a member sees a message."""
    return message.deleted is None and message.visible_to in (None, member)


def visible_channels(world: World, guild: Guild, member: User) -> list[Channel]:
    """Return the channels that a member sees, in their order, each before its threads, and the direct channel last."""
    shown = [
        channel
        for channel in guild.channels.values()
        if permission_bits.in_channel(channel, member) & permission_bits.VIEW_CHANNEL
    ]
    ordered: list[Channel] = []
    for channel in shown:
        if channel.type != THREAD:
            ordered += [channel, *(thread for thread in shown if thread.parent is channel)]
    return [*ordered, world.direct_channel(member)]


def channel_view(channel: Channel) -> Json:
    """Convert a channel."""
    return {
        "id": str(channel.id),
        "kind": KINDS.get(channel.type, "text"),
        "name": channel.name,
        "parent": str(channel.parent.id) if channel.parent else None,
        "last": str(max(channel.messages, default=0)),
    }


def message_view(message: Message, world: World, guild: Guild) -> Json:
    """Convert a message, with what it answers."""
    author = message.author
    shown: Json = {
        "id": str(message.id),
        "author": {"id": str(author.id), "name": author.name, "bot": author is world.bot},
        "at": stamp(message.id),
        "edited": message.edited is not None and message.interaction is None,
        "content": message.content,
        "embeds": message.embeds,
        "components": message.components,
        "private": bool(message.flags & EPHEMERAL),
        "thinking": bool(message.flags & LOADING),
        "pings": [_pinged(id_, guild, world) for id_ in message.pings],
    }
    answered = message.interaction
    reference = message.reference or (answered.message if answered else None)
    if reference is not None:
        shown["reply"] = _reply(reference)
    elif answered is not None:
        shown["used"] = _used(answered)
    if message.thread is not None:
        count = sum(1 for other in message.thread.messages.values() if other.deleted is None)
        shown["thread"] = {"id": str(message.thread.id), "name": message.thread.name, "count": count}
    return shown


def commands(world: World, guild: Guild, member: User, channel: Channel) -> list[Json]:
    """List the commands that a member is offered in a channel, sub-commands under their whole name."""
    offered = []
    bits = permission_bits.in_channel(channel, member)
    for command in (*world.commands.get(guild.id, []), *world.commands.get(None, [])):
        contexts, default = command.get("contexts"), int(command["default_member_permissions"] or 0)
        place = 1 if channel.type == DIRECT else 0
        if (contexts is not None and place not in contexts) or bits & default != default:
            continue
        if command["type"] == SLASH:
            offered += _leaves(command, "", member.locale)
        elif command["type"] == MENU:
            offered.append({"kind": "menu", "name": command["name"], "label": _text(command, "name", member.locale)})
    return offered


def _text(part: Json, field: str, locale: str) -> str:
    """Return the name or description of a command or option in a language, in English without a translation."""
    text: str = (part.get(f"{field}_localizations") or {}).get(locale) or part[field]
    return text


def _leaves(command: Json, before: str, locale: str) -> list[Json]:
    name = f"{before} {command['name']}".strip()
    inner = [option for option in command.get("options", []) if option["type"] in (SUB_COMMAND, SUB_GROUP)]
    if inner:
        return [leaf for option in inner for leaf in _leaves(option, name, locale)]
    fields = ("name", "type", "required", "autocomplete", "choices", "max_length", "channel_types")
    options = [
        {key: option[key] for key in fields if key in option} | {"description": _text(option, "description", locale)}
        for option in command.get("options", [])
    ]
    return [{"kind": "slash", "name": name, "description": _text(command, "description", locale), "options": options}]


def _reply(message: Message) -> Json:
    text = " ".join(message.content.split()) if message.deleted is None else ""
    return {"id": str(message.id), "name": message.author.name, "text": text[:MAX_REPLY_CHARS]}


def _used(interaction: Interaction) -> Json:
    """Say who used what, as Discord writes it above an answer."""
    name, node = [], interaction.data
    while "name" in node:  # a command, perhaps with a sub-command; a form has none
        name.append(node["name"])
        node = next((option for option in node.get("options", []) if option["type"] in (SUB_COMMAND, SUB_GROUP)), {})
    is_menu = interaction.data.get("type") == MENU
    command = " ".join(name) if is_menu else f"/{' '.join(name)}" if name else "a form"
    return {"name": interaction.user.name, "command": command}


def _pinged(id_: str, guild: Guild, world: World) -> str:
    if id_ == "everyone":
        return id_
    record = world.users.get(int(id_)) or guild.roles.get(int(id_))
    return record.name if record else ""
