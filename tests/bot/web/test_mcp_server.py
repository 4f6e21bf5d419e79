"""MCP by the client of the official SDK, over HTTP and over standard input and output."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from bot.answering_stack import AnsweringStack
from bot.web import api_types
from bot.web.mcp_endpoint import McpEndpoint
from bot.web.mcp_server import NOTHING_FOUND
from config.settings import Settings
from tests.bot.web.test_access_tokens import SECOND, TOKENS, bearer
from tests.support.paths import ROOT
from tests.support.web_service import NOWHERE, SECRET, STEPS, open_web_service

Stack = tuple[Settings, AnsweringStack]
Connect = Callable[[Stack], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def over_http(stack: Stack) -> AsyncIterator[Client]:
    async with open_web_service(*stack) as web, Client(f"{web.address}/mcp") as client:
        yield client


@asynccontextmanager
async def over_stdio(stack: Stack, *options: str) -> AsyncIterator[Client]:
    settings = stack[0]
    folders = ["--index", str(settings.index_folder), "--seeds", str(settings.seeds_folder)]
    arguments = ["-P", "-m", "bot.commands.cli", "mcp", *folders, *options]
    environment = {"PYTHONPATH": str(ROOT), "FOOTNOTE_MODEL_CACHE": "", "HOME": os.environ.get("HOME", "/")}
    program = StdioServerParameters(command=sys.executable, args=arguments, env=environment)
    async with Client(stdio_client(program)) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    """Return the only text of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def call(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    return result


@pytest.mark.parametrize("connect", [over_http, over_stdio])
async def test_tools_give_verified_quotes_or_say_that_there_are_none(web_stack: Stack, connect: Connect) -> None:
    """As text and as the objects of the API, whose form the client checks against the description of the tool."""
    async with connect(web_stack) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "get_quote", "list_documents"}
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        answer = await call(client, "ask", question=STEPS)
        quote = msgspec.convert(answer.structured_content, api_types.Answer).quotes[0]
        assert not answer.is_error
        assert "3. Put the new filter in with the arrow up." in text_of(answer)
        assert f"[{quote.citation.id}]" in text_of(answer)
        nothing = await call(client, "ask", question=NOWHERE)
        assert (text_of(nothing), nothing.is_error) == (NOTHING_FOUND, False)
        assert msgspec.convert(nothing.structured_content, api_types.Answer).quotes == ()
        found = await call(client, "get_quote", id=quote.citation.id)
        assert msgspec.convert(found.structured_content, api_types.QuoteReply).quote.text == quote.text
        listed = await call(client, "list_documents", collections=["handbook"])
        assert "- Handbook of the pump, Works office, 2024-05, handbook/pump.md" in text_of(listed)


async def test_wrong_calls_are_errors_that_an_agent_can_read(web_stack: Stack) -> None:
    """They say what is wrong, and the next call is answered."""
    async with over_http(web_stack) as client:
        for tool, arguments, said in (
            ("ask", {}, "question"),
            ("ask", {"question": "x" * 4001}, "arguments are wrong"),
            ("ask", {"question": SECRET, "collections": ["none"]}, "there is no collection"),
            ("get_quote", {"id": "aaaaaaaaaa"}, "no quote"),
        ):
            result = await call(client, tool, **arguments)
            assert (result.is_error, said in text_of(result)) == (True, True)
        with pytest.raises(MCPError, match="there is no tool"):
            await client.call_tool("delete_everything", {})
        assert not (await call(client, "ask", question=SECRET)).is_error


async def test_a_token_decides_over_mcp_as_well(web_stack: Stack, tmp_path: Path) -> None:
    """What it may not see is not found; without one, nothing is."""
    (tmp_path / "tokens").write_text(TOKENS)
    async with open_web_service(*web_stack, token_file=str(tmp_path / "tokens")) as web:
        async with (
            httpx2.AsyncClient(headers=bearer(SECOND)) as http,
            Client(streamable_http_client(f"{web.address}/mcp", http_client=http)) as client,
        ):
            assert text_of(await call(client, "ask", question=SECRET)) == NOTHING_FOUND
            assert text_of(await call(client, "ask", question=STEPS)) != NOTHING_FOUND
        async with Client(f"{web.address}/mcp") as client:
            refused = await call(client, "ask", question=STEPS)
            assert (refused.is_error, "needs a token" in text_of(refused)) == (True, True)


async def test_requests_that_are_no_mcp_are_refused(web_stack: Stack) -> None:
    """And the service goes on."""
    async with open_web_service(*web_stack) as web:
        for body in (b"", b"{", b"[]", b'{"jsonrpc": "2.0"}', b"x" * 200_000):
            headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            reply = await web.client.post("/mcp", content=body, headers=headers)
            assert 400 <= reply.status_code < 500
        assert (await web.ask(STEPS)).status_code == 200


async def test_nothing_but_the_protocol_goes_to_standard_output(
    tmp_path: Path, footnote: Any, web_stack: Stack
) -> None:
    """Every line is JSON-RPC, also with notices to print and without an answer."""
    request: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}
    request["params"] = {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }  # fmt: skip
    call_ask: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": "tools/call"}
    call_ask["params"] = {"name": "ask", "arguments": {"question": STEPS}}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    lines = "".join(f"{json.dumps(message)}\n" for message in (request, ready, call_ask))
    other_seeds = tmp_path / "other"  # another folder than the one that was indexed: there is something to say
    other_seeds.mkdir()
    (other_seeds / "a.txt").write_text("Something else.")
    done = footnote("mcp", "--index", str(web_stack[0].index_folder), "--seeds", str(other_seeds), stdin=lines)
    assert "run: footnote rebuild" in done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
    assert done.returncode == 0


def test_an_error_is_one_line_on_standard_error(tmp_path: Path, footnote: Any) -> None:
    """Standard output belongs to the protocol, from the beginning on."""
    done = footnote("mcp", "--seeds", str(tmp_path / "nothing"), "--index", str(tmp_path / "index"))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


async def test_an_agent_may_be_limited_to_collections(web_stack: Stack) -> None:
    """What is in the others does not exist for it."""
    async with over_stdio(web_stack, "--collection", "handbook") as client:
        assert text_of(await call(client, "ask", question=SECRET)) == NOTHING_FOUND
        listed = await call(client, "list_documents")
        assert msgspec.convert(listed.structured_content, api_types.Sources).collections == {"handbook": 2}


async def test_a_broken_installation_leaves_no_request_waiting(
    web_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told that something is wrong; everything else is served."""

    def fail(_: McpEndpoint) -> None:
        raise ImportError("a part of the SDK is missing")

    monkeypatch.setattr(McpEndpoint, "_make_transport", fail)
    async with open_web_service(*web_stack) as web:
        replies = [await web.client.post("/mcp", json={}) for _ in range(2)]
        assert [reply.json()["error"]["code"] for reply in replies] == ["failed", "failed"]
        assert (await web.ask(STEPS)).status_code == 200
