"""The client: it passes what Discord sends to the handlers, and gives them the services."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.discord_bot.context import BotClient, Interaction, Services
from bot.discord_bot.handlers import (
    admin,
    answer_form,
    button_actions,
    command_translator,
    forms,
    incoming_questions,
    kept_messages,
    removed_servers,
    respond,
    settings_panel,
)
from bot.discord_bot.handlers.slash_commands import MEMBER_COMMANDS
from bot.discord_bot.operations.kept_answers import KeptAnswerError
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.wire import claims
from bot.discord_bot.wire.delivery import EXPECTED
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.discord_bot.wire.retries import describe, final_error
from bot.showing.languages import match_language, speaking
from bot.showing.safe_text import one_line
from bot.showing.wording import many

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    read_message_history=True,
)
IGNORED_EVENTS = frozenset({
    "MESSAGE_UPDATE", "MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE",
    "CHANNEL_PINS_UPDATE", "GUILD_INTEGRATIONS_UPDATE", "INTEGRATION_CREATE", "INTEGRATION_UPDATE",
    "INTEGRATION_DELETE", "WEBHOOKS_UPDATE", "GUILD_AUDIT_LOG_ENTRY_CREATE", "STAGE_INSTANCE_CREATE",
    "STAGE_INSTANCE_UPDATE", "STAGE_INSTANCE_DELETE", "VOICE_STATE_UPDATE", "VOICE_CHANNEL_EFFECT_SEND",
    "TYPING_START",
})  # fmt: skip
REPEATABLE_COMMANDS = frozenset({command.name for command in MEMBER_COMMANDS})  # the others change something
SCOPES = ("bot", "applications.commands")
# A user who installs the bot for themselves could use it as a member of servers that never invited it.
ALLOWED_INSTALLS = app_commands.AppInstallationType(guild=True, user=False)


SYNC_TIMEOUT_S = 40.0
FIRST_SYNC_PAUSE_S, LONGEST_SYNC_PAUSE_S = 60.0, 3_600.0


def intents() -> discord.Intents:
    """Return the events that the bot subscribes to; none of them needs Discord's approval."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class CommandTree(app_commands.CommandTree[BotClient]):
    """The commands; an error in one is reported to whoever used it."""

    async def _call(self, interaction: Interaction) -> None:
        """Run a command, unless a process died with it and it must not be repeated."""
        async with claims.finishing():
            data: Any = interaction.data
            if claims.is_continued() and data["name"] not in REPEATABLE_COMMANDS:
                await respond.say_interrupted(interaction)
            else:
                await super()._call(interaction)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Tell the member, and log errors that are ours."""
        await respond.report_error(interaction, getattr(error, "original", error))


class FootnoteClient(GatewayClient, BotClient):
    """Answers commands, menus, buttons, mentions, direct messages and forum posts."""

    def __init__(self, services: Services, *, synced: asyncio.Event | None = None, **options: Any) -> None:
        """Create a client for some services.

        The commands are registered with Discord at the start unless `synced` is set, which is set then. `options` are
        those of GatewayClient.
        """
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot does not use voice
        super().__init__(
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            **options,
        )
        self.services = services
        self._synced = synced or asyncio.Event()
        self._syncing: asyncio.Task[None] | None = None
        self._removing: set[asyncio.Task[None]] = set()  # of kept messages; asyncio holds no reference to them
        self._skip_ignored_events()
        self._speak_to_members()
        self.tree = CommandTree(self, allowed_installs=ALLOWED_INSTALLS)
        for command in (*MEMBER_COMMANDS, kept_messages.keep_as_source, admin.FootnoteGroup()):
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        """Register buttons and menus, and tell Discord the commands."""
        self.add_dynamic_items(
            button_actions.CardButton, settings_panel.SettingMenu, settings_panel.SettingSwitch, answer_form.AnswerMenu
        )
        with contextlib.suppress(KeptAnswerError):  # /footnote answers tells why
            await kept_messages.remember_ids(self)
        await self.tree.set_translator(command_translator.CommandTranslator())
        if not self._synced.is_set() and not await self._sync_commands():
            self._syncing = asyncio.create_task(self._retry_sync(), name="sync of commands")
        address = discord.utils.oauth_url(self.application_id or 0, permissions=PERMISSIONS, scopes=SCOPES)
        self.services.log.info("invite the bot with this address", address=address)

    async def close(self) -> None:
        """Close the connection, and stop trying to register the commands."""
        if self._syncing is not None:
            self._syncing.cancel()
        await super().close()

    async def _sync_commands(self) -> bool:
        """Register the commands with Discord, and return whether that worked; without them, mentions work on.

        Raises FinalError and discord.HTTPException if Discord refuses the token.
        """
        try:
            async with asyncio.timeout(SYNC_TIMEOUT_S):
                commands = await self.tree.sync()
        except Exception as error:
            if final_error(error) is not None:
                raise
            self.services.log.error(
                "the commands were not registered and may be missing or old; mentions and direct messages are answered",
                error=_describe_sync(error),
            )
            return False
        self.services.command_ids.update({command.name: command.id for command in commands})
        self._synced.set()
        return True

    async def _retry_sync(self) -> None:
        """Try to register the commands until that works, less and less often."""
        pause = FIRST_SYNC_PAUSE_S
        while not self._synced.is_set():
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_SYNC_PAUSE_S)
            with contextlib.suppress(discord.HTTPException):  # the token is refused, which ends the connection as well
                await self._sync_commands()

    async def on_message(self, message: discord.Message) -> None:
        """Answer a message that is meant for the bot."""
        with speaking(self.services.server_language(message.guild)):
            await self._log_errors(incoming_questions.by_message(self, message), "message", message.id)

    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Answer a new forum post if the server wants that."""
        with speaking(self.services.server_language(thread.guild)):
            await self._log_errors(incoming_questions.by_post(self, thread), "forum", thread.id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Give back a form that nothing took; commands, buttons and menus are handled elsewhere."""
        await forms.give_back_unknown(interaction)

    async def on_ready(self) -> None:
        """Say where the bot is, and delete the data of servers that removed it while it was not connected."""
        self.services.log.info(f"connected as {one_line(str(self.user))}, in {many(len(self.guilds), 'server')}")
        try:
            await removed_servers.delete_data(self)
        except (DatabaseError, *EXPECTED) as error:
            self.services.log.warning("not checked which servers removed the bot", error=describe(error))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete the data of a server that removed the bot."""
        try:
            await self.services.database.delete_server(guild.id)
        except DatabaseError as error:
            self.services.log.error("data of a server not deleted", server=guild.id, error=str(error))

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log an error in the handling of an event; the connection stays."""
        self.services.metrics.failures.inc()
        self.services.log.exception("event failed", handler=event_method)

    def _skip_ignored_events(self) -> None:
        """Drop ignored events unparsed: discord.py would create objects for every message of every server."""
        parsers = self._connection.parsers
        for name in IGNORED_EVENTS & parsers.keys():
            del parsers[name]
        parsers["MESSAGE_DELETE"] = parsers["MESSAGE_DELETE_BULK"] = self._note_deletion
        parse = parsers["MESSAGE_CREATE"]

        def parse_if_addressed(data: Any) -> None:
            me = str(self.user.id) if self.user else ""
            if "guild_id" not in data or any(user.get("id") == me for user in data.get("mentions", ())):
                parse(data)

        parsers["MESSAGE_CREATE"] = parse_if_addressed

    def _speak_to_members(self) -> None:
        """Let every interaction be handled in the language of its member: the tasks that handle it take that over."""
        parsers = self._connection.parsers
        parse = parsers["INTERACTION_CREATE"]

        def parse_in_language(data: Any) -> None:
            with speaking(match_language(str(data.get("locale", "")))):
                parse(data)

        parsers["INTERACTION_CREATE"] = parse_in_language

    def _note_deletion(self, data: Any) -> None:
        """Let kept messages that were deleted be removed; nothing else is done with deleted messages."""
        deleted = {int(id_) for id_ in data.get("ids") or [data["id"]]} & self.services.kept_messages
        if deleted:
            removing = kept_messages.by_deletion(self, deleted)
            task = asyncio.create_task(self._log_errors(removing, "deletion", min(deleted)))
            self._removing.add(task)
            task.add_done_callback(self._removing.discard)

    async def _log_errors(self, answering: Coroutine[Any, Any, None], way: str, asked_id: int) -> None:
        """Await the answer to a message or post, and log an error instead of raising it."""
        self.services.unanswered.add(asked_id)
        try:
            async with claims.finishing():
                await answering
        except Exception as error:
            self.services.metrics.failures.inc()
            self.services.log.error("not answered", way=way, error=f"{type(error).__name__}: {error}", exc_info=error)
        finally:
            self.services.unanswered.discard(asked_id)


def _describe_sync(error: Exception) -> str:
    """Say why the commands were not registered; an answer that discord.py cannot parse raises bare errors."""
    if isinstance(error, LookupError | TypeError | ValueError | AttributeError):
        return f"the answer of the server cannot be read ({describe(error)})"
    return describe(error)
