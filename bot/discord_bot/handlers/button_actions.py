"""What happens when a button is pressed. Where, who and what it carries is checked again each time."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.access.visibility import Visible
from bot.discord_bot.context import Interaction
from bot.discord_bot.corpus.generation import Generation, Passages
from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import Card, answer_card, asked, line_card, passages_card
from bot.discord_bot.messages.button_ids import TEMPLATE, carried_ids
from bot.discord_bot.messages.info_cards import sources_card
from bot.showing.reply import SOURCES_DIFFER, Excerpt, Reply, compose_excerpt
from bot.showing.wording import many
from retrieval.types import Quote

if TYPE_CHECKING:
    import re

OTHERS = "Other passages that were found. The answer above fits best:"
AROUND = "What stands around it:"
GONE = "That passage changed or vanished since."
THANKS = {"helpful": "Thank you. Noted as helpful.", "unhelpful": "Thank you. Noted as not helpful."}


class CardButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=TEMPLATE):
    """Any of our buttons on any of our messages, however old: known by its custom_id."""

    def __init__(self, item: discord.ui.Button[Any], action: str, carried: str) -> None:
        super().__init__(item)
        self.action = action
        self.carried = carried

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "CardButton":
        """Return the button that was pressed."""
        assert isinstance(item, discord.ui.Button)  # noqa: S101 - only buttons carry such ids
        return cls(item, match["action"], match["carried"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Do what the button says; what goes wrong is told to whoever pressed it."""
        await respond.guarded(interaction, press(interaction, self.action, self.carried))


async def press(interaction: Interaction, action: str, carried: str) -> None:
    """Do what a button says, or say why not."""
    answerer = interaction.client.services.answerer
    server = await answerer.settings(interaction.guild_id)
    if elsewhere := places.elsewhere(server, interaction.channel):
        await respond.say(interaction, Card(elsewhere))
        return
    await ACTIONS[action](interaction, carried, answerer.seen(server, places.place_of(interaction)))


async def _context(interaction: Interaction, carried: str, seen: Visible) -> None:
    found, missing = await _looked_up(interaction, carried, lambda passages, one: passages.surrounded(one, seen))
    if found is not None:
        card = passages_card(found, missing, AROUND) if found else line_card(GONE)
        await respond.finish(interaction, card)


async def _others(interaction: Interaction, carried: str, seen: Visible) -> None:
    found, missing = await _looked_up(interaction, carried, lambda passages, one: passages.quote(one, seen))
    if found is not None:
        await respond.finish(interaction, passages_card(found, missing, OTHERS))


async def _closest(interaction: Interaction, carried: str, seen: Visible) -> None:
    found, missing = await _looked_up(interaction, carried, lambda passages, one: passages.quote(one, seen))
    if found is not None:
        await respond.finish(interaction, passages_card(found, missing))


async def _share(interaction: Interaction, carried: str, seen: Visible) -> None:
    """Post an answer that one member saw alone for all, made anew from the documents."""
    message = interaction.message
    may = interaction.permissions
    speaks = may.send_messages_in_threads if isinstance(interaction.channel, discord.Thread) else may.send_messages
    if message is None or not message.flags.ephemeral or (interaction.guild_id is not None and not speaks):
        await respond.say(interaction, line_card("You may not post in this channel."))
        return
    found, _ = await _looked_up(interaction, carried, lambda passages, one: passages.quote(one, seen), private=False)
    if found is None:
        return
    question = asked([embed.to_dict() for embed in message.embeds]) or ""  # type: ignore[misc]
    differ = SOURCES_DIFFER if message.content and len(found) > 1 else ""
    card = answer_card(Reply(differ, tuple(found)), question, sure=False) if found else line_card(GONE)
    await respond.finish(interaction, card)


async def _vote(interaction: Interaction, carried: str, *, helpful: bool) -> None:
    await respond.defer(interaction, private=True)
    message, ids = interaction.message, carried_ids(carried)
    services = interaction.client.services
    if message is not None and ids:
        await services.database.vote(
            message=message.id,
            citation=ids[0],
            generation=services.answerer.live.generation.name,
            guild=interaction.guild_id,
            user=interaction.user.id,
            helpful=helpful,
        )
        services.metrics.votes.labels("helpful" if helpful else "unhelpful").inc()
    await respond.finish(interaction, line_card(THANKS["helpful" if helpful else "unhelpful"]))


async def _helpful(interaction: Interaction, carried: str, _: Visible) -> None:
    await _vote(interaction, carried, helpful=True)


async def _unhelpful(interaction: Interaction, carried: str, _: Visible) -> None:
    await _vote(interaction, carried, helpful=False)


async def _sources(interaction: Interaction, carried: str, seen: Visible) -> None:
    page = int(carried) if carried.isdecimal() else 0
    generation = interaction.client.services.answerer.live.generation
    await respond.turn(interaction, sources_card(generation.seen(seen), page))


async def _forget(interaction: Interaction, _: str, __: Visible) -> None:
    await respond.defer(interaction, private=True)
    gone = await interaction.client.services.database.forget(interaction.user.id)
    await respond.finish(interaction, line_card(f"Deleted: {many(gone, 'vote')}. Nothing is kept of you now."))


ACTIONS: dict[str, Callable[[Interaction, str, Visible], Awaitable[None]]] = {
    "context": _context,
    "others": _others,
    "closest": _closest,
    "share": _share,
    "helpful": _helpful,
    "unhelpful": _unhelpful,
    "sources": _sources,
    "forget": _forget,
}


async def _looked_up(
    interaction: Interaction, carried: str, one: Callable[[Passages, str], Quote | None], *, private: bool = True
) -> tuple[list[Excerpt] | None, int]:
    """Defer, and return the quotes of the ids that a button carries and how many are gone.

    None when they could not be looked up; the excuse has been shown then.
    """
    await respond.defer(interaction, private=private)
    ids = carried_ids(carried)

    def work(generation: Generation) -> list[Quote]:
        return [quote for quote in (one(generation.passages, each) for each in ids) if quote is not None]

    answerer = interaction.client.services.answerer
    try:
        quotes: list[Any] = await answerer.look_up(work, user=interaction.user.id, server=interaction.guild_id)
    except Exception as error:
        await respond.finish(interaction, answerer.excuse(error, "button"))
        return None, 0
    return [compose_excerpt(quote) for quote in quotes], len(ids) - len(quotes)
