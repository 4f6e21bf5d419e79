"""Compose the question that a member passes on to the team of a server. Pure."""

from bot.discord_bot.messages.answer_card import GREY, MAX_DESCRIPTION, Card
from bot.showing.discord_markdown import escape_cut
from bot.showing.safe_text import one_line

MAX_QUESTION = 3_000  # units
HOW_TO = "To answer it for everybody: open the menu of the message that answers it, then Apps, Keep as source."


def team_card(question: str, channel: int | None, address: str, member: int, role: int | None) -> Card:
    """Compose a question with where it was asked, and who passed it on; of all of it, only the role is pinged.

    `address` is that of the refusal, "" if nobody else sees it.
    """
    lines = [f"> {escape_cut(one_line(question), MAX_QUESTION)}", ""]
    lines += [f"**Asked in** <#{channel}> {address}".rstrip()] if channel else []
    lines += [f"**Passed on by** <@{member}>"]
    embed = {
        "title": "I have no answer to this",
        "description": "\n".join(lines)[:MAX_DESCRIPTION],
        "color": GREY,
        "footer": {"text": HOW_TO},
    }
    return Card(f"<@&{role}>" if role else "", (embed,), ping=role)
