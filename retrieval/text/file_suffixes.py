"""The suffixes of files that are text as people type it, in lower case, and what programs append to names."""

import re

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdx", ".mkd", ".mdown", ".mdwn", ".mkdn", ".qmd", ".rmd")
PLAIN_SUFFIXES = (*MARKDOWN_SUFFIXES, ".txt", ".text", ".wiki", ".mediawiki")
IDENTIFIER = re.compile(r"[ _-][0-9a-f]{32}(?:_all)?$")  # as Notion has it


def is_markdown(path: str) -> bool:
    """Tell whether a path is that of a Markdown file."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def without_identifier(name: str) -> str:
    """Remove the identifier that an export appended to the name of a page, without suffix, or of a folder."""
    return IDENTIFIER.sub("", name)
