"""Decide which collections are visible, where and to whom: what the operator grants, narrowed by the server.

The operator   grants the collections of a server in `discord.servers`, and those of all other servers and of direct
               messages in `discord.collections`.
The server     can be limited to some of them (/footnote collections); without a limit it sees all of them.
A channel      can be limited in the same way. The limit holds for its threads, that of a category for its channels.
A role         can be limited in the same way. A member with several limited roles sees what any of them may see, a
               member without a limited role is not limited.

A collection is visible if all four allow it. In direct messages the limits of all servers apply, unless
`discord.collections` is set. What is unknown, such as the roles of the author of a forum post, counts as whatever
allows the least. Pure; knows nothing of discord.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.discord_bot.storage.records import CollectionLimits, ServerSettings
from bot.serving.visible import VisibleCollections

AUTO, ALL = "auto", "all"


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by whom something is asked; None stands for what is unknown.

    A direct message has neither server nor roles, and may come from a member of any channel.
    """

    server: int | None
    channels: frozenset[int] | None  # the channel, the parent of a thread, and their category
    roles: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Grants:
    """What the operator makes visible: by the id of a server, and to all other servers and direct messages."""

    servers: Mapping[int, frozenset[str]]
    others: VisibleCollections
    auto: bool = False  # the operator did not configure `others`

    def of_server(self, server: int | None) -> VisibleCollections:
        """Return the most that a server may see, or direct messages if `server` is None."""
        return self.others if server is None else self.servers.get(server, self.others)

    def unknown(self, collections: Collection[str]) -> dict[int | None, list[str]]:
        """Return the granted names without a collection: by the id of a server, and by None for all others."""
        named: list[tuple[int | None, frozenset[str]]] = [(None, self.others or frozenset()), *self.servers.items()]
        unknown = {server: sorted(names.difference(collections)) for server, names in named}
        return {server: names for server, names in unknown.items() if names}


def parse_grants(servers: Mapping[str, Sequence[str]], others: str | Sequence[str]) -> Grants:
    """Parse the settings `discord.servers` and `discord.collections`.

    "auto" grants the others everything while no server is listed, and nothing once one is. Raises ValueError for a
    server that is not listed by its id.
    """
    granted = {int(server): frozenset(collections) for server, collections in servers.items()}
    if isinstance(others, str):
        return Grants(granted, None if others == ALL or not granted else frozenset(), others == AUTO)
    return Grants(granted, frozenset(others))


def visible_collections(grants: Grants, settings: ServerSettings, place: Place) -> VisibleCollections:
    """Intersect what the operator grants with the limits of the server, the channels and the roles of a place."""
    visible = grants.of_server(place.server)
    limits = [frozenset(settings.collections)] if settings.collections else []
    limits += _limits_of(settings.channel_collections, place.channels)
    of_roles = _limits_of(settings.role_collections, place.roles)
    if of_roles:
        limits.append(frozenset.union(*of_roles) if place.roles is not None else frozenset.intersection(*of_roles))
    for limit in limits:
        visible = limit if visible is None else visible & limit
    return visible


def _limits_of(limits: CollectionLimits, ids: Iterable[int] | None) -> list[frozenset[str]]:
    """Return the limits of some channels or roles, or every limit if `ids` is None."""
    return [frozenset(collections) for limited_id, collections in limits if ids is None or limited_id in ids]
