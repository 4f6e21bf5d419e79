"""Define the commands for the managers of a server. Each checks its caller, because Discord may show it to others."""

import asyncio
import math
import time

import discord
from discord import app_commands

from bot.discord_bot.access import places
from bot.discord_bot.answering.question_memory import question_key
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import doctor, glossary_words, kept_messages, pick_menu, respond, review
from bot.discord_bot.handlers.index_update import NO_LONGER_GIVEN, may_answer, update_index
from bot.discord_bot.handlers.settings_panel import panel
from bot.discord_bot.messages import collection_limits, info_cards, kept_cards
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.kept_answers import KeptAnswerError
from bot.discord_bot.operations.maintenance import RebuildResult
from bot.serving.visible import is_visible
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line
from retrieval.errors import FootnoteError, QuestionError

MAX_REJECTED = 5  # files that are named
MAX_LINE_UNITS = 600  # of a line that a rebuild printed
EDIT_INTERVAL_S = 3.0  # between two edits of the message that shows the progress of a rebuild
IN_LOG = Message("the operator's log has the details")
REBUILD_ENDED = Message("The rebuild has ended; the operator's log has the details.")
REBUILDING, READING = Message("Rebuilding: {detail}"), Message("reading the documents")
NOT_REBUILT = Message("Not rebuilt: {reason}. The index is unchanged.")
ROLLED_BACK = Message("{generation} answers again. The next rebuild will update the index from the documents.")
NOT_ROLLED_BACK = Message("Not rolled back: {reason}.")
ANSWER_ONE, CHANGE_ONE = Message("Answer one of them …"), Message("Change or remove one of them …")
NOT_FROM_HERE = Message(
    "All servers that I am in share one index, and managers of this server may not change it. Whoever runs me decides "
    "who may, with the setting discord.maintenance."
)


Form = app_commands.Range[str, 1, 100]
Forms = app_commands.Range[str, 1, 600]


class FootnoteGroup(app_commands.Group):
    """The commands under /footnote."""

    def __init__(self) -> None:
        super().__init__(
            name="footnote",
            description="Settings, the index and unanswered questions.",
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),  # whether Discord shows it to a member at first
        )

    @app_commands.command()
    async def settings(self, interaction: Interaction) -> None:
        """Show and change the settings of this server."""
        if not await _defer_and_check(interaction):
            return
        settings = await interaction.client.services.database.settings(interaction.guild_id or 0)
        await respond.edit_response(interaction, panel(settings))

    @app_commands.command()
    @app_commands.describe(
        only="Names of collections, separated by commas; * means all. Leave it empty to see the limits.",
        channel="Limit only this channel.",
        role="Limit only the members with this role.",
    )
    async def collections(
        self,
        interaction: Interaction,
        only: app_commands.Range[str, 0, collection_limits.MAX_ONLY_CHARS] = "",
        channel: app_commands.AppCommandChannel | None = None,
        role: discord.Role | None = None,
    ) -> None:
        """Limit this server, a channel or a role to some collections of documents, or show the limits."""
        if not await _defer_and_check(interaction):
            return
        services, server = interaction.client.services, interaction.guild_id or 0
        names = _granted_collections(interaction)
        settings = await services.database.settings(server)
        try:
            if only and channel and role:
                raise QuestionError(collection_limits.CHANNEL_OR_ROLE())
            if only:
                ids = {"channel": channel.id if channel else None, "role": role.id if role else None}
                settings = collection_limits.with_limit(settings, collection_limits.parse(only, names), **ids)
                await services.database.save(server, settings)
                services.log.info("settings changed", server=server, changed=["collections"])
            card = collection_limits.limits_card(settings, names)
        except QuestionError as error:
            card = line_card(escape_cut(str(error), MAX_LINE_UNITS))
        await respond.answer(interaction, card)

    @collections.autocomplete("only")
    async def complete_only(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Complete the last of the typed names of collections, for managers only."""
        settings = await interaction.client.services.answerer.settings(interaction.guild_id)
        if not places.may_manage(interaction, settings):
            return []
        choices = collection_limits.complete(typed, _granted_collections(interaction))
        return [app_commands.Choice(name=one_line(choice), value=choice) for choice in choices]

    @app_commands.command()
    async def rebuild(self, interaction: Interaction) -> None:
        """Update the index from the documents; questions are still answered meanwhile."""
        if not await _defer_and_check_maintenance(interaction):
            return
        services = interaction.client.services
        edited = -math.inf

        async def show_progress(line: str) -> None:
            nonlocal edited
            if time.monotonic() - edited > EDIT_INTERVAL_S and not interaction.is_expired():
                edited = time.monotonic()
                await respond.answer(interaction, line_card(REBUILDING(detail=_detail(interaction, line))))
                services.unanswered.add(interaction.id)  # the result is still to come

        services.log.info("rebuild requested", server=interaction.guild_id)
        await show_progress(READING())
        try:
            await kept_messages.check_messages(interaction.client)
            result = await services.maintenance.rebuild(show_progress)
            await services.answerer.live.refresh()
            line, shown = result.log_line, _rebuilt(result) if _sees_everything(interaction) else REBUILD_ENDED()
        except (FootnoteError, KeptAnswerError) as error:
            line = str(error)
            shown = NOT_REBUILT(reason=_detail(interaction, line))
        services.log.info("rebuild ended", server=interaction.guild_id, line=line)
        if not interaction.is_expired():  # Discord accepts edits for 15 minutes; after that only the log can tell
            await respond.answer(interaction, line_card(shown))
        services.unanswered.discard(interaction.id)

    @app_commands.command()
    async def rollback(self, interaction: Interaction) -> None:
        """Go back to the previous state of the index."""
        if not await _defer_and_check_maintenance(interaction):
            return
        services = interaction.client.services
        services.log.info("rollback requested", server=interaction.guild_id)
        try:
            name = await services.maintenance.rollback()
            await services.answerer.live.refresh()
            card = line_card(ROLLED_BACK(generation=name))
        except FootnoteError as error:
            services.log.error("not rolled back", error=str(error))
            card = line_card(NOT_ROLLED_BACK(reason=_detail(interaction, str(error))))
        await respond.answer(interaction, card)

    @app_commands.command()
    async def gaps(self, interaction: Interaction) -> None:
        """Show the questions that got no answer here, similar ones together."""
        if not await _defer_and_check(interaction):
            return
        services, server = interaction.client.services, interaction.guild_id or 0
        if not (await services.database.settings(server)).gaps:
            await respond.answer(interaction, line_card(review.GAPS_OFF()))
            return
        gaps = (await services.database.gaps(server))[: review.MAX_CLUSTERED_GAPS]
        try:
            clusters = await services.answerer.look_up(
                lambda generation: review.cluster_gaps(generation, gaps),
                user=interaction.user.id,
                server=server,
                asks=False,
            )
        except Exception as error:
            await respond.answer(interaction, services.answerer.error_card(error, "gaps"))
            return
        fields = respond.card_fields(info_cards.gaps_card(clusters))
        if may_answer(interaction, await services.answerer.settings(server)):
            options = [(found.newest_question, question_key(found.newest_question)) for found in clusters]
            fields["view"] = pick_menu.pick_view("gap", ANSWER_ONE(), options)
        await respond.edit_response(interaction, fields)

    @app_commands.command(name="review")
    async def review_(self, interaction: Interaction) -> None:
        """Go through the quotes that were voted down and the questions without an answer."""
        if await _defer_and_check(interaction):
            await review.show_first(interaction)

    @app_commands.command()
    async def answers(self, interaction: Interaction) -> None:
        """Show the answers that moderators keep, to change or remove them."""
        if not await _defer_and_check_maintenance(interaction):
            return
        try:
            answers = await asyncio.to_thread(kept_answers.listed, interaction.client.services.seeds)
        except KeptAnswerError as error:
            await respond.answer(interaction, line_card(escape_cut(str(error), MAX_LINE_UNITS)))
            return
        fields = respond.card_fields(info_cards.answers_card(answers))
        options = [(answer.questions[0], answer.name) for answer in answers]
        fields["view"] = pick_menu.pick_view("kept", CHANGE_ONE(), options)
        await respond.edit_response(interaction, fields)

    @app_commands.command()
    async def refresh(self, interaction: Interaction) -> None:
        """Look whether the messages that are kept as sources were deleted or edited."""
        if not await _defer_and_check_maintenance(interaction):
            return
        try:
            checked = await kept_messages.check_messages(interaction.client)
        except KeptAnswerError as error:
            await respond.answer(interaction, line_card(escape_cut(str(error), MAX_LINE_UNITS)))
            return
        result = await update_index(interaction, NO_LONGER_GIVEN()) if checked.gone else ""
        await respond.answer(interaction, kept_cards.checked_card(checked, result))

    @app_commands.command()
    @app_commands.describe(
        word="A word, an abbreviation or a phrase. Leave it empty to see and remove what there is.",
        means="What means the same; several are separated by commas.",
    )
    async def word(self, interaction: Interaction, word: Form = "", means: Forms = "") -> None:
        """Add words that mean the same to the glossary of the documents, or list and remove them."""
        if not await _defer_and_check_maintenance(interaction):
            return
        if word or means:
            await glossary_words.add_word(interaction, word, means)
        else:
            await glossary_words.list_words(interaction)

    @app_commands.command(name="doctor")
    async def doctor_(self, interaction: Interaction) -> None:
        """Find out what is missing for me to work in this channel."""
        if await _defer_and_check(interaction):
            await doctor.examine(interaction)


def _granted_collections(interaction: Interaction) -> list[str]:
    """Return the existing collections that the operator grants the server."""
    answerer = interaction.client.services.answerer
    granted = answerer.grants.of_server(interaction.guild_id)
    return [name for name in answerer.live.generation.collections if is_visible(name, granted)]


def _rebuilt(result: RebuildResult) -> str:
    """Say what a rebuild came to, and why the first of the files that it rejected were."""
    rejected = result.report["rejected"]
    named = [escape_cut(f"{file['path']}: {file['reason']}", MAX_LINE_UNITS // 2) for file in rejected[:MAX_REJECTED]]
    more = ["- …"] if len(rejected) > MAX_REJECTED else []
    return "\n".join([result.summary, *(f"- {line}" for line in named), *more])


def _detail(interaction: Interaction, detail: str) -> str:
    """Escape a line of a rebuild, or hide it if it may name documents that the operator does not grant the server."""
    return escape_cut(detail, MAX_LINE_UNITS) if _sees_everything(interaction) else IN_LOG()


def _sees_everything(interaction: Interaction) -> bool:
    """Return whether the operator grants the server every collection."""
    return interaction.client.services.answerer.grants.of_server(interaction.guild_id) is None


async def _defer_and_check(interaction: Interaction) -> bool:
    """Defer, and return whether the caller may manage the bot in this server; tell them if not."""
    await respond.defer(interaction, private=True)
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    if places.may_manage(interaction, settings):
        return True
    await respond.answer(interaction, line_card(places.MANAGERS_ONLY()))
    return False


async def _defer_and_check_maintenance(interaction: Interaction) -> bool:
    """Defer, and return whether the caller may change the index, which all servers share; tell them if not."""
    if not await _defer_and_check(interaction):
        return False
    client = interaction.client
    if client.services.maintenance.allowed(interaction.guild_id, client.all_servers):
        return True
    await respond.answer(interaction, line_card(NOT_FROM_HERE()))
    return False
