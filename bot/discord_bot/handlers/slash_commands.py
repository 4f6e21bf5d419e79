"""The commands for everybody; the docstring of a command is its help."""

import datetime
from itertools import islice
from typing import Any

import discord
from discord import app_commands

from bot.discord_bot.access import places
from bot.discord_bot.access.visibility import Visible
from bot.discord_bot.answering import quote_lookup
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import incoming_questions, respond
from bot.discord_bot.messages import info_cards
from bot.showing.discord_markdown import cut, units
from bot.showing.safe_text import one_line

LONGEST_QUESTION = 1_000
CHOICES, CHOICE = 25, 100
Question = app_commands.Range[str, 1, LONGEST_QUESTION]


@app_commands.command()
@app_commands.describe(
    question="What you want to know.",
    private="Show the answer to you alone.",
    source="Look only into this document.",
)
async def ask(interaction: Interaction, question: Question, private: bool | None = None, source: str = "") -> None:
    """Answer a question with a sentence of the documents, and say where it stands."""
    await incoming_questions.by_command(interaction, question, private=private, document=source or None)


@ask.autocomplete("source")
async def complete_source(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the documents whose title or name holds what was typed, newest first."""
    wanted = typed.casefold()
    sources = interaction.client.services.answerer.live.generation.seen(await _seen(interaction))
    found = list(islice((one for one in sources if wanted in one.folded and units(one.id) <= CHOICE), CHOICES))
    named = zip(found, info_cards.names(found), strict=True)
    return [app_commands.Choice(name=_choice(name, one.id), value=one.id) for one, name in named]


@app_commands.command()
async def sources(interaction: Interaction) -> None:
    """List the documents, newest first."""
    seen = await _seen(interaction)
    generation = interaction.client.services.answerer.live.generation
    await respond.say(interaction, info_cards.sources_card(generation.seen(seen), 0))


@app_commands.command()
@app_commands.rename(citation="id")
@app_commands.describe(citation="The ten letters under a quote.")
async def source(interaction: Interaction, citation: app_commands.Range[str, 1, 40]) -> None:
    """Show a quote again, and whether its document still says it."""
    await respond.defer(interaction, private=True)
    services, answerer = interaction.client.services, interaction.client.services.answerer
    seen = await _seen(interaction)
    try:
        card = await answerer.look_up(
            lambda generation: quote_lookup.card(
                generation.passages, services.search_older, citation, services.seeds, seen
            ),
            user=interaction.user.id,
            server=interaction.guild_id,
        )
    except Exception as error:
        card = answerer.excuse(error, "source")
    await respond.finish(interaction, card)


@app_commands.command()
async def about(interaction: Interaction) -> None:
    """Tell which state of the documents answers, and what is kept of you."""
    answerer = interaction.client.services.answerer
    generation, server = answerer.live.generation, await answerer.settings(interaction.guild_id)
    seen, now = answerer.seen(server, places.place_of(interaction)), datetime.datetime.now(datetime.UTC)
    await respond.say(interaction, info_cards.about_card(generation, seen, now, answerer.threshold(generation, server)))


@app_commands.command(name="help")
async def help_(interaction: Interaction) -> None:
    """Tell how to ask."""
    server = await interaction.client.services.answerer.settings(interaction.guild_id)
    await respond.say(interaction, info_cards.help_card(manager=places.may_manage(interaction, server)))


@app_commands.command()
async def privacy(interaction: Interaction) -> None:
    """Show what is kept of you, and delete it."""
    await respond.defer(interaction, private=True)
    votes = await interaction.client.services.database.votes_of(interaction.user.id)
    await respond.finish(interaction, info_cards.privacy_card(votes))


@app_commands.context_menu(name="Find the source")
async def find_the_source(interaction: Interaction, message: discord.Message) -> None:
    """Look for the passage behind a message."""
    await incoming_questions.by_menu(interaction, message)


def _choice(name: str, document: str) -> str:
    """Return what a document is called on the list of choices; what tells it from others is not cut off."""
    path = one_line(document)
    return path if units(name) > CHOICE and name.endswith(f"({path})") else cut(name, CHOICE)


async def _seen(interaction: Interaction) -> Visible:
    """Return the collections that may be seen where a command is used, by whoever uses it."""
    answerer = interaction.client.services.answerer
    return answerer.seen(await answerer.settings(interaction.guild_id), places.place_of(interaction))


EVERYBODYS: tuple[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu, ...] = (
    ask, sources, source, about, help_, privacy, find_the_source,
)  # fmt: skip
