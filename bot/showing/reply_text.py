"""Write a reply as plain text, for readers without a layout: programs, agents and logs."""

from bot.showing.pieces import GAP, Piece, is_apart
from bot.showing.reply import UNANSWERED_PART, Excerpt, Reply, format_confidence
from bot.showing.wording import many

MARKED = "“", "”"  # around the sentence that answers
FENCE = "```"


def reply_text(reply: Reply) -> str:
    """Write a reply: its message and notes, each passage with its citation, and the parts without an answer."""
    lines = [reply.message, *reply.notes, *map(excerpt_text, reply.excerpts)]
    return "\n\n".join(filter(None, [*lines, *(UNANSWERED_PART(question=part) for part in reply.unanswered)]))


def excerpt_text(excerpt: Excerpt) -> str:
    """Write a passage, the sentence that answers in quotation marks, and its citation below."""
    lines: list[str] = []
    for previous, piece in zip((None, *excerpt.passage[:-1]), excerpt.passage, strict=True):
        if piece.after_gap:
            lines.append(" " * piece.indent + GAP)
        elif previous and is_apart(previous, piece):
            lines.append("")
        lines.append(_piece_text(piece))
    origin = ", ".join(filter(None, (excerpt.title, excerpt.source, excerpt.published)))
    sureness = f", {format_confidence(excerpt.confidence)}" if excerpt.confidence else ""
    lines += ["", f"— {origin} ({excerpt.place}) [{excerpt.citation_id}]{sureness}"]
    lines += [excerpt.url] if excerpt.url else []
    lines += [f"also in: {place}" for place in excerpt.also]
    lines += [f"also in: {many(excerpt.more, 'more place')}"] if excerpt.more else []
    return "\n".join(lines)


def _piece_text(piece: Piece) -> str:
    indent = " " * piece.indent
    if piece.kind == "code":
        code = piece.text.replace("\n", f"\n{indent}")
        return f"{indent}{FENCE}{piece.language}\n{indent}{code}\n{indent}{FENCE}"
    label = f"{piece.label} " if piece.label else ""
    sentence = f"{MARKED[0]}{piece.sentence}{MARKED[1]}" if piece.is_marked else ""
    text = f"{piece.before}{sentence}{piece.after}".replace("\n", f"\n{indent}{' ' * len(label)}")
    return f"{indent}{label}{text}"
