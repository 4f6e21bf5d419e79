"""Sharing the cores: in order, not far ahead, and never waiting for one another."""

import threading
from collections.abc import Iterator

import pytest

from retrieval import concurrency


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_their_items(threads: int) -> None:
    """However many run at once, and also of nothing."""
    assert list(concurrency.side_by_side(str, range(50), threads)) == [str(n) for n in range(50)]
    assert list(concurrency.side_by_side(str, [], threads)) == []


def test_items_are_taken_only_a_few_ahead() -> None:
    """Results that wait to be taken hold memory: there are at most so many for each thread, and the one at hand."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = concurrency.side_by_side(str, items(), 2)
    assert next(results) == "0"
    assert len(taken) == 2 * concurrency.AHEAD + 1


def test_an_error_reaches_whoever_takes_the_result() -> None:
    """It comes in its place, after the results before it."""
    results = concurrency.side_by_side(lambda number: 1 // (3 - number), range(9), 2)
    assert [next(results), next(results), next(results)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize(("turns", "elsewhere"), [(1, True), (0, False)])
def test_a_call_has_a_thread_of_its_own_only_while_a_core_is_free(
    turns: int, elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn that it takes is given back, also after an error."""
    free = threading.Semaphore(turns)
    monkeypatch.setattr(concurrency, "TURNS", free)
    assert (concurrency.beside(threading.get_ident)() != threading.get_ident()) == elsewhere
    if elsewhere:
        with pytest.raises(ZeroDivisionError):
            concurrency.beside(lambda: 1 // 0)()
        assert free.acquire(timeout=5)
