"""Turn Markdown inside a file of another format into parts, as its readers see it."""

from retrieval.reading.front_matter import parse_front_matter
from retrieval.reading.isolated.protocol import Part, PartKind
from retrieval.reading.markdown import check_size
from retrieval.reading.markdown_text import read_markdown
from retrieval.text.source_map import EditedText

WARM_UP = "---\na: b\n---\n# A\n\nA *word*[^1].\n\n| a | b |\n|---|---|\n| c | d |\n\n- e\n\n```\nf\n```\n"


def warm() -> None:
    """Load all that Markdown and its front matter need."""
    markdown_parts(WARM_UP)


def markdown_parts(source: str) -> list[Part]:
    """Turn a text into parts, without its front matter. Raises RefusedError if it is too large."""
    check_size(source)
    _, body = parse_front_matter(source)
    return edited_parts(EditedText(source), body)


def edited_parts(edited: EditedText, body: int) -> list[Part]:
    """Turn Markdown that was made from another markup into parts."""
    read = read_markdown(edited, body)
    parts = []
    for block in read.blocks:
        kind: PartKind = "text" if block.kind == "prose" else block.kind
        text = read.text[block.start : block.end]
        parts.append(Part(kind, text, block.level, number=block.number, language=block.language))
    return parts
