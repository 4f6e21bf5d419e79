"""Describe the JSON API in OpenAPI 3.1. The schemas come from `api_types`."""

from functools import cache
from typing import Any

import msgspec

import bot
from bot.web import api_types
from bot.web.api_types import DEFAULT_LISTED, MAX_LISTED
from bot.web.request_errors import STATUS, ErrorKind

REF = "#/components/schemas/{name}"
DESCRIPTION = (
    "Answers questions from a folder of documents, only with verified, cited quotes. Every text of a quote is in the "
    "document that it cites; nothing in an answer is written by a model."
)
ERRORS: dict[ErrorKind, str] = {
    "invalid": "The request cannot be understood.",
    "unauthorized": "A token is missing or wrong.",
    "not_found": "There is no such quote, or it is not visible.",
    "too_large": "The request is too large.",
    "rate_limited": "The client asks too often; the header Retry-After says when to ask again.",
    "busy": "Too many questions are waiting; the header Retry-After says when to ask again.",
}


@cache
def openapi_document() -> dict[str, Any]:
    """Make the document."""
    bodies = (api_types.Answer, api_types.QuoteReply, api_types.Sources, api_types.Health, api_types.ErrorReply)
    _, schemas = msgspec.json.schema_components((api_types.AskRequest, *bodies), ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Footnote", "version": bot.__version__, "description": DESCRIPTION},
        "paths": {
            "/api/v1/ask": {"post": _ask()},
            "/api/v1/quotes/{id}": {"get": _quote()},
            "/api/v1/sources": {"get": _sources()},
            "/api/v1/health": {"get": _health()},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _ask() -> dict[str, Any]:
    return {
        "operationId": "ask",
        "summary": "Answer a question with quotes, or with none",
        "requestBody": {"required": True, "content": _json("AskRequest")},
        "responses": _responses("The answer, or that there is none.", "Answer", "invalid", "too_large"),
    }


def _quote() -> dict[str, Any]:
    parameters = [
        _parameter("id", "path", "The id of a citation.", {"type": "string"}),
        _parameter("surrounded", "query", "Show all that is near.", {"type": "boolean", "default": False}),
    ]
    return {
        "operationId": "quote",
        "summary": "Find a quote by the id of its citation",
        "parameters": parameters,
        "responses": _responses("The quote.", "QuoteReply", "invalid", "not_found"),
    }


def _sources() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0}
    limit = number | {"minimum": 1, "maximum": MAX_LISTED, "default": DEFAULT_LISTED}
    names = {"type": "array", "items": {"type": "string"}}
    parameters = [
        _parameter("collection", "query", "Only documents of this collection; may be repeated.", names),
        _parameter("name", "query", "Only documents with this in their title or path.", {"type": "string"}),
        _parameter("limit", "query", "How many documents to list at most.", limit),
        _parameter("offset", "query", "How many documents to skip.", number | {"default": 0}),
    ]
    return {
        "operationId": "sources",
        "summary": "List the documents that answers come from",
        "parameters": parameters,
        "responses": _responses("The documents.", "Sources", "invalid"),
    }


def _health() -> dict[str, Any]:
    unwell = {"description": "A search hangs.", "content": _json("Health")}
    return {
        "operationId": "health",
        "summary": "Tell whether the service answers",
        "security": [],
        "responses": {"200": {"description": "It answers.", "content": _json("Health")}, "503": unwell},
    }


def _responses(description: str, body: str, *errors: ErrorKind) -> dict[str, Any]:
    """Describe the responses of an operation that looks something up."""
    responses: dict[str, Any] = {"200": {"description": description, "content": _json(body)}}
    for kind in sorted((*errors, "unauthorized", "rate_limited", "busy"), key=lambda kind: STATUS[kind]):
        responses[str(STATUS[kind])] = {"description": ERRORS[kind], "content": _json("ErrorReply")}
        if kind in ("rate_limited", "busy"):
            header = {"description": "Seconds.", "schema": {"type": "integer"}}
            responses[str(STATUS[kind])]["headers"] = {"Retry-After": header}
    return responses


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(name=name)}}}


def _parameter(name: str, place: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "description": description, "required": place == "path", "schema": schema}
