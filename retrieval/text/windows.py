"""Pack the sentences of a document into windows: what the model sees at once.

A sentence means little alone ("It fell to 4 %."), so the model reads the document's title, the section's heading and as
many neighbouring sentences as belong together. The paragraphs of a section are joined until a window holds
ENOUGH_TOKENS; a paragraph that does not fit is cut, and the sentences before the cut become left context of the rest.
"""

from collections.abc import Sequence

from retrieval.types import Document, Sentence, Window

ENOUGH_TOKENS = 64
MAX_PATH_LENGTH = 160  # characters of title and headings together, from which on outer headings are left out
MAX_CONTEXT_LENGTH = 300  # characters of title and heading; more would leave no room for the sentences


def pack_windows(
    prefix: str,
    texts: Sequence[str],
    sentences: Sequence[Sentence],
    tokens: Sequence[int],
    room: int,
    first_row: int,
) -> list[Window]:
    """Pack the sentences of one document; each of them is an own sentence of exactly one window, in order.

    `prefix` (title and heading) opens every window, and `room` tokens fit after it. `texts`, `sentences` and `tokens`
    (their token counts) belong together. A single sentence longer than `room` gets a window of its own, which the
    encoder truncates. `first_row` is the row of sentences[0].
    """
    windows = []
    start = 0
    while start < len(sentences):
        stop, used = _own_end(sentences, tokens, start, room)
        left = start
        while left > 0 and sentences[left - 1].paragraph == sentences[start].paragraph:
            if used + tokens[left - 1] > room:
                break
            left -= 1
            used += tokens[left]
        windows.append(_window(prefix, texts, left, start, stop, first_row))
        start = stop
    return windows


def section_context(document: Document, headings: Sequence[str]) -> str:
    """Join the title and the headings above a section, each closed by a full stop, to MAX_CONTEXT_LENGTH characters.

    A title without a word, such as a file name of digits and hashes, is left out, and so are outer headings if all of
    them are too long.
    """
    has_word = any(len(word) > 2 and word.isalpha() for word in document.title.split())
    inner = [heading for heading in headings if heading != document.title]
    while len(inner) > 1 and len(document.title) + sum(map(len, inner)) > MAX_PATH_LENGTH:
        inner = inner[1:]
    parts = [document.title if has_word else "", *inner]
    context = "".join(f"{part} " if part.endswith((".", "?", "!")) else f"{part}. " for part in parts if part)
    return context[:MAX_CONTEXT_LENGTH]


def _own_end(sentences: Sequence[Sentence], tokens: Sequence[int], start: int, room: int) -> tuple[int, int]:
    """Find the end of the own sentences of a window that begins at `start`, and count their tokens."""
    stop, used = start + 1, tokens[start]
    while stop < len(sentences) and used + tokens[stop] <= room:
        new_paragraph = sentences[stop].paragraph != sentences[stop - 1].paragraph
        if sentences[stop].section != sentences[start].section or (new_paragraph and used >= ENOUGH_TOKENS):
            break
        used += tokens[stop]
        stop += 1
    return stop, used


def _window(prefix: str, texts: Sequence[str], left: int, start: int, stop: int, first_row: int) -> Window:
    parts = [prefix, *(text + " " for text in texts[left:start])]
    offset = sum(map(len, parts))
    spans = []
    for text in texts[start:stop]:
        spans.append((offset, offset + len(text)))
        parts.append(text + " ")
        offset += len(text) + 1
    return Window("".join(parts).rstrip(), first_row + start, tuple(spans))
