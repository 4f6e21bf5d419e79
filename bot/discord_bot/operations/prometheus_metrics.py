"""What the bot counts and times, for Prometheus. No figure names a user, a server or a question."""

import asyncio
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
WAYS: Final = ("slash", "mention", "dm", "thread", "menu", "forum")
LATENCY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60)
LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """The figures of one bot, in a registry of their own; each is an object of prometheus_client."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.questions = Counter("footnote_questions", "Questions asked.", ["way"], registry=registry)
        self.answers = Counter("footnote_answers", "Questions answered with a quote.", registry=registry)
        self.refusals = Counter("footnote_refusals", "Questions answered with silence.", registry=registry)
        self.overflows = Counter("footnote_overflows", "Questions turned away.", ["reason"], registry=registry)
        self.failures = Counter("footnote_failures", "Questions lost to an error.", registry=registry)
        self.votes = Counter("footnote_votes", "Votes on answers.", ["vote"], registry=registry)
        self.latency = Histogram(
            "footnote_latency_seconds", "From asked to answered.", registry=registry, buckets=LATENCY_SECONDS
        )
        self.queue = Gauge("footnote_queue", "Questions that wait.", registry=registry)
        self.gateway = Gauge("footnote_gateway", "1 while a shard is connected, else 0.", ["shard"], registry=registry)
        self.generation = Gauge("footnote_generation", "The generation of the index in use.", registry=registry)
        self.connections = Counter("footnote_connections", "Connections made, the first ones too.", registry=registry)
        self.loop_lag = Histogram(
            "footnote_loop_lag_seconds", "How late the event loop is.", registry=registry, buckets=LAG_SECONDS
        )
        for way in WAYS:
            self.questions.labels(way)  # from the start, so that a rate has a zero to begin from

    def link(self, shard: int, up: bool) -> None:
        """Count a shard's connection that came up or went down."""
        if up:
            self.connections.inc()
        self.gateway.labels(shard).set(up)

    def render(self) -> bytes:
        """Return all figures as Prometheus reads them, of type CONTENT_TYPE."""
        return generate_latest(self._registry)

    async def watch_loop(self, seconds: float = 0.1) -> None:
        """Observe, until cancelled, by how much the event loop wakes a sleeper too late."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + seconds
            await asyncio.sleep(seconds)
            self.loop_lag.observe(max(0.0, loop.time() - due))
