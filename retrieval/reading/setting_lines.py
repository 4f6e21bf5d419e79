"""Divide the lines of a configuration: a comment belongs to the setting below it, and "[server]" heads what follows."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

Kind = Literal["comment", "section", "setting", ""]
COMMENT = re.compile(r"[ \t]*(?:#|;|//)(?:[ \t]|$)")
SECTION = re.compile(r"[ \t]*\[{1,2}[^\[\]\n]{1,60}\]{1,2}")
SETTING = re.compile(r"[ \t]*[#;]?(?:export |- )?[\"']?[\w./-]{1,60}[\"']?[ \t]*(?:=|:(?=[ \t]|$))")


def setting_groups(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Divide lines into groups, half-open spans of their numbers: comments with the settings below them, and sections.

    None if some line is something else, or if neither a comment nor a section stands beside settings.
    """
    kinds = list(map(_kind, lines))
    if "" in kinds or "setting" not in kinds or {"comment", "section"}.isdisjoint(kinds):
        return []
    begins = [
        number
        for number, (above, kind) in enumerate(pairwise(["section", *kinds]))
        if "section" in (above, kind) or (kind == "comment" and above == "setting")
    ]
    return list(pairwise([*begins, len(lines)]))


def is_section(line: str) -> bool:
    """Tell whether a line is the name of a section in brackets."""
    return SECTION.fullmatch(line) is not None


def _kind(line: str) -> Kind:
    if COMMENT.match(line):
        return "comment"
    return "section" if is_section(line) else "setting" if SETTING.match(line) else ""
