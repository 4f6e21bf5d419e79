"""Change and show which collections a server, its channels and its roles are limited to. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.discord_bot.messages.answer_card import GREY, Card
from bot.discord_bot.messages.info_cards import fitting
from bot.discord_bot.storage.records import CollectionLimits, ServerSettings
from bot.showing.discord_markdown import escape_cut, units
from bot.showing.wording import NO_FOLDER
from retrieval.errors import QuestionError

EVERY = "*"
MOST = 400  # limits of channels, and of roles; fewer than the database keeps
LISTED = 1_000  # units of a list of names
CHOICES, CHOICE = 25, 100
LONGEST = 1_000  # characters of a list of names
BOTH = "Name a channel or a role, not both."
HOW = (
    "`only` names collections with commas between them, `*` is all again; with `channel` or `role` for that one alone. "
    "A collection is seen where the server, the channel and one of the limited roles of a member let it."
)


def parse(only: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the collections that a text names with commas between them, none for EVERY.

    Raises QuestionError for a name that is not among `names`.
    """
    whole = " ".join(only.split())
    parts = [part.strip() for part in whole.split(",") if part.strip()]
    if EVERY in parts:
        return ()
    if _named(whole, names) is not None:
        parts = [whole]
    found = {part: _named(part, names) for part in parts}
    unknown = next((part for part, name in found.items() if name is None), None)
    if unknown is not None or not parts:
        raise QuestionError(f"There is no collection {unknown or only!r}. There are: {', '.join(map(label, names))}.")
    return tuple(dict.fromkeys(name for name in found.values() if name is not None))


def complete(typed: str, names: Sequence[str]) -> list[str]:
    """Return what a text of names may go on to, within what Discord takes."""
    before, comma, last = typed.rpartition(",")
    begun = f"{before}{comma} " if comma else ""
    wanted = last.strip().casefold()
    found = [f"{begun}{label(name)}" for name in names if wanted in label(name).casefold()]
    return [one for one in ([] if comma else [EVERY]) + found if units(one) <= CHOICE][:CHOICES]


def changed(
    server: ServerSettings, names: tuple[str, ...], *, channel: int | None = None, role: int | None = None
) -> ServerSettings:
    """Return the settings with the server, a channel or a role limited to some collections; no name lifts the limit.

    Raises QuestionError when there are too many limits already.
    """
    if channel is not None:
        return replace(server, channel_collections=_with(server.channel_collections, channel, names))
    if role is not None:
        return replace(server, role_collections=_with(server.role_collections, role, names))
    return replace(server, collections=names)


def limits_card(server: ServerSettings, names: Sequence[str]) -> Card:
    """Return what is limited to what; `names` are the collections that the operator lets the server see."""
    lines = [f"**There are** {listed(names) or 'none that this server may see'}"]
    lines += [f"**This server** {_told(server.collections, names) or 'all of them'}"]
    lines += [f"<#{one}> {_told(limited, names)}" for one, limited in server.channel_collections]
    lines += [f"<@&{one}> {_told(limited, names)}" for one, limited in server.role_collections]
    embed = {"title": "Collections", "description": fitting([*lines, "", HOW]), "color": GREY}
    return Card(embeds=(embed,))


def listed(names: Iterable[str]) -> str:
    """Return names of collections on one line, escaped."""
    return escape_cut(", ".join(map(label, names)), LISTED)


def _told(limited: Iterable[str], names: Sequence[str]) -> str:
    """Return the names of a limit on one line, with a word on each that there is not, such as one that was renamed."""
    return listed(name if name in names else f"{label(name)} (not there)" for name in limited)


def label(name: str) -> str:
    """Return what a collection is called here; what stands directly in the folder has no name of its own."""
    return " ".join(name.split()) or NO_FOLDER


def _named(part: str, names: Sequence[str]) -> str | None:
    """Return the collection of a label: as it is written, else in any case where only one is meant."""
    found = [name for name in names if label(name) == part]
    found = found or [name for name in names if label(name).casefold() == part.casefold()]
    return found[0] if len(found) == 1 else None


def _with(limits: CollectionLimits, one: int, names: tuple[str, ...]) -> CollectionLimits:
    kept = tuple(limit for limit in limits if limit[0] != one)
    if names and len(kept) >= MOST:
        raise QuestionError(f"there are {MOST} limits already; lift some with only: {EVERY}")
    return (*kept, (one, names)) if names else kept
