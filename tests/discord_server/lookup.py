"""Find records by the ids, as text, that requests contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.world_records import Channel, Guild, Interaction, Message, Question, Role, User

T = TypeVar("T")


class UnknownError(Exception):
    """A request to the control API refers to a record that does not exist."""


class Lookup:
    """Finds records; every method raises UnknownError if none has the id."""

    def __init__(self, world: World) -> None:
        self._world = world

    def user(self, id_: str) -> User:
        return _find(self._world.users, id_, "user")

    def guild(self, id_: str) -> Guild:
        return _find(self._world.guilds, id_, "guild")

    def channel(self, id_: str) -> Channel:
        return _find(self._world.channels, id_, "channel")

    def message(self, id_: str) -> Message:
        return _find(self._world.messages, id_, "message")

    def interaction(self, id_: str) -> Interaction:
        return _find(self._world.interactions, id_, "interaction")

    def question(self, id_: str) -> Question:
        return _find(self._world.questions, id_, "question")

    def roles(self, guild: Guild, ids: list[str]) -> list[Role]:
        return [_find(guild.roles, id_, "role") for id_ in ids]


def _find(table: Mapping[int, T], id_: str, what: str) -> T:
    record = table.get(int(id_))
    if record is None:
        raise UnknownError(f"unknown {what} {id_}")
    return record
