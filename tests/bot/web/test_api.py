"""The JSON API over a real socket: the objects of `ask --json`, and an error for whatever else is sent."""

import json

import msgspec
import pytest

from bot.answering_stack import AnsweringStack
from bot.showing.answer_json import answer_json
from bot.web import api_types
from bot.web.request_values import MAX_BODY_BYTES
from config.settings import Settings
from tests.support.hostile_texts import texts
from tests.support.web_service import CODE, NOWHERE, SECRET, STEPS, TABLE, WebService

Stack = tuple[Settings, AnsweringStack]


@pytest.mark.parametrize("question", [STEPS, CODE, TABLE, SECRET])
async def test_an_answer_is_the_object_of_the_command_line(web: WebService, web_stack: Stack, question: str) -> None:
    """Apart from the time that it took, it is what `ask --json` prints, and it has the form that is declared."""
    settings, stack = web_stack
    answer = stack.retriever.ask(question, threshold=stack.threshold, top=settings.answer.top)
    reply = await web.ask(question)
    assert reply.status_code == 200
    got = reply.json()
    assert got["answered"]
    assert got | {"elapsed_ms": 0.0} == answer_json(answer, 0.0, show_closest=False)
    assert msgspec.convert(got, api_types.Answer).quotes[0].text == answer.quotes[0].text


async def test_a_refusal_has_no_quotes_and_closest_passages_on_request_only(web: WebService) -> None:
    """Without an answer the status is 200 as well: the service did what it is for."""
    plain, closest = await web.ask(NOWHERE), await web.ask(NOWHERE, closest=True)
    assert (plain.status_code, plain.json()["answered"], plain.json()["quotes"]) == (200, False, [])
    assert "closest" not in plain.json()
    assert len(msgspec.convert(closest.json(), api_types.Answer).closest or ()) > 0


async def test_a_follow_up_is_understood_from_the_previous_question(web: WebService) -> None:
    """Alone it has no answer."""
    previous = {"question": "Is the garden of the town hall open?"}
    alone, after = await web.ask("And for how long?"), await web.ask("And for how long?", previous=previous)
    assert not alone.json()["answered"]
    assert "April to October" in after.json()["quotes"][0]["text"]


async def test_collections_limit_the_search(web: WebService) -> None:
    """An unknown one is an error that names those that exist."""
    assert not (await web.ask(SECRET, collections=["handbook"])).json()["answered"]
    assert (await web.ask(SECRET, collections=["office"])).json()["answered"]
    unknown = await web.ask(SECRET, collections=["nothing"])
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "invalid")
    assert "handbook, office" in unknown.json()["error"]["message"]


async def test_a_quote_is_found_by_its_id(web: WebService) -> None:
    """With its state, and with all that is near on request."""
    quote = (await web.ask(STEPS)).json()["quotes"][0]
    path = f"/api/v1/quotes/{quote['citation']['id']}"
    found, wide = (await web.client.get(path)).json(), (await web.client.get(f"{path}?surrounded=true")).json()
    assert (found["quote"]["text"], found["in_use"], found["state"]) == (quote["text"], True, "unchanged")
    assert msgspec.convert(found, api_types.QuoteReply).quote.citation.id == quote["citation"]["id"]
    assert len(wide["quote"]["passage"]) >= len(found["quote"]["passage"])


@pytest.mark.parametrize("citation_id", ["aaaaaaaaaa", "x", "%00", "a" * 2000, "..%2f..%2fetc"])
async def test_an_unknown_quote_is_not_found(web: WebService, citation_id: str) -> None:
    """Whatever the id looks like."""
    reply = await web.client.get(f"/api/v1/quotes/{citation_id}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


async def test_sources_are_listed_in_parts(web: WebService) -> None:
    """By collection, by name, and from an offset; the total counts all that match."""
    everything = msgspec.convert((await web.client.get("/api/v1/sources")).json(), api_types.Sources)
    assert everything.collections == {"": 1, "handbook": 2, "office": 1}
    assert {document.id for document in everything.documents} == {
        "handbook/pump.md", "handbook/garden.md", "office/safe.md", "castle.md",
    }  # fmt: skip
    part = (await web.client.get("/api/v1/sources?limit=1&offset=1")).json()
    assert ([document["id"] for document in part["documents"]], part["total"]) == ([everything.documents[1].id], 4)
    handbook = (await web.client.get("/api/v1/sources?collection=handbook&name=garden")).json()
    assert [document["id"] for document in handbook["documents"]] == ["handbook/garden.md"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "offset=-1", "limit=²", "offset=" + "9" * 400])
async def test_numbers_out_of_range_are_refused(web: WebService, query: str) -> None:
    """The message names the parameter."""
    reply = await web.client.get(f"/api/v1/sources?{query}")
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith(query.partition("=")[0])


async def test_health_names_the_generation(web: WebService) -> None:
    """And it needs no token."""
    reply = await web.client.get("/api/v1/health", headers={"Authorization": "Bearer wrong"})
    assert (reply.status_code, reply.json()) == (200, {"ok": True, "generation": "gen-1", "longest_search_s": 0.0})


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"{}", b'{"question": 1}', b'{"question": ""}', b'{"question": "\xff"}',
        b'{"question": "a", "other": 1}', b'{"question": "a", "top": 0}', b'{"question": "a", "top": 21}',
        b'{"question": "a", "collections": "b"}', b'{"question": "a", "previous": {}}', b'{"question": " \\u0000 "}',
        b'{"question": "' + b"a" * 4001 + b'"}', b"[" * 20_000,
    ],
)  # fmt: skip
async def test_a_body_that_is_no_question_is_refused(web: WebService, body: bytes) -> None:
    """With one line that says what is wrong, and nothing of what was sent."""
    reply = await web.client.post("/api/v1/ask", content=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid")
    assert msgspec.convert(reply.json(), api_types.ErrorReply).error.message.isprintable()


async def test_a_body_that_is_too_large_is_refused(web: WebService) -> None:
    """Before it is read to its end."""
    for path in ("/api/v1/ask", "/mcp"):
        reply = await web.client.post(path, content=b" " * (MAX_BODY_BYTES + 1))
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


async def test_other_addresses_and_methods_are_refused_as_json(web: WebService) -> None:
    """Programs get an object that they can read."""
    for method, path, status, code in (
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/sources/", 404, "not_found"),  # no redirect, whose address would lack the https of a proxy
        ("GET", "/api/v1/ask", 405, "wrong_method"),
        ("DELETE", "/api/v1/sources", 405, "wrong_method"),
        ("GET", "/mcp", 405, "wrong_method"),
    ):
        reply = await web.client.request(method, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_hostile_questions_are_answered_or_refused(web: WebService) -> None:
    """In the question, the previous one and the names of collections; JSON may escape half a character."""
    for text in texts(20):
        for fields in ({}, {"previous": {"question": text}}, {"collections": [text]}):
            reply = await web.client.post("/api/v1/ask", content=json.dumps({"question": text, **fields}))
            assert reply.status_code in (200, 400)
