"""What the bot stores, as records: the settings of a server, votes and unanswered questions."""

import datetime
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
