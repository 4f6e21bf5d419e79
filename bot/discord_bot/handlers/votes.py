"""Count votes on quotes, and let those who may call a quote wrong do it where they voted it down."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import answer_form, respond, review
from bot.discord_bot.handlers.index_update import check_may_answer, may_answer
from bot.discord_bot.messages.answer_card import NOT_HELPFUL, Card, answer_row, line_card
from bot.discord_bot.messages.button_ids import button
from bot.discord_bot.messages.review_cards import NEVER_AGAIN, UNDO, WRONG_QUOTE
from bot.discord_bot.storage.question_store import QuestionStore
from bot.showing.languages import Message

FORGOTTEN = Message("I no longer know the question. Ask it again, and press *{button}* once more.")
ALLOWED = Message("That quote may be given for this question again.")
THANKS_HELPFUL = Message("Thank you! Your vote: helpful.")
THANKS_UNHELPFUL = Message("Thank you! Your vote: not helpful.")


async def vote_helpful(interaction: Interaction, citation_ids: Sequence[str]) -> None:
    """Count a vote for each quote of an answer."""
    await _store(interaction, citation_ids, helpful=True)
    await respond.answer(interaction, line_card(THANKS_HELPFUL()))


async def vote_unhelpful(interaction: Interaction, citation_ids: Sequence[str], question: str | None) -> None:
    """Count a vote against a quote; who may change the documents can answer the question, or call the quote wrong."""
    services = interaction.client.services
    settings = await services.answerer.settings(interaction.guild_id)
    await _store(interaction, citation_ids, helpful=False)
    message = answer_form.message_behind(interaction.message)
    if message and citation_ids and question and interaction.guild_id is not None and settings and settings.gaps:
        today = datetime.datetime.now(datetime.UTC).date()
        store = QuestionStore(services.database)
        await store.add_voted(interaction.guild_id, message, citation_ids[0], question, today)
    card = line_card(THANKS_UNHELPFUL())
    if question and may_answer(interaction, settings):
        key = services.answerer.questions.add(question)
        wrong = [button(WRONG_QUOTE(), "never", f"{id_}.{key}", "danger") for id_ in citation_ids[:1]]
        card = replace(card, rows=((*answer_row((), key), *wrong),))
    await respond.answer(interaction, card)


async def _store(interaction: Interaction, citation_ids: Sequence[str], *, helpful: bool) -> None:
    services, message = interaction.client.services, answer_form.message_behind(interaction.message)
    if not message or not citation_ids:
        return
    for citation_id in citation_ids:
        await services.database.vote(
            message=message,
            citation=citation_id,
            generation=services.answerer.live.generation.name,
            guild=interaction.guild_id,
            user=interaction.user.id,
            helpful=helpful,
        )
    services.metrics.votes.labels("helpful" if helpful else "unhelpful").inc()


async def call_wrong(interaction: Interaction, payload: str) -> None:
    """Never give a quote for a question again; check the member."""
    citation, _, key = payload.partition(".")
    question = await answer_form.find_question(interaction, key)
    if not await check_may_answer(interaction):
        return
    if not question:
        await respond.answer(interaction, line_card(FORGOTTEN(button=NOT_HELPFUL())))
        return
    if await review.write_wrong_quote(interaction, question, citation):
        undo = button(UNDO(), "allow", payload)
        await respond.answer(interaction, Card(NEVER_AGAIN(), rows=((undo,),)))
    else:
        await respond.answer(interaction, line_card(review.NOT_WRITTEN()))


async def allow_again(interaction: Interaction, payload: str) -> None:
    """Allow a quote for a question again; check the member."""
    citation, _, key = payload.partition(".")
    if await check_may_answer(interaction):
        allowed = await review.remove_wrong_quote(interaction, citation, key)
        await respond.answer(interaction, line_card(ALLOWED() if allowed else review.NOT_WRITTEN()))
