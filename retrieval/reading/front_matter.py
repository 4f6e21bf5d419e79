"""Read the front matter of a text or Markdown file, as Jekyll, Hugo, Docusaurus, VitePress or Obsidian write it.

It is YAML between lines of "---", TOML between lines of "+++", or a JSON object; or lines of known keys as Pelican,
MkDocs, MultiMarkdown and Hexo write them, those of an issue of GitHub, and the title block of pandoc. Site generators
give some keys another meaning, such as `published: true` or a relative `url`; such values count as missing. Whatever is
wrong in it, the document is read.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from retrieval.reading.metadata import MetadataError, date_field, text_field, url_field, version_field

MAX_LENGTH = 16_384  # characters
YAML = re.compile(
    r"\ufeff?---[ \t]*\n((?:[A-Za-z_][\w-]*:(?:[ \t]|\n)|#).*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
TOML = re.compile(
    r"\ufeff?\+\+\+[ \t]*\n(\s*(?:[\w\"'.-]+[ \t]*=|\[|#).*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
JSON = re.compile(r"\ufeff?(?=\{\s*\")")
LABELLED = re.compile(
    r"\ufeff?---(?P<format>json|toml|yaml)[ \t]*\n(?P<content>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
# Lines before the first empty one, or before "---", of which each has a key or goes on with the value above it.
KEY = r"[A-Za-z][\w -]{0,30}:"
KEY_LINES = re.compile(
    rf"\ufeff?(?P<lines>{KEY}(?:[ \t][^\n]*)?\n(?:(?:{KEY}|[ \t]+\S|[ \t]*- )[^\n]*\n){{0,40}})"
    r"(?:---[ \t]*\n|(?=[ \t]*\n))"
)
KEY_LINE = re.compile(r"^([A-Za-z][\w -]{0,30}):[ \t]*([^\n]*)", re.MULTILINE)
# Of an issue, as the command line of GitHub prints it.
GITHUB_LINES = re.compile(r"title:\t[^\n]*\n(?:[a-z][a-z -]{0,30}:[^\n]*\n){2,30}--\n")
KNOWN_KEYS = frozenset((
    "title", "subtitle", "date", "modified", "author", "authors", "category", "categories", "tags", "keywords", "slug",
    "summary", "description", "status", "layout", "permalink", "template", "lang", "language", "copyright", "email",
    "affiliation", "id", "toc", "comments", "published", "updated", "source", "url", "version",
))  # fmt: skip
MIN_KEYS = 2
TITLE_BLOCK = re.compile(
    r"\ufeff?%[ \t]+(?P<title>[^\n]+)\n%[ \t]*(?P<author>[^\n]*)\n(?:%[ \t]*(?P<date>[^\n]*)\n)?(?=\s*\n)"
)
EMPTY = re.compile(r"\ufeff?---[ \t]*\n\s*---[ \t]*(?:\n|\Z)")  # Jekyll reads only files with front matter
UNCLOSED = re.compile(
    r"\ufeff?---[ \t]*\n(?:title|date|tags|slug|layout|description|id|sidebar_\w+|permalink):[^\n]*\n"
)
SIMPLE_LINE = re.compile(r"([A-Za-z_][\w-]*):[ \t]+(?![\[{|>&*!])(.+)")
LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{2,4})?")
DATE_KEYS = ("published", "date", "publishDate", "pubDate", "publish_date", "pubdate", "created")


def parse_front_matter(text: str) -> tuple[dict[str, Any], int]:
    """Parse the front matter; returns its values by key, and the start of the body. Other text is part of the body."""
    start = 1 if text.startswith("\ufeff") else 0
    head = text[:MAX_LENGTH]
    if match := YAML.match(head):
        metadata = _parse_yaml(match[1])
        return (metadata, match.end()) if metadata is not None else ({}, start)
    if match := TOML.match(head):
        return _parse_toml(match[1]), match.end()
    if match := LABELLED.match(head):
        return _parse_labelled(match["format"], match["content"]), match.end()
    if match := EMPTY.match(head):
        return {}, match.end()
    if match := GITHUB_LINES.match(head):
        return {line[1]: line[2].strip() for line in KEY_LINE.finditer(match[0])}, match.end()
    if match := KEY_LINES.match(head):
        values = {line[1].strip().lower(): line[2].strip().strip("\"'") for line in KEY_LINE.finditer(match["lines"])}
        if "title" in values and len(values) >= MIN_KEYS and KNOWN_KEYS.issuperset(values):
            return values, match.end()
    if match := TITLE_BLOCK.match(head):
        return {key: value for key, value in match.groupdict().items() if value}, match.end()
    if match := JSON.match(head):
        return _parse_json(head, match.end()) or ({}, start)
    return {}, start


def front_matter_fault(text: str) -> str:
    """Describe what is wrong with the front matter of a text, "" if nothing is: its good lines are read anyway."""
    head = text[:MAX_LENGTH]
    if (match := YAML.match(head)) and (line := _yaml_fault(match[1])):
        return f"its front matter: invalid YAML in line {line + 1}"
    if (match := TOML.match(head)) and not _is_toml(match[1]):
        return "its front matter: invalid TOML"
    if not YAML.match(head) and UNCLOSED.match(head):
        return 'its front matter: no line of "---" ends it'
    return ""


def own_value(parse: Callable[..., str | None], metadata: dict[str, Any], *key: str) -> str | None:
    """Parse a value that a document gives of itself; None if it is unusable."""
    try:
        return parse(metadata, *key)
    except MetadataError:
        return None


def title_of(metadata: dict[str, Any]) -> str | None:
    """Return the title, None if there is none."""
    return own_value(text_field, metadata, "title")


def source_of(metadata: dict[str, Any]) -> str | None:
    """Return the source, None if there is none."""
    return own_value(text_field, metadata, "source")


def version_of(metadata: dict[str, Any]) -> str | None:
    """Return the version of what the document describes, None if there is none."""
    return own_value(version_field, metadata)


def date_of_metadata(metadata: dict[str, Any]) -> str | None:
    """Return the first date of publication among the keys that generators use, None if there is none."""
    dates = (own_value(date_field, {"published": metadata.get(key)}) for key in DATE_KEYS)
    return next(filter(None, dates), None)


def language_of(metadata: dict[str, Any]) -> str | None:
    """Return the two letters of the language, None if there is none: "de" for "de-AT"."""
    match = LANGUAGE.fullmatch(str(metadata.get("lang") or metadata.get("language") or ""))
    return match[1] if match else None


def url_of(metadata: dict[str, Any]) -> str | None:
    """Return the full address, None if there is none."""
    return own_value(url_field, metadata)


def _parse_labelled(label: str, content: str) -> dict[str, Any]:
    """Parse front matter whose first line names its format, as Eleventy writes it."""
    if label == "toml":
        return _parse_toml(content)
    if label == "yaml":
        return _parse_yaml(content) or {}
    parsed = _parse_json(f"{content.strip()}\n.", 0)
    return parsed[0] if parsed else {}


def _parse_yaml(content: str) -> dict[str, Any] | None:
    """Parse YAML with every value as text; malformed YAML by its simple lines. None if it is no mapping."""
    import yaml  # answering needs none

    try:
        # The base loader keeps every value as text: no numbers, no dates that do not exist, no objects.
        metadata = yaml.load(content, Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and mappings only
    except (yaml.YAMLError, ValueError, RecursionError):  # such as "title: A: b", or a template's {{title}}
        lines = filter(None, map(SIMPLE_LINE.fullmatch, content.splitlines()))
        return {line[1]: line[2].strip().strip("\"'") for line in lines}
    return metadata if isinstance(metadata, dict) else None


def _yaml_fault(content: str) -> int:
    """Return the line of the first mistake of YAML, from 1; 0 if there is none."""
    import yaml

    try:
        yaml.load(content, Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and mappings only
    except yaml.MarkedYAMLError as error:
        return (error.problem_mark.line if error.problem_mark else 0) + 1
    except (yaml.YAMLError, ValueError, RecursionError):
        return 1
    return 0


def _is_toml(content: str) -> bool:
    import tomllib

    try:
        tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def _parse_toml(content: str) -> dict[str, Any]:
    """Parse TOML; malformed TOML has no values."""
    import tomllib

    try:
        return tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _parse_json(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    """Parse a JSON object at the start of a text that goes on behind it; None if there is none."""
    try:
        metadata, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    rest = text[end:]
    return (metadata, end) if isinstance(metadata, dict) and rest.startswith("\n") and rest.strip() else None
