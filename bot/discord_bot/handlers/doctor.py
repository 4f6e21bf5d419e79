"""Find out what is missing for the bot to work in a channel."""

import asyncio
import datetime
import time
from collections.abc import Iterable

import discord

from bot.discord_bot.access import places
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.index_update import may_answer
from bot.discord_bot.messages import doctor_card
from bot.discord_bot.messages.doctor_card import Finding
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.storage.records import ServerSettings
from bot.serving.generation import Generation
from bot.showing.languages import Message, number
from bot.showing.wording import DOCUMENTS, duration

NO_DATABASE = Message("My database cannot be read, so that answers are private and settings unknown.")
SEE_LOG = Message("The operator's log says why.")
ELSEWHERE = Message("Ask there, or add this channel in /footnote settings.")
BUILT = Message("{generation}, built {age} ago; {documents} can be seen here")
SEARCH_TOOK = Message("A search took {seconds} s")


async def examine(interaction: Interaction) -> None:
    """Show what is missing here, for a caller who was checked."""
    services = interaction.client.services
    answerer, now = services.answerer, datetime.datetime.now(datetime.UTC)
    known = await answerer.settings(interaction.guild_id)
    settings = known or ServerSettings()
    generation = answerer.live.generation
    age_s = (now - datetime.datetime.fromisoformat(generation.stack.manifest.created)).total_seconds()
    visible = answerer.visible_collections(known, places.place_of_interaction(interaction))
    documents = generation.visible_documents(visible)
    may_keep = not may_answer(interaction, known) or kept_answers.is_writable(services.seeds)
    seconds = await _time_search(interaction)
    sees_all = answerer.grants.of_server(interaction.guild_id) is None  # else the counts are of hidden files as well
    changes = await asyncio.to_thread(services.changed_since, generation) if sees_all else None
    findings = [
        *([] if known else [Finding(NO_DATABASE(), SEE_LOG())]),
        *_check_place(interaction, settings),
        *doctor_card.check_team(settings, _missing_for_team(interaction, settings)),
        *doctor_card.check_commands(services.command_ids, _command_names(interaction)),
        *_check_documents(interaction, generation, len(documents)),
        *doctor_card.check_folder(writable=may_keep),
        *doctor_card.check_index(age_s, changes, outdated=changes is not None),
        *doctor_card.check_search(seconds, answerer.queue.longest_search_s),
    ]
    facts = [
        BUILT(generation=generation.name, age=duration(age_s), documents=DOCUMENTS(count=len(documents))),
        SEARCH_TOOK(seconds=number(seconds, 1)) if seconds is not None else "",
    ]
    await respond.answer(interaction, doctor_card.doctor_card(findings, [fact for fact in facts if fact]))


def _check_place(interaction: Interaction, settings: ServerSettings) -> list[Finding]:
    """Find what keeps the bot from answering in the channel."""
    redirect = places.redirect(settings, interaction.channel)
    findings = [Finding(redirect, ELSEWHERE())] if redirect else []
    in_thread = isinstance(interaction.channel, discord.Thread)
    missing = _missing(interaction.app_permissions, doctor_card.PERMISSIONS)
    return [*findings, *doctor_card.check_permissions(missing, settings, in_thread=in_thread)]


def _check_documents(interaction: Interaction, generation: Generation, visible: int) -> list[Finding]:
    """Find what hides documents here; files that cannot be read only matter to those who may see all of them."""
    answerer, server = interaction.client.services.answerer, interaction.guild_id
    unknown = answerer.grants.unknown(generation.collections).get(server, [])
    everything = answerer.grants.of_server(server) is None
    rejected = len(generation.stack.manifest.rejected_files) if everything else 0
    return doctor_card.check_documents(visible, unknown, rejected)


def _missing(granted: discord.Permissions, names: Iterable[str]) -> set[str]:
    return {name for name in names if not getattr(granted, name)}


def _missing_for_team(interaction: Interaction, settings: ServerSettings) -> set[str] | None:
    """Return the permissions that the bot lacks in the channel of the team, None if it cannot see that."""
    guild = interaction.guild
    channel = guild.get_channel(settings.team_channel or 0) if guild is not None else None
    if guild is None or channel is None or guild.me is None:
        return None
    return _missing(channel.permissions_for(guild.me), doctor_card.TEAM_PERMISSIONS)


def _command_names(interaction: Interaction) -> set[str]:
    """Return the names of all commands and menus that should be registered."""
    tree = interaction.client.tree
    return {command.name for kind in discord.AppCommandType for command in tree.get_commands(type=kind)}


async def _time_search(interaction: Interaction) -> float | None:
    """Ask a question about the bot's own documents; return how long that took in seconds, None if it failed."""
    answerer = interaction.client.services.answerer
    started = time.monotonic()
    try:
        await answerer.look_up(_search, user=interaction.user.id, server=interaction.guild_id)
    except Exception as error:
        answerer.error_card(error, "doctor")  # which logs it if it is ours
        return None
    return time.monotonic() - started


def _search(generation: Generation) -> None:
    titles = [document.title for document in generation.visible_documents(None)[:1] if document.title.strip()]
    generation.stack.retriever.ask((titles or ["What is this about?"])[0][:200])
