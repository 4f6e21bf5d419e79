"""Cut what is stored to the limits of the tables."""

import dataclasses
from typing import Final

from bot.discord_bot.storage import schema
from bot.discord_bot.storage.records import CollectionLimits, ServerSettings

MAX_IDS: Final = 500  # channels or roles; a Discord server has no more


def bounded(settings: ServerSettings) -> ServerSettings:
    """Cut texts to their limits, and lists to MAX_IDS distinct ids. Raises ValueError for a precision beyond 0 to 1."""
    if settings.precision is not None and not 0 <= settings.precision <= 1:
        raise ValueError(f"a precision of {settings.precision} is not between 0 and 1")
    return dataclasses.replace(
        settings,
        channels=tuple(dict.fromkeys(settings.channels))[:MAX_IDS],
        managers=tuple(dict.fromkeys(settings.managers))[:MAX_IDS],
        refusal=clean(settings.refusal, schema.REFUSAL_LENGTH),
        collections=_names(settings.collections),
        channel_collections=_limits(settings.channel_collections),
        role_collections=_limits(settings.role_collections),
    )


def _limits(limits: CollectionLimits) -> CollectionLimits:
    return tuple((id_, _names(names)) for id_, names in dict(limits).items())[:MAX_IDS]


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean(name, schema.COLLECTION_LENGTH) for name in names))


def clean(text: str, limit: int) -> str:
    """Remove what some databases cannot store, U+0000 and lone surrogates, and cut the text to `limit` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:limit]
