"""Answer questions for many askers at once: rate limits, a bounded queue, a search in a thread, a time limit.

Plain values come in, answers and quotes go out; nothing here knows HTTP or MCP.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.answering_stack import AnsweringStack, open_live
from bot.serving.cooldown import Cooldown
from bot.serving.generation import Generation, ListedDocument, LiveGeneration
from bot.serving.older_generations import OlderGenerations
from bot.serving.search_queue import QueueFullError, QueueLimits, SearchQueue
from bot.serving.stored_quotes import StoredQuote, find_stored_quote
from bot.serving.visible import VisibleCollections, is_visible
from bot.showing.collection_names import check_collections
from bot.showing.terminal import say
from bot.showing.wording import many
from bot.web.askers import Asker
from bot.web.request_errors import BUSY_RETRY_S, RequestError
from config.settings import ServeSettings, Settings
from retrieval.errors import QuestionError
from retrieval.reading.wrong_quotes import WrongQuotes
from retrieval.text.ask_parts import ask_in_parts
from retrieval.text.cleaning import clean_question
from retrieval.text.follow_ups import Previous
from retrieval.text.without_wrong_quotes import ask_without

if TYPE_CHECKING:
    from retrieval.types import Answer, Quote

T = TypeVar("T")
MINUTE_S = 60.0
MAX_TOP = 20
STOP_TIMEOUT_S = 6.0  # for the requests in flight when the service is asked to stop
CLOSE_TIMEOUT_S = 1.0  # for searches that are left after that
FULL = "Too many questions are waiting. Please ask again in a moment."
SLOW = "The question waited too long for its turn. Please ask again."
CLOSING = "The service is stopping. Please ask again in a minute."
FAILED = "Something went wrong on this side, and it was logged. Please try again."
UNKNOWN_QUOTE = "There is no quote with this id: ten letters and digits, as every answer shows it."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the only collections to search (none: all that are visible), and what it may follow up."""

    text: str
    collections: tuple[str, ...] = ()
    previous: Previous | None = None
    top: int | None = None  # quotes, at most; None as in the settings
    newest: bool = False


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """An answer with the milliseconds that it took, and the quotes of the next best passages."""

    answer: "Answer"
    elapsed_ms: float
    others: tuple["Quote", ...] = ()


@dataclass(frozen=True, slots=True)
class SourceList:
    """Some of the documents that an asker may see: the total, and the number of documents of each collection."""

    generation: str
    documents: Sequence[ListedDocument]
    total: int
    collections: dict[str, int]


class QuestionService:
    """Answers from the live generation of an index. Belongs to one event loop."""

    def __init__(self, settings: Settings, stack: AnsweringStack) -> None:
        serve = settings.serve
        self.live = LiveGeneration(
            settings.index_folder,
            lambda current: open_live(settings, say, reuse=current),
            stack,
            seeds=settings.indexed_seeds,
            swapped=lambda generation: say(f"now answering from {generation.name}"),
            failed=say,
        )
        self._older = OlderGenerations(settings.index_folder, self.live)
        self._queue = SearchQueue(_queue_limits(serve))
        self._cooldown = Cooldown(serve.questions_per_minute, MINUTE_S)
        self._timeout_s = serve.timeout_s
        self._top = settings.answer.top
        self._seeds: Path = settings.seeds_folder
        self._wrong_quotes = WrongQuotes(settings.seeds_folder)
        self._limits: set[asyncio.Timeout] = set()  # of the requests in flight
        self._ends_at: float | None = None  # the loop's time, once the service was asked to stop

    @property
    def waiting(self) -> int:
        """How many searches wait or run."""
        return self._queue.waiting

    @property
    def longest_search_s(self) -> float:
        """For how many seconds the oldest of the running searches has been running, 0 without one."""
        return self._queue.longest_search_s

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for new generations meanwhile; in the end, finish the searches that were accepted."""
        watching = asyncio.create_task(self.live.watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(TimeoutError):
                await self._queue.close(CLOSE_TIMEOUT_S)

    def stop(self) -> None:
        """Answer the requests in flight, and from now on only those that take no longer than STOP_TIMEOUT_S."""
        self._ends_at = ends_at = asyncio.get_running_loop().time() + STOP_TIMEOUT_S
        for limit in self._limits:
            limit.reschedule(min(limit.when() or ends_at, ends_at))

    async def ask(self, asker: Asker, question: Question, *, with_others: bool = False) -> TimedAnswer:
        """Answer a question; `with_others` adds the quotes of the next best passages. Raises RequestError."""
        return await self._look_up(
            asker,
            partial(
                _answer,
                question=question,
                visible=asker.visible,
                top=self._top,
                with_others=with_others,
                wrong_quotes=self._wrong_quotes,
            ),
        )

    async def quote(self, asker: Asker, citation_id: str, *, surrounded: bool = False) -> StoredQuote:
        """Find the quote of a citation, with all that is near if `surrounded`. Raises RequestError."""

        def find(generation: Generation) -> StoredQuote | None:
            live, older = generation.passages, self._older.search
            return find_stored_quote(live, older, citation_id, self._seeds, asker.visible, surrounded=surrounded)

        found = await self._look_up(asker, find)
        if found is None:
            raise RequestError("not_found", UNKNOWN_QUOTE)
        return found

    async def sources(
        self, asker: Asker, *, collections: Sequence[str] = (), name: str = "", limit: int, offset: int = 0
    ) -> SourceList:
        """List the documents that an asker may see, newest first; `name` is of a title or a path.

        Raises RequestError.
        """

        def find(generation: Generation) -> SourceList:
            visible = searched_collections(generation, collections, asker.visible)
            listed = generation.find_documents(name, visible) if name else generation.visible_documents(visible)
            counts = visible_collections(generation, asker.visible)
            return SourceList(generation.name, listed[offset : offset + limit], len(listed), counts)

        return await self._look_up(asker, find)

    def collections(self, asker: Asker) -> dict[str, int]:
        """Count the documents of each collection that an asker may see."""
        return visible_collections(self.live.generation, asker.visible)

    async def _look_up(self, asker: Asker, work: Callable[[Generation], T]) -> T:
        """Apply `work` to the generation in use, in a thread of the queue. Raises RequestError."""
        wait_s = self._cooldown.wait(asker.key) if asker.key is not None else 0.0
        if wait_s:
            again = many(max(round(wait_s), 1), "second")
            raise RequestError("rate_limited", f"You are asking very quickly. Please ask again in {again}.", wait_s)
        generation = self.live.generation
        try:
            async with self._limited():
                return await self._queue.run(lambda: work(generation), user=asker.key, server=None)
        except QueueFullError as error:
            raise _queue_error(error) from None
        except QuestionError as error:
            raise RequestError("invalid", f"This cannot be looked up: {error}.") from None
        except TimeoutError:
            if self._ends_at is not None:
                raise RequestError("busy", CLOSING, BUSY_RETRY_S) from None
            raise RequestError("slow", SLOW, BUSY_RETRY_S) from None
        except Exception:  # whatever is wrong, others must be answered
            log.exception("a search failed")
            raise RequestError("failed", FAILED) from None

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        """Limit the time of a request, which may become shorter meanwhile. Raises TimeoutError."""
        ends_at = asyncio.get_running_loop().time() + self._timeout_s
        limit = asyncio.timeout_at(ends_at if self._ends_at is None else min(ends_at, self._ends_at))
        async with limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)


def visible_collections(generation: Generation, visible: VisibleCollections) -> dict[str, int]:
    """Count the documents of each visible collection, by name in order."""
    counts = generation.stack.retriever.collections
    return {name: counts[name] for name in sorted(counts) if is_visible(name, visible)}


def searched_collections(
    generation: Generation, names: Sequence[str], visible: VisibleCollections
) -> VisibleCollections:
    """Return the collections to search: those that are named, all visible ones if none is.

    Raises QuestionError for one that does not exist or is not visible, naming those that are.
    """
    if not names:
        return visible
    check_collections(visible_collections(generation, visible), names)
    return frozenset(names)


def _answer(
    generation: Generation,
    *,
    question: Question,
    visible: VisibleCollections,
    top: int,
    with_others: bool,
    wrong_quotes: WrongQuotes,
) -> TimedAnswer:
    """Answer a question from a generation. Raises QuestionError and DamagedIndexError."""
    started = time.perf_counter()
    stack = generation.stack
    retriever = stack.retriever
    ask = partial(
        retriever.ask,
        threshold=stack.threshold,
        newest=question.newest,
        collections=searched_collections(generation, question.collections, visible),
    )
    text = clean_question(question.text)
    top = min(question.top or top, MAX_TOP)
    right = ask_without(ask, wrong_quotes.of_parts(text), top, generation.passages.is_removed)
    answer = ask_in_parts(right, text, question.previous, retriever.index.language)
    found = (generation.passages.quote(id_, visible) for id_ in answer.others) if with_others else ()
    others = without_repeated_passages(answer.quotes, [quote for quote in found if quote])
    return TimedAnswer(answer, (time.perf_counter() - started) * 1000, others)


def without_repeated_passages(shown: Sequence["Quote"], quotes: Sequence["Quote"]) -> tuple["Quote", ...]:
    """Leave out the quotes whose passage is that of a shown one or of an earlier one."""
    seen = {_passage_key(quote) for quote in shown}
    distinct = []
    for quote in quotes:
        key = _passage_key(quote)
        if key not in seen:
            seen.add(key)
            distinct.append(quote)
    return tuple(distinct)


def _passage_key(quote: "Quote") -> tuple[str, tuple[tuple[int, int], ...]]:
    return quote.citation.document, tuple((part.start, part.end) for part in quote.passage)


def _queue_limits(serve: ServeSettings) -> QueueLimits:
    """Return the limits of the queue, of which nobody may take more than half."""
    half = max((serve.workers + serve.max_waiting) // 2, 1)
    return QueueLimits(serve.workers, serve.max_waiting, half, half, float(serve.timeout_s))


def _queue_error(error: QueueFullError) -> RequestError:
    if error.reason == "slow":
        return RequestError("slow", SLOW, BUSY_RETRY_S)
    return RequestError("busy", CLOSING if error.reason == "closing" else FULL, BUSY_RETRY_S)
