"""Translate what Discord shows of the commands: descriptions, and the names of the menus of messages.

The names of slash commands and of their options stay English, so that people of different languages can tell each other
what to type, and so that what documents and help texts say holds for everybody.
"""

from typing import Any

import discord
from discord import app_commands

from bot.showing.languages import ENGLISH, catalog, match_language

TYPED = {
    app_commands.TranslationContextLocation.command_name,
    app_commands.TranslationContextLocation.group_name,
    app_commands.TranslationContextLocation.parameter_name,
}


class CommandTranslator(app_commands.Translator):
    """Finds the translations in the catalogs when the commands are registered."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Translate a text for a locale of Discord; None leaves it English."""
        language = match_language(str(locale))
        is_typed = context.location in TYPED and not isinstance(context.data, app_commands.ContextMenu)
        if language == ENGLISH or is_typed:
            return None
        translated = catalog(language).sentences.get(string.message)
        return translated if isinstance(translated, str) else None
