"""The messages about the bot itself: sources, help, privacy, gaps. Pure, as the cards of answers are."""

import datetime
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from bot.discord_bot.access.visibility import Visible
from bot.discord_bot.corpus.generation import Generation, Source
from bot.discord_bot.messages.answer_card import COLOUR, DESCRIPTION, GREY, Card
from bot.discord_bot.messages.button_ids import Button, button
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.storage.records import Vote
from bot.showing.discord_markdown import escape, escape_cut, units
from bot.showing.safe_text import one_line
from bot.showing.wording import duration, many
from retrieval.types import DocumentState

PER_PAGE = 10
LINE = 300  # units of a line of a list
MOST_CLUSTERS = 15
NONE_SEEN = "There is none that may be seen here."
HELP = """\
**Ask** with `/ask`, by mentioning me, or in a direct message. I answer with a sentence of the documents, word for \
word, and say where it stands. When nothing in them answers, I say so.
**Ask on** by replying to an answer, or by mentioning me in its thread: "and when was that?"
**Find the source** of what somebody wrote: in the menu of the message, under Apps.
`/sources` lists the documents, `/source` shows a quote again by its id, `/about` tells which state of the documents \
answers, `/privacy` shows and deletes what is kept of you.
**More context** and **Other passages** under an answer are seen by you alone."""
HELP_MANAGERS = """

Members with Manage Server, or a role named for it: `/footnote settings`, `/footnote collections`, \
`/footnote rebuild`, `/footnote rollback`, `/footnote gaps`."""
PRIVACY = (
    "Who asked what is not kept. A vote on an answer is kept with a keyed hash in place of your name, "
    "and /privacy deletes it."
)


def help_card(*, manager: bool) -> Card:
    """Return what the bot can do, with what only managers can for those."""
    return Card(embeds=(_embed("How to ask", HELP + (HELP_MANAGERS if manager else "")),))


def sources_card(sources: Sequence[Source], page: int) -> Card:
    """Return a page of the list of documents, newest first, with buttons to the pages beside it."""
    pages = max((len(sources) + PER_PAGE - 1) // PER_PAGE, 1)
    page = min(max(page, 0), pages - 1)
    shown = sources[page * PER_PAGE : (page + 1) * PER_PAGE]
    lines = [_source_line(one, name) for one, name in zip(shown, names(shown), strict=True)]
    embed = _embed(many(len(sources), "document"), "\n".join(lines) or NONE_SEEN)
    turn = [button("Earlier in the list", "sources", [str(page - 1)])] if page else []
    turn += [button("Later in the list", "sources", [str(page + 1)])] if page + 1 < pages else []
    if pages > 1:
        embed["footer"] = {"text": f"Page {page + 1} of {pages}"}
    return Card(embeds=(embed,), rows=(tuple(turn),) if turn else ())


def names(sources: Sequence[Source]) -> list[str]:
    """Return what each document of a list is called: its title, and its path where others have the same title."""
    titles = [one_line(one.title) or one_line(one.id) for one in sources]
    often = Counter(titles)
    return [
        f"{title} ({one_line(one.id)})" if often[title] > 1 else title
        for one, title in zip(sources, titles, strict=True)
    ]


def about_card(generation: Generation, seen: Visible, now: datetime.datetime, threshold: float) -> Card:
    """Return what answers: generation, size of what may be seen, age, model; and privacy in two sentences."""
    manifest = generation.stack.manifest
    sources = generation.seen(seen)
    created = datetime.datetime.fromisoformat(manifest.created)
    facts = {  # the model's name is the operator's text, all else is ours
        "Documents": f"{len(sources):,}",
        "Sentences": f"{sum(one.sentences for one in sources):,}",
        "Generation": f"{generation.name}, built {duration((now - created).total_seconds())} ago",
        "Model": escape_cut(_model(manifest.model), LINE),
        "Answers from": f"{threshold:.0%} sure",
        "Privacy": PRIVACY,
    }
    text = (
        "I answer with sentences of the documents, word for word, each checked against the document before it is "
        "shown. No language model writes anything."
    )
    embed = _embed("Footnote", text)
    embed["fields"] = [{"name": name, "value": value, "inline": name != "Privacy"} for name, value in facts.items()]
    return Card(embeds=(embed,))


def privacy_card(votes: Sequence[Vote]) -> Card:
    """Return what is kept of somebody, with a button that deletes it."""
    helpful = sum(vote.helpful for vote in votes)
    kept = (
        f"Kept of you: {many(len(votes), 'vote')} on answers ({helpful} helpful, {len(votes) - helpful} not), without "
        "your name and without what you asked."
        if votes
        else "Nothing is kept of you."
    )
    general = (
        "Questions are looked up and forgotten. Where a server switched it on, questions without an answer are kept "
        "for 90 days, without who asked them."
    )
    rows: tuple[tuple[Button, ...], ...] = ((button("Delete my votes", "forget", style="danger"),),) if votes else ()
    return Card(embeds=(_embed("Privacy", f"{kept}\n\n{general}"),), rows=rows)


def gaps_card(clusters: Sequence[Cluster]) -> Card:
    """Return the questions without an answer, the most asked first."""
    if not clusters:
        return Card("No question has gone without an answer since gaps are kept.")
    lines = [
        f"**{one.count} ×** {escape_cut(one.face, LINE)} (last on {one.last.isoformat()})"
        for one in clusters[:MOST_CLUSTERS]
    ]
    return Card(embeds=(_embed("Questions without an answer", fitting(lines), GREY),))


def state_note(title: str, *, stored: bool, state: DocumentState) -> str:
    """Return what became of a quoted document, "" when it says what it said."""
    title = f"“{escape_cut(title, LINE)}”"
    if state == "vanished":
        return f"The document {title} is no longer there; this is what it said when it was indexed."
    if not stored and state == "unchanged":
        return f"The document {title} says this, but the state of the documents that answers now does not hold it."
    if not stored:
        return f"The document {title} changed and no longer says this; it is from an older state of it."
    if state == "changed":
        return f"The document {title} changed since it was indexed; the quote may no longer stand there."
    return ""


def _model(name: str) -> str:
    """Return the name of a model; of one that is a folder, not where it lies on the machine."""
    path = PurePath(name)
    return path.name if path.is_absolute() else name


def _source_line(source: Source, name: str) -> str:
    details = ", ".join(filter(None, (source.source, source.published)))
    line = f"**{escape_cut(name, LINE)}**"
    return f"{line} · {escape_cut(details, LINE // 3)}" if details else line


def fitting(lines: Sequence[str]) -> str:
    """Return the first of some lines that fit into an embed together."""
    kept: list[str] = []
    for line in lines:
        if sum(units(one) + 1 for one in kept) + units(line) > DESCRIPTION:
            break
        kept.append(line)
    return "\n".join(kept)


def _embed(title: str, description: str, colour: int = COLOUR) -> dict[str, Any]:
    return {"title": escape(title), "description": description, "color": colour}
