"""Where the bot may answer, and who may manage it; asked again at every command, button and menu."""

from collections.abc import Iterable
from typing import Any

import discord

from bot.discord_bot.access.visibility import Place
from bot.discord_bot.storage.records import ServerSettings

REFUSED = "This is for members with the permission Manage Server or a role that was named for it."


def answers_in(settings: ServerSettings | None, channel: Any) -> bool:
    """Return whether the bot answers in a channel: if it or its parent is named, or none is, or none is known."""
    if settings is None or not settings.channels:
        return True
    return not {getattr(channel, "id", None), getattr(channel, "parent_id", None)}.isdisjoint(settings.channels)


def place(guild: int | None, channel: Any, user: Any) -> Place:
    """Return where and by whom something is asked, as far as Discord told."""
    if guild is None:
        return Place(None, None, frozenset())
    roles = None
    if isinstance(user, discord.Member) and user.guild.roles:  # without the server's roles a member seems to have none
        roles = frozenset(role.id for role in user.roles)
    return Place(guild, _within(channel), roles)


def _within(channel: Any) -> frozenset[int] | None:
    """Return a channel, what it is a thread of, and the category of that; None where not all of them are known."""
    above = channel.parent if isinstance(channel, discord.Thread) else channel
    if not isinstance(above, discord.abc.GuildChannel):
        return None
    return frozenset({channel.id, above.id} | ({above.category_id} if above.category_id else set()))


def place_of(interaction: discord.Interaction[Any]) -> Place:
    """Return where and by whom a command, button, menu or form is used."""
    return place(interaction.guild_id, interaction.channel, interaction.user)


def elsewhere(settings: ServerSettings | None, channel: Any) -> str:
    """Return the line that says where the bot answers instead, "" if it answers in this channel."""
    if settings is None or answers_in(settings, channel):
        return ""
    named = ", ".join(f"<#{channel_id}>" for channel_id in settings.channels[:5])
    return f"I answer in {named}{' and a few more' if len(settings.channels) > 5 else ''}."


def may_manage(interaction: discord.Interaction[Any], settings: ServerSettings | None) -> bool:
    """Return whether the member may change settings and the index here; nobody may in a direct message."""
    member = interaction.user
    if interaction.guild_id is None or not isinstance(member, discord.Member):
        return False
    granted = interaction.permissions
    return granted.manage_guild or granted.administrator or _holds(member.roles, settings.managers if settings else ())


def _holds(roles: Iterable[discord.Role], wanted: tuple[int, ...]) -> bool:
    return any(role.id in wanted for role in roles)
