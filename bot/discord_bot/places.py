"""Where the bot may answer, and who may manage it; asked again at every command, button and menu."""

from collections.abc import Iterable
from typing import Any

import discord

from bot.discord_bot.records import ServerSettings

REFUSED = "This is for members with the permission Manage Server or a role that was named for it."


def answers_in(server: ServerSettings, channel: Any) -> bool:
    """Return whether the bot answers in a channel: anywhere, or where it or what it is a thread of is named."""
    places = {getattr(channel, "id", None), getattr(channel, "parent_id", None)}
    return not server.channels or bool(places & set(server.channels))


def elsewhere(server: ServerSettings) -> str:
    """Return the line that says where the bot answers."""
    named = ", ".join(f"<#{channel}>" for channel in server.channels[:5])
    return f"I answer in {named}{' and a few more' if len(server.channels) > 5 else ''}."


def may_manage(interaction: discord.Interaction[Any], server: ServerSettings) -> bool:
    """Return whether the member may change settings and the index here; nobody may in a direct message."""
    member = interaction.user
    if interaction.guild_id is None or not isinstance(member, discord.Member):
        return False
    granted = interaction.permissions
    return granted.manage_guild or granted.administrator or _holds(member.roles, server.managers)


def _holds(roles: Iterable[discord.Role], wanted: tuple[int, ...]) -> bool:
    return any(role.id in wanted for role in roles)
