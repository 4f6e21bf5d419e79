"""Where questions are taken: cooldowns, the queue, the generation in use, and the card that comes of it.

Knows nothing of discord; the edge hands it plain values.
"""

import asyncio
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.discord_bot.access.visibility import Grants, Place, Visible, visible
from bot.discord_bot.answering.cooldown import Cooldown
from bot.discord_bot.answering.search_queue import QueueFullError, SearchQueue
from bot.discord_bot.corpus.generation import Generation, LiveGeneration
from bot.discord_bot.messages.answer_card import Card, answer_card, line_card, refusal_card
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.records import ServerSettings
from bot.showing.reply import compose
from retrieval.errors import FootnoteError, QuestionError
from retrieval.text.cleaning import clean_question
from retrieval.text.follow_ups import with_previous

if TYPE_CHECKING:
    from retrieval.types import Answer

T = TypeVar("T")
MOST_QUOTES = 5
SETTINGS_SECONDS = 1.0  # a database that is slower than that must not cost the answer
EXCUSES = {
    "full": "Many questions are waiting already. Please ask again in a moment.",
    "user": "Your last questions are still being looked up. Please wait for them.",
    "server": "Many questions of this server are waiting already. Please ask again in a moment.",
    "slow": "It took too long until your question's turn came. Please ask again.",
    "closing": "I am being restarted. Please ask again in a minute.",
}
BROKEN = "Something went wrong on my side; it is in the log. Please try again."


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked: how, by whom, where, and what it may follow."""

    text: str
    way: str
    user: int
    server: int | None
    seen: Visible  # the collections that may answer
    previous: str | None = None
    document: str | None = None


class CooldownError(Exception):
    """A user or a server asks too often; `seconds` until the next question is allowed."""

    def __init__(self, line: str, seconds: float) -> None:
        super().__init__(f"{line} Please ask again in {max(seconds, 1.0):.0f} s.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """How often a user and a server may ask, and how often a role is pinged on a refusal."""

    user: Cooldown
    server: Cooldown
    ping: Cooldown


class Answerer:
    """Answers questions and looks quotes up, always off the event loop."""

    def __init__(
        self,
        live: LiveGeneration,
        queue: SearchQueue,
        cooldowns: Cooldowns,
        database: Database,
        metrics: Metrics,
        log: Any,
        grants: Grants,
        top: int = 1,
    ) -> None:
        self.live = live
        self._queue = queue
        self._cooldowns = cooldowns
        self._database = database
        self._metrics = metrics
        self._log = log
        self.grants = grants
        self._top = min(top, MOST_QUOTES)

    @property
    def language(self) -> str:
        """Return the language of the documents, a two-letter code."""
        return self.live.generation.stack.retriever.index.language

    async def settings(self, server: int | None) -> ServerSettings | None:
        """Return the settings of a server, of a direct message if `server` is None; None if they could not be read.

        Unless the operator says which collections direct messages may see, the limits of all servers apply there:
        members could otherwise bypass the limits of their server.
        """
        if server is None and not self.grants.auto:
            return ServerSettings()
        try:
            async with asyncio.timeout(SETTINGS_SECONDS):
                if server is None:
                    return ServerSettings(channel_collections=await self._database.collection_limits())
                return await self._database.settings(server)
        except (TimeoutError, DatabaseError) as error:
            self._log.error("settings not read, answers are private", server=server, error=str(error))
            return None

    def seen(self, server: ServerSettings | None, place: Place) -> Visible:
        """Return the collections that may be seen at a place.

        None of them while the settings could not be read, as they may limit the place; an index without collections
        has nothing to limit.
        """
        if server is None and self.live.generation.collections != [""]:
            return frozenset()
        return visible(self.grants, server or ServerSettings(), place)

    def threshold(self, generation: Generation, server: ServerSettings | None) -> float:
        """Return the confidence from which a generation answers in a server."""
        stack = generation.stack
        if server is None or server.precision is None:
            return stack.threshold
        return stack.retriever.ranker.point_for(server.precision).threshold

    async def card(self, question: Question, server: ServerSettings | None, *, private: bool) -> Card:
        """Return the card that answers a question, refuses it, or says why it was not looked up."""
        self._metrics.questions.labels(question.way).inc()
        started = time.monotonic()
        try:
            answer = await self.look_up(
                lambda generation: self._search(generation, question, server),
                user=question.user,
                server=question.server,
            )
        except Exception as error:
            return self.excuse(error, question.way)
        self._metrics.latency.observe(time.monotonic() - started)
        if answer.answered:
            self._metrics.answers.inc()
            return answer_card(compose(answer), answer.question, others=answer.others, private=private)
        self._metrics.refusals.inc()
        server = server or ServerSettings()
        await self._keep_gap(question, server)
        ping = None if private or question.way == "forum" else server.refusal_role  # a forum hears of no refusal
        if ping and self._cooldowns.ping.wait(question.server or 0):
            ping = None
        return refusal_card(server.refusal, [quote.citation.id for quote in answer.closest], ping)

    async def look_up(self, work: Callable[[Generation], T], *, user: int, server: int | None) -> T:
        """Return what some work makes of the generation in use, done in a thread of the queue.

        Raises CooldownError, QueueFullError and whatever the work raises.
        """
        self._cool(self._cooldowns.user, user, "That was quick.")
        self._cool(self._cooldowns.server, server, "Many questions come from this server.")
        generation = self.live.generation
        try:
            return await self._queue.run(lambda: work(generation), user=user, server=server)
        except QueueFullError as error:
            self._metrics.overflows.labels(error.reason).inc()
            raise

    def excuse(self, error: Exception, way: str) -> Card:
        """Return the card that says why something was not done; what is our fault is logged."""
        if isinstance(error, CooldownError):
            return line_card(str(error))
        if isinstance(error, QueueFullError):
            return line_card(EXCUSES[error.reason])
        if isinstance(error, QuestionError):
            return line_card(f"I cannot look that up: {error}.")
        self._metrics.failures.inc()
        known = isinstance(error, FootnoteError | DatabaseError)
        self._log.error("failed", way=way, error=f"{type(error).__name__}: {error}", exc_info=None if known else error)
        return line_card(BROKEN)

    async def close(self, seconds: float) -> None:
        """Take no more questions, and wait that long for those that were begun."""
        await self._queue.close(seconds)

    def _cool(self, cooldown: Cooldown, key: int | None, line: str) -> None:
        seconds = cooldown.wait(key) if key is not None else 0.0
        if seconds:
            self._metrics.overflows.labels("cooldown").inc()
            raise CooldownError(line, seconds)

    def _search(self, generation: Generation, question: Question, server: ServerSettings | None) -> "Answer":
        retriever = generation.stack.retriever
        text = with_previous(clean_question(question.text), question.previous, retriever.index.language)
        threshold = self.threshold(generation, server)
        source = generation.source(question.document, question.seen) if question.document else None
        if question.document and source is None:
            raise QuestionError("there is no such document; choose one from the list")
        row = source.row if source else None
        return retriever.ask(text, threshold=threshold, top=self._top, document=row, collections=question.seen)

    async def _keep_gap(self, question: Question, server: ServerSettings) -> None:
        if not server.gaps or question.server is None or question.way == "menu":
            return  # what stands behind the menu is what another member wrote, not a question to the bot
        try:
            await self._database.add_gap(question.server, question.text, datetime.datetime.now(datetime.UTC).date())
        except DatabaseError as error:
            self._log.error("gap not kept", server=question.server, error=str(error))
