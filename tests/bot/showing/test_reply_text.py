"""Replies as plain text: the passage, the sentence in quotation marks, and the citation."""

from bot.showing.pieces import Piece
from bot.showing.reply import Excerpt, Reply
from bot.showing.reply_text import excerpt_text, reply_text

STEP = Piece("item", "Open the lid.", (0, 13), "2.")
EXCERPT = Excerpt(
    passage=(
        Piece("prose", "To clean it:"),
        STEP,
        Piece("code", "pump stop\npump clean", indent=3, language="sh"),
        Piece("prose", "Then close it.", after_gap=True),
    ),
    title="Pump", source="Office", published="2024", url="https://example.org/p", place="pump.md:3, Cleaning",
    short_place="pump.md:3, Cleaning", citation_id="abcdefghij", confidence=0.8, also=("Garden (g.md:1, klm)",), more=2,
)  # fmt: skip


def test_an_excerpt_is_its_passage_and_its_citation() -> None:
    """Code is fenced, what is left out is said, and other places follow."""
    assert excerpt_text(EXCERPT).split("\n") == [
        "To clean it:",
        "2. “Open the lid.”",
        "",
        "   ```sh",
        "   pump stop",
        "   pump clean",
        "   ```",
        "[…]",
        "Then close it.",
        "",
        "— Pump, Office, 2024 (pump.md:3, Cleaning) [abcdefghij], 80% sure",
        "https://example.org/p",
        "also in: Garden (g.md:1, klm)",
        "also in: 2 more places",
    ]


def test_a_reply_has_its_notes_and_the_parts_without_an_answer() -> None:
    """Each apart from the others."""
    reply = Reply("The sources differ.", (EXCERPT,), ("when?",), ("Asked as: who",))
    text = reply_text(reply)
    assert text.startswith("The sources differ.\n\nAsked as: who\n\nTo clean it:")
    assert text.endswith("\n\nNo answer found to: when?")
