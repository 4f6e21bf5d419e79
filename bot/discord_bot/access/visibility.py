"""Which collections may be seen, where and by whom: what the operator grants, narrowed by the server, never widened.

the operator   `discord.servers` names the collections of a server, `discord.collections` those of every other one and
               of direct messages
the server     may name some of them (/footnote collections); none named is all of them
a channel      the same; it holds for the threads of the channel as well, and that of a category for its channels
a role         the same; a member who has limited roles sees what any of them may see, a member without is not limited

A collection is seen where all four let it; in a direct message, unless `discord.collections` is set, where no limit of
any server forbids it. What is not known, such as the roles of who wrote a post of a forum, counts
as whatever lets the least be seen. Pure; knows nothing of discord.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.discord_bot.storage.records import CollectionLimits, ServerSettings

Visible = frozenset[str] | None  # None is every collection, those to come as well

AUTO, ALL = "auto", "all"


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by whom something is asked; None is what is not known.

    A direct message has neither server nor roles, and could be of any channel's member.
    """

    server: int | None
    channels: frozenset[int] | None  # the channel, what it is a thread of, and their category
    roles: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Grants:
    """What the operator lets be seen: by the id of a server, and in all others and in direct messages."""

    servers: Mapping[int, frozenset[str]]
    others: Visible
    auto: bool = False  # that everything may be seen is nobody's decision

    def of(self, server: int | None) -> Visible:
        """Return what a server may see at most, or direct messages."""
        return self.others if server is None else self.servers.get(server, self.others)


def grants(servers: Mapping[str, Sequence[str]], others: str | Sequence[str]) -> Grants:
    """Return what the settings grant. "auto" is everything while no server is named, and nothing once one is.

    Raises ValueError for a server that is not named by its id.
    """
    named = {int(server): frozenset(names) for server, names in servers.items()}
    if isinstance(others, str):
        return Grants(named, None if others == ALL or not named else frozenset(), others == AUTO)
    return Grants(named, frozenset(others))


def visible(granted: Grants, server: ServerSettings, place: Place) -> Visible:
    """Return the collections that may be seen at a place."""
    found = granted.of(place.server)
    limits = [frozenset(server.collections)] if server.collections else []
    limits += _of(server.channel_collections, place.channels)
    roles = _of(server.role_collections, place.roles)
    if roles:
        limits.append(frozenset.union(*roles) if place.roles is not None else frozenset.intersection(*roles))
    for limit in limits:
        found = limit if found is None else found & limit
    return found


def shows(seen: Visible, collection: str) -> bool:
    """Return whether a collection is among those that may be seen."""
    return seen is None or collection in seen


def _of(limits: CollectionLimits, ids: Iterable[int] | None) -> list[frozenset[str]]:
    """Return the limits of some channels or roles; of all where it is not known which."""
    return [frozenset(names) for one, names in limits if ids is None or one in ids]
