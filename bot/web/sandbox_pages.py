"""The page of the sandbox and the requests that it makes: start, look, act and start again.

Sessions are told apart by a key in a header, which no other page can send. All that happens is left to `bot.sandbox`.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.sandbox_actions import ActionRequest, Locale, StartRequest, Who
from bot.sandbox.sandbox_sessions import SandboxError
from bot.web.api import json_response
from bot.web.askers import Asker
from bot.web.pages import render
from bot.web.request_errors import RequestError
from bot.web.request_values import asker_of, read_body, read_number

if TYPE_CHECKING:
    from bot.sandbox.sandbox_sessions import Sandbox
    from bot.web.question_service import QuestionService

T = TypeVar("T")
KEY_HEADER = "X-Sandbox-Session"
MAX_WAIT_S = 20
MAX_CHANNEL_ID = 2**64
PEOPLE: dict[str, Who] = {"member": "member", "manager": "manager"}
LANGUAGES: dict[Locale, str] = {
    "en-US": "English", "de": "Deutsch", "es-ES": "Español", "fr": "Français", "ja": "日本語",
    "pt-BR": "Português", "ru": "Русский", "zh-CN": "中文",
}  # fmt: skip
SHOWS_ALL = "The sandbox shows all documents, and you may see only some of them."


def sandbox_routes(service: "QuestionService", sandbox: "Sandbox") -> list[Route]:
    """Make the routes of the sandbox."""
    return [_page_route(service), _start_route(sandbox), _look_route(sandbox), _act_route(sandbox)]


def _page_route(service: "QuestionService") -> Route:
    async def page(request: Request) -> Response:
        asker = check_access(request)
        documents = sum(service.collections(asker).values())
        return render("sandbox.html", documents=documents, languages=LANGUAGES)

    return Route("/sandbox", page, methods=["GET"])


def _start_route(sandbox: "Sandbox") -> Route:
    async def start(request: Request) -> Response:
        asker = check_access(request)
        wanted = await _read(request, StartRequest)
        if key := request.headers.get(KEY_HEADER):
            sandbox.close(key)
        try:
            return json_response({"session": await sandbox.open(asker.key, wanted.locale)})
        except SandboxError as error:
            raise RequestError("busy", str(error)) from None

    return Route("/api/sandbox/start", start, methods=["POST"])


def _look_route(sandbox: "Sandbox") -> Route:
    async def look(request: Request) -> Response:
        check_access(request)
        who = PEOPLE.get(request.query_params.get("who", "member"))
        if who is None:
            raise RequestError("invalid", f"who must be one of {', '.join(PEOPLE)}.")
        channel = read_number(request, "channel", 0, most=MAX_CHANNEL_ID)
        known, wait_s = request.query_params.get("known", ""), read_number(request, "wait", 0, most=MAX_WAIT_S)
        try:
            looking = sandbox.view(request.headers.get(KEY_HEADER, ""), who, channel or None, known, wait_s)
            shown = await while_connected(request, looking)
        except SandboxError as error:
            raise _request_error(error) from None
        return json_response(shown)

    return Route("/api/sandbox/look", look, methods=["GET"])


def _act_route(sandbox: "Sandbox") -> Route:
    async def act(request: Request) -> Response:
        check_access(request)
        action = await _read(request, ActionRequest)
        try:
            outcome: dict[str, Any] = await sandbox.act(request.headers.get(KEY_HEADER, ""), action)
        except SandboxError as error:
            raise _request_error(error) from None
        return json_response(outcome)

    return Route("/api/sandbox/act", act, methods=["POST"])


def check_access(request: Request) -> Asker:
    """Return who asks. Raises RequestError unless they may see every document."""
    asker = asker_of(request)
    if asker.visible is not None:
        raise RequestError("forbidden", SHOWS_ALL)
    return asker


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """Await what takes long; give it up when the client is gone, as after a reload, and return None to nobody."""
    tasks = (working := asyncio.ensure_future(work)), asyncio.ensure_future(_wait_for_end(request))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in tasks:
            task.cancel()


async def _wait_for_end(request: Request) -> None:
    """Wait until the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read(request: Request, kind: type[T]) -> T:
    """Read the body of a request. Raises RequestError."""
    try:
        return msgspec.json.decode(await read_body(request) or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError("invalid", f"Not possible: {error}.") from None


def _request_error(error: SandboxError) -> RequestError:
    return RequestError("not_found" if error.is_gone else "invalid", str(error))
