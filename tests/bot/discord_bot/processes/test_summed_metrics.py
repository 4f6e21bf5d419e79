"""The metrics of several processes as those of one bot."""

from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.processes.summed_metrics import SummedMetrics


def page(*, slash: int, generation: int, shard: int, latency: float = 0.1) -> str:
    """Return the page of a process that answered so many questions."""
    metrics = Metrics()
    metrics.questions.labels("slash").inc(slash)
    metrics.generation.set(generation)
    metrics.record_connection(shard, up=True)
    metrics.latency.observe(latency)
    return metrics.render().decode()


def values(summed: SummedMetrics) -> dict[str, float]:
    """Parse the sums."""
    lines = summed.render().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_counts_and_buckets_are_added_and_the_lowest_generation_is_told() -> None:
    """A rebuild is live once all processes use it; each shard has its own gauge."""
    summed = SummedMetrics()
    summed.update("a", page(slash=2, generation=3, shard=0, latency=0.07))
    summed.update("b", page(slash=5, generation=4, shard=1, latency=0.3))
    found = values(summed)
    assert found['footnote_questions_total{way="slash"}'] == 7
    assert found['footnote_latency_seconds_bucket{le="0.1"}'] == 1
    assert found['footnote_latency_seconds_bucket{le="+Inf"}'] == 2
    assert found["footnote_latency_seconds_count"] == 2
    assert found["footnote_generation"] == 3
    assert found['footnote_gateway{shard="0"}'] == found['footnote_gateway{shard="1"}'] == 1


def test_what_a_process_counted_stays_after_its_end() -> None:
    """A counter that fell would look like a restart of everything; gauges of the process go."""
    summed = SummedMetrics()
    summed.update("a", page(slash=2, generation=3, shard=0))
    summed.end("a")
    summed.update("b", page(slash=1, generation=4, shard=1))
    found = values(summed)
    assert found['footnote_questions_total{way="slash"}'] == 3
    assert found["footnote_latency_seconds_count"] == 2
    assert found["footnote_generation"] == 4
    assert 'footnote_gateway{shard="0"}' not in found


def test_the_page_of_one_process_keeps_its_types() -> None:
    """Prometheus reads the same kinds of metrics as from the process itself, without the times at which they began."""
    summed = SummedMetrics()
    own = page(slash=1, generation=1, shard=0)
    summed.update("a", own)
    kinds = [line for line in own.splitlines() if line.startswith("# TYPE") and "_created" not in line]
    assert [line for line in summed.render().decode().splitlines() if line.startswith("# TYPE")] == kinds
