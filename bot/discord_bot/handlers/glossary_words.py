"""Let managers add words that mean the same to the glossary, and take that back."""

import asyncio
import re

from bot.discord_bot.answering.question_memory import question_key
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.index_update import check_may_answer, update_and_show
from bot.discord_bot.handlers.pick_menu import pick_view
from bot.discord_bot.messages.answer_card import GREY, Card, line_card
from bot.discord_bot.messages.button_ids import button
from bot.discord_bot.messages.info_cards import fit_lines
from bot.discord_bot.messages.review_cards import UNDO
from bot.discord_bot.operations import glossary_file
from bot.discord_bot.operations.glossary_file import GlossaryError
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line

SEPARATOR = re.compile("[;,]")
MAX_FORM_UNITS = 150
MAX_LINE_UNITS = 400
ADDED = Message("Questions with one of them find the others from now on.")
TAKEN_BACK = Message("Questions are understood as before.")
WORDS, NO_WORDS = Message("The glossary"), Message("The glossary has no entries.")
REMOVE_ENTRY = Message("Remove an entry …")
NOT_ADDED, NOT_REMOVED = Message("Not added: {reason}."), Message("Not removed: {reason}.")
ADDED_WORDS, REMOVED = Message("Added: {words}."), Message("Removed.")


async def add_word(interaction: Interaction, word: str, means: str) -> None:
    """Add a word and what it means, separated by commas, for a caller who was checked."""
    services = interaction.client.services
    forms = [word, *SEPARATOR.split(means)]
    member = f"{interaction.user.name} ({interaction.user.id})"
    try:
        line = await asyncio.to_thread(
            glossary_file.add_entry, services.seeds, forms, member, services.answerer.language
        )
    except GlossaryError as error:
        await respond.answer(interaction, line_card(NOT_ADDED(reason=escape_cut(str(error), MAX_LINE_UNITS))))
        return
    services.log.info("word added to the glossary", server=interaction.guild_id)
    shown = [f"**{escape_cut(one_line(form), MAX_FORM_UNITS)}**" for form in forms if form.strip()]
    rows = ((button(UNDO(), "unword", question_key(line)),),)
    await update_and_show(interaction, ADDED_WORDS(words=" = ".join(shown)), rows, closing=ADDED())


async def list_words(interaction: Interaction) -> None:
    """Show the entries of the glossary, and a menu to remove one, to a caller who was checked."""
    try:
        lines = await asyncio.to_thread(glossary_file.lines, interaction.client.services.seeds)
    except GlossaryError as error:
        await respond.answer(interaction, line_card(escape_cut(str(error), MAX_LINE_UNITS)))
        return
    if not lines:
        await respond.answer(interaction, line_card(NO_WORDS()))
        return
    shown = [f"- {escape_cut(line.partition('  # ')[0], MAX_FORM_UNITS)}" for line in lines]
    fields = respond.card_fields(Card(embeds=({"title": WORDS(), "description": fit_lines(shown), "color": GREY},)))
    options = [(line, question_key(line)) for line in lines]
    await respond.edit_response(interaction, fields | {"view": pick_view("word", REMOVE_ENTRY(), options)})


async def take_back(interaction: Interaction, key: str) -> None:
    """Remove the line with a key from the glossary; check the member."""
    if not await check_may_answer(interaction):
        return
    services = interaction.client.services
    try:
        await asyncio.to_thread(glossary_file.remove_line, services.seeds, lambda line: question_key(line) == key)
    except GlossaryError as error:
        await respond.answer(interaction, line_card(NOT_REMOVED(reason=escape_cut(str(error), MAX_LINE_UNITS))))
        return
    services.log.info("word removed from the glossary", server=interaction.guild_id)
    await update_and_show(interaction, REMOVED(), closing=TAKEN_BACK())
