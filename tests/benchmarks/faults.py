"""Break the connection many times, in a seeded order, and print how the bot recovers.

    python -m tests.benchmarks.faults 200 [--real 10] [--seed 1]

While each fault lasts, people ask by mention and by slash command. Printed are the longest time from the end of a fault
to an answer, and how many questions were answered twice, lost, and lost without a log line. Most faults run with short
waits; `--real` adds faults with the waits of the real bot.
"""

import argparse
import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.discord_bot.wire.connection_times import Times
from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget
from bot.sandbox.loopback.world_records import Interaction, Question
from tests.discord_server.faults import MALFORMED
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import FAST, Shared, running

CLOSE_CODES = (1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4900)
ROUTES = (r"POST /channels/\d+/messages", r"POST /interactions", r"PATCH /webhooks")
MAX_RECOVERY_S = 60.0  # after which a fault counts as never recovered from
ANSWER_WAIT_S = 1.0  # before the next question is asked
LAST_ANSWERS_S = 3.0  # for answers that are still under way at the end
CLOCK_SLACK_S = 0.5


class LossLog(logging.Handler):
    """Collects the log lines that say that something was or may be lost."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.breaks: list[tuple[float, float]] = []  # begin and end of each time in which questions may be lost
        self.single_losses = 0

    def emit(self, record: logging.LogRecord) -> None:
        text, now = record.getMessage(), time.monotonic()
        if "new session" in text and "lost" in text:
            self.breaks.append((now - vars(record)["seconds"] - CLOCK_SLACK_S, now + CLOCK_SLACK_S))
        elif "lost" in text or "too late" in text:
            self.single_losses += 1

    def unexplained(self, lost_at: list[float]) -> int:
        """Count the lost questions, by when they were asked, that no log line accounts for."""
        outside = [at for at in lost_at if not any(start <= at <= end for start, end in self.breaks)]
        return max(0, len(outside) - self.single_losses)


@dataclass
class Figures:
    """The results of a run."""

    faults: Counter[str] = field(default_factory=Counter)
    recoveries: list[tuple[float, str]] = field(default_factory=list)  # seconds, and the fault
    asked: int = 0
    doubled: int = 0
    lost: int = 0
    lost_silently: int = 0
    identifies: int = 0

    def __str__(self) -> str:
        slowest = max(self.recoveries)
        return (
            f"{sum(self.faults.values())} faults, {self.asked} questions, {self.identifies} new sessions\n"
            f"back within {slowest[0]:.2f} s at most ({slowest[1]})\n"
            f"doubled {self.doubled}, lost {self.lost}, lost without a log line {self.lost_silently}"
        )


class Script:
    """Causes faults and asks questions. `dice` decides everything; `pace` stretches the time that faults last."""

    def __init__(self, server: DiscordServer, dice: random.Random, pace: float) -> None:
        self.server, self.dice, self.pace = server, dice, pace
        (guild,) = server.world.guilds.values()
        self.channel = server.general(guild)
        self.user = server.user("ann", guild)
        self.asked: list[tuple[float, Question | Interaction]] = []

    async def ask(self) -> Question | Interaction:
        """Ask a question in one of two ways."""
        text = f"question {len(self.asked)}"
        question: Question | Interaction
        if self.dice.random() < 0.5:
            question = await self.server.mention(self.user, self.channel, text)
        else:
            question = await self.server.slash(self.user, self.channel, "ask", question=text)
        self.asked.append((time.monotonic(), question))
        return question

    async def break_something(self) -> str:
        """Cause one fault, and ask while it lasts. Returns its name once the network is back."""
        faults = self.server.faults
        route = self.dice.choice(ROUTES)
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "down": self._down,
            "flapping": self._flapping,
            "freeze": self._gateway("freeze"),
            "reset": self._gateway("reset"),
            "reconnect": self._gateway("reconnect"),
            "invalid true": self._gateway("invalid true"),
            "invalid false": self._gateway("invalid false"),
            "close": self._gateway(f"close {self.dice.choice(CLOSE_CODES)}"),
            "malformed": self._fault(lambda: faults.malformed(self.dice.choice(list(MALFORMED)))),
            "hello": self._planned("hello", ("ignore", "reset", "close 4000", "freeze")),
            "resume": self._planned("resume", ("ignore", "reset", "close 1011", "freeze", "invalid true", "reconnect")),
            "heartbeats": self._fault(lambda: faults.plan("heartbeat", "ignore", times=2)),
            "upgrade": self._upgrade,
            "rest reset": self._fault(lambda: faults.reset(route, when=self._when(), times=2)),
            "rest 5xx": self._fault(
                lambda: faults.fail(self.dice.choice((500, 502, 503, 520)), route, when=self._when())
            ),
            "rest 429": self._fault(lambda: faults.limit(0.3, route, via=self.dice.random() < 0.5)),
            "forgotten": self._forgotten,
        }
        name = self.dice.choice(list(kinds))
        await kinds[name]()
        return name

    def _when(self) -> str:
        return self.dice.choice(("before", "after"))

    def _fault(self, cause: Callable[[], object]) -> Callable[[], Awaitable[None]]:
        async def cause_and_ask() -> None:
            cause()
            await self.ask()

        return cause_and_ask

    def _gateway(self, action: str) -> Callable[[], Awaitable[None]]:
        return self._fault(lambda: self.server.faults.gateway(action))

    def _planned(self, step: str, actions: tuple[str, ...]) -> Callable[[], Awaitable[None]]:
        async def break_and_ask() -> None:
            times = self.dice.randint(1, 3) if self.pace < 1 else 1
            self.server.faults.plan(step, self.dice.choice(actions), times=times)
            self.server.faults.gateway("reset")
            await self.ask()

        return break_and_ask

    async def _upgrade(self) -> None:
        self.server.faults.fail(self.dice.choice((500, 502, 503, 403)), "GET /ws", times=3)
        self.server.faults.gateway("reset")
        await self.ask()

    async def _forgotten(self) -> None:
        await self.ask()
        self.server.faults.forget_sessions()
        self.server.faults.gateway("reset")
        await self.ask()

    async def _down(self) -> None:
        await self.server.down()
        await self.ask()
        await asyncio.sleep(self.dice.uniform(0.1, 2.0) * self.pace)
        await self.ask()
        await self.server.up()

    async def _flapping(self) -> None:
        for _ in range(3):
            await self.server.down()
            await asyncio.sleep(self.dice.uniform(0.02, 0.2) * self.pace)
            await self.server.up()
            await asyncio.sleep(self.dice.uniform(0.02, 0.2) * self.pace)
            await self.ask()

    async def recover(self) -> float:
        """Ask until a question is answered. Returns how many seconds that took."""
        start = time.monotonic()
        while time.monotonic() - start < MAX_RECOVERY_S:
            question = await self.ask()
            try:
                if isinstance(question, Question):
                    await question.answered(ANSWER_WAIT_S)
                else:
                    await question.settled(ANSWER_WAIT_S)
                break
            except TimeoutError:
                continue
        return time.monotonic() - start


def answer_count(question: Question | Interaction) -> int:
    """Return how often a question was answered."""
    return len(question.answers) if isinstance(question, Question) else len(question.shown)


async def play(faults: int, seed: int, times: Times) -> Figures:
    """Run so many faults against a server of their own."""
    figures, losses = Figures(), LossLog()
    log = logging.getLogger("bot.discord_bot")
    log.addHandler(losses)
    level = log.level
    log.setLevel(logging.INFO)
    fast = times == FAST
    budget = IdentifyBudget(spacing=0.0, reserve=10 * faults) if fast else IdentifyBudget()
    shared = Shared(times=times, continuity=Continuity(budget=budget))
    try:
        async with DiscordServer() as server:
            server.world.guild("Town")
            server.limits.enabled = False
            server.gateway.identify_limit = 1000 + 10 * faults  # sessions would be spaced if few were left
            async with running(server, shared):
                await server.ready()
                script = Script(server, random.Random(seed), 0.5 if fast else 5.0)
                for _ in range(faults):
                    name = await script.break_something()
                    figures.faults[name] += 1
                    figures.recoveries.append((await script.recover(), name))
                    server.faults.clear()
                await asyncio.sleep(LAST_ANSWERS_S)
            figures.identifies = server.gateway.identifies
    finally:
        log.removeHandler(losses)
        log.setLevel(level)
    figures.asked = len(script.asked)
    figures.doubled = sum(answer_count(question) > 1 for _, question in script.asked)
    lost_at = [at for at, question in script.asked if not answer_count(question)]
    figures.lost = len(lost_at)
    figures.lost_silently = losses.unexplained(lost_at)
    return figures


def main() -> None:
    """Run the faults that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", type=int)
    parser.add_argument("--real", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    start = time.monotonic()
    for faults, times, name in ((options.faults, FAST, "short waits"), (options.real, Times(), "the bot's own waits")):
        if faults:
            print(f"{name}:\n{asyncio.run(play(faults, options.seed, times))}")
    print(f"took {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
