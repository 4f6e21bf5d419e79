"""Read a Jupyter notebook: the text of its cells in Markdown, and their code without what it printed."""

import json
from typing import Any

from retrieval.reading.formats import markdown_parts
from retrieval.reading.formats.encodings import decode
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line


def warm() -> None:
    """Load all that Markdown needs."""
    markdown_parts.warm()


def read(content: bytes) -> Extracted:
    """Extract the parts of the cells and the title of a notebook. Raises RefusedError."""
    try:
        notebook = json.loads(decode(content))
    except (ValueError, RecursionError):
        raise RefusedError("not a Jupyter notebook: invalid JSON") from None
    sheets = [notebook, *_objects(notebook, "worksheets")] if isinstance(notebook, dict) else []
    cells = [cell for sheet in sheets for cell in _objects(sheet, "cells")]
    if not sheets or not cells:
        raise RefusedError("not a Jupyter notebook: it has no cells")
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    language = _language(metadata)
    title = metadata.get("title")
    parts = [part for cell in cells for part in _parts(cell, language)]
    return Extracted(tuple(parts), title=one_line(title) if isinstance(title, str) else None)


def _parts(cell: dict[str, Any], language: str) -> list[Part]:
    """Return the parts of a cell."""
    source = cell.get("source", cell.get("input"))
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    kind = cell.get("cell_type")
    if kind == "heading":  # of an old version of the format
        return [Part("heading", text, cell["level"] if isinstance(cell.get("level"), int) else 1)]
    if kind == "markdown":
        return markdown_parts.markdown_parts(text.replace("\r\n", "\n"))
    return [Part("code", text, language=language)] if kind == "code" and text.strip() else []


def _objects(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a list of an object, none if it has no such list."""
    items = data.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _language(metadata: dict[str, Any]) -> str:
    """Return the programming language of a notebook, "" if it does not say."""
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        described = metadata.get(name)
        if isinstance(described, dict) and isinstance(described.get(key), str):
            return str(described[key])
    return ""
