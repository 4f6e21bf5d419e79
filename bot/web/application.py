"""Put the page, the API and MCP together to one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.web.access_tokens import TokenAccess
from bot.web.api import api_routes, refusal_response
from bot.web.mcp_endpoint import McpEndpoint
from bot.web.pages import page_routes, refusal_page
from bot.web.question_service import FAILED, QuestionService
from bot.web.refusals import Refusal
from bot.web.request_guard import RequestGuard
from config.settings import ServeSettings

CORS_HEADERS = ("Authorization", "Content-Type", "Mcp-Protocol-Version", "Mcp-Session-Id")
PROGRAM_PATHS = ("/api/", "/mcp")
METHOD_NOT_ALLOWED = 405


def make_application(serve: ServeSettings, service: QuestionService, access: TokenAccess) -> RequestGuard:
    """Make the application; it runs the service as long as the server runs it."""
    routes: list[BaseRoute] = [*page_routes(service), *api_routes(service)]
    running: list[Callable[[], AbstractAsyncContextManager[None]]] = [service.running]
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
                CORSMiddleware, allow_origins=serve.origins, allow_methods=["GET", "POST"], allow_headers=CORS_HEADERS
            )
        )
    handlers = {Refusal: _refused, HTTPException: _not_served, Exception: _failed}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers, lifespan=lifespan)
    return RequestGuard(app, serve, access)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - what it is registered for
    return refusal_response(error) if _is_for_programs(request) else refusal_page(error)


async def _not_served(request: Request, error: Exception) -> Response:
    """Answer a request for an address or with a method that there is not."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    refusal = Refusal("not_found", "There is nothing at this address.")
    if error.status_code == METHOD_NOT_ALLOWED:
        refusal = Refusal("wrong_method", "This address does not take this method.")
    response = await _refused(request, refusal)
    response.headers.update(error.headers or {})
    return response


async def _failed(request: Request, _error: Exception) -> Response:
    """Answer a request that ran into a fault of ours; the server logs it."""
    return await _refused(request, Refusal("failed", FAILED))


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(PROGRAM_PATHS)
