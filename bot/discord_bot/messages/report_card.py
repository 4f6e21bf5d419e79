"""Compose the monthly report of a server. Pure."""

import datetime
from collections.abc import Sequence

from bot.discord_bot.messages.answer_card import GREEN, Card
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.messages.info_cards import fit_lines
from bot.showing.discord_markdown import escape_cut
from bot.showing.safe_text import one_line
from bot.showing.wording import format_date, many

MAX_QUESTION = 200  # units
MAX_GAPS = 5
REVIEW = "/footnote review leads through them."


def report_card(month: datetime.date, answered: int, refused: int, gaps: Sequence[Cluster]) -> Card:
    """Compose how many questions were asked in a month, and the most frequent ones without an answer."""
    asked = answered + refused
    share = f" ({answered / asked:.0%})" if asked else ""
    lines = [f"{many(asked, 'question')} asked, {answered:,} answered{share}, {refused:,} without an answer."]
    if gaps:
        lines += ["**Most asked without an answer**"]
        lines += [
            f"- {escape_cut(one_line(found.newest_question), MAX_QUESTION)} ({found.count} ×)"
            for found in gaps[:MAX_GAPS]
        ]
        lines += [REVIEW]
    title = f"Report for {format_date(month.isoformat()[:7])}"
    return Card(embeds=({"title": title, "description": fit_lines(lines), "color": GREEN},))
