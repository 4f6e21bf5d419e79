"""The plan for a hundred million sentences: its page names every figure of the simulation, and questions survive."""

import json
import re
from dataclasses import replace

import pytest

from tests.benchmarks.hundred_million import FIGURES, Failure, Plan, Simulation, failures, results, sizes, value
from tests.support.paths import ROOT

SMALL = Plan(sentences=4_000_000, partitions=4, rate=20.0, seconds=30.0)


def run(plan: Plan, failure: Failure) -> dict[str, object]:
    simulation = Simulation(plan, failure)
    simulation.run()
    return results(simulation)


def test_the_page_lists_the_figures_of_the_simulation() -> None:
    """Each with its value, its unit, and the command that measured it, or that it is assumed."""
    page = (ROOT / "docs" / "past_one_machine.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) ([^|]+) \| ([^|]+) \| ([^|]*) \|$", page, re.MULTILINE)
    assert {name: tuple(cell.strip() for cell in cells) for name, *cells in rows} == {
        name: (
            f"{figure.value:g}",
            figure.unit,
            f"`python -m {figure.command}`" if figure.command else "assumed",
            figure.why,
        )
        for name, figure in FIGURES.items()
    }


def test_the_page_has_the_sizes_that_the_command_prints() -> None:
    """They follow from the figures."""
    page = (ROOT / "docs" / "past_one_machine.md").read_text("utf-8")
    [block] = re.findall(r"```\n(\{.*?\})\n```", page, re.DOTALL)
    assert json.loads(block) == sizes(Plan())


def test_a_question_alone_takes_the_work_of_a_front_and_the_slowest_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a spread and without others, exactly: the sum of the three."""
    monkeypatch.setitem(FIGURES, "spread of a piece of work", replace(FIGURES["spread of a piece of work"], value=1.0))
    simulation = Simulation(replace(SMALL, rate=0.2), Failure("nothing fails"))
    simulation.run()
    times = [question.answered - question.came for question in simulation.questions]
    expected_ms = sum(map(value, ("front work for a question", "search in a million sentences")))
    assert times == pytest.approx([(expected_ms + value("network between front and searcher")) / 1000] * len(times))
    assert len(times) > 3


@pytest.mark.parametrize("failure", failures(SMALL), ids=lambda failure: failure.name)
def test_whatever_fails_every_question_is_answered(failure: Failure) -> None:
    """Only a partition without any searcher makes an answer incomplete, which is said."""
    found = run(SMALL, failure)
    assert found["unanswered"] == 0
    assert bool(found["incomplete"]) == (failure.name == "both searchers of a partition are lost")


def test_too_few_cores_show_in_the_waits() -> None:
    """A simulation in which nothing ever waits would say nothing."""
    calm, crowded = run(SMALL, Failure("")), run(replace(SMALL, rate=1500.0, seconds=2.0), Failure(""))
    assert calm["late"] == 0
    assert isinstance(crowded["ms"], list)
    assert isinstance(calm["ms"], list)
    assert crowded["ms"][0] > 5 * calm["ms"][0]


def test_sizes_grow_with_the_sentences() -> None:
    """Disk and memory follow the sentences; the memory of one searcher follows those of its partition."""
    one, two = sizes(SMALL), sizes(replace(SMALL, sentences=8_000_000, partitions=8))
    assert two["disk_gb"] == 2 * one["disk_gb"]
    assert two["memory_gb_of_a_searcher"] == one["memory_gb_of_a_searcher"]
