"""Run `footnote serve`: bind the port, open the index, and answer until stopped.

What takes long to import is imported while the index is opened, after the address is printed.
"""

import asyncio
import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.building import open_or_build
from bot.serving.search_queue import THREAD_NAME
from bot.showing.exit_codes import SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import say
from bot.web.access_tokens import TokenAccess, read_access
from config.settings import ConfigError, Settings

if TYPE_CHECKING:
    from bot.web.question_service import QuestionService

LIBRARIES = ("jinja2", "starlette", "uvicorn")
SANDBOX_LIBRARIES = ("aiohttp", "discord", "sqlalchemy")
SANDBOX_FAR = (
    "the sandbox shows all documents and is meant for this machine: set serve.host to 127.0.0.1, or serve.sandbox to "
    '"any" if everybody who can reach {host} may use it'
)
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - to tell people where the page is
JOIN_TIMEOUT_S = 0.2  # of an idle thread of a queue that was closed
BACKLOG = 128  # connections that wait while the index is opened
THREAD_SWITCH_S = 0.001  # so that the event loop gets its turn while searches run in threads


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code.

    Raises ModuleNotFoundError for a missing library, ConfigError and FootnoteError.
    """
    has_sandbox = settings.serve.sandbox != "off"
    needed = LIBRARIES + (SANDBOX_LIBRARIES if has_sandbox else ())
    missing = next((name for name in needed if find_spec(name) is None), None)
    if missing:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
    access = read_access(settings.serve)
    if settings.serve.sandbox == "local" and not is_this_machine(settings.serve.host):
        raise ConfigError(SANDBOX_FAR.format(host=settings.serve.host))
    with bind(settings.serve.host, settings.serve.port) as listening:
        print(page_address(settings.serve.host, listening.getsockname()[1]), flush=True)
        service = _open_service(settings)
        if note := collections_note(access, service.live.generation.stack.retriever.collections):
            say(note)
        sys.setswitchinterval(THREAD_SWITCH_S)
        asyncio.run(_run(settings, service, access, listening))
    end_despite_searches()
    return SUCCESS


def _open_service(settings: Settings) -> "QuestionService":
    """Open the index, and build it first if there is none. Raises FootnoteError.

    Nothing but the service holds the opened generation, so that its memory is free once another replaces it.
    """
    stack = open_or_build(settings, while_loading=_import_application)
    from bot.web.question_service import QuestionService

    return QuestionService(settings, stack)


async def _run(settings: Settings, service: "QuestionService", access: TokenAccess, listening: socket.socket) -> None:
    """Answer until stopped."""
    from bot.web.application import make_application
    from bot.web.uvicorn_server import run

    sandbox = None
    if settings.serve.sandbox != "off":
        from bot.sandbox.sandbox_sessions import Sandbox

        address = page_address(settings.serve.host, listening.getsockname()[1])
        sandbox = Sandbox(
            settings,
            ready=lambda seconds: say(f"the sandbox is ready after {seconds:.1f} s: {address}sandbox"),
            failed=say,
        )

    def stop() -> None:
        service.stop()
        if sandbox is not None:
            sandbox.stop()

    app = make_application(settings.serve, service, access, sandbox)
    await run(app, listening, settings.serve.proxies, stop)


def collections_note(access: TokenAccess, known: Collection[str]) -> str:
    """Say which collections are granted that no document is in, "" without any: one may be misspelt, or come later."""
    unknown = sorted(map(one_line, access.collections - set(known)))
    return f"no document is in {', '.join(unknown)}, which serve.collections or a token names" if unknown else ""


def is_this_machine(host: str) -> bool:
    """Return whether only programs on this machine can reach a host. Looks nothing up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def end_despite_searches(end: Callable[[int], object] = os._exit) -> None:
    """End the process if a search still runs: Python would wait for its thread, without end if the search has none."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(f"{THREAD_NAME}_")]
    for thread in threads:
        thread.join(JOIN_TIMEOUT_S)
    if any(thread.is_alive() for thread in threads):
        say("stopped without the end of a search")
        sys.stdout.flush()
        end(SUCCESS)


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 picks a free one. Raises ConfigError if the address cannot be used."""
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, socket.IPPROTO_TCP, socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)  # without the protocol, asyncio would not set TCP_NODELAY
    except OSError as error:
        raise ConfigError(f"serve.host = {host!r} cannot be used: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the port of a process that just ended is free
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = os.strerror(error.errno) if error.errno else error
        raise ConfigError(
            f"port {port} of {host} cannot be used: {reason}; choose another one with --port or serve.port"
        ) from None
    return listening


def page_address(host: str, port: int) -> str:
    """Return the address of the page, under a name that works on this machine."""
    name = "127.0.0.1" if host in ANY_ADDRESS else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/"


def _import_application() -> None:
    import bot.web.application
    import bot.web.uvicorn_server  # noqa: F401
