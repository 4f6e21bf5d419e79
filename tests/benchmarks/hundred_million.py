"""Simulate a bot over a hundred million sentences: python -m tests.benchmarks.hundred_million [--help].

The plan is docs/past_one_machine.md: partitions of the documents, each an index of its own on several searchers; fronts
that encode a question, ask all partitions, rank what comes back and quote; PostgreSQL for what the bots share. FIGURES
holds what it is built on, each figure measured by a command or assumed. Questions arrive at random; every core is a
server that does one piece of work at a time; whoever fails loses what it had in hand.

Prints JSON lines: the sizes that follow from the figures, then for each scenario the milliseconds from question to
answer (half, 95 %, 99 %, all), how busy fronts and searchers are, how many questions waited longer than LATE_S, and how
many were told that not all documents can be searched.
"""

import argparse
import heapq
import json
import math
import random
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

MILLION = 1_000_000
LATE_S = 3.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that the plan is built on: its unit, and the command that measured it, "" if it is assumed, or why."""

    value: float
    unit: str
    command: str
    why: str = ""


CONTEST = "tests.benchmarks.contest"
LARGE = "tests.benchmarks.large"
WORKERS = "tests.benchmarks.encoding_workers"
KILLS = "tests.proofs.process_kills"
FIGURES = {
    "front work for a question": Figure(6.0, "ms of a core", LARGE, "a question without its searches"),
    "search in a million sentences": Figure(
        4.5, "ms of a core", LARGE, "1.8 among 400,000; taken to grow with their number"
    ),
    "spread of a piece of work": Figure(1.4, "slowest in twenty / median", CONTEST),
    "index on disk": Figure(4.5, "KB a sentence", CONTEST),
    "memory of a searcher for its files": Figure(1.4, "GB a million sentences", LARGE, "mapped, shared by processes"),
    "memory of a searcher besides": Figure(0.15, "GB a million sentences", CONTEST),
    "encoding": Figure(110.0, "sentences a second and core", CONTEST),
    "what the queue adds to encoding": Figure(0.05, "of a core for each core", WORKERS),
    "memory of a rebuild": Figure(
        5.0, "GB a million sentences", "", "1.5 GB of float32 vectors, 3.2 GB of token vectors"
    ),
    "candidates on the network": Figure(0.2, "MB a question and partition", "", "50 rows with token vectors"),
    "network between front and searcher": Figure(1.0, "ms there and back", "", "one data centre"),
    "a dead process is noticed after": Figure(0.1, "s", "", "its connections close"),
    "a dead machine is noticed after": Figure(2.0, "s", "", "nothing closes its connections"),
    "a searcher starts in": Figure(10.0, "s", "", "1.6 s for a million sentences, plus checksums and cold files"),
    "another bot process takes over after": Figure(10.0, "s", KILLS, "the lease of a machine; at once for a process"),
    "PostgreSQL is back after": Figure(20.0, "s", "", "a standby takes over"),
    "a front waits for a partition": Figure(5.0, "s", "", "then it says that not all documents can be searched"),
    "a core": Figure(0.04, "dollars an hour", "", "rented, with 4 GB of memory"),
    "memory": Figure(0.005, "dollars a GB and hour", ""),
}


def value(name: str) -> float:
    """Return a figure."""
    return FIGURES[name].value


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of what there are, and what is asked of them."""

    sentences: int = 100 * MILLION
    partitions: int = 20
    replicas: int = 2  # of each partition, on different machines
    searcher_cores: int = 2
    fronts: int = 3
    front_cores: int = 2
    rate: float = 30.0  # questions a second
    seconds: float = 120.0
    encoding_cores: int = 64

    @property
    def partition_millions(self) -> float:
        """Return the millions of sentences in a partition."""
        return self.sentences / self.partitions / MILLION

    @property
    def search_s(self) -> float:
        """Return the median time of a core to search a partition."""
        return value("search in a million sentences") / 1000 * self.partition_millions


@dataclass(frozen=True, slots=True)
class Failure:
    """What fails in a scenario: a kind of part, how many of them, when, and for how long."""

    name: str
    part: str = ""  # "searcher", "front" or "database"
    which: tuple[int, ...] = ()
    noticed_s: float = 0.0
    away_s: float = 0.0


@dataclass(slots=True)
class Station:
    """A process with some cores: it works on so many pieces at a time, and the others wait in order."""

    cores: int
    waiting: deque[tuple[Callable[[], None], Callable[[], None]]] = field(default_factory=deque)  # to begin, if lost
    working: int = 0
    busy_s: float = 0.0
    alive: bool = True
    noticed_at: float = 0.0  # when its last end was noticed
    life: int = 0  # which start of the process this is: pieces of an earlier one are lost

    @property
    def load(self) -> float:
        """Return how much there is to do for each core."""
        return (self.working + len(self.waiting)) / self.cores


@dataclass(slots=True)
class Question:
    """A question on its way: when it came, when it was answered, and whether all partitions were searched."""

    came: float
    answered: float = math.inf
    open_partitions: int = 0
    incomplete: bool = False
    front: Station | None = None


class Simulation:
    """Runs one scenario."""

    def __init__(self, plan: Plan, failure: Failure, seed: int = 1) -> None:
        self.plan, self.failure = plan, failure
        self.dice = random.Random(seed)
        self.now = 0.0
        self.fronts = [Station(plan.front_cores) for _ in range(plan.fronts)]
        self.searchers = [[Station(plan.searcher_cores) for _ in range(plan.replicas)] for _ in range(plan.partitions)]
        self.questions: list[Question] = []
        self.database_back = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._sigma = math.log(value("spread of a piece of work")) / 1.645  # of a log-normal distribution

    def run(self) -> None:
        """Let questions arrive for the time of the plan, and work until nothing is left to do."""
        at = 0.0
        while (at := at + self.dice.expovariate(self.plan.rate)) < self.plan.seconds:
            question = Question(at)
            self.questions.append(question)
            self._at(at, partial(self._arrive, question))
        if self.failure.part:
            self._at(self.plan.seconds / 3, self._fail)
        while self._events:
            self.now, _, happen = heapq.heappop(self._events)
            happen()

    def _at(self, moment: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), happen))

    def _arrive(self, question: Question) -> None:
        """Let a bot claim a question in the database, when there is one, and a front encode it."""
        if self.now < self.database_back:
            self._at(self.database_back, lambda: self._arrive(question))
            return
        question.front = self.dice.choice([front for front in self.fronts if front.alive])  # whose server it is
        self._front_work(question, lambda: self._ask_partitions(question))

    def _front_work(self, question: Question, then: Callable[[], None]) -> None:
        """Let the front of a question do half of its work, unless it is gone: then others begin the question again."""
        front = question.front
        if front is None or not front.alive:
            self._begin_again(question)
            return
        half = value("front work for a question") / 2000
        self._work(front, half, then, lambda: self._begin_again(question))

    def _begin_again(self, question: Question) -> None:
        self._at(self.now + value("another bot process takes over after"), lambda: self._arrive(question))

    def _ask_partitions(self, question: Question) -> None:
        question.open_partitions = self.plan.partitions
        travel = value("network between front and searcher") / 1000
        for replicas in self.searchers:
            self._at(self.now + travel, partial(self._search, question, replicas, self.now))

    def _search(self, question: Question, replicas: list[Station], since: float) -> None:
        """Let the least busy replica search; wait for one if none is there."""
        alive = [station for station in replicas if station.alive]
        again = partial(self._search, question, replicas, since)
        if alive:
            station = min(alive, key=lambda station: station.load)
            self._work(station, self.plan.search_s, lambda: self._found(question), again)
        elif self.now - since < value("a front waits for a partition"):
            self._at(self.now + 0.1, again)
        else:
            question.incomplete = True
            self._found(question)

    def _found(self, question: Question) -> None:
        question.open_partitions -= 1
        if question.open_partitions == 0:
            self._front_work(question, lambda: self._answer(question))

    def _answer(self, question: Question) -> None:
        question.answered = self.now

    def _work(self, station: Station, median_s: float, then: Callable[[], None], lost: Callable[[], None]) -> None:
        """Give a station a piece of work; `then` follows its end, `lost` once it is noticed that the station died."""
        seconds, life = median_s * math.exp(self.dice.gauss(0.0, self._sigma)), station.life

        def begin() -> None:
            station.working += 1
            self._at(self.now + seconds, end)

        def end() -> None:
            if station.life != life:
                self._at(max(self.now, station.noticed_at), lost)
                return
            station.working -= 1
            station.busy_s += seconds
            then()
            self._next(station)

        station.waiting.append((begin, lost))
        self._next(station)

    def _next(self, station: Station) -> None:
        while station.waiting and station.working < station.cores:
            station.waiting.popleft()[0]()

    def _fail(self) -> None:
        failure = self.failure
        if failure.part == "database":
            self.database_back = self.now + failure.away_s
            return
        stations = self.fronts if failure.part == "front" else [each for group in self.searchers for each in group]
        for number in failure.which:
            self._stop(stations[number])

    def _stop(self, station: Station) -> None:
        """Let a station die: what it had in hand is lost; until that is noticed, it is given more."""
        station.life += 1
        station.working = station.cores  # nothing more gets done
        station.noticed_at = self.now + self.failure.noticed_s

        def notice() -> None:
            station.alive = False
            pieces, station.waiting = station.waiting, deque()
            for _, lost in pieces:
                lost()

        def start() -> None:
            station.alive, station.working = True, 0

        self._at(station.noticed_at, notice)
        self._at(self.now + self.failure.away_s, start)


def results(simulation: Simulation) -> dict[str, object]:
    """Summarise a scenario."""
    plan = simulation.plan
    times = sorted(question.answered - question.came for question in simulation.questions)
    searchers = [station for replicas in simulation.searchers for station in replicas]
    busy = {
        name: sum(each.busy_s for each in stations) / plan.seconds / sum(each.cores for each in stations)
        for name, stations in (("fronts", simulation.fronts), ("searchers", searchers))
    }
    return {
        "scenario": simulation.failure.name,
        "questions": len(times),
        "ms": [round(times[min(int(len(times) * share), len(times) - 1)] * 1000) for share in (0.5, 0.95, 0.99, 1.0)],
        "busy": {name: round(share, 2) for name, share in busy.items()},
        "late": sum(time > LATE_S for time in times),
        "unanswered": sum(math.isinf(time) for time in times),
        "incomplete": sum(question.incomplete for question in simulation.questions),
    }


def sizes(plan: Plan) -> dict[str, float]:
    """Compute the sizes and the costs that follow from the figures."""
    millions = plan.sentences / MILLION
    files, besides = value("memory of a searcher for its files"), value("memory of a searcher besides")
    memory = millions * (files + besides) * plan.replicas
    cores = plan.partitions * plan.replicas * plan.searcher_cores + plan.fronts * plan.front_cores
    hourly = cores * value("a core") + max(0.0, memory - 4 * cores) * value("memory")
    core_ms = value("front work for a question") + value("search in a million sentences") * millions
    encoding = plan.sentences / value("encoding") * (1 + value("what the queue adds to encoding")) / 3600
    return {
        "partition_millions": plan.partition_millions,
        "disk_gb": round(millions * value("index on disk")),
        "memory_gb_of_a_searcher": round((files + besides) * plan.partition_millions, 1),
        "memory_gb": round(memory),
        "cores": cores,
        "core_ms_a_question": round(core_ms),
        "network_mb_a_question": round(value("candidates on the network") * plan.partitions, 1),
        "dollars_an_hour": round(hourly, 2),
        "dollars_a_thousand_questions": round(hourly / 3600 / plan.rate * 1000, 3),
        "encoding_core_hours": round(encoding),
        "encoding_hours": round(encoding / plan.encoding_cores, 1),
        "rebuild_gb_of_a_partition": round(value("memory of a rebuild") * plan.partition_millions),
    }


def failures(plan: Plan) -> list[Failure]:
    """List what may fail: each kind of part once, and both searchers of one partition."""
    process, machine = value("a dead process is noticed after"), value("a dead machine is noticed after")
    start = value("a searcher starts in")
    half = range(0, plan.partitions * plan.replicas // 4 * plan.replicas, plan.replicas)  # one of each, on one machine
    return [
        Failure("nothing fails"),
        Failure("a searcher is killed", "searcher", (0,), process, start),
        Failure("a machine with a quarter of the searchers is lost", "searcher", tuple(half), machine, 60.0),
        Failure("both searchers of a partition are lost", "searcher", tuple(range(plan.replicas)), process, start),
        Failure("a front is killed", "front", (0,), process, start),
        Failure("the database is away", "database", (), 0.0, value("PostgreSQL is back after")),
    ]


def main() -> int:
    """Print the sizes and the scenarios of a plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    defaults = Plan()
    for name in ("sentences", "partitions", "replicas", "searcher_cores", "fronts", "front_cores", "encoding_cores"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(defaults, name))
    for name in ("rate", "seconds"):
        parser.add_argument(f"--{name}", type=float, default=getattr(defaults, name))
    plan = replace(defaults, **vars(parser.parse_args()))
    print(json.dumps(sizes(plan)))
    for failure in failures(plan):
        simulation = Simulation(plan, failure)
        simulation.run()
        print(json.dumps(results(simulation)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
