"""Compose the cards about the bot itself: documents, help, privacy, unanswered questions. Pure."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol

from bot.discord_bot.messages.answer_card import GREEN, GREY, MAX_DESCRIPTION, Card
from bot.discord_bot.messages.button_ids import button
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.storage.records import Vote
from bot.serving.generation import Generation, ListedDocument
from bot.serving.visible import VisibleCollections
from bot.showing.discord_markdown import escape, escape_cut, units
from bot.showing.safe_text import one_line
from bot.showing.wording import NO_FOLDER, document_note, duration, format_date, many, source_text
from retrieval.types import DocumentState


class AnswerToList(Protocol):
    """A kept answer, as far as a list shows it."""

    @property
    def questions(self) -> tuple[str, ...]:
        """Return the questions that it answers."""

    @property
    def date(self) -> datetime.date:
        """Return the day on which it was kept."""


DOCUMENTS_PER_PAGE = 10
MAX_LINE = 300  # units of a line of a list
MAX_CLUSTERS = 15
NO_DOCUMENTS = "There are no documents that you can see here."
NO_ANSWERS = "No answers are kept. Answer a question from *Closest passages*, a vote, or /footnote gaps."
NO_GAPS = "No unanswered questions so far."
HELP = """\
**Ask** with {ask}, by mentioning me, or in a direct message. I answer with a passage from the documents, word for \
word, and say where it is from. If nothing in them answers your question, I say so.
**Ask a follow-up** by replying to an answer, or by mentioning me in its thread: "and when was that?"
**Find the source** of what somebody wrote: open the menu of the message, then Apps.
{sources} lists the documents, {source} shows a quote again by its ID, {about} shows which version of the documents \
I answer from, {privacy} shows what is stored about you and deletes it.
Only you see what **More context** and **More…** under an answer show."""
HELP_MANAGERS = """

For members with Manage Server or a manager role: {footnote settings}, {footnote collections}, \
{footnote rebuild}, {footnote rollback}, {footnote gaps}, {footnote review}, {footnote answers}, \
{footnote refresh}, {footnote word}, {footnote doctor}, and *Keep as source* in the menu of a message."""
COMMAND_NAME = re.compile(r"\{([a-z ]+)\}")  # in the texts above
ABOUT = (
    "I answer with passages from the documents, word for word. Each one is checked against its document before I show "
    "it. No language model writes anything."
)
MISSING_COLLECTIONS = "The operator lets this server see collections that do not exist; nobody can see them here:"
PRIVACY = (
    "Who asked what is not stored. Votes on answers are stored under a keyed hash instead of your name, and /privacy "
    "deletes yours."
)
PRIVACY_OF_QUESTIONS = (
    "Questions are looked up and not stored. A server can choose to store unanswered questions for 90 days, without "
    "who asked them."
)


def help_card(ids: Mapping[str, int], *, manager: bool) -> Card:
    """Compose the help, which lists more commands for managers; those whose `ids` are known can be pressed."""

    def mention(match: re.Match[str]) -> str:
        command_id = ids.get(match[1].split()[0])
        return f"</{match[1]}:{command_id}>" if command_id else f"`/{match[1]}`"

    text = HELP + (HELP_MANAGERS if manager else "")
    return Card(embeds=(_embed("How to ask", COMMAND_NAME.sub(mention, text)),))


def sources_card(documents: Sequence[ListedDocument], page: int) -> Card:
    """Compose a page of a list of documents, with buttons to the pages beside it.

    Pages count from 0; a page out of range becomes the first or the last one.
    """
    pages = max((len(documents) + DOCUMENTS_PER_PAGE - 1) // DOCUMENTS_PER_PAGE, 1)
    page = min(max(page, 0), pages - 1)
    shown = documents[page * DOCUMENTS_PER_PAGE : (page + 1) * DOCUMENTS_PER_PAGE]
    lines = [_document_line(document, name) for document, name in zip(shown, document_names(shown), strict=True)]
    embed = _embed(many(len(documents), "document"), "\n".join(lines) or NO_DOCUMENTS)
    buttons = [button("Previous page", "sources", [str(page - 1)])] if page else []
    buttons += [button("Next page", "sources", [str(page + 1)])] if page + 1 < pages else []
    if pages > 1:
        embed["footer"] = {"text": f"Page {page + 1} of {pages}"}
    return Card(embeds=(embed,), rows=(tuple(buttons),) if buttons else ())


def document_names(documents: Sequence[ListedDocument]) -> list[str]:
    """Name each document of a list by its title, followed by its path if another one has the same title."""
    titles = [one_line(document.title) or one_line(document.id) for document in documents]
    counts = Counter(titles)
    return [
        f"{title} ({one_line(document.id)})" if counts[title] > 1 else title
        for document, title in zip(documents, titles, strict=True)
    ]


def about_card(
    generation: Generation,
    visible: VisibleCollections,
    now: datetime.datetime,
    threshold: float,
    missing: Sequence[str] = (),
) -> Card:
    """Compose what answers: generation, age, model, threshold, the size of what is visible, and privacy.

    Managers also see the `missing` collections: the operator grants them to the server, but they do not exist.
    """
    manifest = generation.stack.manifest
    documents = generation.visible_documents(visible)
    created = datetime.datetime.fromisoformat(manifest.created)
    facts = {  # only the name of the model is foreign text
        "Documents": f"{len(documents):,}",
        "Sentences": f"{sum(document.sentences for document in documents):,}",
        "Generation": f"{generation.name}, built {duration((now - created).total_seconds())} ago",
        "Model": escape_cut(_model_name(manifest.model), MAX_LINE),
        "Answers if at least": f"{threshold:.0%} sure",
        "Privacy": PRIVACY,
    }
    if missing:
        names = escape_cut(", ".join(one_line(name) or NO_FOLDER for name in missing), MAX_LINE)
        facts["Not found"] = f"{MISSING_COLLECTIONS} {names}"
    embed = _embed("Footnote", ABOUT)
    long = ("Privacy", "Not found")
    embed["fields"] = [{"name": name, "value": value, "inline": name not in long} for name, value in facts.items()]
    return Card(embeds=(embed,))


def privacy_card(votes: Sequence[Vote], kept: int, entries: int) -> Card:
    """Compose what is stored about a user, with buttons that delete it.

    `kept` counts their kept messages, and `entries` what else names them in the documents' folder.
    """
    helpful = sum(vote.helpful for vote in votes)
    stored = []
    if votes:
        stored.append(
            f"Stored about you: {many(len(votes), 'vote')} on answers ({helpful} helpful, {len(votes) - helpful} not "
            "helpful), without your name and without your questions."
        )
    if kept:
        stored.append(
            f"Kept as sources: {many(kept, 'message')} of yours, with your name. I may quote them, with a link."
        )
    if entries:
        stored.append(
            f"In the documents' folder: your name and id, in {many(entries, 'place')}, with answers that you wrote, "
            "messages that you kept, quotes that you called wrong, or words that you added. Whoever runs the bot can "
            "remove them."
        )
    row = [button("Delete my votes", "forget", style="danger")] if votes else []
    row += [button("Remove my messages", "unkeep", "mine", "danger")] if kept else []
    text = "\n".join(stored) or "Nothing is stored about you."
    return Card(embeds=(_embed("Privacy", f"{text}\n\n{PRIVACY_OF_QUESTIONS}"),), rows=(tuple(row),) if row else ())


def gaps_card(clusters: Sequence[Cluster]) -> Card:
    """Compose the unanswered questions, the most asked first."""
    if not clusters:
        return Card(NO_GAPS)
    lines = [
        f"**{cluster.count} ×** {escape_cut(cluster.newest_question, MAX_LINE)} (last asked {cluster.last.isoformat()})"
        for cluster in clusters[:MAX_CLUSTERS]
    ]
    return Card(embeds=(_embed("Unanswered questions", fit_lines(lines), GREY),))


def answers_card(answers: Sequence[AnswerToList]) -> Card:
    """Compose the list of kept answers, newest first."""
    if not answers:
        return Card(NO_ANSWERS)
    lines = [
        f"**{escape_cut(answer.questions[0], MAX_LINE)}** · {format_date(answer.date.isoformat())}"
        for answer in answers
    ]
    return Card(embeds=(_embed(many(len(answers), "kept answer"), fit_lines(lines), GREY),))


def state_note(title: str, *, stored: bool, state: DocumentState) -> str:
    """Say what became of a quoted document, "" if it still says the quote, as `document_note` does."""
    return document_note(f"The document “{escape_cut(title, MAX_LINE)}”", stored=stored, state=state)


def fit_lines(lines: Sequence[str]) -> str:
    """Join the first lines that fit into the description of an embed together."""
    used, fitting = 0, 0
    for line in lines:
        used += units(line) + (1 if fitting else 0)
        if used > MAX_DESCRIPTION:
            break
        fitting += 1
    return "\n".join(lines[:fitting])


def _model_name(name: str) -> str:
    """Return the name of a model; for a folder only its last part, not where it is on the operator's machine."""
    path = PurePath(name)
    return path.name if path.is_absolute() else name


def _document_line(document: ListedDocument, name: str) -> str:
    details = ", ".join(filter(None, (source_text(document.source, document.version), document.published)))
    line = f"**{escape_cut(name, MAX_LINE)}**"
    return f"{line} · {escape_cut(details, MAX_LINE // 3)}" if details else line


def _embed(title: str, description: str, colour: int = GREEN) -> dict[str, Any]:
    return {"title": escape(title), "description": description, "color": colour}
