"""The suffixes of files that are text as people type it, in lower case, and what programs append to names."""

import re

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdx", ".mkd", ".mdown", ".mdwn", ".mkdn", ".qmd", ".rmd")
PLAIN_SUFFIXES = (*MARKDOWN_SUFFIXES, ".txt", ".text", ".wiki", ".mediawiki")
PLAIN_NAMES = (  # of texts that projects have without a suffix, in lower case
    "readme", "changelog", "changes", "news", "history", "license", "licence", "copying", "install", "authors",
    "contributing", "contributors", "faq", "todo", "hacking", "upgrading", "notice", "thanks", "maintainers",
)  # fmt: skip
IDENTIFIER = re.compile(r"[ _-][0-9a-f]{32}(?:_all)?$")  # as Notion has it


def is_markdown(path: str) -> bool:
    """Tell whether a path is that of a Markdown file."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def is_plain_name(name: str) -> bool:
    """Tell whether the name of a file is that of a text without a suffix: "README", "Changelog", not "install"."""
    return name.casefold() in PLAIN_NAMES and (name[:1].isupper() or name in ("readme", "changelog"))


def is_plain(path: str) -> bool:
    """Tell whether a path is that of a text as people type it, whose lines are those of its document."""
    return path.lower().endswith(PLAIN_SUFFIXES) or is_plain_name(path.rpartition("/")[2])


def without_identifier(name: str) -> str:
    """Remove the identifier that an export appended to the name of a page, without suffix, or of a folder."""
    return IDENTIFIER.sub("", name)
