"""Break the connection N times by a seeded script, and print how the bot comes back.

    python -m tests.benchmarks.faults 200 [--real 10] [--seed 1]

While each fault lasts people ask by mention and by slash command. Printed: the longest time from the network's
return to an answer, questions answered twice, questions lost, and those lost without a log line. Most faults run
with short waits; `--real` adds some with the waits that the bot has in use.
"""

import argparse
import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget
from bot.discord_bot.wire.gateway_client import Times
from tests.discord_server.faults import MALFORMED
from tests.discord_server.records import Interaction, Question
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import FAST, Shared, running

CODES = (1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4900)
REST = (r"POST /channels/\d+/messages", r"POST /interactions", r"PATCH /webhooks")
BACK = 30.0  # seconds that it may take


class Lines(logging.Handler):
    """Keeps the lines that tell of something lost, with their times."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.sessions: list[tuple[float, float]] = []  # from when to when questions may be lost
        self.single = 0

    def emit(self, record: logging.LogRecord) -> None:
        text, now = record.getMessage(), time.monotonic()
        if "new session" in text and "lost" in text:
            self.sessions.append((now - vars(record)["seconds"] - 0.5, now + 0.5))
        elif "lost" in text or "too late" in text:
            self.single += 1


@dataclass
class Figures:
    """What came of a script."""

    faults: Counter[str] = field(default_factory=Counter)
    back: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0
    doubled: int = 0
    lost: int = 0
    lost_silently: int = 0
    identifies: int = 0

    def __str__(self) -> str:
        slowest = max(self.back)
        return (
            f"{sum(self.faults.values())} faults, {self.asked} questions, {self.identifies} new sessions\n"
            f"back within {slowest[0]:.2f} s at most ({slowest[1]})\n"
            f"doubled {self.doubled}, lost {self.lost}, lost without a log line {self.lost_silently}"
        )


class Script:
    """Strikes faults and asks questions; `dice` decides everything."""

    def __init__(self, server: DiscordServer, dice: random.Random, pace: float) -> None:
        self.server, self.dice, self.pace = server, dice, pace
        (guild,) = server.world.guilds.values()
        self.channel = server.general(guild)
        self.user = server.user("ann", guild)
        self.asked: list[tuple[float, Question | Interaction]] = []

    async def ask(self) -> Question | Interaction:
        text = f"question {len(self.asked)}"
        made: Question | Interaction
        if self.dice.random() < 0.5:
            made = await self.server.mention(self.user, self.channel, text)
        else:
            made = await self.server.slash(self.user, self.channel, "ask", question=text)
        self.asked.append((time.monotonic(), made))
        return made

    async def strike(self) -> str:
        """Do one fault, ask while it lasts, and return its name when the network is back."""
        faults = self.server.faults
        where = self.dice.choice(REST)
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "down": self._down,
            "flapping": self._flapping,
            "freeze": self._gateway("freeze"),
            "reset": self._gateway("reset"),
            "reconnect": self._gateway("reconnect"),
            "invalid true": self._gateway("invalid true"),
            "invalid false": self._gateway("invalid false"),
            "close": self._gateway(f"close {self.dice.choice(CODES)}"),
            "malformed": self._do(lambda: faults.malformed(self.dice.choice(list(MALFORMED)))),
            "hello": self._planned("hello", ("ignore", "reset", "close 4000", "freeze")),
            "resume": self._planned("resume", ("ignore", "reset", "close 1011", "freeze", "invalid true", "reconnect")),
            "heartbeats": self._do(lambda: faults.plan("heartbeat", "ignore", times=2)),
            "upgrade": self._upgrade,
            "rest reset": self._do(lambda: faults.reset(where, when=self._when(), times=2)),
            "rest 5xx": self._do(lambda: faults.fail(self.dice.choice((500, 502, 503, 520)), where, when=self._when())),
            "rest 429": self._do(lambda: faults.limit(0.3, where, via=self.dice.random() < 0.5)),
            "forgotten": self._forgotten,
        }
        name = self.dice.choice(list(kinds))
        await kinds[name]()
        return name

    def _when(self) -> str:
        return self.dice.choice(("before", "after"))

    def _do(self, action: Callable[[], object]) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            action()
            await self.ask()

        return act

    def _gateway(self, action: str) -> Callable[[], Awaitable[None]]:
        return self._do(lambda: self.server.faults.gateway(action))

    def _planned(self, step: str, actions: tuple[str, ...]) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self.server.faults.plan(
                step, self.dice.choice(actions), times=self.dice.randint(1, 3) if self.pace < 1 else 1
            )
            self.server.faults.gateway("reset")
            await self.ask()

        return act

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

    async def back(self) -> float:
        """Ask until somebody is answered; return the seconds that took."""
        began = time.monotonic()
        while time.monotonic() - began < 2 * BACK:
            made = await self.ask()
            try:
                await (made.answered(1.0) if isinstance(made, Question) else made.settled(1.0))
                return time.monotonic() - began
            except TimeoutError:
                continue
        return time.monotonic() - began


def answers(made: Question | Interaction) -> int:
    return len(made.answers) if isinstance(made, Question) else len(made.shown)


async def play(faults: int, seed: int, times: Times) -> Figures:
    """Run a script of so many faults against a server of its own."""
    figures, lines = Figures(), Lines()
    log = logging.getLogger("bot.discord_bot")
    log.addHandler(lines)
    before = log.level
    log.setLevel(logging.INFO)
    fast = times == FAST
    budget = IdentifyBudget(spacing=0.0, reserve=10 * faults) if fast else IdentifyBudget()
    shared = Shared(times=times, continuity=Continuity(budget=budget))
    try:
        async with DiscordServer() as server:
            server.world.guild("Town")
            server.limits.enabled = False
            server.gateway.identify_limit = 1000 + 10 * faults  # few left would space them
            async with running(server, shared):
                await server.ready()
                script = Script(server, random.Random(seed), 0.5 if fast else 5.0)
                for _ in range(faults):
                    name = await script.strike()
                    figures.faults[name] += 1
                    figures.back.append((await script.back(), name))
                    server.faults.clear()
                await asyncio.sleep(3.0)  # what still comes
            figures.identifies = server.gateway.identifies
    finally:
        log.removeHandler(lines)
        log.setLevel(before)
    figures.asked = len(script.asked)
    figures.doubled = sum(answers(made) > 1 for _, made in script.asked)
    lost = [at for at, made in script.asked if not answers(made)]
    figures.lost = len(lost)
    untold = [at for at in lost if not any(start <= at <= end for start, end in lines.sessions)]
    figures.lost_silently = max(0, len(untold) - lines.single)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", type=int)
    parser.add_argument("--real", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    began = time.monotonic()
    for faults, times, name in ((given.faults, FAST, "short waits"), (given.real, Times(), "the bot's own waits")):
        if faults:
            print(f"{name}:\n{asyncio.run(play(faults, given.seed, times))}")
    print(f"took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
