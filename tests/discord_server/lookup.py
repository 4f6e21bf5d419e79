"""Finds records by the ids that requests name as texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from tests.discord_server.records import Channel, Guild, Interaction, Message, Question, Role, User
from tests.discord_server.state import World

T = TypeVar("T")


class UnknownError(Exception):
    """A request of the control API names something that does not exist."""


class Lookup:
    """Every method returns the record with an id, or raises `UnknownError`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def user(self, id_: str) -> User:
        return _found(self._world.users, id_, "user")

    def guild(self, id_: str) -> Guild:
        return _found(self._world.guilds, id_, "guild")

    def channel(self, id_: str) -> Channel:
        return _found(self._world.channels, id_, "channel")

    def message(self, id_: str) -> Message:
        return _found(self._world.messages, id_, "message")

    def interaction(self, id_: str) -> Interaction:
        return _found(self._world.interactions, id_, "interaction")

    def question(self, id_: str) -> Question:
        return _found(self._world.questions, id_, "question")

    def roles(self, guild: Guild, ids: list[str]) -> list[Role]:
        return [_found(guild.roles, one, "role") for one in ids]


def _found(table: Mapping[int, T], id_: str, what: str) -> T:
    record = table.get(int(id_))
    if record is None:
        raise UnknownError(f"there is no {what} {id_}")
    return record
