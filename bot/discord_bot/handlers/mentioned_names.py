"""Find the names of the members, roles and channels that a text mentions."""

from collections.abc import Iterable
from itertools import islice

import discord

from bot.discord_bot.context import Interaction
from bot.discord_bot.messages.mentions import NameOf, mentioned_users
from bot.discord_bot.wire.delivery import EXPECTED
from bot.showing.safe_text import one_line

MAX_FETCHED = 5  # members whose names Discord is asked for


def names_in(guild: discord.Guild | None, users: Iterable[discord.abc.User] = ()) -> NameOf:
    """Return what names the roles and channels of a server, and the users that are known."""
    known = {user.id: user.display_name for user in users}

    def name_of(kind: str, id_: int) -> str:
        if kind == "@":
            return one_line(known.get(id_, ""))
        if guild is None:
            return ""
        place = guild.get_role(id_) if kind == "@&" else guild.get_channel_or_thread(id_)
        return one_line(place.name) if place is not None else ""

    return name_of


async def fetch_names(interaction: Interaction, text: str) -> NameOf:
    """Return what names what a text mentions, also its first members, for which Discord is asked."""
    users: list[discord.abc.User] = []
    for id_ in islice(mentioned_users(text), MAX_FETCHED):
        guild = interaction.guild
        try:
            users.append(await (guild.fetch_member(id_) if guild is not None else interaction.client.fetch_user(id_)))
        except EXPECTED:
            continue  # who left or is unknown stays a number
    return names_in(interaction.guild, users)
