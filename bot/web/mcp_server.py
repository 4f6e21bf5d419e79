"""Offer the answers to agents over MCP: tools that return verified quotes, and say when there are none.

The transport comes from the official SDK: standard input and output for `footnote mcp`, HTTP for `footnote serve`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, NamedTuple

import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.requests import Request
from starlette.types import ASGIApp

import bot
from bot.serving.visible import VisibleCollections
from bot.showing.answer_json import answer_json
from bot.showing.reply import compose, compose_excerpt
from bot.showing.reply_text import excerpt_text, reply_text
from bot.showing.safe_text import one_line
from bot.showing.wording import many, source_text
from bot.web import api_types
from bot.web.api import previous_of, sources_json, stored_quote_json
from bot.web.askers import Asker
from bot.web.question_service import Question, QuestionService, SourceList
from bot.web.request_errors import RequestError
from bot.web.request_values import asker_of

INSTRUCTIONS = (
    "Answers questions from a folder of documents, only with passages quoted word for word. Give the quotes to people "
    "unchanged and with their citation. When nothing is found, say so: the documents do not answer the question."
)
NOTHING_FOUND = "Nothing in the documents answers the question, so there is no quote to give."
LISTED = 50  # documents in one reply
Handler = Callable[[Asker, Any], Awaitable[CallToolResult]]
Context = ServerRequestContext[Any, Any]


class HttpTransport(NamedTuple):
    """An ASGI application, and the context within which it answers."""

    app: ASGIApp
    run: Callable[[], AbstractAsyncContextManager[None]]


class AskArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question, perhaps only for some collections, and the question that it follows up."""

    question: api_types.QuestionText
    collections: tuple[str, ...] = ()
    previous: api_types.PreviousQuestion | None = None


class QuoteArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A quote by its citation; `surrounded` shows all that is near."""

    id: str
    surrounded: bool = False


class DocumentArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Documents with `name` in their title or path, of some collections; `offset` skips the first ones."""

    name: str = ""
    collections: tuple[str, ...] = ()
    offset: Annotated[int, msgspec.Meta(ge=0)] = 0


def make_server(service: QuestionService, asker: Callable[[Context], Asker]) -> Server[Any]:
    """Make a server whose tools answer; `asker` tells who calls, and may raise RequestError."""
    handlers = _handlers(service)
    tools = _tools()

    async def list_tools(_context: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in handlers:
            raise MCPError(INVALID_PARAMS, f"there is no tool of this name; the tools are: {', '.join(handlers)}")
        kind, handler = handlers[params.name]
        try:
            arguments = msgspec.convert(params.arguments or {}, kind)
            return await handler(asker(context), arguments)
        except msgspec.ValidationError as error:
            return _failure(f"The arguments are wrong: {error}.")
        except RequestError as error:
            return _failure(error.message)

    return Server(
        "footnote", version=bot.__version__, title="Footnote", instructions=INSTRUCTIONS, on_list_tools=list_tools,
        on_call_tool=call_tool,
    )  # fmt: skip


def make_http_transport(service: QuestionService) -> HttpTransport:
    """Make what answers over HTTP.

    There are no sessions to keep: each request is answered alone, at once, and no stream stays open when the service
    stops. Which names and pages may call is decided before.
    """
    manager = StreamableHTTPSessionManager(make_server(service, _asker_over_http), json_response=True, stateless=True)
    return HttpTransport(StreamableHTTPASGIApp(manager), manager.run)


def _asker_over_http(context: Context) -> Asker:
    assert isinstance(context.request, Request)  # noqa: S101 - what the transport passes on
    return asker_of(context.request)


def run_stdio(service: QuestionService, visible: VisibleCollections) -> None:
    """Answer on standard input and output until the input ends, from the visible collections."""
    asyncio.run(_run_stdio(service, visible))


async def _run_stdio(service: QuestionService, visible: VisibleCollections) -> None:
    async with stdio_server() as (incoming, outgoing):  # from here on, what others print goes to stderr
        server = make_server(service, lambda _: Asker(None, visible))
        async with service.running():
            await server.run(incoming, outgoing, server.create_initialization_options())


def _handlers(service: QuestionService) -> dict[str, tuple[type[msgspec.Struct], Handler]]:
    """Return what each tool takes and does."""

    async def ask(asker: Asker, asked: AskArguments) -> CallToolResult:
        question = Question(asked.question, asked.collections, previous_of(asked.previous))
        timed = await service.ask(asker, question)
        text = reply_text(compose(timed.answer)) if timed.answer.answered else NOTHING_FOUND
        return _result(text, answer_json(timed.answer, timed.elapsed_ms, show_closest=False))

    async def get_quote(asker: Asker, asked: QuoteArguments) -> CallToolResult:
        found = await service.quote(asker, asked.id, surrounded=asked.surrounded)
        return _result(excerpt_text(compose_excerpt(found.quote)), stored_quote_json(found))

    async def list_documents(asker: Asker, asked: DocumentArguments) -> CallToolResult:
        listed = await service.sources(
            asker, collections=asked.collections, name=asked.name, limit=LISTED, offset=asked.offset
        )
        return _result(_documents_text(listed), sources_json(listed, asked.offset))

    return {
        "ask": (AskArguments, ask),
        "get_quote": (QuoteArguments, get_quote),
        "list_documents": (DocumentArguments, list_documents),
    }


def _tools() -> list[Tool]:
    """Describe the tools."""
    return [
        _tool(
            "ask",
            "Ask the documents",
            "Answer a question with verified quotes and their citations, or say that the documents do not answer it.",
            AskArguments,
            api_types.Answer,
        ),
        _tool(
            "get_quote",
            "Show a quote",
            "Show a quote by the id of its citation, and what became of its document since it was indexed.",
            QuoteArguments,
            api_types.QuoteReply,
        ),
        _tool(
            "list_documents",
            "List the documents",
            "List the documents that answers come from, newest first, and the number in each collection.",
            DocumentArguments,
            api_types.Sources,
        ),
    ]


def _tool(name: str, title: str, description: str, takes: type[msgspec.Struct], gives: type[msgspec.Struct]) -> Tool:
    annotations = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return Tool(
        name=name, title=title, description=description, input_schema=_schema(takes), output_schema=_schema(gives),
        annotations=annotations,
    )  # fmt: skip


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Make the JSON schema of an object, with the object itself at the root, as MCP wants it."""
    schema = msgspec.json.schema(kind)
    root: dict[str, Any] = schema["$defs"][schema.pop("$ref").rpartition("/")[2]]
    return root | schema


def _documents_text(listed: SourceList) -> str:
    lines = [f"{many(listed.total, 'document')} in all; {len(listed.documents)} of them:"]
    for document in listed.documents:
        parts = (document.title, source_text(document.source, document.version), document.published or "", document.id)
        lines.append(f"- {', '.join(one_line(part) for part in parts if part)}")
    return "\n".join(lines)


def _result(text: str, content: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=content)


def _failure(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)
