"""/healthz and /metrics over a real socket, and that nothing about them stops the bot."""

import asyncio
import datetime
import logging
import time
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from bot.discord_bot.operations.health import serve
from bot.discord_bot.operations.prometheus_metrics import CONTENT_TYPE, WAYS, Metrics

pytestmark = pytest.mark.asyncio

WELL: Mapping[str, object] = {"connected": True, "generation": "gen-7", "queue": 3}


def port_of(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])


async def get(runner: web.AppRunner, path: str) -> tuple[int, aiohttp.ClientResponse, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port_of(runner)}{path}") as response:
        return response.status, response, await response.text()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (WELL, 200),
        ({"connected": False, "generation": "gen-7"}, 503),
        ({"connected": True, "generation": None}, 503),
        ({}, 503),
    ],
)
async def test_health_is_a_connection_and_an_index(state: Mapping[str, object], status: int) -> None:
    """200 with both, 503 without either; the answer says what was found, as JSON."""
    runner = await serve(0, Metrics(), lambda: state)
    found, response, _ = await get(runner, "/healthz")
    assert found == status
    assert await response.json() == {"ok": status == 200, **state}
    await runner.cleanup()


async def test_a_state_may_hold_more_than_json_knows() -> None:
    """A day or a path is told as text, not as an error."""
    runner = await serve(0, Metrics(), lambda: {**WELL, "day": datetime.date(2026, 1, 2)})
    status, response, _ = await get(runner, "/healthz")
    assert (status, (await response.json())["day"]) == (200, "2026-01-02")
    await runner.cleanup()


async def test_health_is_asked_each_time() -> None:
    """A link that broke after the start shows at the next request."""
    state = dict(WELL)
    runner = await serve(0, Metrics(), lambda: state)
    assert (await get(runner, "/healthz"))[0] == 200
    state["connected"] = False
    assert (await get(runner, "/healthz"))[0] == 503
    await runner.cleanup()


async def test_a_state_that_cannot_be_told_is_not_well() -> None:
    """An error while asking is a 500, and the next request is served."""

    def broken() -> Mapping[str, object]:
        raise RuntimeError("canary")

    runner = await serve(0, Metrics(), broken)
    status, _, text = await get(runner, "/healthz")
    assert status == 500
    assert "canary" not in text
    assert (await get(runner, "/metrics"))[0] == 200
    await runner.cleanup()


async def test_every_figure_is_served_under_its_name() -> None:
    """What the bot counted is what Prometheus reads: names, labels, values; two bots share nothing."""
    metrics, other = Metrics(), Metrics()
    metrics.questions.labels("slash").inc()
    metrics.answers.inc(2)
    metrics.refusals.inc(3)
    metrics.overflows.labels("full").inc(4)
    metrics.failures.inc(5)
    metrics.latency.observe(0.3)
    metrics.queue.set(6)
    metrics.gateway.labels("0").set(1)
    metrics.generation.set(7)
    metrics.connections.inc(8)
    metrics.loop_lag.observe(0.02)
    runner = await serve(0, metrics, lambda: WELL)
    status, response, text = await get(runner, "/metrics")
    await runner.cleanup()
    assert (status, response.headers["Content-Type"]) == (200, CONTENT_TYPE)
    found = samples(text)
    expected = {
        ("footnote_questions_total", (("way", "slash"),)): 1,
        ("footnote_answers_total", ()): 2,
        ("footnote_refusals_total", ()): 3,
        ("footnote_overflows_total", (("reason", "full"),)): 4,
        ("footnote_failures_total", ()): 5,
        ("footnote_latency_seconds_count", ()): 1,
        ("footnote_latency_seconds_sum", ()): 0.3,
        ("footnote_latency_seconds_bucket", (("le", "0.25"),)): 0,
        ("footnote_latency_seconds_bucket", (("le", "0.5"),)): 1,
        ("footnote_queue", ()): 6,
        ("footnote_gateway", (("shard", "0"),)): 1,
        ("footnote_generation", ()): 7,
        ("footnote_connections_total", ()): 8,
        ("footnote_loop_lag_seconds_bucket", (("le", "0.01"),)): 0,
        ("footnote_loop_lag_seconds_bucket", (("le", "0.025"),)): 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert samples(other.render().decode())["footnote_answers_total", ()] == 0


async def test_ways_of_asking_are_there_before_anybody_asked() -> None:
    """Each has a zero from the start."""
    found = samples(Metrics().render().decode())
    assert [found["footnote_questions_total", (("way", way),)] for way in WAYS] == [0] * len(WAYS)


async def test_a_blocked_event_loop_shows() -> None:
    """A call that holds the loop for 0.2 s is seen as that much lag, and watching ends when cancelled."""
    metrics = Metrics()
    watching = asyncio.create_task(metrics.watch_loop(0.01))
    await asyncio.sleep(0)
    time.sleep(0.2)
    async with asyncio.timeout(5):
        while not samples(metrics.render().decode())["footnote_loop_lag_seconds_count", ()]:
            await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert samples(metrics.render().decode())["footnote_loop_lag_seconds_sum", ()] >= 0.15
    assert watching.cancelled()


async def test_only_this_machine_is_served() -> None:
    """The socket is bound to 127.0.0.1, whatever the port, and other paths are not found."""
    runner = await serve(0, Metrics(), lambda: WELL)
    assert [address[0] for address in runner.addresses] == ["127.0.0.1"]
    assert (await get(runner, "/"))[0] == 404
    await runner.cleanup()


async def test_a_port_that_is_taken_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The bot goes on without, the first server answers on, and both can be cleaned up."""
    first = await serve(0, Metrics(), lambda: WELL)
    port = port_of(first)
    with caplog.at_level(logging.INFO):
        second = await serve(port, Metrics(), dict)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"no /healthz and /metrics: port {port} of 127.0.0.1 cannot be used: Address already in use")
    ]
    assert (await get(first, "/healthz"))[0] == 200
    await second.cleanup()
    await first.cleanup()


async def test_a_reader_that_never_leaves_does_not_hold_up_the_end() -> None:
    """With an open connection and a request that was never finished, cleaning up takes less than three seconds."""
    runner = await serve(0, Metrics(), lambda: WELL)
    _, idle = await asyncio.open_connection("127.0.0.1", port_of(runner))
    _, halfway = await asyncio.open_connection("127.0.0.1", port_of(runner))
    halfway.write(b"GET /metrics HTTP/1.1\r\nHost:")
    await halfway.drain()
    async with asyncio.timeout(3):
        await runner.cleanup()
    for writer in (idle, halfway):
        writer.close()
