"""Compose the cards about the bot itself: documents, help, privacy, unanswered questions. Pure."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol

from bot.discord_bot.messages.answer_card import GREEN, GREY, MAX_DESCRIPTION, MORE_CONTEXT, Card
from bot.discord_bot.messages.button_ids import CLOSEST_PASSAGES, FIND_THE_SOURCE, KEEP_AS_SOURCE, MORE, button
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.storage.records import Vote
from bot.serving.generation import Generation, ListedDocument
from bot.serving.visible import VisibleCollections
from bot.showing.discord_markdown import escape, escape_cut, units
from bot.showing.kept_sources import translate_source
from bot.showing.languages import Message, number, percent
from bot.showing.safe_text import one_line
from bot.showing.wording import DOCUMENTS, NO_FOLDER, document_note, duration, format_date, source_text
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
NO_DOCUMENTS = Message("There are no documents that you can see here.")
NO_ANSWERS = Message("No answers are kept. Answer a question from *{button}*, a vote, or /footnote gaps.")
NO_GAPS = Message("No unanswered questions so far.")
HELP_TITLE = Message("How to ask")
HELP = Message(
    """\
**Ask** with {ask}, by mentioning me, or in a direct message. I answer with a passage from the documents, word for \
word, and say where it is from. If nothing in them answers your question, I say so.
**Ask a follow-up** by replying to an answer, or by mentioning me in its thread: "and when was that?"
**{menu}** of what somebody wrote: open the menu of the message, then Apps.
{sources} lists the documents, {source} shows a quote again by its ID, {about} shows which version of the documents \
I answer from, {privacy} shows what is stored about you and deletes it.
Only you see what **{context}** and **{more}** under an answer show."""
)
HELP_MANAGERS = Message(
    """\
For members with Manage Server or a manager role: {footnote settings}, {footnote collections}, \
{footnote rebuild}, {footnote rollback}, {footnote gaps}, {footnote review}, {footnote answers}, \
{footnote refresh}, {footnote word}, {footnote doctor}, and *{menu}* in the menu of a message."""
)
COMMANDS = ("ask", "sources", "source", "about", "privacy")  # in the texts above
MANAGERS_COMMANDS = (
    "settings", "collections", "rebuild", "rollback", "gaps", "review", "answers", "refresh", "word", "doctor",
)  # fmt: skip
ABOUT = Message(
    "I answer with passages from the documents, word for word. Each one is checked against its document before I show "
    "it. No language model writes anything."
)
MISSING_COLLECTIONS = Message(
    "The operator lets this server see collections that do not exist; nobody can see them here: {names}"
)
ABOUT_DOCUMENTS, ABOUT_SENTENCES = Message("Documents"), Message("Sentences")
GENERATION, MODEL = Message("Generation"), Message("Model")
PROCESSES, OTHER_GENERATION = Message("Processes"), Message("{total}; with another generation: {others}")
BUILT_AGO = Message("{generation}, built {age} ago")
ANSWERS_IF, AT_LEAST_SURE = Message("Answers if at least"), Message("{percent} sure")
PRIVACY_TITLE, NOT_FOUND = Message("Privacy"), Message("Not found")
PREVIOUS_PAGE, NEXT_PAGE = Message("Previous page"), Message("Next page")
PAGE_OF = Message("Page {number} of {count}")
PRIVACY = Message(
    "Who asked what is not stored. Votes on answers are stored under a keyed hash instead of your name, and /privacy "
    "deletes yours."
)
VOTES_STORED = Message(
    "Stored about you: {count} votes on answers ({helpful} helpful, {others} not helpful), without your name and "
    "without your questions.",
    "Stored about you: {count} vote on answers ({helpful} helpful, {others} not helpful), without your name and "
    "without your questions.",
)
MESSAGES_STORED = Message(
    "Kept as sources: {count} messages of yours, with your name. I may quote them, with a link.",
    "Kept as sources: {count} message of yours, with your name. I may quote them, with a link.",
)
ENTRIES_STORED = Message(
    "In the documents' folder: your name and id, in {count} places, with answers that you wrote, messages that you "
    "kept, quotes that you called wrong, or words that you added. Whoever runs the bot can remove them.",
    "In the documents' folder: your name and id, in {count} place, with answers that you wrote, messages that you "
    "kept, quotes that you called wrong, or words that you added. Whoever runs the bot can remove them.",
)
NOTHING_STORED = Message("Nothing is stored about you.")
DELETE_VOTES, REMOVE_MESSAGES = Message("Delete my votes"), Message("Remove my messages")
GAPS_TITLE, LAST_ASKED = Message("Unanswered questions"), Message("last asked {date}")
ANSWERS_TITLE = Message("{count} kept answers", "{count} kept answer")
THE_DOCUMENT = Message("The document “{title}”")
PRIVACY_OF_QUESTIONS = Message(
    "Questions are looked up and not stored. A server can choose to store unanswered questions for 90 days, without "
    "who asked them."
)


def help_card(ids: Mapping[str, int], *, manager: bool) -> Card:
    """Compose the help, which lists more commands for managers; those whose `ids` are known can be pressed."""

    def mention(name: str) -> str:
        command_id = ids.get(name.split()[0])
        return f"</{name}:{command_id}>" if command_id else f"`/{name}`"

    commands = {name: mention(name) for name in COMMANDS}
    parts = [HELP(**commands, menu=FIND_THE_SOURCE(), context=MORE_CONTEXT(), more=MORE())]
    if manager:
        names = [f"footnote {name}" for name in MANAGERS_COMMANDS]
        parts.append(HELP_MANAGERS(**{name: mention(name) for name in names}, menu=KEEP_AS_SOURCE()))
    return Card(embeds=(_embed(HELP_TITLE(), "\n\n".join(parts)),))


def sources_card(documents: Sequence[ListedDocument], page: int) -> Card:
    """Compose a page of a list of documents, with buttons to the pages beside it.

    Pages count from 0; a page out of range becomes the first or the last one.
    """
    pages = max((len(documents) + DOCUMENTS_PER_PAGE - 1) // DOCUMENTS_PER_PAGE, 1)
    page = min(max(page, 0), pages - 1)
    shown = documents[page * DOCUMENTS_PER_PAGE : (page + 1) * DOCUMENTS_PER_PAGE]
    lines = [_document_line(document, name) for document, name in zip(shown, document_names(shown), strict=True)]
    embed = _embed(DOCUMENTS(count=len(documents)), "\n".join(lines) or NO_DOCUMENTS())
    buttons = [button(PREVIOUS_PAGE(), "sources", [str(page - 1)])] if page else []
    buttons += [button(NEXT_PAGE(), "sources", [str(page + 1)])] if page + 1 < pages else []
    if pages > 1:
        embed["footer"] = {"text": PAGE_OF(number=page + 1, count=pages)}
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
    processes: Sequence[str] = (),
) -> Card:
    """Compose what answers: generation, age, model, threshold, the size of what is visible, and privacy.

    Managers also see the `missing` collections: the operator grants them to the server, but they do not exist.
    `processes` are the generations that the processes of the bot use, if there are several.
    """
    manifest = generation.stack.manifest
    documents = generation.visible_documents(visible)
    created = datetime.datetime.fromisoformat(manifest.created)
    facts = {  # only the name of the model is foreign text
        ABOUT_DOCUMENTS: number(len(documents)),
        ABOUT_SENTENCES: number(sum(document.sentences for document in documents)),
        GENERATION: BUILT_AGO(generation=generation.name, age=duration((now - created).total_seconds())),
        MODEL: escape_cut(_model_name(manifest.model), MAX_LINE),
        ANSWERS_IF: AT_LEAST_SURE(percent=percent(threshold)),
        PRIVACY_TITLE: PRIVACY(),
    }
    if len(processes) > 1:
        others = len(processes) - list(processes).count(generation.name)
        total = number(len(processes))
        facts[PROCESSES] = OTHER_GENERATION(total=total, others=number(others)) if others else total
    if missing:
        names = escape_cut(", ".join(one_line(name) or NO_FOLDER() for name in missing), MAX_LINE)
        facts[NOT_FOUND] = MISSING_COLLECTIONS(names=names)
    embed = _embed("Footnote", ABOUT())
    long = (PRIVACY_TITLE, NOT_FOUND)
    embed["fields"] = [{"name": name(), "value": value, "inline": name not in long} for name, value in facts.items()]
    return Card(embeds=(embed,))


def privacy_card(votes: Sequence[Vote], kept: int, entries: int) -> Card:
    """Compose what is stored about a user, with buttons that delete it.

    `kept` counts their kept messages, and `entries` what else names them in the documents' folder.
    """
    helpful = sum(vote.helpful for vote in votes)
    stored = []
    if votes:
        stored.append(VOTES_STORED(count=len(votes), helpful=helpful, others=len(votes) - helpful))
    if kept:
        stored.append(MESSAGES_STORED(count=kept))
    if entries:
        stored.append(ENTRIES_STORED(count=entries))
    row = [button(DELETE_VOTES(), "forget", style="danger")] if votes else []
    row += [button(REMOVE_MESSAGES(), "unkeep", "mine", "danger")] if kept else []
    text = "\n".join(stored) or NOTHING_STORED()
    return Card(
        embeds=(_embed(PRIVACY_TITLE(), f"{text}\n\n{PRIVACY_OF_QUESTIONS()}"),), rows=(tuple(row),) if row else ()
    )


def gaps_card(clusters: Sequence[Cluster]) -> Card:
    """Compose the unanswered questions, the most asked first."""
    if not clusters:
        return Card(NO_GAPS())
    lines = [
        f"**{cluster.count} ×** {escape_cut(cluster.newest_question, MAX_LINE)} "
        f"({LAST_ASKED(date=format_date(cluster.last.isoformat()))})"
        for cluster in clusters[:MAX_CLUSTERS]
    ]
    return Card(embeds=(_embed(GAPS_TITLE(), fit_lines(lines), GREY),))


def answers_card(answers: Sequence[AnswerToList]) -> Card:
    """Compose the list of kept answers, newest first."""
    if not answers:
        return Card(NO_ANSWERS(button=CLOSEST_PASSAGES()))
    lines = [
        f"**{escape_cut(answer.questions[0], MAX_LINE)}** · {format_date(answer.date.isoformat())}"
        for answer in answers
    ]
    return Card(embeds=(_embed(ANSWERS_TITLE(count=len(answers)), fit_lines(lines), GREY),))


def state_note(title: str, *, stored: bool, state: DocumentState) -> str:
    """Say what became of a quoted document, "" if it still says the quote, as `document_note` does."""
    return document_note(THE_DOCUMENT(title=escape_cut(title, MAX_LINE)), stored=stored, state=state)


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
    source = translate_source(source_text(document.source, document.version), document.id)
    details = ", ".join(filter(None, (source, format_date(document.published or ""))))
    line = f"**{escape_cut(name, MAX_LINE)}**"
    return f"{line} · {escape_cut(details, MAX_LINE // 3)}" if details else line


def _embed(title: str, description: str, colour: int = GREEN) -> dict[str, Any]:
    return {"title": escape(title), "description": description, "color": colour}
