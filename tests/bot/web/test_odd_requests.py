"""What no browser sends gets a short answer, holds no other request up, and leaves nothing in the log."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from config.settings import Settings
from tests.support.web_service import STEPS, WebService, open_web_service

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOST = b"Host: 127.0.0.1\r\n"
QUESTION = json.dumps({"question": STEPS}).encode()
LONG_S = 20.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(web_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[WebService]:
    """Yield one service for all requests, which none of them may bring down."""
    async with open_web_service(*web_stack) as opened:
        yield opened


async def exchange(web: WebService, *sent: bytes) -> bytes:
    """Send bytes and return all that comes until the service closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(web.address.rpartition(":")[2]))
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(LONG_S):
            return await reader.read()
    finally:
        writer.close()


def post(body: bytes, headers: bytes = b"") -> bytes:
    """Make a question with a body of any kind."""
    size = str(len(body)).encode()
    head = b"POST /api/v1/ask HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: " + size + b"\r\n"
    return head + headers + b"\r\n" + body


def get(line: bytes, headers: bytes = HOST) -> bytes:
    """Make a request without a body."""
    return line + b"\r\n" + headers + b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /api/v1/health HTTP/1.0\r\n\r\n", 403),  # without a name
        (b"GET /api/v1/health HTTP/1.0\r\n" + HOST + b"\r\n", 200),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 300, 400),  # the beginning of https
        (get(b"GET http://127.0.0.1/api/v1/health HTTP/1.1"), 404),  # as to a proxy
        (get(b"CONNECT evil.example:443 HTTP/1.1"), 404),
        (get(b"OPTIONS * HTTP/1.1"), 404),
        (get(b"TRACE / HTTP/1.1"), 405),
        (get(b"FOO /mcp HTTP/1.1"), 405),
        (get(b"GET /quotes/a\x00b HTTP/1.1"), 400),
        (get(b"GET /quotes/a%00b HTTP/1.1"), 404),
        (get("GET /quotes/ä HTTP/1.1".encode()), 400),
        (get(b"GET /assets/..%2f..%2fpages.py HTTP/1.1"), 404),
        (get(b"GET //documents HTTP/1.1"), 404),
        (get(b"GET /?q=%ff%ed%a0%80 HTTP/1.1"), 200),
        (get(b"GET /?" + b"&".join([b"in=handbook"] * 3_000) + b" HTTP/1.1"), 200),
        (get(b"GET / HTTP/1.1", HOST + b"Host: evil.example\r\n"), 400),
        (get(b"GET / HTTP/1.1", HOST + b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), 200),
        (get(b"GET /assets/ask.css HTTP/1.1", HOST + b"Range: bytes=0-3\r\n"), 200),
        (post(QUESTION, b"Content-Length: 3\r\n"), 400),
        (post(QUESTION, b"Content-Type: text/plain\r\n"), 200),
        (post(b"\xef\xbb\xbf" + QUESTION), 400),
        (post(QUESTION.decode().encode("utf-16")), 400),
        (post(b"question=a", b"Content-Type: application/x-www-form-urlencoded\r\n"), 400),
        (post(b'{"question": "\\ud800"}'), 400),
        (post(b'{"question": "a", "top": 1e400}'), 400),
        (post(b"[" * 50_000), 400),
        (b"POST /api/v1/ask HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
        (b"POST /api/v1/ask HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
    ],
)
async def test_it_is_answered_with_a_status_and_not_logged(
    web: WebService, caplog: pytest.LogCaptureFixture, sent: bytes, status: int
) -> None:
    """Anybody could fill a disk with a line for each."""
    answer = await exchange(web, sent)
    assert answer.split(b" ", 2)[1] == str(status).encode()
    assert caplog.records == []
    assert (await web.client.get("/api/v1/health")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/documents", "/api/v1/health", "/api/v1/sources", "/assets/ask.css"])
async def test_head_is_get_without_a_body(web: WebService, path: str) -> None:
    """As monitors ask."""
    head, got = await web.client.head(path), await web.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


async def test_a_body_may_come_in_the_smallest_parts_and_later(web: WebService) -> None:
    """After "100 Continue", one byte in each chunk."""
    head = b"POST /api/v1/ask HTTP/1.1\r\n" + HOST + b"Connection: close\r\nExpect: 100-continue\r\n"
    chunks = b"".join(b"1\r\n" + QUESTION[at : at + 1] + b"\r\n" for at in range(len(QUESTION)))
    answer = await exchange(web, head + b"Transfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 OK" in answer
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["answered"] is True


async def test_requests_that_are_sent_at_once_are_answered_in_their_order(web: WebService) -> None:
    """On one connection, also after an error."""
    first = b"GET /api/v1/nothing HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = await exchange(web, first + get(b"GET /api/v1/health HTTP/1.1"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"404", b"200"]
