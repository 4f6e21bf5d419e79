"""Sharing the cores: in order, not far ahead, and never waiting for one another."""

import threading
from collections.abc import Iterator

import pytest

from retrieval.concurrency import RESULTS_AHEAD_PER_THREAD, Cores, map_ahead


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_their_items(threads: int) -> None:
    """However many run at once, and also of nothing."""
    assert list(map_ahead(str, range(50), threads)) == [str(n) for n in range(50)]
    assert list(map_ahead(str, [], threads)) == []


def test_items_are_taken_only_a_few_ahead() -> None:
    """Results that wait to be taken hold memory: there are at most so many for each thread, and the one at hand."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = map_ahead(str, items(), 2)
    assert next(results) == "0"
    assert len(taken) == 2 * RESULTS_AHEAD_PER_THREAD + 1


def test_an_error_reaches_whoever_takes_the_result() -> None:
    """It comes in its place, after the results before it."""
    results = map_ahead(lambda number: 1 // (3 - number), range(9), 2)
    assert [next(results), next(results), next(results)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_call_runs_in_another_thread_only_while_a_core_is_free() -> None:
    """The only core is busy while this thread holds the turn."""
    cores = Cores(1)
    assert cores.start_if_free(threading.get_ident)() != threading.get_ident()
    with cores.turns:
        assert cores.start_if_free(threading.get_ident)() == threading.get_ident()


def test_a_core_is_free_again_after_an_error() -> None:
    """The error reaches whoever waits for the result."""
    cores = Cores(1)
    with pytest.raises(ZeroDivisionError):
        cores.start_if_free(lambda: 1 // 0)()
    assert cores.turns.acquire(timeout=5)
