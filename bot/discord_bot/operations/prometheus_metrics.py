"""Count and time what the bot does, for Prometheus. No metric names a user, a server or a question."""

import asyncio
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
WAYS: Final = ("slash", "mention", "dm", "thread", "menu", "forum")
LATENCY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60)
LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """The metrics of one bot, in a registry of their own; each is an object of prometheus_client."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.questions = Counter("footnote_questions", "Questions asked.", ["way"], registry=registry)
        self.answers = Counter("footnote_answers", "Questions answered with a quote.", registry=registry)
        self.refusals = Counter("footnote_refusals", "Questions refused for want of an answer.", registry=registry)
        self.overflows = Counter("footnote_overflows", "Questions turned away.", ["reason"], registry=registry)
        self.failures = Counter("footnote_failures", "Questions lost to an error.", registry=registry)
        self.votes = Counter("footnote_votes", "Votes on answers.", ["vote"], registry=registry)
        self.latency = Histogram(
            "footnote_latency_seconds",
            "Time from question to answer.",
            registry=registry,
            buckets=LATENCY_SECONDS,
        )
        self.queue = Gauge("footnote_queue", "Questions that wait or are being searched.", registry=registry)
        self.gateway = Gauge("footnote_gateway", "1 while a shard is connected, else 0.", ["shard"], registry=registry)
        self.generation = Gauge("footnote_generation", "The generation of the index in use.", registry=registry)
        self.connections = Counter("footnote_connections", "Connections made, first ones included.", registry=registry)
        self.loop_lag = Histogram(
            "footnote_loop_lag_seconds", "How late the event loop is.", registry=registry, buckets=LAG_SECONDS
        )
        for way in WAYS:
            self.questions.labels(way)  # so that a rate starts from zero

    def record_connection(self, shard: int, up: bool) -> None:
        """Record that the connection of a shard came up or went down."""
        if up:
            self.connections.inc()
        self.gateway.labels(shard).set(up)

    def render(self) -> bytes:
        """Format all metrics for Prometheus, as CONTENT_TYPE."""
        return generate_latest(self._registry)

    async def watch_loop(self, seconds: float = 0.1) -> None:
        """Measure the lag of the event loop until cancelled: how late a sleep of `seconds` ends."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + seconds
            await asyncio.sleep(seconds)
            self.loop_lag.observe(max(0.0, loop.time() - due))
