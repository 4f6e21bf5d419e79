"""Lead an address to a heading of its page, as GitHub and most site generators name the places of headings."""

import re

from retrieval.types import Document

MAX_LEVEL = 6  # of headings that have a place of their own; terms and questions have none
LEFT_OUT = re.compile(r"[^\w\- ]")


def with_heading(address: str | None, document: Document, offset: int) -> str | None:
    """Return the address of a document; one that ends with "#" leads to the heading above an offset."""
    if not address or not address.endswith("#"):
        return address
    page = address.removesuffix("#")
    names: list[str] = []
    for heading in document.headings:
        if heading.start > offset:
            break
        if heading.level <= MAX_LEVEL:
            names.append(anchor(document.text[heading.start : heading.end]))
    is_title = len(names) == 1 and document.headings[0].level == 1
    if not names or is_title or not names[-1]:
        return page
    repeated = names[:-1].count(names[-1])
    return f"{page}#{names[-1]}-{repeated}" if repeated else f"{page}#{names[-1]}"


def anchor(heading: str) -> str:
    """Return the name of a heading's place: "What's new in 2.0?" → "whats-new-in-20"."""
    return LEFT_OUT.sub("", " ".join(heading.lower().split())).replace(" ", "-")
