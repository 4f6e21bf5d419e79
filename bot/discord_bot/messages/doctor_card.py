"""Say in plain words what is missing for the bot to work in a channel, and what to do about it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.discord_bot.messages.answer_card import GREEN, GREY, Card
from bot.discord_bot.messages.info_cards import fit_lines
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line
from bot.showing.wording import CHANGE_KINDS, NO_FOLDER, duration

MAX_NAMES_UNITS = 500
MAX_SEARCH_S = 5.0
MAX_INDEX_AGE_S = 30 * 24 * 3_600.0
PERMISSIONS = {  # by discord.py's name: what Discord calls it, and what it is for
    "view_channel": (Message("View Channel"), Message("to see that I am mentioned")),
    "send_messages": (Message("Send Messages"), Message("to answer when I am mentioned")),
    "send_messages_in_threads": (Message("Send Messages in Threads"), Message("to answer in threads")),
    "create_public_threads": (Message("Create Public Threads"), Message("to answer in threads, as this server wants")),
    "embed_links": (Message("Embed Links"), Message("to show quotes when I am mentioned")),
    "read_message_history": (
        Message("Read Message History"),
        Message("to answer in a reply, to understand follow-ups, and to check kept messages"),
    ),
}
TEAM_PERMISSIONS = ("view_channel", "send_messages", "embed_links", "create_public_threads", "send_messages_in_threads")
GIVE = Message("Give it to my role: channel settings, Permissions.")
ALL_WELL = Message("I found nothing that is missing.")
LACKING = Message("{permission} is missing, which I need {purpose}.")
TEAM_CHANNEL_GONE = Message("The channel of the team is gone, or hidden from me.")
CHOOSE_ANOTHER = Message("Choose another in /footnote settings.")
LACKING_FOR_TEAM = Message("To ask the team in {channel} I lack {permissions}.")
NO_COMMANDS = Message("None of my commands is registered with Discord.")
COMMANDS_MISSING = Message("These commands are not registered with Discord: {names}.")
TRYING_AGAIN = Message("I try again by myself, and the operator's log says why. Mentions work meanwhile.")
COLLECTIONS_MISSING = Message("This server may see collections that do not exist: {names}.")
CORRECT_SERVERS = Message("Whoever runs me corrects discord.servers, or creates the folder.")
NOTHING_VISIBLE = Message("No document can be seen here.")
LIFT_LIMITS = Message("/footnote collections shows and lifts the limits.")
FILES_REJECTED = Message(
    "{count} files of the documents' folder cannot be read.", "{count} file of the documents' folder cannot be read."
)
SEE_STATUS = Message("footnote status names them, and says why.")
NOT_WRITABLE = Message("I may not write to the documents' folder: no answer, message or word can be kept.")
LET_WRITE = Message("Whoever runs me lets me write there; docs/discord.md says how.")
INDEX_OLD = Message("The index is {age} old.")
REBUILD = Message("If documents changed since, use /footnote rebuild.")
OUTDATED_BY = Message("The documents changed since the index was built: {changes}.")
OUTDATED = Message("The index is out of date: settings, the glossary or the documents' folder changed since.")
REBUILD_NOW = Message("Use /footnote rebuild, or let footnote rebuild --watch run.")
SEARCH_FAILED = Message("A search failed just now.")
SEE_LOG = Message("The operator's log says why; restarting me may help.")
SEARCH_SLOW = Message("A search takes {duration}.")
BUSY = Message("The machine is busy or too small; see /healthz.")
TO_DO = Message("{count} things to do", "{count} thing to do")
ALL_IS_WELL = Message("All is well")


class Finding(NamedTuple):
    """What is wrong, and what to do; foreign text in it is escaped."""

    wrong: str
    remedy: str


def check_permissions(missing: Collection[str], settings: ServerSettings, *, in_thread: bool) -> list[Finding]:
    """Find the permissions that the bot lacks in a channel, of those that it needs there."""
    needed = set(PERMISSIONS) - {"send_messages" if in_thread else ""}
    needed -= set() if settings.threads else {"create_public_threads"}
    return [
        Finding(LACKING(permission=label(), purpose=purpose()), GIVE())
        for name, (label, purpose) in PERMISSIONS.items()
        if name in missing and name in needed
    ]


def check_team(settings: ServerSettings, missing: Collection[str] | None) -> list[Finding]:
    """Find what is missing to ask the team; `missing` permissions there are None if the channel cannot be seen."""
    if settings.team_channel is None:
        return []
    if missing is None:
        return [Finding(TEAM_CHANNEL_GONE(), CHOOSE_ANOTHER())]
    labels = [PERMISSIONS[name][0]() for name in TEAM_PERMISSIONS if name in missing]
    where = f"<#{settings.team_channel}>"
    wrong = LACKING_FOR_TEAM(channel=where, permissions=", ".join(labels))
    return [Finding(wrong, GIVE())] if labels else []


def check_commands(registered: Mapping[str, int], expected: Collection[str]) -> list[Finding]:
    """Find the commands that Discord does not know."""
    names = sorted(name for name in expected if name not in registered)
    if not names:
        return []
    wrong = COMMANDS_MISSING(names=", ".join(names)) if len(names) < len(expected) else NO_COMMANDS()
    return [Finding(wrong, TRYING_AGAIN())]


def check_documents(visible: int, unknown: Sequence[str], rejected: int) -> list[Finding]:
    """Find what hides documents: collections that do not exist, limits, and files that cannot be read."""
    findings = []
    if unknown:
        names = escape_cut(", ".join(one_line(name) or NO_FOLDER() for name in unknown), MAX_NAMES_UNITS)
        findings.append(Finding(COLLECTIONS_MISSING(names=names), CORRECT_SERVERS()))
    if not visible:
        findings.append(Finding(NOTHING_VISIBLE(), LIFT_LIMITS()))
    if rejected:
        findings.append(Finding(FILES_REJECTED(count=rejected), SEE_STATUS()))
    return findings


def check_folder(*, writable: bool) -> list[Finding]:
    """Find a folder of documents in which nothing can be kept."""
    if writable:
        return []
    return [Finding(NOT_WRITABLE(), LET_WRITE())]


def check_index(age_s: float, changes: Mapping[str, int] | None = None, *, outdated: bool = False) -> list[Finding]:
    """Find an index that is out of date, with the counts of `changes` by kind, or so old that it may be."""
    if outdated:
        counts = [CHANGE_KINDS[kind](count=count) for kind, count in (changes or {}).items() if count]
        wrong = OUTDATED_BY(changes=", ".join(counts)) if counts else OUTDATED()
        return [Finding(wrong, REBUILD_NOW())]
    if age_s <= MAX_INDEX_AGE_S:
        return []
    return [Finding(INDEX_OLD(age=duration(age_s)), REBUILD())]


def check_search(seconds: float | None, longest_s: float) -> list[Finding]:
    """Find searches that fail or are slow: one just now took `seconds`, None if it failed, others run `longest_s`."""
    if seconds is None:
        return [Finding(SEARCH_FAILED(), SEE_LOG())]
    slowest = max(seconds, longest_s)
    if slowest <= MAX_SEARCH_S:
        return []
    return [Finding(SEARCH_SLOW(duration=duration(slowest)), BUSY())]


def doctor_card(findings: Sequence[Finding], facts: Sequence[str]) -> Card:
    """Compose what is wrong with what to do, and facts for whoever helps."""
    lines = [line for wrong, remedy in findings for line in (f"- **{wrong}**", f"  {remedy}")] or [ALL_WELL()]
    title = TO_DO(count=len(findings)) if findings else ALL_IS_WELL()
    colour = GREY if findings else GREEN
    small = [f"-# {fact}" for fact in facts]
    return Card(embeds=({"title": title, "description": fit_lines([*lines, *small]), "color": colour},))
