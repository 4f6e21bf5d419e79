"""Pack the sentences of a document into windows: what the model sees at once.

A sentence means little alone ("It fell to 4 %."), so the model reads the document's title, the
section's heading and as many neighbouring sentences as belong together. Paragraphs of a section are
joined until a window holds ENOUGH_TOKENS; one that does not fit is cut, and what follows gets the
sentences of the same paragraph before it as left context.
"""

from collections.abc import Sequence

from retrieval.types import Document, Sentence, Window

ENOUGH_TOKENS = 64
MAX_CONTEXT_LENGTH = 300  # characters of title and heading; more would leave no room for what stands below them


def pack_windows(
    prefix: str,
    texts: Sequence[str],
    sentences: Sequence[Sentence],
    tokens: Sequence[int],
    room: int,
    first_row: int,
) -> list[Window]:
    """Return the windows of one document; every sentence is own to exactly one of them, in order.

    `prefix` opens every window (title and heading); `texts`, `sentences` and `tokens` (their counts) belong
    together; `room` is how many tokens fit after the prefix. A single sentence over that gets a
    window of its own, which the encoder cuts. `first_row` is the row of sentences[0].
    """
    windows = []
    start = 0
    while start < len(sentences):
        stop, used = _own(sentences, tokens, start, room)
        left = start
        while left > 0 and sentences[left - 1].paragraph == sentences[start].paragraph:
            if used + tokens[left - 1] > room:
                break
            left -= 1
            used += tokens[left]
        windows.append(_window(prefix, texts, left, start, stop, first_row))
        start = stop
    return windows


def section_context(document: Document, heading: str) -> str:
    """Return what a sentence is read with: the title and its section's heading, each closed by a full stop.

    At most MAX_CONTEXT_LENGTH characters. A title that is only a file name of digits and hashes says nothing and is
    left out.
    """
    telling = any(len(word) > 2 and word.isalpha() for word in document.title.split())
    parts = [document.title if telling else "", heading if heading != document.title else ""]
    said = "".join(f"{part} " if part.endswith((".", "?", "!")) else f"{part}. " for part in parts if part)
    return said[:MAX_CONTEXT_LENGTH]


def _own(sentences: Sequence[Sentence], tokens: Sequence[int], start: int, room: int) -> tuple[int, int]:
    """Return where the own sentences of a window that begins at start end, and their tokens."""
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
    place = sum(map(len, parts))
    spans = []
    for text in texts[start:stop]:
        spans.append((place, place + len(text)))
        parts.append(text + " ")
        place += len(text) + 1
    return Window("".join(parts).rstrip(), first_row + start, tuple(spans))
