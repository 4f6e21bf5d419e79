"""Mapping ahead keeps the order and its limit; calls never wait for a free core."""

import threading
from collections.abc import Iterator

import pytest

from retrieval.concurrency import RESULTS_AHEAD_PER_THREAD, Cores, map_ahead


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    """The number of threads does not matter, and no items give no results."""
    assert list(map_ahead(str, range(50), threads)) == [str(n) for n in range(50)]
    assert list(map_ahead(str, [], threads)) == []


def test_only_a_few_items_are_taken_ahead() -> None:
    """Waiting results take memory: besides the next one, there are at most a few per thread."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = map_ahead(str, items(), 2)
    assert next(results) == "0"
    assert len(taken) == 2 * RESULTS_AHEAD_PER_THREAD + 1


def test_an_error_is_raised_when_its_result_is_due() -> None:
    """The results before it come first."""
    results = map_ahead(lambda number: 1 // (3 - number), range(9), 2)
    assert [next(results), next(results), next(results)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_call_runs_in_another_thread_only_while_a_core_is_free() -> None:
    """Holding its turn keeps the only core busy."""
    cores = Cores(1)
    assert cores.start_if_free(threading.get_ident)() != threading.get_ident()
    with cores.turns:
        assert cores.start_if_free(threading.get_ident)() == threading.get_ident()


def test_a_core_is_free_again_after_an_error() -> None:
    """The error is raised where the result is awaited."""
    cores = Cores(1)
    with pytest.raises(ZeroDivisionError):
        cores.start_if_free(lambda: 1 // 0)()
    assert cores.turns.acquire(timeout=5)
