"""Run `footnote serve`: bind the port, open the index, and answer until stopped.

What takes long to import is imported while the index is opened, after the address is printed.
"""

import asyncio
import os
import socket
import sys
from importlib.util import find_spec

from bot.building import open_or_build
from bot.showing.exit_codes import SUCCESS
from bot.web.access_tokens import read_access
from config.settings import ConfigError, Settings

LIBRARIES = ("jinja2", "starlette", "uvicorn")
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - to tell people where the page is
BACKLOG = 128  # connections that wait while the index is opened
THREAD_SWITCH_S = 0.001  # so that the event loop gets its turn while searches run in threads


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code.

    Raises ModuleNotFoundError for a missing library, ConfigError and FootnoteError.
    """
    missing = next((name for name in LIBRARIES if find_spec(name) is None), None)
    if missing:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
    access = read_access(settings.serve)
    with bind(settings.serve.host, settings.serve.port) as listening:
        print(page_address(settings.serve.host, listening.getsockname()[1]), flush=True)
        stack = open_or_build(settings, while_loading=_import_application)
        from bot.web.application import make_application
        from bot.web.question_service import QuestionService
        from bot.web.uvicorn_server import run

        sys.setswitchinterval(THREAD_SWITCH_S)
        app = make_application(settings.serve, QuestionService(settings, stack), access)
        asyncio.run(run(app, listening, settings.serve.proxies))
    return SUCCESS


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
