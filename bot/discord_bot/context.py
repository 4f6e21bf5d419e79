"""The type of an interaction that our own client received."""

from typing import TYPE_CHECKING

import discord

if TYPE_CHECKING:
    from bot.discord_bot.client import FootnoteClient

    Interaction = discord.Interaction[FootnoteClient]
else:
    Interaction = discord.Interaction  # the client is not needed to define a command

__all__ = ["Interaction"]
