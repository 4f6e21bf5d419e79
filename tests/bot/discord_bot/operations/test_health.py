"""/healthz and /metrics over a real socket; no failure of theirs stops the bot."""

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

HEALTHY: Mapping[str, object] = {"connected": True, "generation": "gen-7", "queue": 3}


def port_of(runner: web.AppRunner) -> int:
    """Return the port that a server listens on."""
    return int(runner.addresses[0][1])


async def get(runner: web.AppRunner, path: str) -> tuple[int, aiohttp.ClientResponse, str]:
    """Request a path, and return status, response and text."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port_of(runner)}{path}") as response:
        return response.status, response, await response.text()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Parse metrics: name and labels to value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (HEALTHY, 200),
        ({"connected": False, "generation": "gen-7"}, 503),
        ({"connected": True, "generation": None}, 503),
        ({}, 503),
    ],
)
async def test_health_needs_a_connection_and_an_index(state: Mapping[str, object], status: int) -> None:
    """The status is 200 with both and 503 otherwise; the body contains the state as JSON."""
    runner = await serve(0, Metrics(), lambda: state)
    actual, response, _ = await get(runner, "/healthz")
    assert actual == status
    assert await response.json() == {"ok": status == 200, **state}
    await runner.cleanup()


async def test_state_may_contain_other_types_than_json() -> None:
    """A date or a path is sent as text."""
    runner = await serve(0, Metrics(), lambda: {**HEALTHY, "day": datetime.date(2026, 1, 2)})
    status, response, _ = await get(runner, "/healthz")
    assert (status, (await response.json())["day"]) == (200, "2026-01-02")
    await runner.cleanup()


async def test_state_is_read_for_each_request() -> None:
    """A connection that broke after the start shows in the next response."""
    state = dict(HEALTHY)
    runner = await serve(0, Metrics(), lambda: state)
    assert (await get(runner, "/healthz"))[0] == 200
    state["connected"] = False
    assert (await get(runner, "/healthz"))[0] == 503
    await runner.cleanup()


async def test_error_in_the_state_is_a_500() -> None:
    """An error while reading the state is a 500, and the next request is served."""

    def broken() -> Mapping[str, object]:
        raise RuntimeError("canary")

    runner = await serve(0, Metrics(), broken)
    status, _, text = await get(runner, "/healthz")
    assert status == 500
    assert "canary" not in text
    assert (await get(runner, "/metrics"))[0] == 200
    await runner.cleanup()


async def test_every_metric_is_served_under_its_name() -> None:
    """Names, labels and values arrive as counted; two bots share nothing."""
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
    runner = await serve(0, metrics, lambda: HEALTHY)
    status, response, text = await get(runner, "/metrics")
    await runner.cleanup()
    assert (status, response.headers["Content-Type"]) == (200, CONTENT_TYPE)
    values = samples(text)
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
    assert {key: values.get(key) for key in expected} == expected
    assert samples(other.render().decode())["footnote_answers_total", ()] == 0


async def test_ways_of_asking_start_at_zero() -> None:
    """Each way is listed from the start."""
    values = samples(Metrics().render().decode())
    assert [values["footnote_questions_total", (("way", way),)] for way in WAYS] == [0] * len(WAYS)


async def test_blocked_event_loop_is_measured() -> None:
    """A call that blocks the loop for 0.2 s counts as that much lag; watching ends when cancelled."""
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
    """The socket is bound to 127.0.0.1, and other paths are not found."""
    runner = await serve(0, Metrics(), lambda: HEALTHY)
    assert [address[0] for address in runner.addresses] == ["127.0.0.1"]
    assert (await get(runner, "/"))[0] == 404
    await runner.cleanup()


async def test_taken_port_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The bot goes on without it, the first server keeps serving, and both can be cleaned up."""
    first = await serve(0, Metrics(), lambda: HEALTHY)
    port = port_of(first)
    with caplog.at_level(logging.INFO):
        second = await serve(port, Metrics(), dict)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"no /healthz and /metrics: port {port} of 127.0.0.1 cannot be used: Address already in use")
    ]
    assert (await get(first, "/healthz"))[0] == 200
    await second.cleanup()
    await first.cleanup()


async def test_open_requests_do_not_delay_the_shutdown() -> None:
    """With an idle connection and an unfinished request, cleaning up takes less than three seconds."""
    runner = await serve(0, Metrics(), lambda: HEALTHY)
    _, idle = await asyncio.open_connection("127.0.0.1", port_of(runner))
    _, halfway = await asyncio.open_connection("127.0.0.1", port_of(runner))
    halfway.write(b"GET /metrics HTTP/1.1\r\nHost:")
    await halfway.drain()
    async with asyncio.timeout(3):
        await runner.cleanup()
    for writer in (idle, halfway):
        writer.close()
