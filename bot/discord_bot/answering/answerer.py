"""Answer questions: apply cooldowns, queue the search, search the generation in use, and compose the card.

Plain values come in from the handlers; nothing here knows discord.
"""

import asyncio
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bot.discord_bot.access.visibility import Grants, Place, visible_collections
from bot.discord_bot.answering.question_memory import QuestionMemory
from bot.discord_bot.messages.answer_card import Card, answer_card, line_card, refusal_card, refusal_row
from bot.discord_bot.messages.info_cards import document_names
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.question_store import QuestionStore
from bot.discord_bot.storage.records import ServerSettings
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.wire import claims
from bot.serving.cooldown import Cooldown
from bot.serving.generation import Generation, ListedDocument, LiveGeneration
from bot.serving.search_queue import QueueFullError, SearchQueue
from bot.serving.visible import VisibleCollections
from bot.showing.discord_markdown import escape_cut
from bot.showing.languages import Message
from bot.showing.reply import compose
from bot.showing.wording import SECONDS
from retrieval.errors import FootnoteError, QuestionError
from retrieval.reading.wrong_quotes import WrongQuotes
from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.cleaning import MAX_QUESTION_LENGTH, clean_question
from retrieval.text.follow_ups import Previous
from retrieval.text.without_wrong_quotes import ask_without

if TYPE_CHECKING:
    from retrieval.types import Answer

T = TypeVar("T")
MAX_QUOTES = 5
MAX_NAMED, MAX_NAME_UNITS = 4, 100  # of documents that a typed name may mean
TEAM_COOLDOWN = (3, 600.0)  # questions, seconds
READING_COOLDOWN = (60, 30.0)  # buttons and lists, seconds
SHARED_LIMITS_TIMEOUT_S = 1.0
SETTINGS_TIMEOUT_S = 1.0  # a slow database must not cost the answer
QUEUE_MESSAGES = {  # by QueueFullError.reason
    "full": Message("Too many questions are waiting. Please ask again in a moment."),
    "user": Message("I am still looking up your last questions. Please wait for their answers."),
    "server": Message("Too many questions from this server are waiting. Please ask again in a moment."),
    "slow": Message("Your question waited too long for its turn. Please ask again."),
    "closing": Message("I am restarting. Please ask again in a minute."),
}
FAILED = Message("Something went wrong on my side, and I logged it. Please try again.")
TOO_QUICK = Message("You are asking very quickly. Please ask again in {seconds}.")
PRESSED_TOO_QUICKLY = Message("That was too quick for me. Please try again in {seconds}.")
SERVER_TOO_QUICK = Message("This server is asking many questions. Please ask again in {seconds}.")
NOT_LOOKED_UP = Message("I can't look that up: {reason}.")
EMPTY = Message("the question is empty")
TOO_LONG = Message("the question has {count} characters; the limit is {limit}")
NO_SUCH_DOCUMENT = Message("there is no such document; choose one from the list")
MAY_BE = Message("that may be {names}; choose one from the list")
MAY_BE_MORE = Message("that may be {names} and {count} more; choose one from the list")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with who asked it, how and where."""

    text: str
    way: str  # how it was asked, one of prometheus_metrics.WAYS
    user: int
    server: int | None
    visible: VisibleCollections  # the collections that may answer
    previous: Previous | None = None  # what it may follow up
    document: str | None = None  # the only document to search: its id, title, file name or a part of them


class CooldownError(Exception):
    """A user or a server asks too often; the next question is allowed in `seconds`."""

    def __init__(self, line: Message, seconds: float) -> None:
        super().__init__(line(seconds=SECONDS(count=max(round(seconds), 1))))
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """How often a user and a server may ask, how often a role is pinged, and how often a user may ask the team.

    Buttons and lists that search nothing have a limit of their own, so that reading an answer costs no question.
    """

    user: Cooldown
    server: Cooldown
    ping: Cooldown
    team: Cooldown = field(default_factory=lambda: Cooldown(*TEAM_COOLDOWN))
    reading: Cooldown = field(default_factory=lambda: Cooldown(*READING_COOLDOWN))


@dataclass(kw_only=True)
class Answerer:
    """Answers questions and looks up quotes; every search runs off the event loop."""

    live: LiveGeneration
    queue: SearchQueue
    cooldowns: Cooldowns
    database: Database
    metrics: Metrics
    log: Any
    grants: Grants
    wrong_quotes: WrongQuotes
    quotes: int = 1  # in an answer, at most
    sharing: SharingStore | None = None  # with other processes of the bot
    questions: QuestionMemory = field(default_factory=QuestionMemory)  # refused or voted down lately

    @property
    def language(self) -> str:
        """The language of the documents, a two-letter code."""
        return self.live.generation.stack.retriever.index.language

    async def settings(self, server: int | None) -> ServerSettings | None:
        """Return the settings of a server, or of direct messages if `server` is None; None if they cannot be read.

        Unless the operator configured what direct messages may see, the limits of all servers apply there: members
        could otherwise bypass the limits of their server.
        """
        if server is None and not self.grants.auto:
            return ServerSettings()
        try:
            async with asyncio.timeout(SETTINGS_TIMEOUT_S):
                if server is None:
                    return ServerSettings(channel_collections=await self.database.collection_limits())
                return await self.database.settings(server)
        except (TimeoutError, DatabaseError) as error:
            reason = str(error) or f"no answer within {SETTINGS_TIMEOUT_S:g} s"
            self.log.error("settings not read, answers are private", server=server, error=reason)
            return None

    def visible_collections(self, settings: ServerSettings | None, place: Place) -> VisibleCollections:
        """Return the collections that are visible at a place.

        While the settings are unknown (None), no collection is visible, because they may limit the place; an index
        without collections has nothing to limit.
        """
        if settings is None and self.live.generation.collections != [""]:
            return frozenset()
        return visible_collections(self.grants, settings or ServerSettings(), place)

    def threshold(self, generation: Generation, settings: ServerSettings | None) -> float:
        """Return the confidence from which a generation answers in a server."""
        stack = generation.stack
        if settings is None or settings.precision is None:
            return stack.threshold
        return stack.retriever.ranker.point_for(settings.precision).threshold

    async def card(self, question: Question, settings: ServerSettings | None, *, private: bool) -> Card:
        """Compose the card that answers a question, refuses it, or says why it was not looked up."""
        self.metrics.questions.labels(question.way).inc()
        started = time.monotonic()
        try:
            answer = await self.look_up(
                lambda generation: self._search(generation, question, settings),
                user=question.user,
                server=question.server,
            )
        except Exception as error:
            return self.error_card(error, question.way)
        self.metrics.latency.observe(time.monotonic() - started)
        await self._count(question, settings, answered=answer.answered)
        if answer.answered:
            self.metrics.answers.inc()
            card = answer_card(compose(answer), answer.question, others=answer.others, private=private)
            return await self._add_unanswered(card, question, answer, settings or ServerSettings())
        self.metrics.refusals.inc()
        return await self._refuse(question, answer, settings or ServerSettings(), private=private)

    async def look_up(self, work: Callable[[Generation], T], *, user: int, server: int | None, asks: bool = True) -> T:
        """Apply `work` to the generation in use, in a thread of the queue, and return its result.

        Unless it `asks`, it counts as no question. Raises CooldownError, QueueFullError and whatever the work raises.
        """
        if asks:
            self._check_cooldown(self.cooldowns.user, user, TOO_QUICK)
            self._check_cooldown(self.cooldowns.server, server, SERVER_TOO_QUICK)
            await self._check_shared_limits(user)
        else:
            self._check_cooldown(self.cooldowns.reading, user, PRESSED_TOO_QUICKLY)
        generation = self.live.generation
        try:
            return await self.queue.run(lambda: work(generation), user=user, server=server)
        except QueueFullError as error:
            self.metrics.overflows.labels(error.reason).inc()
            raise

    def error_card(self, error: Exception, way: str) -> Card:
        """Compose the card that says why something was not done; log the error if it is ours."""
        if isinstance(error, CooldownError):
            return line_card(str(error), for_asker=True)
        if isinstance(error, QueueFullError):
            return line_card(QUEUE_MESSAGES[error.reason](), for_asker=True)
        if isinstance(error, QuestionError):
            return line_card(NOT_LOOKED_UP(reason=error), for_asker=True)
        self.metrics.failures.inc()
        expected = isinstance(error, FootnoteError)
        trace = None if expected else error
        self.log.error("failed", way=way, error=f"{type(error).__name__}: {error}", exc_info=trace)
        return line_card(FAILED(), for_asker=True)

    async def close(self, seconds: float) -> None:
        """Reject new questions and wait for those already accepted. Raises TimeoutError after `seconds`."""
        await self.queue.close(seconds)

    async def wait(self, kind: str, cooldown: Cooldown, key: int) -> float:
        """Count something in a cooldown, also in that of other processes; return the seconds to wait, 0 for none."""
        seconds = cooldown.wait(key)
        if seconds or self.sharing is None:
            return seconds
        try:
            async with asyncio.timeout(SHARED_LIMITS_TIMEOUT_S):
                hashed = await self.database.hash_of(key)
                return await self.sharing.wait(kind, hashed, cooldown.rate, cooldown.seconds)
        except (TimeoutError, DatabaseError) as error:
            self.log.error("a shared cooldown was not checked", kind=kind, error=str(error))
            return 0.0

    async def _check_shared_limits(self, user: int) -> None:
        """Apply the limits of a user over all processes; those of a server are kept by the process that serves it."""
        if self.sharing is None:
            return
        claim, cooldown = claims.current.get(), self.cooldowns.user
        event = (claim.event, claim.id) if claim is not None else None
        try:
            async with asyncio.timeout(SHARED_LIMITS_TIMEOUT_S):
                admission = await self.sharing.admit(user, event, cooldown.rate, cooldown.seconds)
        except (TimeoutError, DatabaseError) as error:
            self.log.error("shared limits were not checked", error=str(error))
            return
        if admission.wait:
            self._raise_cooldown(TOO_QUICK, admission.wait)
        if admission.open >= self.queue.limits.per_user:
            self.metrics.overflows.labels("user").inc()
            raise QueueFullError("user")

    def _check_cooldown(self, cooldown: Cooldown, key: int | None, line: Message) -> None:
        seconds = cooldown.wait(key) if key is not None else 0.0
        if seconds:
            self._raise_cooldown(line, seconds)

    def _raise_cooldown(self, line: Message, seconds: float) -> NoReturn:
        self.metrics.overflows.labels("cooldown").inc()
        raise CooldownError(line, seconds)

    def _search(self, generation: Generation, question: Question, settings: ServerSettings | None) -> "Answer":
        retriever = generation.stack.retriever
        threshold = self.threshold(generation, settings)
        row = _find_document(generation, question).row if question.document else None
        quotes = min(self.quotes, MAX_QUOTES)

        ask = partial(retriever.ask, threshold=threshold, document=row, collections=question.visible)
        text, language = _cleaned(question.text), retriever.index.language
        right = ask_without(ask, self.wrong_quotes.of_parts(text), quotes, generation.passages.is_removed)
        return ask_in_parts(right, text, question.previous, language, max_quotes=MAX_QUOTES)

    async def _add_unanswered(self, card: Card, question: Question, answer: "Answer", settings: ServerSettings) -> Card:
        """Store the parts of a question that have no answer, and add the buttons of a refusal for the first of them."""
        left = [part for part in answer.parts if not part.answered]
        for part in left:
            await self._store_gap(replace(question, text=part.question), settings)
        if not left or question.way == "menu":
            return card
        closest = [quote.citation.id for quote in left[0].closest]
        team = settings.team_channel is not None and question.server is not None
        row = refusal_row(closest, self.questions.add(left[0].question), team=team)
        return replace(card, rows=(*card.rows, row))

    async def _refuse(self, question: Question, answer: "Answer", settings: ServerSettings, *, private: bool) -> Card:
        """Store the gap if the server wants that, and compose the refusal; ping a role unless its cooldown runs."""
        await self._store_gap(question, settings)
        ping = None if private or question.way == "forum" else settings.refusal_role  # forum refusals are not sent
        if ping and await self.wait("ping", self.cooldowns.ping, question.server or 0):
            ping = None
        closest = [quote.citation.id for quote in answer.closest]
        key = "" if question.way == "menu" else self.questions.add(question.text)  # that is a message, not a question
        team = settings.team_channel is not None and question.server is not None
        return refusal_card(settings.refusal, closest, ping, asked_as=answer.asked_as, question_key=key, team=team)

    async def _count(self, question: Question, settings: ServerSettings | None, *, answered: bool) -> None:
        """Count a question for the monthly report, if the server wants one."""
        if settings is None or settings.report_channel is None or question.server is None or question.way == "menu":
            return
        try:
            today = datetime.datetime.now(datetime.UTC).date()
            await QuestionStore(self.database).count(question.server, today, answered=answered)
        except DatabaseError as error:
            self.log.error("question not counted", server=question.server, error=str(error))

    async def _store_gap(self, question: Question, settings: ServerSettings) -> None:
        if not settings.gaps or question.server is None or question.way == "menu":
            return  # the text behind the menu is a message of another member, not a question to the bot
        try:
            await self.database.add_gap(question.server, question.text, datetime.datetime.now(datetime.UTC).date())
        except DatabaseError as error:
            self.log.error("gap not stored", server=question.server, error=str(error))


def _cleaned(text: str) -> str:
    """Clean a question as `clean_question` does, with its errors in the language of the asker. Raises QuestionError."""
    try:
        return clean_question(text)
    except QuestionError:
        if len(text) > MAX_QUESTION_LENGTH:
            raise QuestionError(TOO_LONG(count=len(text), limit=MAX_QUESTION_LENGTH)) from None
        raise QuestionError(EMPTY()) from None


def _find_document(generation: Generation, question: Question) -> ListedDocument:
    """Find the document that a question names. Raises QuestionError, with escaped titles, unless it is exactly one."""
    found = generation.find_documents(question.document or "", question.visible)
    if len(found) == 1:
        return found[0]
    if not found:
        raise QuestionError(NO_SUCH_DOCUMENT())
    names = [f"“{escape_cut(name, MAX_NAME_UNITS)}”" for name in document_names(found[:MAX_NAMED])]
    if len(found) > MAX_NAMED:
        raise QuestionError(MAY_BE_MORE(names=", ".join(names), count=len(found) - MAX_NAMED))
    raise QuestionError(MAY_BE(names=", ".join(names)))
