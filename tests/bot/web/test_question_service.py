"""Many askers at once: limits, refusals, a swap of generations, and an end that leaves nobody without an answer."""

import asyncio
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import answering_stack, building
from bot.answering_stack import AnsweringStack
from bot.web import question_service
from config.settings import Settings, load_settings
from retrieval.asking.retriever import Retriever
from retrieval.progress import silent
from retrieval.reading.wrong_quotes import WrongQuote, add_wrong_quote
from retrieval.upkeep.rebuild import rebuild
from tests.support.web_service import CODE, NOWHERE, STEPS, TABLE, WebService, open_web_service

Stack = tuple[Settings, AnsweringStack]
CALLERS = 16


class HeldSearches:
    """Searches that wait until they are let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.let_go = threading.Semaphore(0), threading.Event()
        ask = Retriever.ask

        def hold(retriever: Retriever, *arguments: Any, **options: Any) -> Any:
            self.begun.release()
            assert self.let_go.wait(60)
            return ask(retriever, *arguments, **options)

        monkeypatch.setattr(Retriever, "ask", hold)

    async def until_begun(self) -> None:
        """Wait until one more search runs."""
        assert await asyncio.to_thread(self.begun.acquire, timeout=60)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldSearches:
    return HeldSearches(monkeypatch)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the event loop will do."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


async def test_sixteen_callers_are_all_answered(web: WebService) -> None:
    """At once, each the answer to their own question."""
    questions = [STEPS, CODE, TABLE, NOWHERE] * (CALLERS // 4)
    replies = await asyncio.gather(*map(web.ask, questions))
    assert [reply.status_code for reply in replies] == [200] * CALLERS
    assert [reply.json()["question"] for reply in replies] == questions
    assert [reply.json()["answered"] for reply in replies] == [question != NOWHERE for question in questions]


async def test_quote_called_wrong_is_left_out(web_stack: Stack, tmp_path: Path) -> None:
    """What managers decided in Discord holds over HTTP as well, without a restart."""
    settings = load_settings(index=str(web_stack[0].index_folder), seeds=str(tmp_path))
    async with open_web_service(settings, web_stack[1]) as web:
        (first, *_) = (await web.ask(STEPS)).json()["quotes"]
        add_wrong_quote(tmp_path, WrongQuote(STEPS, first["citation"]["id"]))
        after = (await web.ask(STEPS)).json()["quotes"]

    assert first["citation"]["id"] not in [quote["citation"]["id"] for quote in after]


async def test_who_finds_the_queue_full_is_told_when_to_ask_again(web_stack: Stack, held: HeldSearches) -> None:
    """One runs, one waits, and all others get status 503 at once; those two are answered."""
    async with open_web_service(*web_stack, workers=1, max_waiting=1) as web:
        first = asyncio.create_task(web.page(STEPS))
        await held.until_begun()
        refused = await web.ask(CODE)  # nobody may take more than half of the places
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert int(refused.headers["Retry-After"]) >= 1
        page = await web.page(CODE)
        assert (page.status_code, question_service.FULL in page.text) == (503, True)
        held.let_go.set()
        assert (await first).status_code == 200


async def test_every_caller_is_answered_or_refused(web_stack: Stack, held: HeldSearches) -> None:
    """Of sixteen at once, as many are answered as the settings say that fit."""
    async with open_web_service(*web_stack, workers=2, max_waiting=6) as web:
        asked = [asyncio.create_task(web.ask(STEPS)) for _ in range(CALLERS)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        await until(lambda: sum(task.done() for task in asked) == CALLERS - 4)
        held.let_go.set()
        assert Counter(reply.status_code for reply in await asyncio.gather(*asked)) == {200: 4, 503: CALLERS - 4}
        assert len(done) >= 1


async def test_a_search_that_takes_too_long_is_given_up(web_stack: Stack, held: HeldSearches) -> None:
    """The asker is told to ask again; the thread is free once the search ends."""
    async with open_web_service(*web_stack, workers=1, timeout_s=1) as web:
        slow = await web.ask(STEPS)
        assert (slow.status_code, slow.json()["error"]["code"]) == (503, "slow")
        assert web.service.longest_search_s > 0
        held.let_go.set()
        await until(lambda: web.service.longest_search_s == 0.0)


async def test_a_client_that_asks_too_often_is_refused(web_stack: Stack) -> None:
    """With the seconds until the next question; the page itself is still there."""
    async with open_web_service(*web_stack, questions_per_minute=2) as web:
        assert [(await web.ask(NOWHERE)).status_code for _ in range(3)] == [200, 200, 429]
        refused = await web.page(NOWHERE)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 30
        assert [(await web.client.get(path)).status_code for path in ("/", "/api/v1/health")] == [200, 200]


async def test_only_a_known_proxy_says_who_asks(web_stack: Stack) -> None:
    """Otherwise everybody could be somebody else with each question."""
    for proxies, expected in (([], [200, 429]), (["127.0.0.1"], [200, 200])):
        async with open_web_service(*web_stack, questions_per_minute=1, proxies=proxies) as web:
            got = [
                await web.client.get("/api/v1/sources", headers={"X-Forwarded-For": f"192.0.2.{number}"})
                for number in (1, 2)
            ]
            assert [reply.status_code for reply in got] == expected


async def test_a_fault_of_ours_is_said_and_hides_its_reason(
    web: WebService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the reason, without the question."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr(Retriever, "ask", fail)
    for reply in (await web.ask("a private question"), await web.page("a private question")):
        assert (reply.status_code, "the reason" in reply.text) == (500, False)
    assert "the reason" in caplog.text
    assert "a private question" not in caplog.text


async def test_a_new_generation_answers_without_a_restart(tmp_path: Path, compiled_model: tuple[Path, str]) -> None:
    """A quote of the old one is still found by its id, with what became of its document."""
    seeds, index = tmp_path / "seeds", tmp_path / "index"
    seeds.mkdir()
    (seeds / "zoo.txt").write_text("The zoo of the town opened in 1931.")
    shutil.copytree(compiled_model[0] / "models", index / "models", copy_function=os.link)
    settings = load_settings(seeds=str(seeds), index=str(index))
    rebuild(building.rebuild_options(settings), silent)
    async with open_web_service(settings, answering_stack.open_live(settings)) as web:
        question = "When did the zoo of the town open?"
        old = (await web.ask(question)).json()["quotes"][0]
        (seeds / "zoo.txt").write_text("The zoo of the town opened in 1954.")
        assert (await asyncio.to_thread(rebuild, building.rebuild_options(settings), silent)).published
        assert await web.service.live.refresh()
        new = (await web.ask(question)).json()
        assert ("1931" in old["text"], "1954" in new["quotes"][0]["text"], new["generation"]) == (True, True, "gen-2")
        found = (await web.client.get(f"/api/v1/quotes/{old['citation']['id']}")).json()
        assert (found["quote"]["text"], found["in_use"], found["state"]) == (old["text"], False, "changed")


async def test_a_stopping_service_finishes_what_it_has_begun(web_stack: Stack, held: HeldSearches) -> None:
    """Requests in flight, running and waiting, are answered; the service takes no new ones."""
    async with open_web_service(*web_stack, workers=1) as web:
        asked = [asyncio.create_task(web.ask(STEPS)) for _ in range(3)]
        await held.until_begun()
        await until(lambda: web.service.waiting == 3)
        web.server.should_exit = True
        held.let_go.set()
        assert [reply.status_code for reply in await asyncio.gather(*asked)] == [200, 200, 200]
