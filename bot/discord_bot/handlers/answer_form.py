"""Let moderators answer a question: a form to write, edit or remove a kept answer, and the rebuild that follows.

Who may do that is checked when the form is opened and again when it is sent: managers of a server whose managers may
change the index, because every server that sees the collection reads the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.access import places
from bot.discord_bot.answering.question_memory import question_key
from bot.discord_bot.context import Interaction, Services
from bot.discord_bot.handlers import glossary_words, respond
from bot.discord_bot.handlers.forms import Form
from bot.discord_bot.handlers.index_update import (
    MAY_NOT_ANSWER,
    NO_LONGER_GIVEN,
    check_may_answer,
    may_answer,
    refusal,
    update_and_show,
)
from bot.discord_bot.handlers.mentioned_names import fetch_names
from bot.discord_bot.messages.answer_card import line_card
from bot.discord_bot.messages.button_ids import ANSWER_THIS, KEEP_AS_SOURCE, Button, button
from bot.discord_bot.messages.kept_cards import remove_row
from bot.discord_bot.messages.mentions import with_names
from bot.discord_bot.messages.review_cards import UNDO
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.operations.kept_answers import KeptAnswer, KeptAnswerError
from bot.discord_bot.storage.question_store import QuestionStore
from bot.serving.generation import Generation
from bot.showing import kept_sources
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.safe_text import one_line, safe_lines

if TYPE_CHECKING:
    import re

MAX_QUESTIONS_CHARS = 1_200
MAX_LINE_UNITS = 300
MAX_REMOVED_ANSWERS = 100  # that can be kept again
KEPT, CHANGED, REMOVED = Message("Kept"), Message("Changed"), Message("Removed")
CANNOT_KEEP = Message(
    "I may not write to the documents' folder, so that nothing can be kept; `/footnote doctor` says more."
)
MAX_TYPED_UNITS = 1_400  # of a text that could not be kept
GONE = Message("That answer is not there any more.")
NOT_KEPT = Message("Not kept: {reason}.")
NOT_KEPT_BUT_TYPED = Message("Not kept: {reason}. You typed: {text}")
REMOVED_MEANWHILE = Message("that message was removed while the form was open")
QUESTIONS = Message("Questions or a title, one on each line")
ANSWER = Message("Answer")
READ_LIKE_THIS = Message("Members will read these words, without formatting. Empty removes a kept answer.")
TellAuthor = Callable[[], Awaitable[str]]


async def open_form(interaction: Interaction, answer: KeptAnswer, tell_author: TellAuthor | None = None) -> None:
    """Open the form with an answer in it, or tell the member that they may not; this is the acknowledgement.

    After a message was kept, `tell_author` tells its author and returns a line about that.
    """
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    if not may_answer(interaction, settings):
        await respond.tell(interaction, line_card(refusal(interaction, settings)))
        return
    if not await asyncio.to_thread(kept_answers.is_writable, interaction.client.services.seeds):
        await respond.tell(interaction, line_card(CANNOT_KEEP()))  # before somebody types what would be lost
        return
    await interaction.response.send_modal(AnswerForm(answer, tell_author))


async def open_for_button(interaction: Interaction, payload: str) -> None:
    """Open the form for a button: its payload is the citation of a passage to begin with, or "", and a question."""
    citation_id, _, key = payload.partition(".")
    question = await find_question(interaction, key)
    answer = KeptAnswer((question,) if question else (), "", message=_address(interaction.message))
    if citation_id:
        answer = await _with_passage(interaction, answer, citation_id)
    await open_form(interaction, answer)


async def find_question(interaction: Interaction, key: str) -> str:
    """Find a question by its key, in memory or among the stored ones of the server; "" if it is unknown."""
    services, server = interaction.client.services, interaction.guild_id
    question = services.answerer.questions.find(key)
    settings = await services.answerer.settings(server)
    if question or server is None or settings is None or not settings.gaps:
        return question
    stored = [gap.question for gap in await services.database.gaps(server)]
    stored += [quote.question for quote in await QuestionStore(services.database).voted_down(server)]
    return next((question for question in stored if question_key(question) == key), "")


async def _with_passage(interaction: Interaction, answer: KeptAnswer, citation_id: str) -> KeptAnswer:
    """Put the passage of a citation into an answer, as far as the member may see it here."""
    answerer = interaction.client.services.answerer
    settings = await answerer.settings(interaction.guild_id)
    visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))

    def work(generation: Generation) -> KeptAnswer:
        quote = generation.passages.quote(citation_id, visible)
        if quote is None:
            return answer
        parts = [part.text for part in quote.passage if part.kind != "heading"] or [quote.text]
        source = kept_sources.CHOSEN.english.format(title=one_line(quote.citation.title))
        return replace(answer, text=safe_lines("\n\n".join(parts)), source=source)

    return await answerer.look_up(work, user=interaction.user.id, server=interaction.guild_id, asks=False)


class AnswerForm(Form):
    """Asks for the questions and the text of an answer, or of a message that is kept."""

    def __init__(self, answer: KeptAnswer, tell_author: TellAuthor | None = None) -> None:
        super().__init__((KEEP_AS_SOURCE if answer.kept_by else ANSWER_THIS)())
        self.answer = answer
        self.tell_author = tell_author
        self.questions: discord.ui.TextInput[AnswerForm] = discord.ui.TextInput(
            label=QUESTIONS(),
            style=discord.TextStyle.paragraph,
            custom_id="questions",
            max_length=MAX_QUESTIONS_CHARS,
            default="\n".join(answer.questions)[:MAX_QUESTIONS_CHARS] or None,
        )
        self.text: discord.ui.TextInput[AnswerForm] = discord.ui.TextInput(
            label=ANSWER(),
            style=discord.TextStyle.paragraph,
            custom_id="text",
            max_length=kept_answers.MAX_TEXT_CHARS,
            required=False,
            placeholder=READ_LIKE_THIS(),
            default=answer.text[: kept_answers.MAX_TEXT_CHARS] or None,
        )
        self.add_item(self.questions)
        self.add_item(self.text)

    async def handle(self, interaction: Interaction) -> None:
        """Keep, change or remove the answer."""
        await keep(interaction, self.answer, self.questions.value, self.text.value, self.tell_author)


async def keep(
    interaction: Interaction, before: KeptAnswer, questions: str, text: str, tell_author: TellAuthor | None = None
) -> None:
    """Write the file of an answer, or delete it if the text is empty, and rebuild the index; check the member again."""
    await respond.defer(interaction, private=True)
    services = interaction.client.services
    if not may_answer(interaction, await services.answerer.settings(interaction.guild_id)):
        await respond.answer(interaction, line_card(MAY_NOT_ANSWER()))
        return
    name_of = await fetch_names(interaction, f"{text}\n{questions}")
    questions, text = with_names(questions, name_of), with_names(text, name_of)
    try:
        done, name = await asyncio.to_thread(_write, services.seeds, before, questions, text, _member(interaction))
    except KeptAnswerError as error:
        reason, typed = escape_cut(str(error), MAX_LINE_UNITS), escape_cut(one_line(text), MAX_TYPED_UNITS)
        typed = typed if text.strip() else escape_cut(one_line(questions), MAX_TYPED_UNITS)
        line = NOT_KEPT_BUT_TYPED(reason=reason, text=typed) if typed else NOT_KEPT(reason=reason)
        await respond.answer(interaction, line_card(line))
        return
    services.log.info("kept answer", done=done.english.lower(), file=name, server=interaction.guild_id)
    if interaction.guild_id is not None and done != REMOVED:
        asked = kept_answers.parse_form(questions, text)[0]
        await QuestionStore(services.database).dismiss_gaps(interaction.guild_id, asked)
    told = await tell_author() if done == KEPT and tell_author else ""
    rows = (remove_row(before),) if done != REMOVED and before.kept_by else ()
    if done == REMOVED and not before.kept_by:  # an author's message must not come back
        rows = ((_remember_removed(services, before),),)
    closing = NO_LONGER_GIVEN() if done == REMOVED else None
    await update_and_show(interaction, f"{done()}. {told}".rstrip(), rows, closing=closing)


def _remember_removed(services: Services, answer: KeptAnswer) -> Button:
    """Remember an answer that was removed, and create the button that keeps it again."""
    key = question_key(answer.name)
    services.removed_answers[key] = answer
    while len(services.removed_answers) > MAX_REMOVED_ANSWERS:
        services.removed_answers.pop(next(iter(services.removed_answers)))
    return button(UNDO(), "rekeep", key)


async def keep_again(interaction: Interaction, key: str) -> None:
    """Write the file of an answer that was removed lately; check the member."""
    if not await check_may_answer(interaction):
        return
    services = interaction.client.services
    answer = services.removed_answers.get(key)
    if answer is None:
        await respond.answer(interaction, line_card(GONE()))
        return
    try:
        name = await asyncio.to_thread(kept_answers.write, services.seeds, answer)
    except KeptAnswerError as error:
        await respond.answer(interaction, line_card(NOT_KEPT(reason=escape_cut(str(error), MAX_LINE_UNITS))))
        return
    services.log.info("kept answer", done="kept", file=name, server=interaction.guild_id)
    await update_and_show(interaction, f"{KEPT()}.", closing=None)


def _member(interaction: Interaction) -> str:
    return f"{interaction.user.name} ({interaction.user.id})"


def _write(seeds: Path, before: KeptAnswer, questions: str, text: str, member: str) -> tuple[Message, str]:
    """Write or delete the file; return what was done and the name of the file. Raises KeptAnswerError."""
    if before.name and not text.strip():
        kept_answers.remove(seeds, before.name)
        return REMOVED, before.name
    ids = before.message_ids
    if before.kept_by and ids and (kept := kept_answers.find_message(seeds, ids[1])):
        before = replace(before, name=kept.name)  # somebody else kept it while the form was open
    elif before.kept_by and before.name:  # its author may have removed it, or deleted it in Discord
        raise KeptAnswerError(REMOVED_MEANWHILE())
    answer = kept_answers.revise(before, questions, text, member)
    return CHANGED if before.name else KEPT, kept_answers.write(seeds, answer)


class AnswerMenu(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"fn:pick:(?P<name>gap|kept|word)"):
    """A menu of unanswered questions, of kept answers, or of entries of the glossary."""

    def __init__(self, item: discord.ui.Select[Any], name: str) -> None:
        super().__init__(item)
        self.name = name

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: "re.Match[str]", /
    ) -> "AnswerMenu":
        """Create the menu that was used."""
        assert isinstance(item, discord.ui.Select)  # noqa: S101 - only menus have such ids
        return cls(item, match["name"])

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]
        """Open the form for the choice, or remove the entry."""
        data: Any = interaction.data
        value = next(iter(data.get("values", [])), "")
        if self.name == "word":
            await respond.report_errors(interaction, _remove_word(interaction, value))
            return
        opening = open_for_button(interaction, f".{value}") if self.name == "gap" else _open_kept(interaction, value)
        await respond.report_errors(interaction, opening)


async def _remove_word(interaction: Interaction, key: str) -> None:
    await respond.defer(interaction, private=True)
    await glossary_words.take_back(interaction, key)


async def _open_kept(interaction: Interaction, name: str) -> None:
    """Open the form for a kept answer, whose name is looked up in the list, never used as a path."""
    services = interaction.client.services
    if not may_answer(interaction, await services.answerer.settings(interaction.guild_id)):
        await open_form(interaction, KeptAnswer((), ""))  # which tells why not
        return
    answers = await asyncio.to_thread(kept_answers.listed, services.seeds)
    answer = next((answer for answer in answers if answer.name == name), None)
    if answer is None:
        await respond.tell(interaction, line_card(GONE()))
        return
    await open_form(interaction, answer)


def message_behind(message: discord.Message | None) -> int:
    """Return the id of a message, or of the one whose button showed it to the member alone; 0 for None."""
    if message is None:
        return 0
    metadata = message.interaction_metadata
    return (metadata.interacted_message_id if metadata is not None else None) or message.id


def _address(message: discord.Message | None) -> str:
    return "" if message is None else f"{message.jump_url.rpartition('/')[0]}/{message_behind(message)}"
