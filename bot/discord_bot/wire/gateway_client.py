"""Stay connected to Discord's gateway: one loop per shard that resumes after every break.

discord.py starts a new session after most breaks, which loses events and is rationed; waits for up to 17 minutes
between tries; and ends altogether over one event that it cannot read. This client replaces its `connect` alone.
What a shard does is in keeper.py, what a single link does in link.py.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import discord
from discord.gateway import DiscordWebSocket
from discord.state import AutoShardedConnectionState
from yarl import URL

from bot.discord_bot.wire.addresses import first_gateway
from bot.discord_bot.wire.connection_errors import AddressError, FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.http import LONGEST_LIMIT, bounded, guard
from bot.discord_bot.wire.retries import describe, final, pause_after, root
from bot.discord_bot.wire.shard import Keeper, Times

if TYPE_CHECKING:
    from discord.types.gateway import SessionStartLimit

__all__ = ["FinalError", "Keeper", "ResilientClient", "Times"]
log = logging.getLogger(__name__)
UNHELPFUL = 3  # answers of /gateway/bot that make no sense, after which the configured address has to do
MOST_SHARDS = 1_000  # 2,500,000 servers


class ResilientClient(discord.AutoShardedClient):
    """discord.py's client with a connection that comes back by itself.

    `continuity` is what it shares with the client before and after it; `on_link` hears of every shard that
    comes up (True) or goes down (False).
    """

    def __init__(
        self,
        *,
        intents: discord.Intents,
        continuity: Continuity | None = None,
        times: Times | None = None,
        on_link: Callable[[int, bool], None] | None = None,
        **options: Any,
    ) -> None:
        self.continuity = continuity or Continuity()
        self.times = times or Times()
        self.leaving = False
        self._link_hook = on_link
        self._concurrency = 1
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._links: dict[int, bool] = {}
        options.setdefault("max_ratelimit_timeout", LONGEST_LIMIT)
        options.setdefault("allowed_mentions", discord.AllowedMentions.none())
        options.setdefault("http_trace", guard(self.continuity.invalid))
        super().__init__(intents=intents, **options)

    def _get_state(self, **options: Any) -> AutoShardedConnectionState[Any]:
        self.http = bounded(self.http)  # discord.py makes its own just before; nothing has used it yet
        return super()._get_state(**options)

    @property
    def connected(self) -> bool:
        """Whether every shard has a link on which events flow."""
        return bool(self._links) and all(self._links.values())

    def leave(self) -> None:
        """Open no new links; those there are stay until `close`."""
        self.leaving = True

    async def close(self) -> None:
        """Close the links and the session for requests."""
        self.leaving = True
        await super().close()

    async def connect(self, *, reconnect: bool = True) -> None:  # noqa: ARG002 - it always reconnects
        """Keep every shard connected until `close`; raises FinalError."""
        gateway = await self._ask_for_gateway()
        if gateway is None:
            return
        keepers = [Keeper(self, shard_id, gateway) for shard_id in self.shard_ids or range(self.shard_count or 1)]
        self._links = {keeper.id: False for keeper in keepers}
        tasks = [keeper.launch() for keeper in keepers]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _ask_for_gateway(self) -> URL | None:
        """Return where to connect, and learn how many shards and sessions there may be; None when leaving."""
        tries = 0
        while not self.leaving:
            try:
                async with asyncio.timeout(self.times.request):
                    shards, address, limit = await self.http.get_bot_gateway()
                return self._plan(shards, address, limit)
            except Exception as error:
                if stop := final(error):
                    raise stop from None
                pause = pause_after(error, tries, first=self.times.first_pause, most=self.times.longest_pause)
                tries += 1
                extra = {"why": describe(error), "pause": round(pause, 1)}
                log.warning("Discord does not say where its gateway is", extra=extra)
                if tries >= UNHELPFUL and isinstance(root(error), KeyError | TypeError | ValueError | discord.NotFound):
                    return self._plan(1, None, None)  # a server that is not Discord may have no such route
            await asyncio.sleep(pause)
        return None

    def _plan(self, shards: int, address: str | None, limit: "SessionStartLimit | None") -> URL:
        """Take over what /gateway/bot says, and return where to connect."""
        if limit is not None:
            self._concurrency = max(1, int(limit["max_concurrency"]))
            self.continuity.budget.told(int(limit["remaining"]), float(limit["reset_after"]) / 1000)
        self.shard_count = self.shard_count or max(1, min(int(shards), MOST_SHARDS))
        self._connection.shard_count = self.shard_count
        self._connection.shard_ids = self.shard_ids or range(self.shard_count)
        try:
            return first_gateway(address)
        except AddressError as error:
            if address is not None:
                log.warning("The gateway address that Discord names is not used: %s", error)
            return DiscordWebSocket.DEFAULT_GATEWAY

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do nothing: the wait comes before the link is opened."""

    @contextlib.asynccontextmanager
    async def identify_turn(self, shard_id: int) -> AsyncIterator[None]:
        """Wait until a new session may start; shards of one concurrency group take turns."""
        group = shard_id % self._concurrency
        budget = self.continuity.budget
        async with self._turns[group]:
            if (wait := budget.wait(group)) > budget.group_spacing:
                log.warning(
                    "So many sessions were started that the next one has to wait",
                    extra={"shard": shard_id, "seconds": round(wait)},
                )
            while (wait := budget.wait(group)) > 0:
                await asyncio.sleep(wait)
            yield

    def count_identify(self, shard_id: int) -> None:
        """Count a new session; called when it is asked for."""
        self.continuity.budget.spend(shard_id % self._concurrency)

    def register(self, keeper: Keeper) -> None:
        """Let discord.py see the link of a shard: it sends by it, measures it and closes it."""
        vars(self)["_AutoShardedClient__shards"][keeper.id] = keeper

    def tell_link(self, shard_id: int, *, up: bool) -> None:
        """Tell the hook that a shard came up or went down."""
        self._links[shard_id] = up
        if not up:
            self.dispatch("disconnect")
            self.dispatch("shard_disconnect", shard_id)
        if self._link_hook is not None:
            try:
                self._link_hook(shard_id, up)
            except Exception:
                log.exception("The hook for links failed")
