"""A quote asked for by the id of its citation, and what became of its document since."""

from collections.abc import Callable
from pathlib import Path

from bot.discord_bot.access.visibility import Visible
from bot.discord_bot.corpus.generation import Passages
from bot.discord_bot.messages.answer_card import Card, line_card, quote_card
from bot.discord_bot.messages.button_ids import button
from bot.discord_bot.messages.info_cards import state_note
from bot.showing.reply import compose_excerpt
from retrieval.index.citations import CITATION_ID
from retrieval.reading.folder import document_state

OlderSearch = Callable[[str, Callable[[Passages], Card | None]], Card | None]  # among what older generations hold
UNKNOWN = "I know no quote of that id. It stands under each of my answers, ten letters and digits."


def card(live: Passages, older: OlderSearch, citation: str, seeds: Path, seen: Visible) -> Card:
    """Return the quote of a citation from the index in use or, failing that, from an older one kept.

    One that may not be seen is as unknown as one that never was. A document that is in use counts as what it is now:
    when it was moved to another collection, its older states went with it.
    """
    wanted = citation.strip().strip("[]").casefold()
    if not CITATION_ID.fullmatch(wanted):
        return line_card(UNKNOWN)
    stored = live.document(wanted, None) is not None

    def shown(passages: Passages) -> Card | None:
        quote, document = passages.quote(wanted, seen), passages.document(wanted, seen)
        if quote is None or document is None or live.hides(document, seen):
            return None
        note = state_note(document.title, stored=stored, state=document_state(document, seeds))
        rows = ((button("More context", "context", [wanted]),),) if stored else ()
        return quote_card(compose_excerpt(quote), note, rows)

    return (shown(live) if stored else older(wanted, shown)) or line_card(UNKNOWN)
