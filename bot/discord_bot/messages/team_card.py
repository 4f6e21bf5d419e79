"""Compose the question that a member passes on to the team of a server. Pure."""

from bot.discord_bot.messages.answer_card import GREY, MAX_DESCRIPTION, Card
from bot.discord_bot.messages.button_ids import KEEP_AS_SOURCE
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line

MAX_QUESTION = 3_000  # units
HOW_TO = Message("To answer it for everybody: open the menu of the message that answers it, then Apps, {menu}.")
TITLE = Message("I have no answer to this")
ASKED_IN, PASSED_ON_BY = Message("Asked in"), Message("Passed on by")


def team_card(question: str, channel: int | None, address: str, member: int, role: int | None) -> Card:
    """Compose a question with where it was asked, and who passed it on; of all of it, only the role is pinged.

    `address` is that of the refusal, "" if nobody else sees it.
    """
    lines = [f"> {escape_cut(one_line(question), MAX_QUESTION)}", ""]
    lines += [f"**{ASKED_IN()}** <#{channel}> {address}".rstrip()] if channel else []
    lines += [f"**{PASSED_ON_BY()}** <@{member}>"]
    embed = {
        "title": TITLE(),
        "description": "\n".join(lines)[:MAX_DESCRIPTION],
        "color": GREY,
        "footer": {"text": HOW_TO(menu=KEEP_AS_SOURCE())},
    }
    return Card(f"<@&{role}>" if role else "", (embed,), ping=role)
