"""Recognise documents that list what changed in releases, and questions that ask about that.

Such lists name every subject of a project in a few words, so they resemble most questions and answer few.
"""

import re
from functools import lru_cache
from pathlib import PurePosixPath

RELEASE_NOTES = re.compile(
    r"change[-_ ]?(?:s|log|logs|list)|releases|release[-_ ]?notes?|what[-_ ’']?s[-_ ]?new"
    r"|(?:version|release)[-_ ]history|breaking[-_ ]changes|upgrad(?:e|ing)[-_ ]notes?",
    re.IGNORECASE,
)
ABOUT_RELEASES = re.compile(
    r"\d\.\d|\b(?:new|news|chang(?:e|es|ed|ing|elog)|releas(?:e|es|ed)|versions?|updat(?:e|es|ed|ing)"
    r"|upgrad(?:e|es|ed|ing)|breaking|deprecat(?:ed|ion)|removed|added|introduced|fixed|since|latest|still|supported|anymore)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4_096)
def is_release_notes(document: str, title: str) -> bool:
    """Tell by its id or its title whether a document lists the changes of releases."""
    path = PurePosixPath(document)
    names = (path.stem, *path.parent.parts[-1:], title.strip())
    return any(RELEASE_NOTES.fullmatch(name) for name in names)


def asks_about_releases(question: str) -> bool:
    """Tell whether a question may be about what changed, or in which version."""
    return ABOUT_RELEASES.search(question) is not None
