"""Implement `footnote worker`: encode windows for rebuilds on other machines until Ctrl-C or SIGTERM."""

import signal
import threading

from bot.showing.exit_codes import SUCCESS
from bot.showing.terminal import say
from bot.showing.wording import many
from config.settings import ConfigError, Settings

NO_QUEUE = "no queue to work on: set encoding.queue to the address of the PostgreSQL database that the rebuild uses"


def work(settings: Settings, *, once: bool) -> int:
    """Encode until a signal, which lets the job in hand end. Raises ConfigError, QueueError."""
    from bot.encoding_queue import encoding_worker

    if not settings.encoding.queue:
        raise ConfigError(NO_QUEUE)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    stored = encoding_worker.work(settings.encoding.queue, settings.threads, stop, say, once=once)
    print(f"Encoded {many(stored, 'window')}.")
    return SUCCESS
