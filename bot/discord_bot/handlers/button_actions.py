"""Run the actions of the buttons under cards; who clicks, where, and what the button carries is checked each time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.context import Interaction
from bot.discord_bot.handlers import answer_form, glossary_words, hand_over, kept_messages, respond, review, votes
from bot.discord_bot.handlers.index_update import may_answer
from bot.discord_bot.messages.answer_card import (
    MAX_DESCRIPTION,
    Card,
    answer_card,
    answer_row,
    details_card,
    line_card,
    passages_card,
    shown_question,
    which_quote_card,
)
from bot.discord_bot.messages.button_ids import TEMPLATE, carried_answer, carried_ids
from bot.discord_bot.messages.info_cards import sources_card
from bot.serving.generation import Generation, Passages
from bot.serving.visible import VisibleCollections
from bot.showing.languages import Message
from bot.showing.reply import Excerpt, Reply, compose_difference, compose_excerpt
from retrieval.types import Quote

if TYPE_CHECKING:
    import re

OTHER_PASSAGES = Message("Other passages I found. The answer above fits best:")
SURROUNDINGS = Message("The text around it:")
NOTHING_CLOSE = Message("No passage comes close to the question.")
PASSAGE_GONE = Message("That passage has been changed or removed since.")
MAY_NOT_POST = Message("You are not allowed to post in this channel.")
VOTES_DELETED = Message("Deleted {count} votes.", "Deleted {count} vote.")
EDITING = ("sources", "review", "wrong", "unwrong", "dismiss", "undismiss")  # they change the message of the button
REPEATABLE = ("context", "others", "closest", "more", "share", "sources", "helpful", "unhelpful", "forget")
ANYWHERE = ("unkeep",)  # authors can remove what is kept of them wherever they are told


class CardButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=TEMPLATE):
    """Any button of the bot on any of its messages, however old, recognized by its custom_id."""

    def __init__(self, item: discord.ui.Button[Any], action: str, payload: str) -> None:
        super().__init__(item)
        self.action = action
        self.payload = payload

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "CardButton":
        """Create the button that was clicked."""
        assert isinstance(item, discord.ui.Button)  # noqa: S101 - only buttons have such ids
        return cls(item, match["action"], match["payload"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Run the action of the button; tell whoever clicked it if that fails."""
        action = run_action(interaction, self.action, self.payload)
        await respond.report_errors(interaction, action, repeatable=self.action in REPEATABLE)


async def run_action(interaction: Interaction, action: str, payload: str) -> None:
    """Run the action of a button, or say why not."""
    refuse = await _acknowledge(interaction, action)
    answerer = interaction.client.services.answerer
    settings = await answerer.settings(interaction.guild_id)
    redirect = places.redirect(settings, interaction.channel)
    if redirect and action not in ANYWHERE:
        await refuse(interaction, line_card(redirect))
        return
    visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))
    await ACTIONS[action](interaction, payload, visible)


async def _acknowledge(interaction: Interaction, action: str) -> Callable[[Interaction, Card], Awaitable[None]]:
    """Acknowledge in the way of an action, and return what shows a refusal privately after that.

    Share comes later: its answer is public and a refusal is not, and the acknowledgement already decides which. So does
    Answer this, whose form is the acknowledgement.
    """
    if action in ("share", "answer"):
        return respond.tell
    if action in EDITING:
        await respond.defer_edit(interaction)
        return respond.follow_up
    await respond.defer(interaction, private=True)
    return respond.answer


async def _context(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    excerpts, missing = await _look_up(interaction, payload, lambda passages, id_: passages.surrounded(id_, visible))
    if excerpts is not None:
        card = line_card(PASSAGE_GONE())
        if excerpts:
            card = passages_card(excerpts, missing, SURROUNDINGS(), folded=MAX_DESCRIPTION)
        await respond.answer(interaction, card)


async def _others(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    excerpts, missing = await _look_up(interaction, payload, lambda passages, id_: passages.quote(id_, visible))
    if excerpts is not None:
        await respond.answer(interaction, passages_card(excerpts, missing, OTHER_PASSAGES()))


async def _more(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    confidences, others = carried_answer(payload)
    quotes = ",".join(confidences)
    excerpts, _ = await _look_up(interaction, quotes, lambda passages, id_: passages.quote(id_, visible))
    if excerpts is not None:
        judged = [replace(excerpt, confidence=confidences[excerpt.citation_id]) for excerpt in excerpts]
        await respond.answer(interaction, details_card(judged, others, show_confidence=any(confidences.values())))


async def _closest(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    excerpts, missing = await _look_up(interaction, payload, lambda passages, id_: passages.quote(id_, visible))
    if excerpts is None:
        return
    card, key = passages_card(excerpts, missing), payload.partition(".")[2]
    if not carried_ids(payload):
        card = line_card(NOTHING_CLOSE())
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    if key and may_answer(interaction, settings):
        row = answer_row([excerpt.citation_id for excerpt in excerpts], key)
        card = replace(card, rows=(*card.rows, row))
    await respond.answer(interaction, card)


async def _share(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    """Post a private answer for everybody, composed again from the documents."""
    message, permissions = interaction.message, interaction.permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    may_post = permissions.send_messages_in_threads if in_thread else permissions.send_messages
    if message is None or not message.flags.ephemeral or (interaction.guild_id is not None and not may_post):
        await respond.tell(interaction, line_card(MAY_NOT_POST()))
        return
    await respond.defer(interaction, private=False)
    excerpts, _ = await _look_up(interaction, payload, lambda passages, id_: passages.quote(id_, visible))
    if excerpts is None:
        return
    embeds = _embeds_of(message)
    reply = Reply(compose_difference(excerpts) if message.content and len(excerpts) > 1 else "", tuple(excerpts))
    question = shown_question(embeds) or ""
    card = answer_card(reply, question, show_confidence=False)
    card = card if excerpts else line_card(PASSAGE_GONE(), for_asker=True)
    await respond.answer(interaction, card)


async def _helpful(interaction: Interaction, payload: str, _: VisibleCollections) -> None:
    await votes.vote_helpful(interaction, carried_ids(payload))


async def _unhelpful(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    """Vote on the quote of an answer, or ask which of several is meant."""
    question = shown_question(_embeds_of(interaction.message)) if interaction.message is not None else None
    if len(carried_ids(payload)) > 1:
        excerpts, _ = await _look_up(interaction, payload, lambda passages, id_: passages.quote(id_, visible))
        if excerpts is not None:
            card = which_quote_card(excerpts, question or "") if excerpts else line_card(PASSAGE_GONE())
            await respond.answer(interaction, card)
        return
    await votes.vote_unhelpful(interaction, carried_ids(payload), question)


async def _sources(interaction: Interaction, payload: str, visible: VisibleCollections) -> None:
    page = int(payload) if payload.isdecimal() else 0
    documents = interaction.client.services.answerer.live.generation.visible_documents(visible)
    await respond.answer(interaction, sources_card(documents, page))


async def _forget(interaction: Interaction, _: str, __: VisibleCollections) -> None:
    count = await interaction.client.services.database.delete_votes(interaction.user.id)
    await respond.answer(interaction, line_card(VOTES_DELETED(count=count)))


def _without_places(
    action: Callable[[Interaction, str], Awaitable[None]],
) -> Callable[[Interaction, str, VisibleCollections], Awaitable[None]]:
    """Make an action of one that finds out by itself what is visible."""
    return lambda interaction, payload, _: action(interaction, payload)


ACTIONS: dict[str, Callable[[Interaction, str, VisibleCollections], Awaitable[None]]] = {
    "context": _context,
    "others": _others,
    "closest": _closest,
    "share": _share,
    "helpful": _helpful,
    "unhelpful": _unhelpful,
    "more": _more,
    "answer": _without_places(answer_form.open_for_button),
    "sources": _sources,
    "forget": _forget,
    "unkeep": _without_places(kept_messages.remove),
    "review": _without_places(review.turn_page),
    "wrong": _without_places(review.call_wrong),
    "unwrong": _without_places(review.allow_again),
    "never": _without_places(votes.call_wrong),
    "allow": _without_places(votes.allow_again),
    "dismiss": _without_places(review.dismiss),
    "undismiss": _without_places(review.take_back),
    "team": _without_places(hand_over.ask_team),
    "unword": _without_places(glossary_words.take_back),
    "rekeep": _without_places(answer_form.keep_again),
}


def _embeds_of(message: discord.Message) -> list[Any]:
    return [embed.to_dict() for embed in message.embeds]


async def _look_up(
    interaction: Interaction, payload: str, find: Callable[[Passages, str], Quote | None]
) -> tuple[list[Excerpt] | None, int]:
    """Find the quotes of the ids that a button carries, and count those that are gone.

    Returns None instead of the quotes if they could not be looked up; the member has been told why then.
    """
    citation_ids = carried_ids(payload)

    def work(generation: Generation) -> list[Quote]:
        quotes = (find(generation.passages, citation_id) for citation_id in citation_ids)
        return [quote for quote in quotes if quote is not None]

    answerer = interaction.client.services.answerer
    try:
        quotes = await answerer.look_up(work, user=interaction.user.id, server=interaction.guild_id, asks=False)
    except Exception as error:
        await respond.answer(interaction, answerer.error_card(error, "button"))
        return None, 0
    return [compose_excerpt(quote) for quote in quotes], len(citation_ids) - len(quotes)
