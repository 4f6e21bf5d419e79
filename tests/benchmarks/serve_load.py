"""Load `footnote serve`: python -m tests.benchmarks.serve_load [QUESTIONS].

Starts the service with an index of the sample documents in a process of its own and prints JSON lines. `start`: seconds
until the address is printed and until the first answer, and those that the sandbox takes to start. `page_kb`: the size
of each page with all that it loads. `callers`: for 1 and 16 callers at once, each of whom asks
QUESTIONS (25) questions one after another, how many replies had which status, the median and the slowest in
twenty in milliseconds, and the answers in a second. `exit`: the exit code.
"""

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bot import building
from config.settings import load_settings
from retrieval.progress import silent
from retrieval.upkeep.rebuild import rebuild
from tests.support.paths import ROOT, SEEDS

QUESTIONS = (
    "When did the security dialogue first meet?",
    "Who is the defence minister of Japan?",
    "Who won the football World Cup?",
    "What is a gap?",
)
TIMEOUT_S = 60.0


async def main() -> int:
    """Run the service under load, and print the results."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    with tempfile.TemporaryDirectory() as name:
        index = Path(name) / "index"
        settings = load_settings(seeds=str(SEEDS), index=str(index))
        rebuild(building.rebuild_options(settings), silent)
        options = ("--port", "0", "--sandbox", "--index", str(index))
        command = (sys.executable, "-P", "-m", "bot.commands.cli", "serve", *options)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOOTNOTE_SERVE__QUESTIONS_PER_MINUTE": "100000"}
        began = time.perf_counter()
        service = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        assert service.stdout is not None
        address = (await service.stdout.readline()).decode().strip()
        printed = time.perf_counter() - began
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT_S) as client:
            await ask(client, QUESTIONS[0])
            first = time.perf_counter() - began
            reply = await client.post("/api/sandbox/start")
            sandbox = time.perf_counter() - began
            assert reply.status_code == httpx.codes.OK, reply.text
            times = {"address_s": printed, "first_answer_s": first, "sandbox_s": sandbox}
            print(json.dumps({"start": {name: round(seconds, 2) for name, seconds in times.items()}}), flush=True)
            pages = {"answer": f"/?{urlencode({'q': QUESTIONS[0]})}", "documents": "/documents", "sandbox": "/sandbox"}
            sizes = {name: await page_bytes(client, path) / 1000 for name, path in pages.items()}
            print(json.dumps({"page_kb": {name: round(size, 1) for name, size in sizes.items()}}), flush=True)
            for callers in (1, 16):
                print(json.dumps({"callers": callers} | await load(client, callers, count)), flush=True)
        service.terminate()
        print(json.dumps({"exit": await service.wait()}))
    return 0


async def page_bytes(client: httpx.AsyncClient, path: str) -> int:
    """Count the bytes of a page and of all that it loads."""
    page = await client.get(path)
    parts = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
    return len(page.content) + sum([len((await client.get(part)).content) for part in parts])


async def load(client: httpx.AsyncClient, callers: int, count: int) -> dict[str, object]:
    """Let callers ask at once, and sum up their answers."""
    began = time.perf_counter()
    asked = await asyncio.gather(*(caller(client, number, count) for number in range(callers)))
    seconds = time.perf_counter() - began
    statuses = Counter(status for replies in asked for status, _ in replies)
    times_ms = sorted(ms for replies in asked for status, ms in replies if status == httpx.codes.OK)
    return {
        "statuses": dict(statuses),
        "p50_ms": round(statistics.median(times_ms), 1),
        "p95_ms": round(statistics.quantiles(times_ms, n=20)[-1], 1),
        "per_second": round(len(times_ms) / seconds, 1),
    }


async def caller(client: httpx.AsyncClient, number: int, count: int) -> list[tuple[int, float]]:
    """Ask one question after another."""
    return [await ask(client, QUESTIONS[(number + turn) % len(QUESTIONS)]) for turn in range(count)]


async def ask(client: httpx.AsyncClient, question: str) -> tuple[int, float]:
    """Ask a question; return the status and the milliseconds until its answer."""
    began = time.perf_counter()
    reply = await client.post("/api/v1/ask", json={"question": question})
    return reply.status_code, (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
