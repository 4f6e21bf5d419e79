"""What the bot stores, as records: settings of servers, votes, unanswered questions, and what processes share."""

import datetime
import enum
from dataclasses import dataclass

CollectionLimits = tuple[tuple[int, tuple[str, ...]], ...]  # (id of a channel or role, its collections)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the bot behaves in one server."""

    channels: tuple[int, ...] = ()  # where it answers; empty means everywhere
    private: bool = False  # only the asker sees answers, unless they choose otherwise
    threads: bool = False  # mentions are answered in a new thread
    forums: bool = False  # new forum posts are answered
    refusal: str = ""  # the text of a refusal; "" means the default one
    refusal_role: int | None = None  # pinged on a refusal
    precision: float | None = None  # the target, 0 to 1; None means the operator's
    managers: tuple[int, ...] = ()  # roles that may manage the bot, as Manage Server may
    gaps: bool = False  # unanswered questions are stored, without who asked
    collections: tuple[str, ...] = ()  # visible in this server; empty means all that the operator grants
    channel_collections: CollectionLimits = ()
    role_collections: CollectionLimits = ()
    team_channel: int | None = None  # a channel or forum in which members may ask the team; None switches that off
    team_role: int | None = None  # pinged there
    report_channel: int | None = None  # where the monthly report is sent; None for none


@dataclass(frozen=True, slots=True)
class Vote:
    """Whether a user found a citation in one of the bot's messages helpful."""

    message: int
    citation: str
    generation: str
    guild: int | None  # None in a direct message
    helpful: bool


@dataclass(frozen=True, slots=True)
class VotedDown:
    """A quote that was voted down as the answer to a question: how often, and the days of the first and last answer."""

    citation: str
    question: str
    count: int
    first: datetime.date
    last: datetime.date


@dataclass(frozen=True, slots=True)
class MonthlyCounts:
    """How many questions a server asked in a month, by its first day."""

    guild: int
    month: datetime.date
    answered: int
    refused: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that got no answer on a day, and how often it was asked that day."""

    question: str
    day: datetime.date
    count: int = 1


@dataclass(frozen=True, slots=True)
class HeldShard:
    """A shard and its session, "" for none: `sequence` is that of the last event that was dealt with.

    `guilds` are the servers of the shard, None if they did not change since they were saved; `age` is how many seconds
    ago this was saved.
    """

    shard: int
    session: str = ""
    sequence: int = 0
    gateway: str = ""
    guilds: frozenset[int] | None = None
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a holder stands among the others: its shards, how many of them are too many, and all of them."""

    held: dict[int, HeldShard]
    surplus: int
    shards: int  # of the bot
    served: int  # of them, by anybody
    generations: tuple[str, ...]  # of the index, one of each holder
    settings: bytes | None = None  # changes when the settings of a server do


class Taken(enum.Enum):
    """What became of the attempt to claim an event."""

    NEW = "nobody began it before"
    CONTINUED = "a holder that is dead began it"
    BUSY = "another holder is at it"
    HANDLED = "it was dealt with, or is being"
    LOST = "the shard is another holder's"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a user may ask now: the seconds to wait, 0 for none, and their other open questions."""

    wait: float
    open: int
