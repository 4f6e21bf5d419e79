"""Compose the monthly report of a server. Pure."""

import datetime
from collections.abc import Sequence

from bot.discord_bot.messages.answer_card import GREEN, Card
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.messages.info_cards import fit_lines
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message, percent
from bot.showing.safe_text import one_line
from bot.showing.wording import format_date

MAX_QUESTION = 200  # units
MAX_GAPS = 5
REVIEW = Message("/footnote review leads through them.")
QUESTIONS = Message("{count} questions asked", "{count} question asked")
COUNTS = Message("{questions}, {answered} answered, {refused} without an answer.")
COUNTS_AND_SHARE = Message("{questions}, {answered} answered ({share}), {refused} without an answer.")
MOST_ASKED = Message("Most asked without an answer")
TITLE = Message("Report for {month}")


def report_card(month: datetime.date, answered: int, refused: int, gaps: Sequence[Cluster]) -> Card:
    """Compose how many questions were asked in a month, and the most frequent ones without an answer."""
    asked = answered + refused
    counts = {"questions": QUESTIONS(count=asked), "answered": answered, "refused": refused}
    lines = [COUNTS_AND_SHARE(**counts, share=percent(answered / asked)) if asked else COUNTS(**counts)]
    if gaps:
        lines += [f"**{MOST_ASKED()}**"]
        lines += [
            f"- {escape_cut(one_line(found.newest_question), MAX_QUESTION)} ({found.count} ×)"
            for found in gaps[:MAX_GAPS]
        ]
        lines += [REVIEW()]
    title = TITLE(month=format_date(month.isoformat()[:7]))
    return Card(embeds=({"title": title, "description": fit_lines(lines), "color": GREEN},))
