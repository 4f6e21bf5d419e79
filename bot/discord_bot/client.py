"""The client: what it listens to, and who answers. Everything that it needs is handed to it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.discord_bot.context import BotClient, Interaction, Services
from bot.discord_bot.handlers import admin, button_actions, incoming_questions, respond, settings_panel
from bot.discord_bot.handlers.slash_commands import EVERYBODYS
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.wire.gateway_client import GatewayClient

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    read_message_history=True,
)
UNHEARD = frozenset({
    "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE",
    "CHANNEL_PINS_UPDATE", "GUILD_INTEGRATIONS_UPDATE", "INTEGRATION_CREATE", "INTEGRATION_UPDATE",
    "INTEGRATION_DELETE", "WEBHOOKS_UPDATE", "GUILD_AUDIT_LOG_ENTRY_CREATE", "STAGE_INSTANCE_CREATE",
    "STAGE_INSTANCE_UPDATE",
    "STAGE_INSTANCE_DELETE", "VOICE_STATE_UPDATE", "VOICE_CHANNEL_EFFECT_SEND", "TYPING_START",
})  # fmt: skip
SCOPES = ("bot", "applications.commands")
# Whoever installed the bot for themselves could use it in servers that never invited it, as a member of them.
INSTALLS = app_commands.AppInstallationType(guild=True, user=False)


def intents() -> discord.Intents:
    """Return what the bot listens to; none of it needs Discord's approval."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class Tree(app_commands.CommandTree[BotClient]):
    """The commands; what goes wrong in one is told to whoever used it."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Apologize, and log what is our fault."""
        await respond.apologize(interaction, getattr(error, "original", error))


class FootnoteClient(GatewayClient, BotClient):
    """Answers commands, menus, buttons, mentions, direct messages and forum posts."""

    def __init__(self, services: Services, *, synced: asyncio.Event | None = None, **options: Any) -> None:
        """Take what it works with; the commands are told to Discord unless `synced` is set, which then is."""
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it has no voice, and misses none
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
        self._hear_less()
        self.tree = Tree(self, allowed_installs=INSTALLS)
        for command in (*EVERYBODYS, admin.FootnoteGroup()):
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        """Register buttons and menus, and tell Discord the commands."""
        self.add_dynamic_items(button_actions.CardButton, settings_panel.SettingMenu, settings_panel.SettingSwitch)
        if not self._synced.is_set():
            await self.tree.sync()
            self._synced.set()
        address = discord.utils.oauth_url(self.application_id or 0, permissions=PERMISSIONS, scopes=SCOPES)
        self.services.log.info("invite the bot with this address", address=address)

    async def on_message(self, message: discord.Message) -> None:
        """Answer what is meant for the bot."""
        await self._guarded(incoming_questions.by_message(self, message), "message", message.id)

    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Answer a new post of a forum where the server wants that."""
        await self._guarded(incoming_questions.by_post(self, thread), "forum", thread.id)

    def _hear_less(self) -> None:
        """Leave unread what nobody here listens to: discord.py would make objects of every message of every server."""
        parsers = self._connection.parsers
        for name in UNHEARD & parsers.keys():
            del parsers[name]
        parse = parsers["MESSAGE_CREATE"]

        def parse_if_meant(data: Any) -> None:
            me = str(self.user.id) if self.user else ""
            if "guild_id" not in data or any(one.get("id") == me for one in data.get("mentions", ())):
                parse(data)

        parsers["MESSAGE_CREATE"] = parse_if_meant

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that removed the bot."""
        try:
            await self.services.database.forget_server(guild.id)
        except DatabaseError as error:
            self.services.log.error("server not forgotten", server=guild.id, error=str(error))

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log what went wrong in an event; the connection goes on."""
        self.services.metrics.failures.inc()
        self.services.log.exception("event failed", event=event_method)

    async def _guarded(self, answering: Coroutine[Any, Any, None], way: str, asked: int) -> None:
        self.services.promised.add(asked)
        try:
            await answering
        except Exception as error:
            self.services.metrics.failures.inc()
            self.services.log.error("not answered", way=way, error=f"{type(error).__name__}: {error}", exc_info=error)
        finally:
            self.services.promised.discard(asked)
