"""Format a passage in Discord's Markdown: pieces come in, the text of an embed goes out, within a limit.

All foreign text is escaped or in a block of code that it cannot end. What does not fit is left out piece by piece, what
is farthest from the quoted sentence first; "[…]" stands for what is left out in between, "…" at both ends.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from bot.showing.discord_markdown import ELLIPSIS, NO_BREAK_SPACE, cut, escape, escape_cut, escape_lines, units
from bot.showing.languages import Message
from bot.showing.pieces import GAP, MAX_INDENT, Piece, is_apart
from retrieval.text.cautions import is_warning_label, limits, warns

MAX_FOLDED = 1_200  # units of an answer, a screen of a phone; More context shows more
FENCE = "```"
LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]{1,20}")
WHOLE = 1_000_000  # units, more than any piece that fits
BREAK = len("\n\n")  # before a piece, at most, if nothing is left out
GAP_LINE = MAX_INDENT + len(f"\\{GAP}")
INCOMPLETE = Message("What limits this did not fit here: see More context.")
ENDS = GAP_LINE + 2 * len(f"\n{ELLIPSIS}")


def format_passage(pieces: Sequence[Piece], room: int, folded: int = MAX_FOLDED) -> str:
    """Format a passage in at most `room` units, and in about `folded`, which a long sentence or what limits it exceeds.

    If a warning, a condition or whatever else governs the sentence does not fit, the last line says so.
    """
    blocks, is_complete = _choose(pieces, room, folded)
    if is_complete:
        return _join(pieces, blocks)
    last_line = f"\n**{INCOMPLETE()}**"
    blocks, _ = _choose(pieces, room - units(last_line), folded)
    return f"{_join(pieces, blocks)}{last_line}"


def _choose(pieces: Sequence[Piece], room: int, folded: int) -> tuple[dict[int, str], bool]:
    """Format the pieces that fit, by number; tell whether all are among them that govern the marked one."""
    at = next((number for number, piece in enumerate(pieces) if piece.is_marked), 0)
    limit = min(folded, room) - ENDS
    sentence = units(_format_sentence(pieces[at])) if pieces[at].kind != "code" else 0
    blocks = {at: _format_piece(pieces[at], min(max(limit, sentence + ENDS), room - ENDS))}
    used, is_complete = units(blocks[at]), True
    for is_needed, numbers in _by_importance(pieces, at):
        for number in numbers:
            line = BREAK + (GAP_LINE if is_needed or pieces[number].after_gap else 0)
            left = (room - ENDS if is_needed else limit) - used - line
            block = _format_piece(pieces[number]) if len(pieces[number].text) <= left else ""
            if block and units(block) <= left:
                blocks[number] = block
                used += units(block) + line
            elif is_needed:
                is_complete = False
            else:
                break
    return blocks, is_complete


def _by_importance(pieces: Sequence[Piece], at: int) -> Iterator[tuple[bool, Sequence[int]]]:
    """Yield the numbers of the other pieces in groups, the most important first, with whether they are needed.

    Needed is what governs the marked piece: the heading, the items around it, what introduces its list, and what warns
    of it or limits it.
    """
    governing, indent = [], pieces[at].indent
    nearest = max((number for number in range(at) if pieces[number].kind == "heading"), default=0)
    in_list = bool(pieces[at].label or indent or pieces[at].kind == "code")
    for number in range(at - 1, -1, -1):
        piece = pieces[number]
        is_outer_item = bool(piece.label) and piece.indent < indent
        introduces = in_list and not piece.label and not piece.indent and piece.kind == "prose"
        is_heading = piece.kind == "heading" and number in (0, nearest)
        if is_outer_item or introduces or is_heading or _is_warning(pieces, number):
            governing.append(number)
        indent = min(indent, piece.indent) if is_outer_item else indent
        in_list = in_list and not introduces
    limiting = [number for number in range(at + 1, len(pieces)) if _limits(pieces[number])]
    yield True, governing + limiting
    yield False, [number for number in range(at - 1, -1, -1) if number not in governing]
    yield False, [number for number in range(at + 1, len(pieces)) if number not in limiting]


def _is_warning(pieces: Sequence[Piece], number: int) -> bool:
    """Tell whether a piece warns, is the label of a warning, or stands below such a label."""
    text, above = pieces[number].text, pieces[number - 1].text if number else ""
    return pieces[number].kind != "code" and (warns(text) or is_warning_label(text) or is_warning_label(above))


def _limits(piece: Piece) -> bool:
    return piece.kind == "prose" and limits(piece.text)


def _join(pieces: Sequence[Piece], blocks: dict[int, str]) -> str:
    """Join the blocks of the pieces that are shown, in the order of the passage."""
    numbers = sorted(blocks)
    lines = [ELLIPSIS] if numbers[0] > 0 else []
    for number in numbers:
        previous = pieces[number - 1] if number - 1 in blocks else None
        if lines and number != numbers[0] and (previous is None or pieces[number].after_gap):
            lines.append(f"{' ' * pieces[number].indent}\\{GAP}")
        elif previous and is_apart(previous, pieces[number]) and "code" not in (previous.kind, pieces[number].kind):
            lines.append("")
        lines.append(blocks[number])
    return "\n".join([*lines, ELLIPSIS] if numbers[-1] < len(pieces) - 1 else lines)


def _format_piece(piece: Piece, room: int = WHOLE) -> str:
    """Format a piece in at most `room` units."""
    if piece.kind == "code":
        return _format_code(piece, room)
    if piece.kind == "heading" and not piece.is_marked:
        return f"{' ' * piece.indent}**{escape_cut(piece.text, room - piece.indent - len('****'))}**"
    label = "" if not piece.label else f"{piece.label} " if piece.label[0].isdigit() else "- "
    prefix = " " * piece.indent + label
    room -= len(prefix) * (1 + piece.text.count("\n"))
    text = _format_marked(piece, room) if piece.is_marked else escape_lines(piece.text, room)
    return prefix + text.replace("\n", f"\n{' ' * len(prefix)}")


def _format_marked(piece: Piece, room: int) -> str:
    """Format the sentence in bold inside its piece; what is around it is cut if there is too little room."""
    quote = _format_sentence(piece, room)
    left = room - units(quote) - 2
    before = _end_of(piece.before.strip(), left // 2)
    after = escape_lines(piece.after.strip(), left - units(before)) if left - units(before) > 1 else ""
    before += piece.before[-1] if before and piece.before[-1].isspace() else ""
    return before + quote + (piece.after[0] if after and piece.after[0].isspace() else "") + after


def _format_sentence(piece: Piece, room: int = WHOLE) -> str:
    """Format the marked sentence of a piece, with each of its lines in bold, since a list would end a longer mark."""
    marks = len("“”") + len("****") * (1 + piece.sentence.count("\n"))
    lines = f"“{escape_lines(piece.sentence, room - marks)}”".split("\n")
    return "\n".join(f"**{line}**" for line in lines)


def _end_of(text: str, room: int) -> str:
    """Escape the end of a text that fits into `room` units, with an ellipsis if it is cut; "" if nothing fits."""
    if room < 2 or not text:
        return ""
    whole = escape_lines(text, WHOLE) if len(text) <= room else ""
    if whole and units(whole) <= room:
        return whole
    words = text[-room:].split(" ")[1:]  # no more than that can fit, and the first word may be cut
    whole = f"… {escape_lines(' '.join(words), WHOLE)}" if words else ""
    while units(whole) > room and words:
        excess = units(whole) - room
        while words and excess >= 0:
            excess -= units(words.pop(0)) + 1
        whole = f"… {escape_lines(' '.join(words), WHOLE)}" if words else ""
    return whole


def _format_code(piece: Piece, room: int) -> str:
    """Format code as a block with its language, in at most `room` units; "…" below it stands for further lines.

    Code that would end the block is shown as text instead, its lines indented by spaces that stay.
    """
    lines = piece.text.split("\n")
    language = piece.language if LANGUAGE.fullmatch(piece.language) else ""
    head, tail = ("", "") if FENCE in piece.text else (f"{FENCE}{language}\n", f"\n{FENCE}")
    room -= units(head) + units(tail) + units(f"\n{ELLIPSIS}")
    shown = lines if head else [NO_BREAK_SPACE * (len(line) - len(line.lstrip())) + escape(line) for line in lines]
    fitting = sum(used <= room for used in accumulate(units(line) + 1 for line in shown))
    first = cut(lines[0], room) if head else escape_cut(lines[0], room)
    block = head + "\n".join(shown[:fitting] or [first]) + tail
    return block if fitting == len(lines) else f"{block}\n{ELLIPSIS}"
