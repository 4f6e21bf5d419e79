"""The description of the API is valid, complete, and what the API does."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from bot.web.api import api_routes
from bot.web.openapi import openapi_document
from tests.support.web_service import CODE, NOWHERE, STEPS, TABLE, WebService

DOCUMENT = json.loads(json.dumps(openapi_document()))


def validator(name: str) -> Draft202012Validator:
    """Return what validates an object of that name in the document."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def references(node: Any) -> set[str]:
    """Collect the references anywhere in a document."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_the_document_is_openapi() -> None:
    """It names its version, every schema is one of JSON Schema, and every reference leads somewhere."""
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    schemas = DOCUMENT["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {reference.removeprefix("#/components/schemas/") for reference in references(DOCUMENT)} <= schemas.keys()
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 4
    for path, operation in ((path, it) for path, its in DOCUMENT["paths"].items() for it in its.values()):
        named = {it["name"] for it in operation.get("parameters", []) if it["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        assert all(response["description"] for response in operation["responses"].values())


async def test_every_route_is_described(web: WebService) -> None:
    """And nothing else is; the document itself is served as it is."""
    routes = {
        (route.path, method.lower())
        for route in api_routes(web.service)
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert routes - {("/api/v1/openapi.json", "get")} == described
    assert (await web.client.get("/api/v1/openapi.json")).json() == DOCUMENT


@pytest.mark.parametrize("question", [STEPS, CODE, TABLE, NOWHERE, f"{STEPS} {CODE}"])
async def test_answers_have_the_form_that_is_described(web: WebService, question: str) -> None:
    """No field is missing, of another type, or unknown to the description."""
    validator("Answer").validate((await web.ask(question, closest=True)).json())


async def test_other_replies_have_the_form_that_is_described(web: WebService) -> None:
    """Quotes, lists, health and errors."""
    citation = (await web.ask(STEPS)).json()["quotes"][0]["citation"]["id"]
    for path, name in (
        (f"/api/v1/quotes/{citation}", "QuoteReply"),
        ("/api/v1/sources", "Sources"),
        ("/api/v1/health", "Health"),
        ("/api/v1/quotes/aaaaaaaaaa", "ErrorReply"),
    ):
        validator(name).validate((await web.client.get(path)).json())


def test_the_form_of_a_question_is_checked() -> None:
    """The validator of this module can say no."""
    assert validator("AskRequest").is_valid({"question": "Who?", "previous": {"question": "What?"}})
    assert not validator("AskRequest").is_valid({"question": ""})
    assert not validator("AskRequest").is_valid({"question": "Who?", "other": 1})
