"""/healthz and /metrics over a real socket; no failure of theirs stops the bot."""

import asyncio
import contextlib
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

LOCAL = "127.0.0.1"
HEALTHY: Mapping[str, object] = {"connected": True, "generation": "gen-7", "queue": 3}


def port_of(runner: web.AppRunner) -> int:
    """Return the port that a server listens on."""
    return int(runner.addresses[0][1])


async def get(runner: web.AppRunner, path: str, host: str = LOCAL) -> tuple[int, aiohttp.ClientResponse, str]:
    """Request a path, and return status, response and text."""
    url = f"http://{host}:{port_of(runner)}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
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
        ({**HEALTHY, "longest_search_s": 59.9}, 200),
        ({**HEALTHY, "longest_search_s": 60.0}, 503),
        ({}, 503),
    ],
)
async def test_health_needs_a_connection_and_an_index(state: Mapping[str, object], status: int) -> None:
    """The status is 200 with both and no search that hangs, else 503; the body contains the state as JSON."""
    runner = await serve(LOCAL, 0, Metrics(), lambda: state)
    actual, response, _ = await get(runner, "/healthz")
    assert actual == status
    assert await response.json() == {"ok": status == 200, **state}
    await runner.cleanup()


async def test_state_may_contain_other_types_than_json() -> None:
    """A date or a path is sent as text."""
    runner = await serve(LOCAL, 0, Metrics(), lambda: {**HEALTHY, "day": datetime.date(2026, 1, 2)})
    status, response, _ = await get(runner, "/healthz")
    assert (status, (await response.json())["day"]) == (200, "2026-01-02")
    await runner.cleanup()


async def test_state_is_read_for_each_request() -> None:
    """A connection that broke after the start shows in the next response."""
    state = dict(HEALTHY)
    runner = await serve(LOCAL, 0, Metrics(), lambda: state)
    assert (await get(runner, "/healthz"))[0] == 200
    state["connected"] = False
    assert (await get(runner, "/healthz"))[0] == 503
    await runner.cleanup()


async def test_error_in_the_state_is_a_500() -> None:
    """An error while reading the state is a 500, and the next request is served."""

    def broken() -> Mapping[str, object]:
        raise RuntimeError("canary")

    runner = await serve(LOCAL, 0, Metrics(), broken)
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
    runner = await serve(LOCAL, 0, metrics, lambda: HEALTHY)
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


@pytest.mark.parametrize("host", [LOCAL, "127.0.0.2", "0.0.0.0"])  # noqa: S104 - all addresses are what is tested
async def test_only_the_configured_address_is_served(host: str) -> None:
    """The socket is bound to it alone: 127.0.0.3 is another address of this machine. Other paths are not found."""
    runner = await serve(host, 0, Metrics(), lambda: HEALTHY)
    assert [address[0] for address in runner.addresses] == [host]
    reachable = []
    for address in (LOCAL, "127.0.0.2", "127.0.0.3"):
        with contextlib.suppress(aiohttp.ClientConnectorError):
            assert (await get(runner, "/healthz", address))[0] == 200
            assert (await get(runner, "/", address))[0] == 404
            reachable.append(address)
    assert reachable == ([LOCAL, "127.0.0.2", "127.0.0.3"] if host == "0.0.0.0" else [host])  # noqa: S104
    await runner.cleanup()


async def test_name_of_a_host_is_served() -> None:
    """It is looked up when the bot starts."""
    runner = await serve("localhost", 0, Metrics(), lambda: HEALTHY)
    assert {address[0] for address in runner.addresses} <= {LOCAL, "::1"}
    assert (await get(runner, "/healthz", "localhost"))[0] == 200
    await runner.cleanup()


@pytest.mark.parametrize("host", ["192.0.2.1", "host.invalid"])
async def test_address_of_another_machine_is_one_warning(host: str, caplog: pytest.LogCaptureFixture) -> None:
    """An address that this machine does not have, and a name that nobody has; the bot goes on without them."""
    with caplog.at_level(logging.INFO):
        runner = await serve(host, 9464, Metrics(), dict)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"no /healthz and /metrics: port 9464 of {host} cannot be used: ")
    assert "Unknown error" not in record.getMessage()
    assert runner.addresses == []
    await runner.cleanup()


async def test_taken_port_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The bot goes on without it, the first server keeps serving, and both can be cleaned up."""
    first = await serve(LOCAL, 0, Metrics(), lambda: HEALTHY)
    port = port_of(first)
    with caplog.at_level(logging.INFO):
        second = await serve(LOCAL, port, Metrics(), dict)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"no /healthz and /metrics: port {port} of 127.0.0.1 cannot be used: Address already in use")
    ]
    assert (await get(first, "/healthz"))[0] == 200
    await second.cleanup()
    await first.cleanup()


async def test_open_requests_do_not_delay_the_shutdown() -> None:
    """With an idle connection and an unfinished request, cleaning up takes less than three seconds."""
    runner = await serve(LOCAL, 0, Metrics(), lambda: HEALTHY)
    _, idle = await asyncio.open_connection("127.0.0.1", port_of(runner))
    _, halfway = await asyncio.open_connection("127.0.0.1", port_of(runner))
    halfway.write(b"GET /metrics HTTP/1.1\r\nHost:")
    await halfway.drain()
    async with asyncio.timeout(3):
        await runner.cleanup()
    for writer in (idle, halfway):
        writer.close()
