"""Define the commands for all members; the docstring of a command is its description in Discord."""

import asyncio
import datetime
from itertools import islice
from typing import Any

import discord
from discord import app_commands

from bot.discord_bot.access import places
from bot.discord_bot.answering import quote_lookup
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import incoming_questions, respond
from bot.discord_bot.messages import info_cards
from bot.discord_bot.messages.button_ids import FIND_THE_SOURCE
from bot.discord_bot.operations import kept_answers, named_members
from bot.serving.visible import VisibleCollections
from bot.showing.discord_markdown import cut, units
from bot.showing.safe_text import one_line

MAX_QUESTION_CHARS = 1_000
MAX_ID_CHARS = 40
MAX_CHOICES, MAX_CHOICE_UNITS = 25, 100  # Discord's limits of a completion
Question = app_commands.Range[str, 1, MAX_QUESTION_CHARS]


@app_commands.command()
@app_commands.describe(
    question="What you want to know.",
    private="Show the answer only to you.",
    source="Search only this document.",
)
async def ask(interaction: Interaction, question: Question, private: bool | None = None, source: str = "") -> None:
    """Answer a question with a sentence from the documents, and say where it is from."""
    await incoming_questions.by_command(interaction, question, private=private, document=source or None)


@ask.autocomplete("source")
async def complete_source(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the newest documents whose title or path contains what was typed."""
    wanted = typed.casefold()
    generation = interaction.client.services.answerer.live.generation
    visible = generation.visible_documents(await _visible_collections(interaction))
    matches = (document for document in visible if wanted in document.folded)
    documents = list(islice((match for match in matches if units(match.id) <= MAX_CHOICE_UNITS), MAX_CHOICES))
    names = info_cards.document_names(documents)
    return [
        app_commands.Choice(name=_choice_name(name, document.id), value=document.id)
        for name, document in zip(names, documents, strict=True)
    ]


@app_commands.command()
async def sources(interaction: Interaction) -> None:
    """List the documents, newest first."""
    await respond.defer(interaction, private=True)
    generation = interaction.client.services.answerer.live.generation
    documents = generation.visible_documents(await _visible_collections(interaction))
    await respond.answer(interaction, info_cards.sources_card(documents, 0))


@app_commands.command()
@app_commands.rename(typed_id="id")
@app_commands.describe(typed_id="The ID of a quote, ten letters and digits: see More… below an answer.")
async def source(interaction: Interaction, typed_id: app_commands.Range[str, 1, MAX_ID_CHARS]) -> None:
    """Show a quote again, and whether its document still says it."""
    await respond.defer(interaction, private=True)
    services = interaction.client.services
    visible = await _visible_collections(interaction)
    try:
        card = await services.answerer.look_up(
            lambda generation: quote_lookup.find_quote(
                generation.passages, services.search_older, typed_id, services.seeds, visible
            ),
            user=interaction.user.id,
            server=interaction.guild_id,
            asks=False,
        )
    except Exception as error:
        card = services.answerer.error_card(error, "source")
    await respond.answer(interaction, card)


@app_commands.command()
async def about(interaction: Interaction) -> None:
    """Show which version of the documents answers, and what is stored about you."""
    await respond.defer(interaction, private=True)
    answerer = interaction.client.services.answerer
    generation, settings = answerer.live.generation, await answerer.settings(interaction.guild_id)
    visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))
    now, threshold = datetime.datetime.now(datetime.UTC), answerer.threshold(generation, settings)
    unknown = answerer.grants.unknown(generation.collections).get(interaction.guild_id, [])
    missing = unknown if places.may_manage(interaction, settings) else []
    standing = peers.standing if (peers := interaction.client.services.peers) is not None else None
    processes = standing.generations if standing is not None else ()
    await respond.answer(interaction, info_cards.about_card(generation, visible, now, threshold, missing, processes))


@app_commands.command(name="help")
async def help_(interaction: Interaction) -> None:
    """Explain how to ask."""
    await respond.defer(interaction, private=True)
    services = interaction.client.services
    settings = await services.answerer.settings(interaction.guild_id)
    card = info_cards.help_card(services.command_ids, manager=places.may_manage(interaction, settings))
    await respond.answer(interaction, card)


@app_commands.command()
async def privacy(interaction: Interaction) -> None:
    """Show what is stored about you, and delete it."""
    await respond.defer(interaction, private=True)
    services, member = interaction.client.services, interaction.user.id
    votes = await services.database.votes_of(member)
    kept = await asyncio.to_thread(kept_answers.messages, services.seeds)
    count = sum(message.author_id == member for message in kept)
    entries = await asyncio.to_thread(named_members.count_entries, services.seeds, member)
    await respond.answer(interaction, info_cards.privacy_card(votes, count, entries))


@app_commands.context_menu(name=FIND_THE_SOURCE.english)
async def find_the_source(interaction: Interaction, message: discord.Message) -> None:
    """Look for the passage behind a message."""
    await incoming_questions.by_menu(interaction, message)


def _choice_name(name: str, document_id: str) -> str:
    """Cut the name of a document to the limit of a choice; if that would cut off its distinctive path, use the path."""
    path = one_line(document_id)
    return path if units(name) > MAX_CHOICE_UNITS and name.endswith(f"({path})") else cut(name, MAX_CHOICE_UNITS)


async def _visible_collections(interaction: Interaction) -> VisibleCollections:
    """Return the collections that are visible to whoever uses a command, where they use it."""
    answerer = interaction.client.services.answerer
    settings = await answerer.settings(interaction.guild_id)
    return answerer.visible_collections(settings, places.place_of_interaction(interaction))


MEMBER_COMMANDS: tuple[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu, ...] = (
    ask, sources, source, about, help_, privacy, find_the_source,
)  # fmt: skip
