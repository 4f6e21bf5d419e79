"""Change and show the collections to which a server, its channels and its roles are limited. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.discord_bot.messages.answer_card import GREY, Card
from bot.discord_bot.messages.info_cards import fit_lines
from bot.discord_bot.storage.records import CollectionLimits, ServerSettings
from bot.showing.discord_markdown import escape_cut, units
from bot.showing.languages import Message
from bot.showing.wording import NO_FOLDER
from retrieval.errors import QuestionError

EVERY = "*"
MAX_LIMITS = 400  # of channels, and of roles; fewer than the database stores
MAX_NAMES_UNITS = 1_000  # of a list of names in a message
MAX_ONLY_CHARS = 1_000  # of the names that a manager types
MAX_CHOICES, MAX_CHOICE_UNITS = 25, 100  # Discord's limits of a completion
CHANNEL_OR_ROLE = Message("Choose a channel or a role, not both.")
UNKNOWN = Message("There is no collection {name}. Available: {names}.")
TOO_MANY = Message("There are already {count} limits; lift some first (only: {every}).")
TITLE, AVAILABLE, THIS_SERVER = Message("Collections"), Message("Available"), Message("This server")
NONE_AVAILABLE, ALL_OF_THEM = Message("none that this server may see"), Message("all of them")
NOT_AVAILABLE = Message("{name} (not available)")
HOW_TO = Message(
    "`only` takes names separated by commas; `*` lifts the limit. With `channel` or `role`, the limit is for that one "
    "alone. Members see a collection if the server, the channel and at least one of their limited roles allow it."
)


def parse(only: str, names: Sequence[str]) -> tuple[str, ...]:
    """Parse names of collections separated by commas; return () if EVERY is among them.

    Raises QuestionError for a name that is not in `names`.
    """
    text = " ".join(only.split())
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if EVERY in parts:
        return ()
    if _find(text, names) is not None:  # a name that contains a comma
        parts = [text]
    matches = {part: _find(part, names) for part in parts}
    unknown = next((part for part, name in matches.items() if name is None), None)
    if unknown is not None or not parts:
        raise QuestionError(UNKNOWN(name=repr(unknown or only), names=", ".join(map(label, names))))
    return tuple(dict.fromkeys(name for name in matches.values() if name is not None))


def complete(typed: str, names: Sequence[str]) -> list[str]:
    """Complete the last of the names in a text, within Discord's limits."""
    before, comma, last = typed.rpartition(",")
    beginning = f"{before}{comma} " if comma else ""
    wanted = last.strip().casefold()
    choices = [f"{beginning}{label(name)}" for name in names if wanted in label(name).casefold()]
    choices = choices if comma else [EVERY, *choices]
    return [choice for choice in choices if units(choice) <= MAX_CHOICE_UNITS][:MAX_CHOICES]


def with_limit(
    settings: ServerSettings, names: tuple[str, ...], *, channel: int | None = None, role: int | None = None
) -> ServerSettings:
    """Limit a channel, a role or else the server to some collections; without names, lift that limit.

    Raises QuestionError if there would be more than MAX_LIMITS.
    """
    if channel is not None:
        return replace(settings, channel_collections=_replace_limit(settings.channel_collections, channel, names))
    if role is not None:
        return replace(settings, role_collections=_replace_limit(settings.role_collections, role, names))
    return replace(settings, collections=names)


def limits_card(settings: ServerSettings, names: Sequence[str]) -> Card:
    """Compose the limits of a server; `names` are the collections that the operator grants it."""
    lines = [f"**{AVAILABLE()}** {format_names(names) or NONE_AVAILABLE()}"]
    lines += [f"**{THIS_SERVER()}** {_format_limit(settings.collections, names) or ALL_OF_THEM()}"]
    lines += [f"<#{channel}> {_format_limit(limit, names)}" for channel, limit in settings.channel_collections]
    lines += [f"<@&{role}> {_format_limit(limit, names)}" for role, limit in settings.role_collections]
    embed = {"title": TITLE(), "description": fit_lines([*lines, "", HOW_TO()]), "color": GREY}
    return Card(embeds=(embed,))


def format_names(names: Iterable[str]) -> str:
    """Format names of collections on one line, escaped."""
    return escape_cut(", ".join(map(label, names)), MAX_NAMES_UNITS)


def label(name: str) -> str:
    """Return the displayed name of a collection; documents directly in the folder form one without a name."""
    return " ".join(name.split()) or NO_FOLDER()


def _format_limit(limit: Iterable[str], names: Sequence[str]) -> str:
    """Format the collections of a limit, marking those that no longer exist, for example after a renaming."""
    return format_names(name if name in names else NOT_AVAILABLE(name=label(name)) for name in limit)


def _find(typed: str, names: Sequence[str]) -> str | None:
    """Return the collection with a label, in the given case or else in any case if only one matches."""
    matches = [name for name in names if label(name) == typed]
    matches = matches or [name for name in names if label(name).casefold() == typed.casefold()]
    return matches[0] if len(matches) == 1 else None


def _replace_limit(limits: CollectionLimits, limited_id: int, names: tuple[str, ...]) -> CollectionLimits:
    others = tuple(limit for limit in limits if limit[0] != limited_id)
    if names and len(others) >= MAX_LIMITS:
        raise QuestionError(TOO_MANY(count=MAX_LIMITS, every=EVERY))
    return (*others, (limited_id, names)) if names else others
