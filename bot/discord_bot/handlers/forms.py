"""Handle forms, and give back what was typed into one that is not known any more.

Discord shows a form for as long as a member likes; the bot knows it for FORM_TIMEOUT_S, and until it is restarted.
"""

from typing import Any

import discord

from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import GREY, MAX_DESCRIPTION, Card
from bot.showing.discord_markdown import escape_lines
from bot.showing.languages import Message

FORM_TIMEOUT_S = 1_800
TAKEN = "taken"  # among the extras of an interaction
FORM_GONE = Message("I no longer have this form: it was open for too long, or I was restarted. Please open it again.")


class Form(discord.ui.Modal):
    """A form that does something once it is sent; an error in that is told to the member."""

    def __init__(self, title: str) -> None:
        super().__init__(title=title, timeout=FORM_TIMEOUT_S)

    async def handle(self, interaction: Interaction) -> None:
        """Do what the form is for."""
        raise NotImplementedError

    async def on_submit(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Take what was sent."""
        interaction.extras[TAKEN] = True
        await self.handle(interaction)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """Tell the member that it failed."""
        await respond.report_error(interaction, error)


async def give_back_unknown(interaction: Interaction) -> None:
    """Tell the member that the bot does not know the form that they sent, with the text that they typed.

    To be called once an interaction has been handed to its form, which takes it at once.
    """
    if interaction.type is discord.InteractionType.modal_submit and TAKEN not in interaction.extras:
        typed = escape_lines(_typed(interaction), MAX_DESCRIPTION)
        card = Card(FORM_GONE(), ({"description": typed, "color": GREY},) if typed else ())
        await respond.report_errors(interaction, respond.tell(interaction, card))


def _typed(interaction: Interaction) -> str:
    """Join the texts in the fields of a form that was sent."""
    data: Any = interaction.data
    fields = [field for row in data.get("components", ()) for field in row.get("components", ())]
    return "\n\n".join(filter(None, (str(field.get("value") or "").strip() for field in fields)))
