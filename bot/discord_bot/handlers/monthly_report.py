"""Send each server that wants it a report of the last month: counts and gaps, nothing about members."""

import asyncio
import datetime
from collections.abc import Callable, Sequence

import discord

from bot.discord_bot.context import BotClient
from bot.discord_bot.handlers import respond, review
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.messages.report_card import report_card
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.question_store import QuestionStore
from bot.discord_bot.storage.records import MonthlyCounts
from bot.showing.languages import speaking

CHECK_INTERVAL_S = 3_600.0
DEADLINE_S = 60.0
MAX_DELAY = datetime.timedelta(days=62)  # since the month began; after that, nobody needs its report any more


async def watch(clients: Callable[[], Sequence[BotClient]]) -> None:
    """Send what is due at intervals until cancelled; `clients` returns the present ones."""
    while True:
        for present in clients():
            if not present.is_ready():
                continue
            try:
                await send_due(present, datetime.datetime.now(datetime.UTC).date())
            except DatabaseError as error:
                present.services.log.error("monthly reports not sent", error=str(error))
        await asyncio.sleep(CHECK_INTERVAL_S)


async def send_due(client: BotClient, today: datetime.date) -> None:
    """Send the reports of the months before today's. Raises DatabaseError."""
    store = QuestionStore(client.services.database)
    for counts in await store.counts_before(today.replace(day=1)):
        if client.get_guild(counts.guild) is None:
            continue  # another process answers there, or its data will be deleted
        if await _send(client, counts) or today - counts.month > MAX_DELAY:
            await store.delete_counts(counts)


async def _send(client: BotClient, counts: MonthlyCounts) -> bool:
    """Send a report; return whether its counts are no longer needed."""
    services = client.services
    settings = await services.database.settings(counts.guild)
    if settings.report_channel is None:
        return True
    channel = client.get_channel(settings.report_channel)
    if not isinstance(channel, discord.TextChannel) or channel.guild.id != counts.guild:
        return False
    gaps = await _gaps(client, counts)
    with speaking(services.server_language(channel.guild)):
        card = report_card(counts.month, counts.answered, counts.refused, gaps)
    fields = respond.message_fields(card) | {"nonce": f"report-{counts.month:%Y%m}"}
    sent = await services.delivery.deliver(
        lambda: channel.send(**fields), deadline=DEADLINE_S, channel=channel.id, what="A monthly report"
    )
    return sent is not None


async def _gaps(client: BotClient, counts: MonthlyCounts) -> list[Cluster]:
    """Group the stored questions of the month that got no answer, the most asked first."""
    services = client.services
    gaps = await services.database.gaps(counts.guild)
    chosen = [gap for gap in gaps if gap.day.replace(day=1) == counts.month][: review.MAX_CLUSTERED_GAPS]
    try:
        return await services.answerer.look_up(
            lambda generation: review.cluster_gaps(generation, chosen), user=0, server=None, asks=False
        )
    except Exception as error:
        services.answerer.error_card(error, "report")  # which logs it if it is ours
        return []
