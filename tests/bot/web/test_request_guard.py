"""Which names and pages may call, and what browsers are told."""

import asyncio

import pytest
from msgspec.structs import replace

from bot.answering_stack import AnsweringStack
from bot.web import request_guard
from bot.web.request_guard import allowed_hosts, host_name, security_headers
from config.settings import Settings, load_settings
from tests.support.web_service import STEPS, WebService, open_web_service

Stack = tuple[Settings, AnsweringStack]


async def test_every_reply_has_the_headers_that_bind_a_browser(web: WebService) -> None:
    """Pages, objects, style sheets and errors: no script but ours, no frame, no guessing of types."""
    for path in ("/", "/?q=x", "/nothing", "/api/v1/health", "/api/v1/nothing", "/documents"):
        headers = (await web.client.get(path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
        assert (policy["frame-ancestors"], policy["base-uri"], headers["X-Frame-Options"]) == (
            "'none'",
            "'none'",
            "DENY",
        )
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
        assert "Access-Control-Allow-Origin" not in headers
        assert "server" not in headers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8737",
        "127.0.0.1.evil.example",
        "",
        "[",
        "localhost@x",
        "x@localhost",
        "localhost/x",
    ],
)
async def test_a_local_service_answers_under_no_foreign_name(web: WebService, host: str) -> None:
    """A page elsewhere could otherwise point its own name at this machine and read the documents."""
    reply = await web.client.get("/api/v1/sources", headers={"Host": host})
    assert reply.status_code in (400, 403)
    assert "documents" not in reply.text


def test_the_names_of_a_service() -> None:
    """On this machine alone: its own and those of the settings. Elsewhere: any, unless the settings name some."""
    serve = load_settings().serve
    assert allowed_hosts(serve) == frozenset({"127.0.0.1", "localhost", "::1"})
    assert "docs.example.org" in (allowed_hosts(replace(serve, hosts=["Docs.example.org"])) or ())
    assert allowed_hosts(replace(serve, host="192.0.2.1")) is None
    assert "docs.example.org" in (allowed_hosts(replace(serve, host="192.0.2.1", hosts=["docs.example.org"])) or ())
    assert [host_name(host) for host in ("A.example:80", "[::1]:80", "a]b[", "a:b")] == ["a.example", "::1", "", "a"]


async def test_a_page_elsewhere_may_send_no_question(web: WebService) -> None:
    """Nor an MCP request; the page of the service itself may."""
    for path, body in (("/api/v1/ask", {"question": STEPS}), ("/mcp", {})):
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "http://["):
            reply = await web.client.post(path, json=body, headers={"Origin": origin})
            assert (reply.status_code, reply.json()["error"]["code"]) == (403, "forbidden")
    own = await web.client.post("/api/v1/ask", json={"question": STEPS}, headers={"Origin": web.address})
    assert own.status_code == 200


async def test_origins_of_the_settings_may_call(web_stack: Stack) -> None:
    """They and no others are told so, without credentials."""
    async with open_web_service(*web_stack, origins=["https://example.org"]) as web:
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        allowed = await web.client.options("/api/v1/ask", headers={"Origin": "https://example.org", **asking})
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://example.org"
        assert "Access-Control-Allow-Credentials" not in allowed.headers
        refused = await web.client.options("/api/v1/ask", headers={"Origin": "https://evil.example", **asking})
        assert "Access-Control-Allow-Origin" not in refused.headers
        answer = await web.client.post(
            "/api/v1/ask", json={"question": STEPS}, headers={"Origin": "https://example.org"}
        )
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://example.org")
        assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After, WWW-Authenticate"


async def test_origins_of_the_settings_may_send_the_headers_of_mcp(web_stack: Stack) -> None:
    """Each request of its newest version has its method and the name of its tool in headers as well."""
    async with open_web_service(*web_stack, origins=["https://example.org"]) as web:
        names = "content-type, mcp-method, mcp-name, mcp-protocol-version"
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": names}
        reply = await web.client.options("/mcp", headers={"Origin": "https://example.org", **asking})
        assert reply.status_code == 200


def test_a_page_may_show_the_page_only_if_a_setting_says_so() -> None:
    """Then the old header, which knows no origins, is left out."""
    headers = security_headers(["https://example.org", "https://a.example"])
    assert headers["Content-Security-Policy"].endswith("frame-ancestors https://example.org https://a.example")
    assert "X-Frame-Options" not in headers


async def test_a_body_that_does_not_arrive_is_given_up(
    web: WebService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sends half of it keeps nothing busy, is told so, and fills no log."""
    monkeypatch.setattr(request_guard, "BODY_TIMEOUT_S", 0.01)
    for path in ("/api/v1/ask", "/mcp"):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(web.address.rpartition(":")[2]))
        host = web.address.removeprefix("http://")
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        writer.write(head.encode() + b'{"question":')
        status = await reader.readline()
        assert status.startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()
    assert (await web.client.get("/api/v1/health")).json()["ok"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
