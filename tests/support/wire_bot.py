"""A small bot on the resilient client, and what tests need to run it against the loopback Discord."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import discord
from discord import app_commands

from bot.discord_bot.wire import addresses
from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget
from bot.discord_bot.wire.delivery import Delivery, nonce
from bot.discord_bot.wire.gateway_client import GatewayClient, Times
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


@dataclass(eq=False)
class Shared:
    """What outlives a client of these tests: what it heard, and the continuity."""

    times: Times = FAST
    shard: tuple[int, int] | None = None  # its number, and how many there are
    continuity: Continuity = field(default_factory=lambda: Continuity(budget=IdentifyBudget(spacing=0.0)))
    delivery: Delivery = field(default_factory=Delivery)
    heard: list[str] = field(default_factory=list)
    links: list[bool] = field(default_factory=list)
    clients: list["WireBot"] = field(default_factory=list)

    def client(self, continuity: Continuity) -> "WireBot":
        made = WireBot(self, continuity)
        self.clients.append(made)
        return made


class WireBot(GatewayClient):
    """Answers every question with its own words, once."""

    def __init__(self, shared: Shared, continuity: Continuity) -> None:
        super().__init__(
            intents=INTENTS,
            continuity=continuity,
            times=shared.times,
            on_link=lambda _, up: shared.links.append(up),
            guild_ready_timeout=0.05,
            **({"shard_id": shared.shard[0], "shard_count": shared.shard[1]} if shared.shard else {}),
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
    """Run the supervisor with such a bot; it is stopped at the end."""
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
        addresses.use("https://discord.com/api/v10", "wss://gateway.discord.gg/", "https://cdn.discordapp.com")
