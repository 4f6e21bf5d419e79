"""The users of the loopback Discord: what a person can do with their client, as calls."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.discord_server import payloads, permissions
from tests.discord_server.messages import hidden_from
from tests.discord_server.records import (
    FORUM,
    TEXT,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Question,
    Role,
    User,
)

if TYPE_CHECKING:
    from tests.discord_server.state import World

_KINDS: dict[int, type | tuple[type, ...]] = {3: str, 4: int, 5: bool, 10: (int, float)}


class ImpossibleError(Exception):
    """Something that Discord's client would not let this user do."""


class Actors:
    """Does in the world what users do; everything reaches the bot as events of the gateway."""

    def __init__(self, world: World) -> None:
        self._world = world

    # Writing.

    def say(self, user: User, channel: Channel, text: str, *, reply_to: Message | None = None) -> Message:
        """Write a message that asks nothing of the bot."""
        return self._world.post(self._message(user, channel, text, reply_to))

    def ask(self, user: User, channel: Channel, text: str, *, reply_to: Message | None = None) -> Question:
        """Write a message that wants an answer of the bot."""
        question = self._world.ask(self._message(user, channel, text, reply_to))
        self._world.post(question.message)
        return question

    def edit(self, user: User, message: Message, text: str) -> None:
        """Change the text of one's own message."""
        if message.author is not user:
            raise ImpossibleError(f"{user.name} did not write that")
        self._world.edit(message, content=text)

    def delete(self, user: User, message: Message) -> None:
        """Take one's own message away, or another's as a moderator."""
        if message.author is not user:
            self._may(user, message.channel, permissions.MANAGE_MESSAGES)
        self._world.delete(message)

    def _message(self, user: User, channel: Channel, text: str, reply_to: Message | None) -> Message:
        bits = permissions.VIEW_CHANNEL | permissions.send_bit(channel)
        self._may(user, channel, bits)
        world = self._world
        return Message(world.clock.snowflake(), channel, user, text, world.clock.now(), reference=reply_to)

    def _may(self, user: User, channel: Channel, bits: int) -> None:
        if permissions.in_channel(channel, user) & bits != bits:
            raise ImpossibleError(f"{user.name} may not do that in {channel.name!r}")

    def create_thread(self, user: User, channel: Channel, name: str, message: Message | None = None) -> Channel:
        """Start a thread in a text channel, at a message or at none."""
        if channel.type != TEXT:
            raise ImpossibleError("only text channels have such threads")
        self._may(user, channel, permissions.CREATE_PUBLIC_THREADS)
        return self._world.thread(channel, name, user, message)

    def forum_post(self, user: User, forum: Channel, title: str, text: str) -> Question:
        """Start a post in a forum: a thread whose first message has the thread's id."""
        if forum.type != FORUM:
            raise ImpossibleError("posts belong into forums")
        self._may(user, forum, permissions.SEND_MESSAGES)
        thread = self._world.thread(forum, title, user)
        first = Message(thread.id, thread, user, text, self._world.clock.now())
        question = self._world.ask(first)
        self._world.post(first)
        return question

    # Interactions.

    def command(self, guild: Guild | None, name: str, kind: int) -> Json:
        """Return a registered command by its first word (a context menu by its whole name)."""
        for scope in (guild.id if guild else None, None):
            for command in self._world.commands.get(scope, []):
                if command["name"] == name and command["type"] == kind:
                    return command
        raise ImpossibleError(f"there is no command {name!r}")

    def _usable(self, user: User, channel: Channel, command: Json) -> None:
        """Refuse what the client would not offer: wrong place, or without the permissions set by default."""
        contexts, guild = command.get("contexts"), channel.guild
        only_guild = (contexts is not None and 1 not in contexts) or command.get("dm_permission") is False
        if guild is None and (only_guild or "guild_id" in command):
            raise ImpossibleError(f"{command['name']!r} is not offered in direct messages")
        if guild is not None:
            if contexts is not None and 0 not in contexts:
                raise ImpossibleError(f"{command['name']!r} is not offered in guilds")
            wanted = int(command["default_member_permissions"] or 0)
            self._may(user, channel, permissions.USE_APPLICATION_COMMANDS | wanted)

    def slash(self, user: User, channel: Channel, name: str, options: Json, *, force: bool = False) -> Interaction:
        """Send a slash command ("group sub" for a sub-command); `force` passes over what only the client checks."""
        first, *rest = name.split()
        command = self.command(channel.guild, first, 1)
        if not force:
            self._usable(user, channel, command)
        resolved: Json = {}
        guild = channel.guild
        data = self._nested(command, rest, lambda leaf: self._options(leaf, options, resolved, guild))
        return self._interact(2, user, channel, data | ({"resolved": resolved} if resolved else {}))

    def autocomplete(self, user: User, channel: Channel, name: str, focused: str, options: Json) -> Interaction:
        """Type into an option that completes; `options` are all options so far."""
        first, *rest = name.split()
        command = self.command(channel.guild, first, 1)

        def filled(leaf: Json) -> list[Json]:
            given = self._options(leaf, options, {}, channel.guild, whole=False)
            for option in given:
                if option["name"] == focused:
                    option["focused"] = True
            if not any("focused" in option for option in given):
                raise ImpossibleError(f"nothing is typed into {focused!r}")
            return given

        return self._interact(4, user, channel, self._nested(command, rest, filled))

    def _nested(self, command: Json, path: list[str], fill: Any) -> Json:
        """Return an interaction's data for a command or the sub-command that `path` names."""
        data: Json = {"id": command["id"], "name": command["name"], "type": 1}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        node, leaf = data, command
        for word in path:
            found = [one for one in leaf.get("options", []) if one["name"] == word and one["type"] in (1, 2)]
            if not found:
                raise ImpossibleError(f"{command['name']!r} has no sub-command {word!r}")
            leaf = found[0]
            inner: Json = {"name": word, "type": leaf["type"]}
            node["options"], node = [inner], inner
        if any(one["type"] in (1, 2) for one in leaf.get("options", [])):
            raise ImpossibleError(f"{leaf['name']!r} is a group: name one of its sub-commands")
        node["options"] = fill(leaf)
        return data

    def _options(
        self, leaf: Json, given: Json, resolved: Json, guild: Guild | None, *, whole: bool = True
    ) -> list[Json]:
        known = {option["name"]: option for option in leaf.get("options", [])}
        for name in given:
            if name not in known:
                raise ImpossibleError(f"{leaf['name']!r} has no option {name!r}")
        missing = [name for name, option in known.items() if option.get("required") and name not in given]
        if whole and missing:
            raise ImpossibleError(f"{leaf['name']!r} needs {missing}")
        for name, value in given.items():
            if known[name]["type"] in (6, 7, 8, 9):
                self._resolve(self._named(value, guild), resolved, guild)
        return [self._option(known[name], value, whole=whole) for name, value in given.items()]

    def _named(self, value: Any, guild: Guild | None) -> User | Channel | Role:
        """Return the user, channel or role that a value is, or whose id it is."""
        if isinstance(value, User | Channel | Role):
            return value
        id_ = int(value)
        found = self._world.users.get(id_) or self._world.channels.get(id_) or (guild and guild.roles.get(id_))
        if not found:
            raise ImpossibleError(f"{value} cannot be chosen")
        return found

    def _option(self, option: Json, value: Any, *, whole: bool) -> Json:
        kind = option["type"]
        expected = _KINDS.get(kind)
        if whole and expected is not None:
            if not isinstance(value, expected) or (kind != 5 and isinstance(value, bool)):
                raise ImpossibleError(f"{option['name']!r} takes no {value!r}")
            choices = option.get("choices")
            if choices and value not in [choice["value"] for choice in choices]:
                raise ImpossibleError(f"{value!r} is no choice of {option['name']!r}")
            if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get(
                "max_length", 6000
            ):
                raise ImpossibleError(f"{option['name']!r} is too short or too long")
        if isinstance(value, User | Channel | Role):
            value = str(value.id)
        return {"name": option["name"], "type": kind, "value": value}

    def _resolve(self, value: User | Channel | Role, resolved: Json, guild: Guild | None) -> None:
        """Add what an id in the data stands for, as Discord sends it along."""
        if isinstance(value, User):
            resolved.setdefault("users", {})[str(value.id)] = payloads.user(value)
            if guild is not None and value.id in guild.members:
                body = payloads.member(guild, value) | {"permissions": str(permissions.in_guild(guild, value))}
                del body["user"]
                resolved.setdefault("members", {})[str(value.id)] = body
        elif isinstance(value, Channel):
            body = payloads.channel(value) | {"permissions": str(permissions.ALL)}
            resolved.setdefault("channels", {})[str(value.id)] = body
        else:
            resolved.setdefault("roles", {})[str(value.id)] = payloads.role(value)

    def context_menu(self, user: User, message: Message, name: str) -> Interaction:
        """Choose a command from the menu of a message."""
        command = self.command(message.channel.guild, name, 3)
        self._usable(user, message.channel, command)
        target = payloads.message(message, self._world, whole=True)
        data: Json = {"id": command["id"], "name": name, "type": 3, "target_id": str(message.id)}
        data["resolved"] = {"messages": {str(message.id): target}}
        return self._interact(2, user, message.channel, data, message=None)

    def component(self, user: User, message: Message, which: str | int, values: list[str] | None = None) -> Interaction:
        """Press a button (by label, custom id or place) or choose `values` of a select (by custom id or place)."""
        if message.deleted is not None or hidden_from(message, user):
            raise ImpossibleError(f"{user.name} does not see that message")
        parts = [part for part in _leaves(message.components) if (part["type"] == 2) == (values is None)]
        named = [part for index, part in enumerate(parts) if which in (index, part.get("label"), part.get("custom_id"))]
        if not named:
            raise ImpossibleError(
                f"there is no {which!r} among {[p.get('label') or p.get('custom_id') for p in parts]}"
            )
        part = named[0]
        if part.get("disabled") or "custom_id" not in part:
            raise ImpossibleError(f"{which!r} cannot be used")
        data: Json = {"custom_id": part["custom_id"], "component_type": part["type"], "id": 1}
        if values is not None:
            offered = [option["value"] for option in part.get("options", [])]
            if part["type"] == 3 and not set(values) <= set(offered):
                raise ImpossibleError(f"{values} are not all among {offered}")
            data["values"] = values
            if part["type"] != 3:
                data["resolved"] = self._chosen(message, values)
        return self._interact(3, user, message.channel, data, message=message)

    def _chosen(self, message: Message, values: list[str]) -> Json:
        resolved: Json = {}
        guild = message.channel.guild
        for value in values:
            self._resolve(self._named(value, guild), resolved, guild)
        return resolved

    def submit(self, user: User, source: Interaction, values: Json) -> Interaction:
        """Fill the modal that answered `source`; values go by custom id or label, the rest stays as it stood."""
        if source.modal is None:
            raise ImpossibleError("no modal is open")
        rows = []
        left = dict(values)
        for row in source.modal["components"]:
            fields = row.get("components") or ([row["component"]] if "component" in row else [])
            filled = [_filled(field, row, left) for field in fields]
            key, body = ("component", filled[0]) if row["type"] == 18 else ("components", filled)
            rows.append({"type": row["type"], key: body})
        if left:
            raise ImpossibleError(f"the modal has no {list(left)}")
        data = {"custom_id": source.modal["custom_id"], "components": rows}
        return self._interact(5, user, source.channel, data, message=source.message)

    def _interact(
        self, kind: int, user: User, channel: Channel, data: Json, *, message: Message | None = None
    ) -> Interaction:
        world = self._world
        token = secrets.token_urlsafe(90)
        made = Interaction(world.clock.snowflake(), token, kind, user, channel, data, world.clock.now(), message)
        world.interactions[made.id] = world.tokens[token] = made
        world.note("interaction", id=str(made.id), type=kind, name=data.get("name") or data.get("custom_id"))
        world.publish("INTERACTION_CREATE", channel.guild, lambda _: payloads.interaction(made, world))
        return made


def _leaves(components: list[Json]) -> list[Json]:
    """Return the buttons and selects of a message in order, out of rows, sections and containers."""
    out: list[Json] = []
    for part in components:
        if part["type"] in (2, 3, 5, 6, 7, 8):
            out.append(part)
        out += _leaves(part.get("components", []))
        out += _leaves([part["accessory"]] if "accessory" in part else [])
    return out


def _filled(field: Json, row: Json, left: Json) -> Json:
    names = (field.get("custom_id"), field.get("label"), row.get("label"))
    key = next((name for name in names if name in left), "")
    if field["type"] != 4:
        return {"type": field["type"], "id": 1, "custom_id": field["custom_id"], "values": left.pop(key, [])}
    value = str(left.pop(key)) if key else field.get("value") or ""
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    if (field.get("required", True) or value) and not max(least, field.get("required", True)) <= len(value) <= most:
        raise ImpossibleError(f"the field {names[1] or names[2]!r} does not take {len(value)} characters")
    return {"type": 4, "id": 1, "custom_id": field["custom_id"], "value": value}
