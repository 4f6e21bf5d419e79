"""Say in plain words what is missing for the bot to work in a channel, and what to do about it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.discord_bot.messages.answer_card import GREEN, GREY, Card
from bot.discord_bot.messages.info_cards import fit_lines
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.discord_markdown import escape_cut
from bot.showing.safe_text import one_line
from bot.showing.wording import NO_FOLDER, duration, many

MAX_NAMES_UNITS = 500
MAX_SEARCH_S = 5.0
MAX_INDEX_AGE_S = 30 * 24 * 3_600.0
PERMISSIONS = {  # by discord.py's name: what Discord calls it, and what it is for
    "view_channel": ("View Channel", "to see that I am mentioned"),
    "send_messages": ("Send Messages", "to answer when I am mentioned"),
    "send_messages_in_threads": ("Send Messages in Threads", "to answer in threads"),
    "create_public_threads": ("Create Public Threads", "to answer in threads, as this server wants"),
    "embed_links": ("Embed Links", "to show quotes when I am mentioned"),
    "read_message_history": ("Read Message History", "to understand follow-ups, and to check kept messages"),
}
TEAM_PERMISSIONS = ("view_channel", "send_messages", "embed_links", "create_public_threads", "send_messages_in_threads")
GIVE = "Give it to my role: channel settings, Permissions."
ALL_WELL = "I found nothing that is missing."


class Finding(NamedTuple):
    """What is wrong, and what to do; foreign text in it is escaped."""

    wrong: str
    remedy: str


def check_permissions(missing: Collection[str], settings: ServerSettings, *, in_thread: bool) -> list[Finding]:
    """Find the permissions that the bot lacks in a channel, of those that it needs there."""
    needed = set(PERMISSIONS) - {"send_messages" if in_thread else ""}
    needed -= set() if settings.threads else {"create_public_threads"}
    return [
        Finding(f"{label} is missing, which I need {purpose}.", GIVE)
        for name, (label, purpose) in PERMISSIONS.items()
        if name in missing and name in needed
    ]


def check_team(settings: ServerSettings, missing: Collection[str] | None) -> list[Finding]:
    """Find what is missing to ask the team; `missing` permissions there are None if the channel cannot be seen."""
    if settings.team_channel is None:
        return []
    if missing is None:
        return [Finding("The channel of the team is gone, or hidden from me.", "Choose another in /footnote settings.")]
    labels = [PERMISSIONS[name][0] for name in TEAM_PERMISSIONS if name in missing]
    where = f"<#{settings.team_channel}>"
    return [Finding(f"To ask the team in {where} I lack {', '.join(labels)}.", GIVE)] if labels else []


def check_commands(registered: Mapping[str, int], expected: Collection[str]) -> list[Finding]:
    """Find the commands that Discord does not know."""
    names = sorted(name for name in expected if name not in registered)
    if not names:
        return []
    wrong = "None of my commands is registered with Discord."
    if len(names) < len(expected):
        wrong = f"These commands are not registered with Discord: {', '.join(names)}."
    return [Finding(wrong, "I try again by myself, and the operator's log says why. Mentions work meanwhile.")]


def check_documents(visible: int, unknown: Sequence[str], rejected: int) -> list[Finding]:
    """Find what hides documents: collections that do not exist, limits, and files that cannot be read."""
    findings = []
    if unknown:
        names = escape_cut(", ".join(one_line(name) or NO_FOLDER for name in unknown), MAX_NAMES_UNITS)
        findings.append(
            Finding(
                f"This server may see collections that do not exist: {names}.",
                "Whoever runs me corrects discord.servers, or creates the folder.",
            )
        )
    if not visible:
        findings.append(Finding("No document can be seen here.", "/footnote collections shows and lifts the limits."))
    if rejected:
        remedy = "footnote status names them, and says why."
        findings.append(Finding(f"{many(rejected, 'file')} of the documents' folder cannot be read.", remedy))
    return findings


def check_folder(*, writable: bool) -> list[Finding]:
    """Find a folder of documents in which nothing can be kept."""
    if writable:
        return []
    wrong = "I may not write to the documents' folder: no answer, message or word can be kept."
    return [Finding(wrong, "Whoever runs me lets me write there; docs/discord.md says how.")]


def check_index(age_s: float) -> list[Finding]:
    """Find an index that may be out of date."""
    if age_s <= MAX_INDEX_AGE_S:
        return []
    return [Finding(f"The index is {duration(age_s)} old.", "If documents changed since, use /footnote rebuild.")]


def check_search(seconds: float | None, longest_s: float) -> list[Finding]:
    """Find searches that fail or are slow: one just now took `seconds`, None if it failed, others run `longest_s`."""
    if seconds is None:
        return [Finding("A search failed just now.", "The operator's log says why; restarting me may help.")]
    slowest = max(seconds, longest_s)
    if slowest <= MAX_SEARCH_S:
        return []
    return [Finding(f"A search takes {duration(slowest)}.", "The machine is busy or too small; see /healthz.")]


def doctor_card(findings: Sequence[Finding], facts: Sequence[str]) -> Card:
    """Compose what is wrong with what to do, and facts for whoever helps."""
    lines = [line for wrong, remedy in findings for line in (f"- **{wrong}**", f"  {remedy}")] or [ALL_WELL]
    title = f"{many(len(findings), 'thing')} to do" if findings else "All is well"
    colour = GREY if findings else GREEN
    small = [f"-# {fact}" for fact in facts]
    return Card(embeds=({"title": title, "description": fit_lines([*lines, *small]), "color": colour},))
