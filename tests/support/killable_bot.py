"""A process of a bot that kills or freezes itself at a chosen step, for the fork server.

STEPS names the steps; a plan is the name of a step, at which occurrence of it, and a signal.
"""

import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.discord_bot.processes import process_ledger
from bot.discord_bot.processes.process_ledger import ProcessLedger
from bot.discord_bot.storage import sharing_store
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.wire import shard_lease
from bot.discord_bot.wire.delivery import Delivery
from bot.discord_bot.wire.gateway_client import GatewaySocket

LEASE_S, MARGIN_S = 3.0, 0.8  # shorter than the bot's own, so that a proof takes less time
STEPS: dict[str, tuple[type[Any], str, str]] = {  # the class and method, and whether before or after it
    "before a claim": (SharingStore, "take", "before"),
    "after a claim": (SharingStore, "take", "after"),
    "before a deferral or answer": (Delivery, "_try", "before"),
    "after a deferral or answer": (Delivery, "_try", "after"),
    "before a claim is finished": (SharingStore, "finish", "before"),
    "after a claim is finished": (SharingStore, "finish", "after"),
    "before the lease is renewed": (ProcessLedger, "renew", "before"),
    "after the lease is renewed": (ProcessLedger, "renew", "after"),
    "before a resume": (GatewaySocket, "resume", "before"),
    "after a resume was asked for": (GatewaySocket, "resume", "after"),
    "before a shard is handed over": (SharingStore, "release", "before"),
    "after a shard was handed over": (SharingStore, "release", "after"),
    "when a user is admitted": (SharingStore, "admit", "after"),
}


def warm() -> None:
    """Import what a bot needs, without starting any thread."""
    import retrieval.asking.retriever
    import retrieval.encoding.session  # noqa: F401


def serve(environment: dict[str, str], folder: str, name: str, processes: int, plan: list[Any]) -> int:
    """Run a process of a bot until it is stopped, or until its plan ends it."""
    signal.alarm(0)  # it ends when the proof wants it to
    log = os.open(Path(folder) / "bot.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    os.environ.update(environment)
    sharing_store.LEASE_S = process_ledger.LEASE_S = LEASE_S  # type: ignore[attr-defined, misc]
    process_ledger.SAFETY_MARGIN_S = MARGIN_S
    process_ledger.IDENTIFY_SPACING_S = 0.1
    shard_lease.SERVER_INTERVAL_S = 0.05
    if plan:
        _carry_out(*plan)
    from bot.discord_bot.run import Part, run_bot
    from config.settings import load_settings

    return run_bot(load_settings(), part=Part(processes, name))


def _carry_out(step: str, occurrence: int, number: int) -> None:
    """Let the process get a signal at an occurrence of a step, counted from 1."""
    owner, method, when = STEPS[step]
    original: Callable[..., Awaitable[Any]] = getattr(owner, method)
    count = 0

    async def watched(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        strike = count == occurrence
        if strike and when == "before":
            _strike(step, number)
        result = await original(*arguments, **options)
        if strike and when == "after":
            _strike(step, number)
        return result

    setattr(owner, method, watched)


def _strike(step: str, number: int) -> None:
    os.write(2, (json.dumps({"event": "struck", "step": step, "signal": number}) + "\n").encode())
    os.kill(os.getpid(), number)


JOBS: dict[str, Callable[..., int]] = {"serve": serve}
