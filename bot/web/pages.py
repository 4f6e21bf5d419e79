"""The pages for browsers: ask, a quote with all that is near, and the documents. They need no script.

Text of documents and questions is made harmless twice: `bot.showing` replaces characters that could mislead a reader,
and the templates escape everything.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import bot
from bot.showing.pieces import GAP, Piece
from bot.showing.reply import (
    CLOSEST,
    REFUSAL,
    UNANSWERED_PART,
    Excerpt,
    compose,
    compose_excerpt,
    format_confidence,
    format_sureness,
)
from bot.showing.safe_text import one_line
from bot.showing.web_addresses import is_web_address
from bot.showing.wording import document_note, format_date, many
from bot.web.api import error_headers
from bot.web.api_types import MAX_GIVEN
from bot.web.question_service import Question, QuestionService, TimedAnswer
from bot.web.request_errors import RequestError
from bot.web.request_values import asker_of, read_number
from retrieval.text.cleaning import MAX_QUESTION_LENGTH
from retrieval.text.follow_ups import Previous

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = {
    "ask.css": "text/css", "ask.js": "text/javascript", "discord_markdown.js": "text/javascript",
    "icon.svg": "image/svg+xml", "sandbox.css": "text/css", "sandbox.js": "text/javascript",
}  # fmt: skip
MAX_AGE_S = 31_536_000  # of an asset, whose address changes with its content
LISTED = 50  # documents on a page


def page_routes(service: QuestionService, *, has_sandbox: bool = False) -> list[Route]:
    """Make the routes of the pages and of what they load; the first page leads to the sandbox if there is one."""
    asset = Route("/assets/{name}", _serve_asset, methods=["GET"])
    return [_ask_route(service, has_sandbox=has_sandbox), _quote_route(service), _documents_route(service), asset]


def _ask_route(service: QuestionService, *, has_sandbox: bool) -> Route:
    async def ask(request: Request) -> Response:
        typed = request.query_params.get("q", "").strip()
        asker = asker_of(request)
        chosen = request.query_params.getlist("in")
        collections = service.collections(asker)
        content = _form(typed, chosen, collections) | {"language": _language(service)}
        if not typed:
            is_open = has_sandbox and asker.visible is None
            return render("ask.html", **content, documents=sum(collections.values()), has_sandbox=is_open)
        try:
            question = Question(typed, tuple(chosen), _previous(request))
            timed = await service.ask(asker, question, with_others=True)
        except RequestError as error:
            return render("ask.html", error, **content | {"problem": error.message})
        return render("ask.html", **content | answer_content(timed))

    return Route("/", ask, methods=["GET"])


def _quote_route(service: QuestionService) -> Route:
    async def quote(request: Request) -> Response:
        found = await service.quote(asker_of(request), request.path_params["id"], surrounded=True)
        note = document_note("The document", stored=found.in_use, state=found.state)
        return render("quote.html", excerpt=compose_excerpt(found.quote), note=note, language=_language(service))

    return Route("/quotes/{id}", quote, methods=["GET"])


def _documents_route(service: QuestionService) -> Route:
    async def documents(request: Request) -> Response:
        offset, name = read_number(request, "offset", 0), request.query_params.get("name", "").strip()
        chosen = request.query_params.getlist("in")
        listed = await service.sources(asker_of(request), collections=chosen, name=name, limit=LISTED, offset=offset)
        links = {}
        if offset:
            links["earlier"] = _documents_link(name, chosen, max(offset - LISTED, 0))
        if offset + LISTED < listed.total:
            links["later"] = _documents_link(name, chosen, offset + LISTED)
        return render("documents.html", listed=listed, name=name, offset=offset, links=links)

    return Route("/documents", documents, methods=["GET"])


async def _serve_asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        raise RequestError("not_found", "There is nothing at this address.")
    headers = {"Cache-Control": f"public, max-age={MAX_AGE_S}, immutable"}
    return Response(_asset(name), 200, headers, ASSETS[name])


def answer_content(timed: TimedAnswer) -> dict[str, Any]:
    """Compose what the page shows of an answer."""
    answer = timed.answer
    reply = compose(answer)
    quotes = answer.closest if not answer.answered else timed.others
    return {
        "asked": one_line(answer.question),
        "reply": reply,
        "answered": answer.answered,
        "others": [compose_excerpt(quote) for quote in quotes],
        "given": [quote.citation.id for quote in answer.quotes][:MAX_GIVEN],
    }


def error_page(error: RequestError) -> Response:
    """Render the page of a request that gets no answer."""
    return render("error.html", error, problem=error.message)


def piece_groups(pieces: Sequence[Piece]) -> Iterator[tuple[bool, list[Piece]]]:
    """Divide a passage into runs of list items and of other pieces, each with whether it is a list."""
    for is_list, group in groupby(pieces, lambda piece: bool(piece.label) and piece.kind != "code"):
        yield is_list, list(group)


def shown_pieces(excerpt: Excerpt) -> tuple[Piece, ...]:
    """Return the passage of an excerpt without a first heading that repeats the title."""
    passage = excerpt.passage
    repeats_title = len(passage) > 1 and passage[0] == Piece("heading", excerpt.title)
    return passage[1:] if repeats_title else passage


def shown_spot(excerpt: Excerpt) -> str:
    """Return where in its document an excerpt is, "" if its title or a heading in it says so already."""
    shown = {excerpt.title, *(piece.text for piece in excerpt.passage if piece.kind == "heading")}
    return "" if excerpt.spot in shown else excerpt.spot


def _form(typed: str, chosen: Sequence[str], collections: dict[str, int]) -> dict[str, Any]:
    """Return what the form shows: what was typed, and the collections that can be chosen."""
    boxes = [(name, name in chosen) for name in collections] if len(collections) > 1 else []
    return {"typed": typed[:MAX_QUESTION_LENGTH], "boxes": boxes, "reply": None, "problem": "", "given": []}


def _previous(request: Request) -> Previous | None:
    """Return the question before, as the form of its answer carries it."""
    question = request.query_params.get("after", "")
    given = request.query_params.getlist("given")[:MAX_GIVEN]
    return Previous(question, frozenset(given)) if 0 < len(question) <= MAX_QUESTION_LENGTH else None


def _documents_link(name: str, chosen: Sequence[str], offset: int) -> str:
    """Return the address of another part of a list of documents, relative to it."""
    named = [("name", name)] if name else []
    return f"?{urlencode([*named, *(('in', collection) for collection in chosen), ('offset', offset)])}"


def _language(service: QuestionService) -> str:
    return service.live.generation.stack.retriever.index.language


@cache
def _asset(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def _asset_address(name: str) -> str:
    """Return the address of an asset, which changes with its content."""
    return f"/assets/{name}?{hashlib.sha256(_asset(name)).hexdigest()[:12]}"


def render(template: str, error: RequestError | None = None, **content: Any) -> Response:
    """Render a template as a response, with the status and the headers of an error."""
    html = _environment().get_template(template).render(**content)
    headers = {"Cache-Control": "no-store"} | (error_headers(error) if error else {})
    body = html.encode("utf-8", "replace")  # a lone surrogate in what was typed
    return Response(body, error.status if error else 200, headers, "text/html; charset=utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "as_groups": piece_groups,
        "as_pieces": shown_pieces,
        "as_spot": shown_spot,
        "as_date": format_date,
        "as_line": one_line,
        "as_sureness": format_sureness,
        "as_confidence": format_confidence,
        "is_web_address": is_web_address,
        "asset": _asset_address,
        "many": many,
    }
    environment.globals |= {
        "GAP": GAP, "CLOSEST": CLOSEST().removesuffix(":"), "REFUSAL": REFUSAL(), "UNANSWERED_PART": UNANSWERED_PART,
        "MAX_LENGTH": MAX_QUESTION_LENGTH, "VERSION": bot.__version__,
    }  # fmt: skip
    return environment
