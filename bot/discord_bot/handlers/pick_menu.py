"""Make the menus from which moderators pick something to answer, change or remove; `answer_form` handles the choice."""

from collections.abc import Sequence

import discord

from bot.showing.discord_markdown import cut
from bot.showing.safe_text import one_line

MAX_OPTIONS, MAX_OPTION_UNITS = 25, 100  # Discord's limits of a menu


def pick_view(name: str, placeholder: str, options: Sequence[tuple[str, str]]) -> discord.ui.View | None:
    """Create a menu of options, given as label and value; None without any."""
    if not options:
        return None
    view = discord.ui.View(timeout=None)
    choices = [
        discord.SelectOption(label=cut(one_line(label), MAX_OPTION_UNITS) or "?", value=value)
        for value, label in {value: label for label, value in options}.items()
    ]
    view.add_item(
        discord.ui.Select(custom_id=f"fn:pick:{name}", placeholder=placeholder, options=choices[:MAX_OPTIONS])
    )
    view.stop()
    return view
