"""Mapping ahead keeps the order and its limit; calls never wait for a free core."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from retrieval.concurrency import RESULTS_AHEAD_PER_THREAD, Cores, available_cores, map_ahead, once


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


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "5000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "1600000 100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu.max": "none\n"}, 8),
        ({}, 8),
    ],
)
def test_the_quota_of_a_container_limits_the_cores(
    files: dict[str, str], cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of eight cores, as many count as a quota gives the time of, in cgroups of version 2 and 1."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert available_cores(tmp_path) == cores


def test_a_value_is_computed_once_whoever_comes_first() -> None:
    """Eight threads meet at a barrier, ask at once, and get the one result; an error leaves the next call its try."""
    barrier = threading.Barrier(8)
    results: list[object] = []

    def compute() -> object:
        results.append(object())
        return results[-1]

    value = once(compute)

    def ask() -> object:
        barrier.wait()
        return value()

    with ThreadPoolExecutor(8) as pool:
        asked = [future.result() for future in [pool.submit(ask) for _ in range(8)]]
    assert asked == results * 8
    divisors = iter([0, 1])
    again = once(lambda: 7 // next(divisors))
    with pytest.raises(ZeroDivisionError):
        again()
    assert (again(), again()) == (7, 7)
