"""A session that goes from one process to the next, and the claims of its events."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.discord_bot.wire import addresses, claims
from bot.discord_bot.wire.claims import Claim, ShardClaims
from bot.discord_bot.wire.delivery import Delivery
from bot.discord_bot.wire.shard_lease import SavedSession, ShardLease
from bot.discord_bot.wire.supervisor import run
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import FAST, OFFICIAL_ADDRESSES, Shared, WireBot


class OneLedger:
    """Gives every claim to whoever asks first."""

    def __init__(self) -> None:
        self.valid, self.lost = True, False
        self.taken: list[tuple[str, int]] = []
        self.finished: list[int] = []

    async def take(self, shard: int, event: str, id_: int) -> Claim | None:  # noqa: ARG002 - one shard
        """Give out a claim once."""
        if (event, id_) in self.taken:
            return None
        self.taken.append((event, id_))
        return Claim(self, event, id_, continued=False)

    async def finish(self, claim: Claim) -> None:
        """Record the end of a claim."""
        self.finished.append(claim.id)


async def no_wait(_: int) -> float:
    """Start sessions at once."""
    return 0.0


@contextlib.asynccontextmanager
async def serving(server: DiscordServer, shared: Shared, lease: ShardLease) -> AsyncIterator[None]:
    """Run a client with a lease, as one process, until the end of the block."""
    shared.options["lease"] = lease
    stop = asyncio.Event()
    addresses.use(server.api, server.gateway.url, server.cdn)
    task = asyncio.create_task(
        run(shared.client, server.token, stop, logging.getLogger("footnote"), times=FAST, continuity=shared.continuity)
    )
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=10)
        addresses.use(*OFFICIAL_ADDRESSES)


async def test_next_process_resumes_and_answers_what_came_meanwhile() -> None:
    """There is one session in all, and the next process knows the server although Discord described it to the first."""
    async with DiscordServer() as server:
        guild = server.world.guild("Town")
        user, channel, ledger = server.user("ann", guild), server.general(guild), OneLedger()
        lease = ShardLease(ShardClaims(0, ledger), None, no_wait)
        async with serving(server, Shared(), lease):
            await server.ready()
            first = await server.mention(user, channel, "one")
            await first.answered()
        meanwhile = await server.mention(user, channel, "two")
        shared = Shared()
        async with serving(server, shared, ShardLease(ShardClaims(0, ledger), lease.session, no_wait)):
            await meanwhile.answered()
            known = shared.clients[0].get_guild(guild.id)
            assert known is not None
            assert (known.name, known.get_channel(channel.id) is not None) == ("Town", True)
            assert shared.clients[0].is_ready()
        assert (server.gateway.identifies, len(first.answers), len(meanwhile.answers)) == (1, 1, 1)


async def test_saved_sequence_stays_before_what_is_pending() -> None:
    """The next holder gets pending events again; finished ones do not hold the session back."""
    pending = ShardClaims(0, OneLedger())
    started: list[Claim] = []

    async def handle() -> None:
        claim = claims.current.get()
        assert claim is not None
        started.append(claim)

    for id_, sequence in ((1, 11), (2, 12)):
        pending.begin("MESSAGE_CREATE", id_, sequence, handle)
    assert pending.resume_at(15) == 10
    while len(started) < 2:
        await asyncio.sleep(0)
    for claim, expected in zip(started, (11, 15), strict=True):
        claims.current.set(claim)
        await claims.finish()
        assert pending.resume_at(15) == expected
    await pending.settle()


async def test_what_is_given_up_is_neither_sent_nor_finished() -> None:
    """Another process may answer by then."""
    ledger = OneLedger()
    pending, handled = ShardClaims(0, ledger), asyncio.Event()
    sent: list[str] = []

    async def handle() -> None:
        while not handled.is_set():
            await asyncio.sleep(0)
        await Delivery().deliver(send, deadline=1.0)
        await claims.finish()

    async def send() -> None:
        sent.append("answer")

    pending.begin("MESSAGE_CREATE", 1, 1, handle)
    while not pending.give_up():
        await asyncio.sleep(0)
    handled.set()
    await asyncio.gather(*pending._tasks)
    assert (sent, ledger.finished) == ([], [])


@pytest.mark.parametrize("comes_back", [True, False])
async def test_doubtful_lease_holds_an_answer_back(comes_back: bool) -> None:
    """It is sent once the lease is renewed, and never if it is lost."""
    ledger, sent = OneLedger(), asyncio.Event()
    ledger.valid = False

    async def send() -> bool:
        sent.set()
        return True

    claims.current.set(Claim(ledger, "MESSAGE_CREATE", 1, continued=False))
    delivering = asyncio.create_task(Delivery(time.monotonic).deliver(send, deadline=5.0))
    await asyncio.sleep(0.1)
    assert not sent.is_set()
    ledger.valid, ledger.lost = comes_back, not comes_back
    assert await delivering == (True if comes_back else None)
    assert sent.is_set() == comes_back


async def test_cancelled_handling_leaves_the_claim_to_others() -> None:
    """A process that ends in the middle has not answered; one that fails has said so."""
    for error, finished in ((asyncio.CancelledError, []), (ValueError, [1])):
        ledger = OneLedger()
        claims.current.set(Claim(ledger, "MESSAGE_CREATE", 1, continued=False))
        with contextlib.suppress(asyncio.CancelledError, ValueError):
            async with claims.finishing():
                raise error
        assert ledger.finished == finished


async def test_unsafe_saved_address_starts_a_new_session() -> None:
    """Who can write to the database cannot lead the token away."""
    session = SavedSession("id", 5, "ws://example.com/")
    lease = ShardLease(ShardClaims(0, OneLedger()), session, no_wait)
    client: Any = WireBot(Shared(), Shared().continuity)
    client.ws = discord.client.DiscordWebSocket(
        cast("Any", SimpleNamespace(closed=True)), loop=asyncio.get_running_loop()
    )
    lease.attach(client)
    assert client.ws.session_id is None
    await client.close()
