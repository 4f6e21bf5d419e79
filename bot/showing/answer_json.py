"""Convert answers and quotes to the objects of `ask --json`, which the HTTP API and MCP give as well."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.types import Answer, Citation, PassagePart, Quote


def answer_json(answer: "Answer", elapsed_ms: float, *, show_closest: bool) -> dict[str, Any]:
    """Convert an answer to the object of `ask --json`.

    `sources_differ` is present only if true, `versions` only if the question names some, `asked_as` only if the
    spelling was mended or an error was pasted, `glossary` only if entries of the glossary decided, `parts` only if the
    question consists of several, and `closest` only with `show_closest` and without an answer.
    """
    content: dict[str, Any] = {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "threshold": round(answer.threshold, 4),
        "quotes": [quote_json(quote) for quote in answer.quotes],
        "generation": answer.generation,
        "elapsed_ms": round(elapsed_ms, 2),
    }
    if answer.sources_differ:
        content["sources_differ"] = True
    if answer.versions:
        content["versions"] = list(answer.versions)
    if answer.asked_as:
        content["asked_as"] = answer.asked_as
    if answer.glossary:
        content["glossary"] = list(answer.glossary)
    if answer.parts:
        content["parts"] = [
            {
                "question": part.question,
                "answered": part.answered,
                "confidence": round(part.confidence, 4),
                "quotes": [quote.citation.id for quote in part.quotes],
            }
            for part in answer.parts
        ]
    if show_closest and not answer.answered:
        content["closest"] = [quote_json(quote) for quote in answer.closest]
    return content


def quote_json(quote: "Quote") -> dict[str, Any]:
    """Convert a quote to an object of `ask --json`.

    `also`, present only if other places say the same, cites them; `more`, present only if needed, counts those that
    `also` leaves out.
    """
    content: dict[str, Any] = {
        "text": quote.text,
        "before": quote.before,
        "after": quote.after,
        "score": round(quote.score, 4),
        "citation": citation_json(quote.citation),
        "passage": [part_json(part) for part in quote.passage],
    }
    if quote.also:
        content["also"] = [citation_json(citation) for citation in quote.also]
    if quote.more:
        content["more"] = quote.more
    return content


def citation_json(citation: "Citation") -> dict[str, Any]:
    """Convert a citation to an object of `ask --json`; its start and end count in the file if that is text."""
    content = asdict(citation)
    span = content.pop("source_span")
    return content | ({"start": span[0], "end": span[1]} if span else {})


def part_json(part: "PassagePart") -> dict[str, Any]:
    """Convert a part of a passage to an object of `ask --json`, without what is 0, "" or false."""
    start, end = part.source_span or (part.start, part.end)
    content: dict[str, Any] = {"text": part.text, "start": start, "end": end, "kind": part.kind}
    names = ("level", "number", "language", "after_gap", "items_after")
    return content | {name: value for name in names if (value := getattr(part, name))}
