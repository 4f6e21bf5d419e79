"""Connections: none is kept for a request that does not come, and clients are told apart by their own addresses."""

import asyncio
import signal
import socket
import threading
from contextlib import suppress

import pytest
from starlette.applications import Starlette

from bot.answering_stack import AnsweringStack
from bot.web import question_service, uvicorn_server
from bot.web.client_addresses import client_address, is_proxy
from bot.web.http_server import bind, end_despite_searches
from bot.web.request_errors import RequestError
from config.settings import Settings
from tests.support.web_service import open_web_service

Stack = tuple[Settings, AnsweringStack]
HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SHORT_S = 0.2
LONG_S = 5.0  # if a connection is closed at all, then before


@pytest.mark.parametrize(
    ("first", "repeated"),
    [
        (b"", b""),
        (HEAD, b"X: y\r\n"),
        (HEAD + b"\r\n", b""),
        (HEAD + b"Content-Length: 99999\r\n\r\n", b"x"),  # it is answered before its body
    ],
)
async def test_a_connection_without_a_request_is_closed(
    web_stack: Stack, monkeypatch: pytest.MonkeyPatch, first: bytes, repeated: bytes
) -> None:
    """Whatever trickles in: 500 of them would otherwise keep everybody else out."""
    monkeypatch.setattr(uvicorn_server, "KEEP_ALIVE_S", SHORT_S)
    async with open_web_service(*web_stack) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(web.address.rpartition(":")[2]))
        writer.write(first)
        with suppress(ConnectionError):  # closed before the service read all of it
            async with asyncio.timeout(LONG_S):
                while await read_or_write(reader, writer, repeated):
                    pass
        writer.close()


async def read_or_write(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, repeated: bytes) -> bool:
    """Read, or write if nothing comes for a while; return False at the end of the connection."""
    try:
        async with asyncio.timeout(SHORT_S / 4):
            return await reader.read(1000) != b""
    except TimeoutError:
        writer.write(repeated)
        return True


async def test_a_slow_answer_keeps_its_connection(web_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is that of waiting for a request, not of answering it."""
    monkeypatch.setattr(uvicorn_server, "KEEP_ALIVE_S", SHORT_S)
    async with open_web_service(*web_stack) as web:
        late = asyncio.Event()

        async def answer_late(*_: object, **__: object) -> None:
            asyncio.get_running_loop().call_later(2 * SHORT_S, late.set)
            await late.wait()
            raise RequestError("not_found", "late")

        monkeypatch.setattr(web.service, "sources", answer_late)
        assert (await web.client.get("/api/v1/sources")).json()["error"]["message"] == "late"


async def test_small_parts_of_a_reply_are_sent_at_once() -> None:
    """With Nagle's algorithm, the body would wait 40 ms for the receipt of the headers."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = bind("127.0.0.1", 0)
    async with await asyncio.start_server(note, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await accepted == 1
        writer.close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("", ""),
    ],
)
def test_an_address_of_ipv4_is_written_as_such(host: str, address: str) -> None:
    """All of them would otherwise be one network of IPv6, and so one client; and no proxy would be recognised."""
    assert client_address(host) == address


async def test_no_address_holds_all_connections(web_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told so and closed; when another one of that address ends, the next is served."""
    monkeypatch.setattr(uvicorn_server, "MAX_CONNECTIONS_OF_ADDRESS", 2)
    async with open_web_service(*web_stack) as web:
        port = int(web.address.rpartition(":")[2])
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in held:  # they are counted
            writer.write(HEAD + b"\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        reader, refused = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        for writer in (*(writer for _, writer in held), refused):
            writer.close()
            await writer.wait_closed()
        assert (await web.client.get("/api/v1/health")).status_code == 200


@pytest.mark.parametrize(
    ("address", "proxies", "is_one"),
    [
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.1", ["192.0.2.0/24"], True),
        ("192.0.2.1", ["*"], True),
        ("192.0.2.1", ["proxy.example", "198.51.100.1"], False),
        ("192.0.2.1", [], False),
        ("unknown", ["192.0.2.1"], False),
    ],
)
def test_a_proxy_is_named_by_its_address_or_network(address: str, proxies: list[str], is_one: bool) -> None:
    """Whatever is malformed names nobody."""
    assert is_proxy(address, proxies) is is_one


async def test_a_search_without_end_is_told_that_the_service_stops(
    web_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request in flight gets a 503, and nothing waits for the thread, without which the process then ends."""
    monkeypatch.setattr(question_service, "STOP_TIMEOUT_S", SHORT_S)
    monkeypatch.setattr(question_service, "CLOSE_TIMEOUT_S", SHORT_S)
    begun, released = threading.Event(), threading.Event()

    def answer(*_: object, **__: object) -> None:
        begun.set()
        released.wait(60)

    monkeypatch.setattr(question_service, "_answer", answer)
    ended: list[int] = []
    async with open_web_service(*web_stack) as web:
        asking = asyncio.create_task(web.ask("How high is it?"))
        await asyncio.to_thread(begun.wait)
        web.server.stop()
        reply = await asking
    end_despite_searches(ended.append)
    released.set()
    assert (reply.status_code, reply.json()["error"]["message"]) == (503, question_service.CLOSING)
    assert ended == [0]


@pytest.mark.parametrize(("before", "stops"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
async def test_a_closed_terminal_stops_the_service_unless_that_is_ignored(
    before: signal.Handlers, *, stops: bool
) -> None:
    """So that nothing temporary, such as the sandbox's copy of the documents, stays behind."""
    stopped = asyncio.Event()
    kept = signal.signal(signal.SIGHUP, before)
    try:
        server = uvicorn_server.make_server(Starlette(), stopping=stopped.set)
        with server.capture_signals():
            assert (signal.getsignal(signal.SIGHUP) != before) == stops
            if stops:
                signal.raise_signal(signal.SIGHUP)
                await asyncio.wait_for(stopped.wait(), LONG_S)
        assert server.should_exit == stops
    finally:
        signal.signal(signal.SIGHUP, kept)
