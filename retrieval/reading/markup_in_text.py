"""Recognize Markdown and HTML in files that are named as plain text, where their form leaves no doubt."""

import re

from retrieval.text.source_map import EditedText

HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
TABLE_RULER = re.compile(r"^[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-{3,}:?[ \t]*)+\|?[ \t]*$", re.MULTILINE)
MARKS = re.compile(
    r"(?<![\w*])\*\*[^\s*](?:[^*\n]{0,200}[^\s*])?\*\*(?![\w*])|\[[^\[\]\n]{1,200}\]\((?:https?:|[\w./#-])[^()\s]*\)"
    r"|^```[\w-]*[ \t]*\n[^`]{1,5000}\n```[ \t]*$",
    re.MULTILINE,
)
INDENTED = re.compile(r"^(?: {4}|\t)", re.MULTILINE)  # which would be code
PAGE = re.compile(  # what a page begins with, or a piece of one
    r"\s*(?:<!--(?:(?!-->).){0,5000}-->\s*)*+(?:<!doctype html|<(?:html|head|title|meta|link|body|main|article|section"
    r"|div|h[1-6]|p|ul|ol|dl|table|center|b|strong|font)\b[^<>]*>)",
    re.IGNORECASE | re.DOTALL,
)
END_TAG = re.compile(r"</(?:p|h[1-6]|div|li|dd|td|body)>", re.IGNORECASE)
MIN_END_TAGS = 2
REMARKS = re.compile(r"^#[^\n]*\n#", re.MULTILINE)  # of a program, which stand in lines below each other


def as_markdown(text: str, body: int) -> EditedText | None:
    """Return what text[body:] is as Markdown, if it is that or HTML; None if it is plain text."""
    content = text[body:]
    is_page = PAGE.match(content) is not None and len(END_TAG.findall(content)) >= MIN_END_TAGS
    return EditedText(text) if is_page or _is_markdown(content) else None


def _is_markdown(text: str) -> bool:
    """Tell whether a text has the headings of Markdown beside another of its marks, or a table."""
    if TABLE_RULER.search(text) and not INDENTED.search(text):
        return True
    if not HEADING.search(text) or REMARKS.search(text):
        return False
    return MARKS.search(text) is not None or TABLE_RULER.search(text) is not None
