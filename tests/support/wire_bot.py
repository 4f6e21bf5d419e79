"""A small bot on the guarded client, and what tests need to run it against the loopback Discord."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import discord
from discord import app_commands

from bot.discord_bot.wire import addresses
from bot.discord_bot.wire.connection_times import Times
from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget
from bot.discord_bot.wire.delivery import Delivery, nonce
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.discord_bot.wire.supervisor import run
from tests.discord_server.server import DiscordServer

FAST = Times(
    heartbeat=0.1,
    unanswered=0.4,
    greeting=0.3,
    settling=0.3,
    first_pause=0.02,
    longest_pause=0.1,
    invalid_pause=(0.01, 0.03),
    steady=1.0,
    request=2.0,
)
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
OFFICIAL_ADDRESSES = ("https://discord.com/api/v10", "wss://gateway.discord.gg/", "https://cdn.discordapp.com")


def unspaced_continuity() -> Continuity:
    """Return a Continuity whose sessions may start in quick succession."""
    return Continuity(budget=IdentifyBudget(spacing=0.0))


@dataclass(eq=False)
class Shared:
    """What the clients of a test share: options, the questions that were heard, and every change of the connection."""

    times: Times = FAST
    options: dict[str, Any] = field(default_factory=dict)  # of discord.Client
    continuity: Continuity = field(default_factory=unspaced_continuity)
    delivery: Delivery = field(default_factory=Delivery)
    heard: list[str] = field(default_factory=list)
    links: list[bool] = field(default_factory=list)
    clients: list["WireBot"] = field(default_factory=list)

    def client(self, continuity: Continuity) -> "WireBot":
        """Make another client."""
        client = WireBot(self, continuity)
        self.clients.append(client)
        return client


class WireBot(GatewayClient):
    """Answers every question once, with the words of the question."""

    def __init__(self, shared: Shared, continuity: Continuity) -> None:
        super().__init__(
            intents=INTENTS,
            continuity=continuity,
            times=shared.times,
            on_link=lambda _, up: shared.links.append(up),
            guild_ready_timeout=0.05,
            **shared.options,
        )
        self.shared = shared
        self.tree = app_commands.CommandTree(self)
        self.tree.command(name="ask", description="Ask a question")(self._ask)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def _ask(self, interaction: discord.Interaction, question: str) -> None:
        self.shared.heard.append(question)
        deliver = self.shared.delivery.deliver
        await deliver(lambda: interaction.response.defer(thinking=True), deadline=2.5, what="A deferral")
        await deliver(lambda: interaction.edit_original_response(content=question), deadline=30)

    async def on_message(self, message: discord.Message) -> None:
        if message.author.id == self.application_id:
            return
        self.shared.heard.append(message.content)
        number = nonce(message.id)
        await self.shared.delivery.deliver(
            lambda: message.reply(message.content, nonce=number), deadline=30, channel=message.channel.id
        )


@contextlib.asynccontextmanager
async def running(server: DiscordServer, shared: Shared) -> AsyncIterator["asyncio.Task[None]"]:
    """Run the supervisor with such a bot, and stop it at the end."""
    addresses.use(server.api, server.gateway.url, server.cdn)
    stop = asyncio.Event()
    log = logging.getLogger("footnote")
    task = asyncio.create_task(
        run(shared.client, server.token, stop, log, times=shared.times, continuity=shared.continuity)
    )
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=12)
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        addresses.use(*OFFICIAL_ADDRESSES)
