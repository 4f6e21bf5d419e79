"""The users of the loopback Discord: everything that a person can do in their client, as methods."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.sandbox.loopback import api_payloads, permission_bits
from bot.sandbox.loopback.message_posting import hidden_from
from bot.sandbox.loopback.world_records import (
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
    from bot.sandbox.loopback.discord_world import World

_OPTION_TYPES: dict[int, type | tuple[type, ...]] = {3: str, 4: int, 5: bool, 10: (int, float)}
MAX_ID_DIGITS = 20
_OPTION_RECORDS: dict[int, tuple[type, ...]] = {6: (User,), 7: (Channel,), 8: (Role,), 9: (User, Role)}
_SELECT_RECORDS: dict[int, tuple[type, ...]] = {5: (User,), 6: (Role,), 7: (User, Role), 8: (Channel,)}


class ImpossibleError(Exception):
    """An action that Discord's client would not let this user take."""


class Actors:
    """Acts in the world as users do; the bot hears of it through the gateway."""

    def __init__(self, world: World) -> None:
        self.world = world

    # Messages.

    def say(self, user: User, channel: Channel, text: str, *, reply_to: Message | None = None) -> Message:
        """Write a message that is not for the bot."""
        return self.world.post(self._message(user, channel, text, reply_to))

    def ask(self, user: User, channel: Channel, text: str, *, reply_to: Message | None = None) -> Question:
        """Write a message that the bot should answer."""
        question = self.world.ask(self._message(user, channel, text, reply_to))
        self.world.post(question.message)
        return question

    def edit(self, user: User, message: Message, text: str) -> None:
        """Edit the text of the user's own message."""
        if message.author is not user:
            raise ImpossibleError(f"{user.name} did not write that")
        self.world.edit(message, content=text)

    def delete(self, user: User, message: Message) -> None:
        """Delete the user's own message, or as a moderator the message of somebody else."""
        if message.author is not user:
            self._require(user, message.channel, permission_bits.MANAGE_MESSAGES)
        self.world.delete(message)

    def _message(self, user: User, channel: Channel, text: str, reply_to: Message | None) -> Message:
        bits = permission_bits.VIEW_CHANNEL | permission_bits.send_bit(channel)
        self._require(user, channel, bits)
        world = self.world
        return Message(world.clock.snowflake(), channel, user, text, world.clock.now(), reference=reply_to)

    def _require(self, user: User, channel: Channel, bits: int) -> None:
        if permission_bits.in_channel(channel, user) & bits != bits:
            raise ImpossibleError(f"{user.name} may not do that in {channel.name!r}")

    def create_thread(self, user: User, channel: Channel, name: str, message: Message | None = None) -> Channel:
        """Start a thread in a text channel, on a message or on its own."""
        if channel.type != TEXT:
            raise ImpossibleError("such threads exist in text channels only")
        self._require(user, channel, permission_bits.CREATE_PUBLIC_THREADS)
        return self.world.thread(channel, name, user, message)

    def forum_post(self, user: User, forum: Channel, title: str, text: str) -> Question:
        """Start a post in a forum: a thread whose first message has the thread's id."""
        if forum.type != FORUM:
            raise ImpossibleError("posts exist in forums only")
        self._require(user, forum, permission_bits.SEND_MESSAGES)
        thread = self.world.thread(forum, title, user)
        first = Message(thread.id, thread, user, text, self.world.clock.now())
        question = self.world.ask(first)
        self.world.post(first)
        return question

    # Interactions.

    def command(self, guild: Guild | None, name: str, kind: int) -> Json:
        """Find a registered command by its first word, or a context menu by its whole name."""
        for scope in (guild.id if guild else None, None):
            for command in self.world.commands.get(scope, []):
                if command["name"] == name and command["type"] == kind:
                    return command
        raise ImpossibleError(f"unknown command {name!r}")

    def _check_usable(self, user: User, channel: Channel, command: Json) -> None:
        """Raise ImpossibleError if the client would not offer a command in this place, or not to this user."""
        contexts, guild = command.get("contexts"), channel.guild
        only_guild = (contexts is not None and 1 not in contexts) or command.get("dm_permission") is False
        if guild is None and (only_guild or "guild_id" in command):
            raise ImpossibleError(f"{command['name']!r} is not offered in direct messages")
        if guild is not None:
            if contexts is not None and 0 not in contexts:
                raise ImpossibleError(f"{command['name']!r} is not offered in guilds")
            default = int(command["default_member_permissions"] or 0)
            self._require(user, channel, permission_bits.USE_APPLICATION_COMMANDS | default)

    def slash(self, user: User, channel: Channel, name: str, options: Json, *, force: bool = False) -> Interaction:
        """Send a slash command, "group sub" for a sub-command. `force` skips the checks that only the client makes."""
        first, *rest = name.split()
        command = self.command(channel.guild, first, 1)
        if not force:
            self._check_usable(user, channel, command)
        resolved: Json = {}
        guild = channel.guild
        data = self._nested(command, rest, lambda leaf: self._options(leaf, options, resolved, guild))
        return self._interact(2, user, channel, data | ({"resolved": resolved} if resolved else {}))

    def autocomplete(self, user: User, channel: Channel, name: str, focused: str, options: Json) -> Interaction:
        """Type into the option `focused`, which has autocompletion; `options` are all options so far."""
        first, *rest = name.split()
        command = self.command(channel.guild, first, 1)

        def fill(leaf: Json) -> list[Json]:
            filled = self._options(leaf, options, {}, channel.guild, complete=False)
            for option in filled:
                if option["name"] == focused:
                    option["focused"] = True
            if not any("focused" in option for option in filled):
                raise ImpossibleError(f"nothing is typed into {focused!r}")
            return filled

        return self._interact(4, user, channel, self._nested(command, rest, fill))

    def _nested(self, command: Json, path: list[str], fill: Any) -> Json:
        """Build the data of an interaction for a command, or for the sub-command at `path`."""
        data: Json = {"id": command["id"], "name": command["name"], "type": 1}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        node, leaf = data, command
        for word in path:
            subcommands = [
                option for option in leaf.get("options", []) if option["name"] == word and option["type"] in (1, 2)
            ]
            if not subcommands:
                raise ImpossibleError(f"{command['name']!r} has no sub-command {word!r}")
            leaf = subcommands[0]
            inner: Json = {"name": word, "type": leaf["type"]}
            node["options"], node = [inner], inner
        if any(option["type"] in (1, 2) for option in leaf.get("options", [])):
            raise ImpossibleError(f"{leaf['name']!r} is a group: add the name of a sub-command")
        node["options"] = fill(leaf)
        return data

    def _options(
        self, leaf: Json, values: Json, resolved: Json, guild: Guild | None, *, complete: bool = True
    ) -> list[Json]:
        """Fill the options of a command with values by name, and add records that they refer to to `resolved`."""
        known = {option["name"]: option for option in leaf.get("options", [])}
        for name in values:
            if name not in known:
                raise ImpossibleError(f"{leaf['name']!r} has no option {name!r}")
        missing = [name for name, option in known.items() if option.get("required") and name not in values]
        if complete and missing:
            raise ImpossibleError(f"{leaf['name']!r} needs {missing}")
        for name, value in values.items():
            kinds = _OPTION_RECORDS.get(known[name]["type"])
            if kinds is not None:
                self._resolve(self._record(value, guild, kinds), resolved, guild)
        return [self._option(known[name], value, complete=complete) for name, value in values.items()]

    def _record(self, value: Any, guild: Guild | None, kinds: tuple[type, ...]) -> User | Channel | Role:
        """Find the user, or the channel or role of a guild, that a value is or whose id it is."""
        id_ = value.id if isinstance(value, User | Channel | Role) else _id(value)
        places: list[Mapping[int, User | Channel | Role]] = [self.world.users]
        if guild is not None:
            places += [guild.channels, guild.roles]
        for place in places:
            record = place.get(id_)
            if record is not None and isinstance(record, kinds):
                return record
        raise ImpossibleError(f"{value} cannot be chosen")

    def _option(self, option: Json, value: Any, *, complete: bool) -> Json:
        kind = option["type"]
        expected = _OPTION_TYPES.get(kind)
        if complete and expected is not None:
            if not isinstance(value, expected) or (kind != 5 and isinstance(value, bool)):
                raise ImpossibleError(f"{option['name']!r} does not accept {value!r}")
            choices = option.get("choices")
            if choices and value not in [choice["value"] for choice in choices]:
                raise ImpossibleError(f"{value!r} is not a choice of {option['name']!r}")
            if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get(
                "max_length", 6000
            ):
                raise ImpossibleError(f"{option['name']!r} is too short or too long")
        if isinstance(value, User | Channel | Role):
            value = str(value.id)
        return {"name": option["name"], "type": kind, "value": value}

    def _resolve(self, value: User | Channel | Role, resolved: Json, guild: Guild | None) -> None:
        """Add a record that the data refers to by id, as Discord sends it along."""
        if isinstance(value, User):
            resolved.setdefault("users", {})[str(value.id)] = api_payloads.user(value)
            if guild is not None and value.id in guild.members:
                body = api_payloads.member(guild, value) | {"permissions": str(permission_bits.in_guild(guild, value))}
                del body["user"]
                resolved.setdefault("members", {})[str(value.id)] = body
        elif isinstance(value, Channel):
            body = api_payloads.channel(value) | {"permissions": str(permission_bits.ALL)}
            resolved.setdefault("channels", {})[str(value.id)] = body
        else:
            resolved.setdefault("roles", {})[str(value.id)] = api_payloads.role(value)

    def context_menu(self, user: User, message: Message, name: str) -> Interaction:
        """Choose a command from the context menu of a message."""
        command = self.command(message.channel.guild, name, 3)
        self._check_usable(user, message.channel, command)
        target = api_payloads.message(message, self.world, with_content=True)
        data: Json = {"id": command["id"], "name": name, "type": 3, "target_id": str(message.id)}
        data["resolved"] = {"messages": {str(message.id): target}}
        return self._interact(2, user, message.channel, data, message=None)

    def component(self, user: User, message: Message, which: str | int, values: list[str] | None = None) -> Interaction:
        """Press a button, found by label, custom id or position; or choose `values` of a select."""
        if message.deleted is not None or hidden_from(message, user):
            raise ImpossibleError(f"{user.name} does not see that message")
        parts = [part for part in _leaves(message.components) if (part["type"] == 2) == (values is None)]
        matches = [
            part for index, part in enumerate(parts) if which in (index, part.get("label"), part.get("custom_id"))
        ]
        if not matches:
            raise ImpossibleError(f"no {which!r} among {[p.get('label') or p.get('custom_id') for p in parts]}")
        part = matches[0]
        if part.get("disabled") or "custom_id" not in part:
            raise ImpossibleError(f"{which!r} cannot be used")
        data: Json = {"custom_id": part["custom_id"], "component_type": part["type"], "id": 1}
        if values is not None:
            offered = [option["value"] for option in part.get("options", [])]
            if part["type"] == 3 and not set(values) <= set(offered):
                raise ImpossibleError(f"{values} are not all among {offered}")
            if not part.get("min_values", 1) <= len(values) <= part.get("max_values", 1):
                raise ImpossibleError(f"{len(values)} values cannot be chosen here")
            data["values"] = values
            if part["type"] != 3:
                data["resolved"] = self._resolve_all(message, values, _SELECT_RECORDS[part["type"]])
        return self._interact(3, user, message.channel, data, message=message)

    def _resolve_all(self, message: Message, values: list[str], kinds: tuple[type, ...]) -> Json:
        resolved: Json = {}
        guild = message.channel.guild
        for value in values:
            self._resolve(self._record(value, guild, kinds), resolved, guild)
        return resolved

    def submit(self, user: User, source: Interaction, values: Json) -> Interaction:
        """Submit the modal that answered `source`. `values` go by custom id or label; other fields keep their text."""
        if source.modal is None:
            raise ImpossibleError("no modal was opened")
        rows = []
        unused = dict(values)
        for row in source.modal["components"]:
            fields = row.get("components") or ([row["component"]] if "component" in row else [])
            filled = [_filled_field(field, row, unused) for field in fields]
            key, body = ("component", filled[0]) if row["type"] == 18 else ("components", filled)
            rows.append({"type": row["type"], key: body})
        if unused:
            raise ImpossibleError(f"the modal has no {list(unused)}")
        data = {"custom_id": source.modal["custom_id"], "components": rows}
        return self._interact(5, user, source.channel, data, message=source.message)

    def _interact(
        self, kind: int, user: User, channel: Channel, data: Json, *, message: Message | None = None
    ) -> Interaction:
        world = self.world
        token = secrets.token_urlsafe(90)
        interaction = Interaction(world.clock.snowflake(), token, kind, user, channel, data, world.clock.now(), message)
        world.interactions[interaction.id] = world.tokens[token] = interaction
        world.note("interaction", id=str(interaction.id), type=kind, name=data.get("name") or data.get("custom_id"))
        world.publish("INTERACTION_CREATE", channel.guild, lambda _: api_payloads.interaction(interaction, world))
        return interaction


def _id(value: Any) -> int:
    """Return the id that a value is, 0 for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else 0


def _leaves(components: list[Json]) -> list[Json]:
    """Return the buttons and selects of a message in order, from all rows, sections and containers."""
    leaves: list[Json] = []
    for part in components:
        if part["type"] in (2, 3, 5, 6, 7, 8):
            leaves.append(part)
        leaves += _leaves(part.get("components", []))
        leaves += _leaves([part["accessory"]] if "accessory" in part else [])
    return leaves


def _filled_field(field: Json, row: Json, unused: Json) -> Json:
    """Fill a field of a modal, and remove its value from `unused`."""
    names = (field.get("custom_id"), field.get("label"), row.get("label"))
    key = next((name for name in names if name in unused), "")
    if field["type"] != 4:
        return {"type": field["type"], "id": 1, "custom_id": field["custom_id"], "values": unused.pop(key, [])}
    value = str(unused.pop(key)) if key else field.get("value") or ""
    required = field.get("required", True)
    shortest, longest = max(field.get("min_length") or 0, required), field.get("max_length") or 4000
    if (required or value) and not shortest <= len(value) <= longest:
        raise ImpossibleError(f"the field {names[1] or names[2]!r} does not accept {len(value)} characters")
    return {"type": 4, "id": 1, "custom_id": field["custom_id"], "value": value}
