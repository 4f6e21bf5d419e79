"""The commands of those who manage a server. Each checks by itself who asks; what Discord hides is only a hint."""

import math
import time

import discord
import numpy as np
from discord import app_commands

from bot.discord_bot.access import places
from bot.discord_bot.access.visibility import shows
from bot.discord_bot.context import Interaction
from bot.discord_bot.corpus.generation import Generation
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.settings_panel import panel
from bot.discord_bot.messages import collection_limits, info_cards
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.messages.gap_clusters import Cluster, cluster
from bot.discord_bot.storage.records import Gap
from bot.showing.discord_markdown import escape_cut
from bot.showing.safe_text import one_line
from retrieval.errors import FootnoteError, QuestionError

LINE = 600  # units of a line that a rebuild printed
EDIT_SECONDS = 3.0  # between two edits of the message that shows how far a rebuild is
MOST_GAPS = 500  # newest, that are clustered
REBUILT = "The index is up to date with the documents, or the operator's log says why not."
ELSEWHERE = (
    "The index is one for all servers that I am in, and managers of this one may not change it. Whoever runs me "
    "decides that: discord.maintenance in the settings."
)
GAPS_OFF = "Questions without an answer are not kept in this server; /footnote settings switches that on."


class FootnoteGroup(app_commands.Group):
    """Settings, the index and the gaps, for those who manage this server."""

    def __init__(self) -> None:
        super().__init__(name="footnote", description="Settings, the index and the gaps.", guild_only=True)

    @app_commands.command()
    async def settings(self, interaction: Interaction) -> None:
        """Show the settings of this server, and change them."""
        if not await _allowed(interaction):
            return
        await respond.show(
            interaction, panel(await interaction.client.services.database.settings(interaction.guild_id or 0))
        )

    @app_commands.command()
    @app_commands.describe(
        only="Names of collections with commas between them; * is all. Empty shows what is limited.",
        channel="Limit this channel alone.",
        role="Limit those who have this role.",
    )
    async def collections(
        self,
        interaction: Interaction,
        only: app_commands.Range[str, 0, collection_limits.LONGEST] = "",
        channel: app_commands.AppCommandChannel | None = None,
        role: discord.Role | None = None,
    ) -> None:
        """Limit this server, a channel or a role to some collections of documents, or show the limits."""
        if not await _allowed(interaction):
            return
        services, guild = interaction.client.services, interaction.guild_id or 0
        await respond.defer(interaction, private=True)
        names = _granted(interaction)
        server = await services.database.settings(guild)
        try:
            if only and channel and role:
                raise QuestionError(collection_limits.BOTH)
            if only:
                ids = {"channel": channel.id if channel else None, "role": role.id if role else None}
                server = collection_limits.changed(server, collection_limits.parse(only, names), **ids)
                await services.database.save(guild, server)
                services.log.info("settings changed", server=guild, changed=["collections"])
            card = collection_limits.limits_card(server, names)
        except QuestionError as error:
            card = line_card(escape_cut(str(error), LINE))
        await respond.finish(interaction, card)

    @collections.autocomplete("only")
    async def complete_only(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Return the names of collections that go on what was typed, for those who may manage."""
        server = await interaction.client.services.answerer.settings(interaction.guild_id)
        if not places.may_manage(interaction, server):
            return []
        found = collection_limits.complete(typed, _granted(interaction))
        return [app_commands.Choice(name=one_line(one), value=one) for one in found]

    @app_commands.command()
    async def rebuild(self, interaction: Interaction) -> None:
        """Bring the index up to date with the documents; questions go on being answered."""
        if not await _may_maintain(interaction):
            return
        services = interaction.client.services
        await respond.defer(interaction, private=True)
        edited = -math.inf

        async def progress(line: str) -> None:
            nonlocal edited
            if time.monotonic() - edited > EDIT_SECONDS and not interaction.is_expired():
                edited = time.monotonic()
                await respond.finish(interaction, line_card(f"Rebuilding: {_detail(interaction, line)}"))
                services.promised.add(interaction.id)  # how it ends is still to be told

        services.log.info("rebuild asked for", server=interaction.guild_id)
        await progress("reading the documents")
        try:
            rebuilt = await services.maintenance.rebuild(progress)
            await services.answerer.live.refresh()
            line, shown = rebuilt.line, rebuilt.line if _everything(interaction) else REBUILT
        except FootnoteError as error:
            line = str(error)
            shown = f"Not rebuilt: {_detail(interaction, line)}. The index is as it was."
        card = line_card(shown)
        services.log.info("rebuild ended", server=interaction.guild_id, line=line)
        if not interaction.is_expired():  # after a quarter of an hour only the log can tell
            await respond.finish(interaction, card)
        services.promised.discard(interaction.id)

    @app_commands.command()
    async def rollback(self, interaction: Interaction) -> None:
        """Answer from the state of the index before this one again."""
        if not await _may_maintain(interaction):
            return
        services = interaction.client.services
        await respond.defer(interaction, private=True)
        services.log.info("rollback asked for", server=interaction.guild_id)
        try:
            name = await services.maintenance.rollback()
            await services.answerer.live.refresh()
            card = line_card(f"{name} answers again. The next rebuild brings the index up to date with the documents.")
        except FootnoteError as error:
            services.log.error("not rolled back", error=str(error))
            card = line_card(f"Not rolled back: {_detail(interaction, str(error))}.")
        await respond.finish(interaction, card)

    @app_commands.command()
    async def gaps(self, interaction: Interaction) -> None:
        """Show what was asked here without an answer, like questions together."""
        if not await _allowed(interaction):
            return
        services = interaction.client.services
        await respond.defer(interaction, private=True)
        guild = interaction.guild_id or 0
        if not (await services.database.settings(guild)).gaps:
            await respond.finish(interaction, line_card(GAPS_OFF))
            return
        found = (await services.database.gaps(guild))[:MOST_GAPS]
        try:
            clusters = await services.answerer.look_up(
                lambda generation: _clusters(generation, found), user=interaction.user.id, server=guild
            )
        except Exception as error:
            await respond.finish(interaction, services.answerer.excuse(error, "gaps"))
            return
        await respond.finish(interaction, info_cards.gaps_card(clusters))


def _granted(interaction: Interaction) -> list[str]:
    """Return the collections that the operator lets a server see, of those that there are."""
    answerer = interaction.client.services.answerer
    granted = answerer.grants.of(interaction.guild_id)
    return [name for name in answerer.live.generation.collections if shows(granted, name)]


def _detail(interaction: Interaction, detail: str) -> str:
    """Return what a rebuild told, which may name documents, or nothing where the operator grants only some."""
    return escape_cut(detail, LINE) if _everything(interaction) else "the operator's log says more"


def _everything(interaction: Interaction) -> bool:
    """Return whether the operator lets a server see everything."""
    return interaction.client.services.answerer.grants.of(interaction.guild_id) is None


async def _allowed(interaction: Interaction) -> bool:
    """Return whether whoever asks may manage the bot in this server; say so to those who may not."""
    server = await interaction.client.services.answerer.settings(interaction.guild_id)
    if places.may_manage(interaction, server):
        return True
    await respond.say(interaction, line_card(places.REFUSED))
    return False


async def _may_maintain(interaction: Interaction) -> bool:
    """Return whether whoever asks may change the index, which is one for all servers; say so to those who may not."""
    if not await _allowed(interaction):
        return False
    client = interaction.client
    servers = [guild.id for guild in client.guilds]
    if client.is_ready() and client.services.maintenance.allowed(interaction.guild_id, servers):
        return True
    await respond.say(interaction, line_card(ELSEWHERE))
    return False


def _clusters(generation: Generation, found: list[Gap]) -> list[Cluster]:
    encoder = generation.stack.retriever.encoder
    vectors = [encoder.encode_question(gap.question).vector for gap in found]
    return cluster(found, np.array(vectors, np.float32).reshape(len(found), encoder.dimension))
