"""What the bot keeps, as records: a server's settings, votes and questions without an answer."""

import datetime
from dataclasses import dataclass

CollectionLimits = tuple[tuple[int, tuple[str, ...]], ...]  # ids of channels or roles, and the collections of each


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the bot behaves in one server."""

    channels: tuple[int, ...] = ()  # where it answers; none means everywhere
    private: bool = False  # answers are seen by the asker alone, unless asked otherwise
    threads: bool = False  # answers to mentions go into a thread
    forums: bool = False  # new posts of forums are answered
    refusal: str = ""  # wording, "" is ours
    refusal_role: int | None = None  # pinged on a refusal
    precision: float | None = None  # the target, 0 to 1; None is the operator's
    managers: tuple[int, ...] = ()  # roles that may do what Manage Server may
    gaps: bool = False  # questions without an answer are kept, without who asked
    collections: tuple[str, ...] = ()  # that may be seen here; none means all that the operator grants
    channel_collections: CollectionLimits = ()
    role_collections: CollectionLimits = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """Whether somebody found a citation in one of the bot's messages helpful."""

    message: int
    citation: str
    generation: str
    guild: int | None  # None is a direct message
    helpful: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that got no answer on a day, and how often it was asked then."""

    question: str
    day: datetime.date
    count: int = 1
