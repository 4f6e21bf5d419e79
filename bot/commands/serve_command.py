"""Implement `footnote serve` and `footnote mcp`; each function returns an exit code."""

from collections.abc import Sequence

from msgspec.structs import replace

from bot import building
from bot.showing.collection_names import check_collections
from bot.showing.exit_codes import SUCCESS
from config.host_names import is_host
from config.settings import ConfigError, Settings


def serve(settings: Settings, host: str | None, port: int | None, *, sandbox: bool) -> int:
    """Serve over HTTP; what is not None overrides the settings, and so does `sandbox` where they have none.

    Raises ConfigError and FootnoteError.
    """
    if host is not None and not is_host(host):
        raise ConfigError(f"--host {host!r}: expected an IP address or a host name")
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    changed = replace(settings.serve, **given)
    if sandbox and changed.sandbox == "off":
        changed = replace(changed, sandbox="local")
    from bot.web import http_server

    return http_server.serve(replace(settings, serve=changed))


def answer_mcp(settings: Settings, collections: Sequence[str]) -> int:
    """Answer over MCP until the input ends, from some collections only if any are given. Raises FootnoteError."""
    from bot.web import mcp_server
    from bot.web.question_service import QuestionService

    service = QuestionService(settings, building.open_or_build(settings))
    if collections:
        check_collections(service.live.generation.stack.retriever.collections, collections)
    mcp_server.run_stdio(service, frozenset(collections) or None)
    return SUCCESS
