"""Find a quote by the id of its citation, and say what has become of its document since."""

from collections.abc import Callable
from pathlib import Path

from bot.discord_bot.access.visibility import VisibleCollections
from bot.discord_bot.corpus.generation import Passages
from bot.discord_bot.messages.answer_card import Card, line_card, quote_card
from bot.discord_bot.messages.button_ids import button, more_button
from bot.discord_bot.messages.info_cards import state_note
from bot.showing.reply import compose_excerpt
from retrieval.index.citations import CITATION_ID
from retrieval.reading.folder import document_state

OlderSearch = Callable[[str, Callable[[Passages], Card | None]], Card | None]  # see OlderGenerations.search
UNKNOWN_ID = (
    "I don't know a quote with that ID. The ID, ten letters and digits, is behind More… below each of my answers."
)


def find_quote(
    live: Passages, search_older: OlderSearch, typed_id: str, seeds: Path, visible: VisibleCollections
) -> Card:
    """Compose the card of a quote from the generation in use or, if it is not there, from an older one.

    A quote that is not visible is reported as unknown. If its document is still indexed, its present collection
    decides: a document that moved to a hidden collection takes the quotes of older generations with it.
    """
    citation_id = typed_id.strip().strip("[]").casefold()
    if not CITATION_ID.fullmatch(citation_id):
        return line_card(UNKNOWN_ID)
    stored = live.document(citation_id, None) is not None

    def compose(passages: Passages) -> Card | None:
        quote, document = passages.quote(citation_id, visible), passages.document(citation_id, visible)
        if quote is None or document is None or live.hides(document, visible):
            return None
        note = state_note(document.title, stored=stored, state=document_state(document, seeds))
        more = button("More context", "context", [citation_id]), more_button([(citation_id, 0.0)], ())
        rows = (more,) if stored else ()
        return quote_card(compose_excerpt(quote), note, rows)

    return (compose(live) if stored else search_older(citation_id, compose)) or line_card(UNKNOWN_ID)
