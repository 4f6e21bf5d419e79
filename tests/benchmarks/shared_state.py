"""Measure what it costs a question that several processes share a bot: python -m tests.benchmarks.shared_state [RATE].

For one, two and four processes on one SQLite file, and then on a PostgreSQL server that is started for this, each of
which handles RATE (20) questions a second for five seconds and renews its lease: half of the times and 95 % of them, in
milliseconds, of each step. `claim` and `admit` come before an answer, `finish` after it. Also printed is the processor
time of a question.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable
from pathlib import Path

from bot.discord_bot.storage.database import Database, file_address
from bot.discord_bot.storage.sharing_store import SharingStore
from tests.support.postgresql_server import find_programs, running_server

SECONDS = 5.0
BEAT_S = 0.5
PROCESSES = (1, 2, 4)


async def work(address: str, number: int, rate: float) -> None:
    """Handle questions in one process, and print what each step took."""
    database = await Database.open(address)
    store, times = SharingStore(database), defaultdict[str, list[float]](list)
    holder = await store.join(f"process {number}", 4)
    await store.beat(holder, {}, "gen-1")

    async def timed(step: str, doing: Awaitable[object]) -> None:
        began = time.perf_counter()
        await doing
        times[step].append((time.perf_counter() - began) * 1e3)

    async def handle(id_: int) -> None:
        event = ("MESSAGE_CREATE", id_)
        await timed("claim", store.take(holder, number % 4, *event))
        await timed("admit", store.admit(id_, event, 10, 30.0))
        await timed("finish", store.finish(holder, *event))

    async def beat() -> None:
        while True:
            await timed("beat", store.beat(holder, {}, "gen-1"))
            await asyncio.sleep(BEAT_S)

    beating, began, cpu = asyncio.create_task(beat()), time.perf_counter(), time.process_time()
    tasks: list[asyncio.Task[None]] = []
    for count in range(int(rate * SECONDS)):
        tasks.append(asyncio.create_task(handle(number * 1_000_000 + count)))
        await asyncio.sleep(max(0.0, began + (count + 1) / rate - time.perf_counter()))
    await asyncio.gather(*tasks)
    beating.cancel()
    cost = (time.process_time() - cpu) * 1e3 / len(tasks)
    steps = [f"{step} {_at(values, 0.5):.1f} / {_at(values, 0.95):.1f}" for step, values in times.items()]
    print(f"  process {number}: {', '.join(steps)}; {cost:.1f} ms of processor time a question", flush=True)
    await store.close()
    await database.close()


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def main() -> None:
    """Run every number of processes, or one process if the address of a database and its number are given."""
    if len(sys.argv) > 2:
        asyncio.run(work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
        return
    rate = sys.argv[1] if len(sys.argv) > 1 else "20"
    for count in PROCESSES:
        with tempfile.TemporaryDirectory() as folder:
            run("SQLite", file_address(Path(folder) / "bot.sqlite"), count, rate)
    if programs := find_programs():
        for count in PROCESSES:
            with running_server(programs) as server:
                run("PostgreSQL", server.address("postgres"), count, rate)


def run(kind: str, address: str, count: int, rate: str) -> None:
    """Run a number of processes on a database."""
    heading = f"{kind}, {count} processes with {rate} questions a second each, ms at half and at 95 % of the times:"
    print(heading, flush=True)
    command = [sys.executable, "-P", "-m", "tests.benchmarks.shared_state", address]
    running = [subprocess.Popen([*command, str(number), rate]) for number in range(count)]
    for process in running:
        process.wait()


if __name__ == "__main__":
    main()
