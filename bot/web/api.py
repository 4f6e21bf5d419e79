"""The JSON API: reads a request, asks the service, and writes the answer in the form of `ask --json`."""

import json
from math import ceil
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serving.stored_quotes import StoredQuote
from bot.showing.answer_json import answer_json, quote_json
from bot.web.api_types import DEFAULT_LISTED, MAX_LISTED, AskRequest, PreviousQuestion
from bot.web.openapi import openapi_document
from bot.web.question_service import Question, QuestionService, SourceList
from bot.web.request_errors import RequestError
from bot.web.request_values import asker_of, read_body, read_flag, read_number
from retrieval.text.follow_ups import Previous

HUNG_SEARCH_S = 60.0  # a search takes a fraction of a second; while one runs that long, others may wait for it


def api_routes(service: QuestionService) -> list[Route]:
    """Make the routes of the API."""

    async def ask(request: Request) -> Response:
        asked = parse_question(await read_body(request))
        question = Question(asked.question, asked.collections, previous_of(asked.previous), asked.top, asked.newest)
        timed = await service.ask(asker_of(request), question)
        return json_response(answer_json(timed.answer, timed.elapsed_ms, show_closest=asked.closest))

    async def quote(request: Request) -> Response:
        surrounded = read_flag(request, "surrounded")
        found = await service.quote(asker_of(request), request.path_params["id"], surrounded=surrounded)
        return json_response(stored_quote_json(found))

    async def sources(request: Request) -> Response:
        limit = read_number(request, "limit", DEFAULT_LISTED, least=1, most=MAX_LISTED)
        offset = read_number(request, "offset", 0)
        names, name = request.query_params.getlist("collection"), request.query_params.get("name", "")
        listed = await service.sources(asker_of(request), collections=names, name=name, limit=limit, offset=offset)
        return json_response(sources_json(listed, offset))

    async def health(_request: Request) -> Response:
        longest_s = round(service.longest_search_s, 1)
        ok = longest_s < HUNG_SEARCH_S
        content = {"ok": ok, "generation": service.live.generation.name, "longest_search_s": longest_s}
        return json_response(content, 200 if ok else 503)

    async def openapi(_request: Request) -> Response:
        return json_response(openapi_document())

    return [
        Route("/api/v1/ask", ask, methods=["POST"]),
        Route("/api/v1/quotes/{id}", quote, methods=["GET"]),
        Route("/api/v1/sources", sources, methods=["GET"]),
        Route("/api/v1/health", health, methods=["GET"]),
        Route("/api/v1/openapi.json", openapi, methods=["GET"]),
    ]


def parse_question(body: bytes) -> AskRequest:
    """Parse the body of a question. Raises RequestError that says what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=AskRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # the messages name places and types, not values
        raise RequestError("invalid", f"The body is not a question as JSON: {error}.") from None


def previous_of(asked: PreviousQuestion | None) -> Previous | None:
    """Return the question before, as the service takes it."""
    return Previous(asked.question, frozenset(asked.quotes)) if asked else None


def stored_quote_json(found: StoredQuote) -> dict[str, Any]:
    """Convert a quote that was found by its id to the object of the API."""
    return {"quote": quote_json(found.quote), "in_use": found.in_use, "state": found.state}


def sources_json(listed: SourceList, offset: int) -> dict[str, Any]:
    """Convert a list of documents to the object of the API."""
    fields = ("id", "title", "source", "published", "url", "collection", "sentences", "version")
    documents = [{name: getattr(document, name) for name in fields} for document in listed.documents]
    return {
        "generation": listed.generation,
        "documents": documents,
        "total": listed.total,
        "offset": offset,
        "collections": listed.collections,
    }


def json_response(content: Any, status: int = 200) -> Response:
    """Make a response with JSON, in which every lone surrogate is escaped."""
    body = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")


def error_response(error: RequestError) -> Response:
    """Make the response of a request that gets no answer."""
    response = json_response({"error": {"code": error.kind, "message": error.message}}, error.status)
    response.headers.update(error_headers(error))
    return response


def error_headers(error: RequestError) -> dict[str, str]:
    """Return the headers that an error needs besides its status."""
    headers = {"Retry-After": str(max(ceil(error.retry_after_s), 1))} if error.retry_after_s else {}
    return headers | ({"WWW-Authenticate": "Bearer"} if error.kind == "unauthorized" else {})
