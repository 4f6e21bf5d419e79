"""Decide where the bot answers and who may manage it; asked again for every command, button and menu."""

from typing import Any

import discord

from bot.discord_bot.access.visibility import Place
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.languages import Message

MANAGERS_ONLY = Message(
    "Only members with the Manage Server permission, or with a manager role from /footnote settings, can do this."
)
ONLY_IN = Message("I only answer in {channels}.")
ONLY_IN_AND_MORE = Message("I only answer in {channels} and a few more channels.")
MAX_NAMED_CHANNELS = 5


def answers_in(settings: ServerSettings | None, channel: Any) -> bool:
    """Return whether the bot answers in a channel.

    It answers everywhere unless the settings list channels; then it answers in those and in their threads. It also
    answers everywhere while the settings are unknown (None).
    """
    if settings is None or not settings.channels:
        return True
    return not {getattr(channel, "id", None), getattr(channel, "parent_id", None)}.isdisjoint(settings.channels)


def redirect(settings: ServerSettings | None, channel: Any) -> str:
    """Return the line that names the channels in which the bot answers, "" if it answers in this one."""
    if settings is None or answers_in(settings, channel):
        return ""
    names = ", ".join(f"<#{channel_id}>" for channel_id in settings.channels[:MAX_NAMED_CHANNELS])
    return (ONLY_IN if len(settings.channels) <= MAX_NAMED_CHANNELS else ONLY_IN_AND_MORE)(channels=names)


def place_of(server: int | None, channel: Any, user: Any) -> Place:
    """Return where and by whom something is asked, as far as Discord says."""
    if server is None:
        return Place(None, None, frozenset())
    roles = None
    if isinstance(user, discord.Member) and user.guild.roles:  # a member of a server with unknown roles shows none
        roles = frozenset(role.id for role in user.roles)
    return Place(server, _with_parents(channel), roles)


def place_of_interaction(interaction: discord.Interaction[Any]) -> Place:
    """Return where and by whom a command, button, menu or form is used."""
    return place_of(interaction.guild_id, interaction.channel, interaction.user)


def may_manage(interaction: discord.Interaction[Any], settings: ServerSettings | None) -> bool:
    """Return whether the member may change settings and the index here; nobody may in a direct message."""
    member = interaction.user
    if interaction.guild_id is None or not isinstance(member, discord.Member):
        return False
    manager_roles = settings.managers if settings else ()
    has_role = any(role.id in manager_roles for role in member.roles)
    return interaction.permissions.manage_guild or interaction.permissions.administrator or has_role


def _with_parents(channel: Any) -> frozenset[int] | None:
    """Return the ids of a channel, of the parent of a thread and of their category; None unless all are known."""
    parent = channel.parent if isinstance(channel, discord.Thread) else channel
    if not isinstance(parent, discord.abc.GuildChannel):
        return None
    return frozenset({channel.id, parent.id} | ({parent.category_id} if parent.category_id else set()))
