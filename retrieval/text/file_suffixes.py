"""The suffixes of files that are text as people type it, in lower case."""

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdx", ".mkd", ".mdown", ".mdwn", ".mkdn", ".qmd", ".rmd")
PLAIN_SUFFIXES = (*MARKDOWN_SUFFIXES, ".txt", ".text")


def is_markdown(path: str) -> bool:
    """Tell whether a path is that of a Markdown file."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)
