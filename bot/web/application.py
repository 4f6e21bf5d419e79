"""Put the page, the API and MCP together to one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.web.access_tokens import TokenAccess
from bot.web.api import api_routes, error_response
from bot.web.mcp_endpoint import McpEndpoint
from bot.web.pages import error_page, page_routes
from bot.web.question_service import FAILED, QuestionService
from bot.web.request_errors import RequestError
from bot.web.request_guard import RequestGuard
from config.settings import ServeSettings

if TYPE_CHECKING:
    from bot.sandbox.sandbox_sessions import Sandbox

CORS_HEADERS = (
    "Authorization", "Content-Type", "Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id",
)  # fmt: skip
CORS_REPLY_HEADERS = ("Retry-After", "WWW-Authenticate")
PROGRAM_PATHS = ("/api/", "/mcp")
METHOD_NOT_ALLOWED = 405


def make_application(
    serve: ServeSettings, service: QuestionService, access: TokenAccess, sandbox: "Sandbox | None" = None
) -> RequestGuard:
    """Make the application; it runs the service, and the sandbox if there is one, as long as the server runs it."""
    routes: list[BaseRoute] = [*page_routes(service, has_sandbox=sandbox is not None), *api_routes(service)]
    running: list[Callable[[], AbstractAsyncContextManager[None]]] = [service.running]
    if sandbox is not None:
        from bot.web.sandbox_pages import sandbox_routes  # needs the libraries of the bot

        routes += sandbox_routes(service, sandbox)
        running.append(sandbox.running)
    if find_spec("mcp") is not None:
        endpoint = McpEndpoint(service)
        routes.append(Route("/mcp", endpoint, methods=["POST"]))
        running.append(endpoint.running)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for run in running:
                await stack.enter_async_context(run())
            yield

    middleware = []
    if serve.origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=serve.origins,
                allow_methods=["GET", "POST"],
                allow_headers=CORS_HEADERS,
                expose_headers=CORS_REPLY_HEADERS,
            )
        )
    handlers = {RequestError: _answer_error, HTTPException: _answer_unserved, Exception: _answer_failure}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers, lifespan=lifespan)
    app.router.redirect_slashes = False  # a redirect would name the address without the proxy's https
    return RequestGuard(app, serve, access)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 - what it is registered for
    return error_response(error) if _is_for_programs(request) else error_page(error)


async def _answer_unserved(request: Request, unserved: Exception) -> Response:
    """Answer a request for an unknown address, or with a method that the address does not take."""
    assert isinstance(unserved, HTTPException)  # noqa: S101 - what it is registered for
    error = RequestError("not_found", "There is nothing at this address.")
    if unserved.status_code == METHOD_NOT_ALLOWED:
        error = RequestError("wrong_method", "This address does not take this method.")
    response = await _answer_error(request, error)
    response.headers.update(unserved.headers or {})
    return response


async def _answer_failure(request: Request, _error: Exception) -> Response:
    """Answer a request that ran into a fault of ours; the server logs it."""
    return await _answer_error(request, RequestError("failed", FAILED))


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(PROGRAM_PATHS)
