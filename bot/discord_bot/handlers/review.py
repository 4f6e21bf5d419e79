"""Let managers review what members voted down and what got no answer, one question at a time."""

import asyncio
import datetime
from collections.abc import Sequence

import numpy as np

from bot.discord_bot.access import places
from bot.discord_bot.answering.question_memory import question_key
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import respond
from bot.discord_bot.handlers.index_update import may_answer, refusal
from bot.discord_bot.messages.answer_card import Card, line_card
from bot.discord_bot.messages.button_ids import Button
from bot.discord_bot.messages.gap_clusters import Cluster, cluster
from bot.discord_bot.messages.review_cards import (
    DISMISSED,
    NEVER_AGAIN,
    ReviewItem,
    carried_item,
    review_card,
    undo_dismissal,
    undo_wrong,
)
from bot.discord_bot.storage.question_store import QuestionStore
from bot.discord_bot.storage.records import Gap, VotedDown
from bot.serving.generation import Generation
from bot.serving.visible import VisibleCollections
from bot.showing.languages import Message
from bot.showing.reply import compose_excerpt
from bot.showing.safe_text import one_line
from retrieval.reading import wrong_quotes
from retrieval.reading.wrong_quotes import WrongQuote

MAX_CLUSTERED_GAPS = 500  # the newest ones
GAPS_OFF = Message("This server does not store unanswered questions. /footnote settings can switch that on.")
NOT_WRITTEN = Message("Not changed: the file cannot be written; the operator's log says why.")


async def show_first(interaction: Interaction) -> None:
    """Show the first item as the answer to a command whose caller was checked."""
    services = interaction.client.services
    if not (await services.database.settings(interaction.guild_id or 0)).gaps:
        await respond.answer(interaction, line_card(GAPS_OFF()))
        return
    await _show(interaction, 0)


async def turn_page(interaction: Interaction, payload: str) -> None:
    """Show the item of a page."""
    if await _check(interaction):
        await _show(interaction, carried_item(payload)[0])


async def dismiss(interaction: Interaction, payload: str) -> None:
    """Leave an item out from now on, and show the next one."""
    if await _check(interaction):
        await _set_dismissed(interaction, payload, dismissed=True)
        page, citation, key = carried_item(payload)
        await _show(interaction, page, DISMISSED(), undo_dismissal(page, citation, key))


async def take_back(interaction: Interaction, payload: str) -> None:
    """Show a dismissed item again."""
    if await _check(interaction):
        await _set_dismissed(interaction, payload, dismissed=False)
        await _show(interaction, carried_item(payload)[0])


async def _set_dismissed(interaction: Interaction, payload: str, *, dismissed: bool) -> None:
    """Dismiss the item of a payload, or show it again: a quote for its question, or a group of questions."""
    _, citation, key = carried_item(payload)
    store, server = QuestionStore(interaction.client.services.database), interaction.guild_id or 0
    if not citation:
        questions = await _questions_like(interaction, key, dismissed=not dismissed)
        await store.dismiss_gaps(server, questions, dismissed=dismissed)
        return
    voted = await store.dismissed_voted(server)
    if dismissed:
        voted = [(quote.citation, quote.question) for quote in await store.voted_down(server)]
    for voted_citation, question in voted:
        if (voted_citation, question_key(question)) == (citation, key):
            await store.dismiss_voted(server, citation, question, dismissed=dismissed)


async def call_wrong(interaction: Interaction, payload: str) -> None:
    """Never give a quote for a question again, and show the next item."""
    if not await _check(interaction, changes_documents=True):
        return
    services = interaction.client.services
    page, citation, key = carried_item(payload)
    voted = await QuestionStore(services.database).voted_down(interaction.guild_id or 0)
    item = (citation, key)
    question = next((found.question for found in voted if (found.citation, question_key(found.question)) == item), "")
    if not question:  # dismissed, or voted otherwise, since the item was shown
        await _show(interaction, page)
        return
    if await write_wrong_quote(interaction, question, citation):
        await _show(interaction, page, NEVER_AGAIN(), undo_wrong(page, citation, key))
    else:
        await respond.follow_up(interaction, line_card(NOT_WRITTEN()))


async def write_wrong_quote(interaction: Interaction, question: str, citation: str) -> bool:
    """Write down that a quote is wrong for a question; return whether that worked."""
    services = interaction.client.services
    shown = await services.answerer.look_up(
        lambda generation: generation.passages.quote(citation, None),
        user=interaction.user.id,
        server=interaction.guild_id,
        asks=False,
    )
    entry = WrongQuote(
        question,
        citation,
        one_line(shown.text)[: wrong_quotes.MAX_TEXT_LENGTH] if shown else "",
        shown.citation.document if shown else "",
        f"{one_line(interaction.user.name)} ({interaction.user.id})",
        datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    try:
        await asyncio.to_thread(wrong_quotes.add_wrong_quote, services.seeds, entry)
    except OSError as error:
        services.log.error("wrong quote not written", error=str(error))
        return False
    services.log.info("quote called wrong", citation=citation, server=interaction.guild_id)
    return True


async def remove_wrong_quote(interaction: Interaction, citation: str, key: str) -> bool:
    """Allow a quote for the question with a key again; return whether that worked."""
    services = interaction.client.services
    entries = await asyncio.to_thread(wrong_quotes.read_wrong_quotes, services.seeds)
    meant = [entry for entry in entries if entry.citation == citation and question_key(entry.question) == key]
    try:
        await asyncio.to_thread(wrong_quotes.remove_wrong_quotes, services.seeds, meant)
    except OSError as error:
        services.log.error("wrong quote not removed", error=str(error))
        return False
    return True


async def allow_again(interaction: Interaction, payload: str) -> None:
    """Allow a quote for a question again, and show the item."""
    if not await _check(interaction, changes_documents=True):
        return
    page, citation, key = carried_item(payload)
    if await remove_wrong_quote(interaction, citation, key):
        await _show(interaction, page)
    else:
        await respond.follow_up(interaction, line_card(NOT_WRITTEN()))


def cluster_gaps(generation: Generation, gaps: Sequence[Gap]) -> list[Cluster]:
    """Group unanswered questions that ask for the same, by the vectors of a generation."""
    encoder = generation.stack.retriever.encoder
    vectors = [encoder.encode_question(gap.question).vector for gap in gaps]
    return cluster(gaps, np.array(vectors, np.float32).reshape(len(gaps), encoder.dimension))


async def _check(interaction: Interaction, *, changes_documents: bool = False) -> bool:
    """Return whether the member may review here, or also change the documents; tell them if not."""
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    check = may_answer if changes_documents else places.may_manage
    if check(interaction, settings):
        return True
    line = refusal(interaction, settings) if changes_documents else places.MANAGERS_ONLY()
    await respond.follow_up(interaction, line_card(line))
    return False


async def _show(interaction: Interaction, page: int, note: str = "", undo: Button | None = None) -> None:
    """Show an item instead of the one before."""
    services, server = interaction.client.services, interaction.guild_id or 0
    voted = await QuestionStore(services.database).voted_down(server)
    gaps = (await services.database.gaps(server))[:MAX_CLUSTERED_GAPS]
    settings = await services.answerer.settings(interaction.guild_id)
    visible = services.answerer.visible_collections(settings, places.place_of_interaction(interaction))
    wrong = services.answerer.wrong_quotes

    def work(generation: Generation) -> list[ReviewItem]:
        left = [quote for quote in voted if quote.citation not in wrong.citations(quote.question)]
        items = [_voted_item(generation, quote, visible) for quote in left]
        items += [_gap_item(found) for found in cluster_gaps(generation, gaps)]
        return sorted(items, key=lambda item: (-item.count, -item.last.toordinal()))

    try:
        items = await services.answerer.look_up(work, user=interaction.user.id, server=server, asks=False)
    except Exception as error:
        await _tell_error(interaction, services.answerer.error_card(error, "review"))
        return
    await respond.answer(interaction, review_card(items, page, note, undo))


async def _tell_error(interaction: Interaction, card: Card) -> None:
    if interaction.extras.get(respond.PROMISED) == "edit":
        await respond.follow_up(interaction, card)
    else:
        await respond.answer(interaction, card)


def _voted_item(generation: Generation, voted: VotedDown, visible: VisibleCollections) -> ReviewItem:
    quote = generation.passages.quote(voted.citation, visible)
    return ReviewItem(
        voted.question,
        question_key(voted.question),
        voted.count,
        voted.first,
        voted.last,
        citation=voted.citation,
        quote=compose_excerpt(quote) if quote else None,
    )


def _gap_item(found: Cluster) -> ReviewItem:
    question = found.newest_question
    wordings = tuple(dict.fromkeys(gap.question for gap in found.questions if gap.question != question))
    return ReviewItem(question, question_key(question), found.count, found.first, found.last, wordings)


async def _questions_like(interaction: Interaction, key: str, *, dismissed: bool) -> list[str]:
    """Return the stored questions in the group of the one with a key."""
    services, server = interaction.client.services, interaction.guild_id or 0
    gaps = (await services.database.gaps(server, dismissed=dismissed))[:MAX_CLUSTERED_GAPS]
    clusters = await services.answerer.look_up(
        lambda generation: cluster_gaps(generation, gaps), user=interaction.user.id, server=server, asks=False
    )
    for found in clusters:
        questions = [gap.question for gap in found.questions]
        if key in map(question_key, questions):
            return questions
    return []
