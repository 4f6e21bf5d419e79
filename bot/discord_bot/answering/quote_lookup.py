"""Show a quote by the id of its citation, and say what has become of its document since."""

from dataclasses import replace
from pathlib import Path

from bot.discord_bot.messages.answer_card import Card, context_buttons, line_card, quote_card
from bot.discord_bot.messages.button_ids import MORE, more_button
from bot.discord_bot.messages.info_cards import state_note
from bot.serving.generation import Passages
from bot.serving.stored_quotes import OlderSearch, find_stored_quote
from bot.serving.visible import VisibleCollections
from bot.showing.languages import Message
from bot.showing.reply import compose_excerpt

UNKNOWN_ID = Message(
    "I don't know a quote with that ID. The ID, ten letters and digits, is behind {button} below each of my answers."
)


def find_quote(
    live: Passages, search_older: OlderSearch, typed_id: str, seeds: Path, visible: VisibleCollections
) -> Card:
    """Compose the card of a quote; one that is not visible is reported as unknown."""
    found = find_stored_quote(live, search_older, typed_id, seeds, visible)
    if found is None:
        return line_card(UNKNOWN_ID(button=MORE()))
    citation = found.quote.citation
    note = state_note(citation.title, stored=found.in_use, state=found.state)
    excerpt = compose_excerpt(found.quote)
    card = quote_card(excerpt, note)
    row = *context_buttons([excerpt], card.embeds), more_button([(citation.id, 0.0)], ())
    return replace(card, rows=(row,)) if found.in_use else card
