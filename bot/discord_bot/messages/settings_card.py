"""Compose the summary of a server's settings, one line for each. Pure."""

from typing import Any

from bot.discord_bot.messages.answer_card import GREEN
from bot.discord_bot.messages.collection_limits import format_names
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message, percent
from bot.showing.reply import REFUSAL

MAX_REFUSAL_CHARS = 300
MAX_SUMMARY_CHARS = 4_000
TITLE = Message("Server settings")
YES, NO = Message("yes"), Message("no")
ANSWERS_IN, ALL_CHANNELS = Message("Answers in"), Message("all channels")
PRIVATE = Message("Private answers by default")
THREADS = Message("Answers mentions in threads")
FORUMS, BY_TITLE = Message("Answers new forum posts"), Message("by their title; silent without an answer")
NO_ANSWER = Message("When there is no answer")
PINGS, NOBODY = Message("Then pings"), Message("nobody")
TEAM = Message("Members may ask the team")
TEAM_OFF = Message("no (choose a channel or forum under *{button}*)")
TEAM_IN = Message("in {channel}, pings {role}")
MORE_SETTINGS = Message("More settings …")
REPORT, REPORT_IN = Message("Monthly report"), Message("in {channel}")
PRECISION = Message("Precision")
OPERATORS_DEFAULT, SHARE_RIGHT = Message("the operator's default"), Message("{percent} of the answers right")
MANAGERS, NO_ROLES = Message("Managers besides Manage Server"), Message("none")
COLLECTIONS, ALL_COLLECTIONS = Message("Collections"), Message("all")
SOMEWHERE_FEWER = Message("{collections}; fewer in some channels or for some roles")
GAPS, GAPS_KEPT = Message("Stores unanswered questions"), Message("for 90 days, without who asked; /footnote gaps")


def summary(settings: ServerSettings) -> dict[str, Any]:
    """Compose the embed that describes the settings of a server."""
    channels = ", ".join(f"<#{channel}>" for channel in settings.channels)
    managers = ", ".join(f"<@&{role}>" for role in settings.managers)
    collections = format_names(settings.collections) or ALL_COLLECTIONS()
    if settings.channel_collections or settings.role_collections:
        collections = SOMEWHERE_FEWER(collections=collections)
    report = REPORT_IN(channel=f"<#{settings.report_channel}>") if settings.report_channel else NO()
    lines = {
        ANSWERS_IN: channels or ALL_CHANNELS(),
        PRIVATE: yes_or_no(settings.private),
        THREADS: yes_or_no(settings.threads),
        FORUMS: f"{yes_or_no(settings.forums)} ({BY_TITLE()})",
        NO_ANSWER: escape_cut(settings.refusal or REFUSAL(), 2 * MAX_REFUSAL_CHARS),
        PINGS: f"<@&{settings.refusal_role}>" if settings.refusal_role else NOBODY(),
        TEAM: _describe_team(settings),
        REPORT: report,
        PRECISION: precision_text(settings.precision),
        MANAGERS: managers or NO_ROLES(),
        COLLECTIONS: f"{collections} (/footnote collections)",
        GAPS: f"{yes_or_no(settings.gaps)} ({GAPS_KEPT()})",
    }
    text = "\n".join(f"**{name()}** {value}" for name, value in lines.items())
    return {"title": TITLE(), "description": text[:MAX_SUMMARY_CHARS], "color": GREEN}


def yes_or_no(value: bool) -> str:
    """Say a switch in a word."""
    return (YES if value else NO)()


def precision_text(precision: float | None) -> str:
    """Say the precision that a server wants; None is the operator's."""
    return OPERATORS_DEFAULT() if precision is None else SHARE_RIGHT(percent=percent(precision))


def _describe_team(settings: ServerSettings) -> str:
    if settings.team_channel is None:
        return TEAM_OFF(button=MORE_SETTINGS())
    role = f"<@&{settings.team_role}>" if settings.team_role else NOBODY()
    return TEAM_IN(channel=f"<#{settings.team_channel}>", role=role)
