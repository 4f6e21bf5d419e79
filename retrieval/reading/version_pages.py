"""Tell which documents are the same page in several versions, by their paths.

`manual-2.2/install.md` and `manual-2.3/install.md` are, and so are `install-2.2.md` and `install-2.3.md`. Where no
path has the version in it, folders beside each other hold the same pages if they have the same source.
"""

import re
from pathlib import PurePosixPath


def version_page(path: str, version: str, folder: str, source: str | None) -> str:
    """Make the name that a document shares with the same page of other versions; "" without a version.

    `folder` is the one that the version was given for, "" if it was given for the document alone. A document that no
    other can be the same page as is named by its path.
    """
    if not version:
        return ""
    parts = PurePosixPath(path).with_suffix("").parts
    depth = len(PurePosixPath(folder).parts)
    places = range(depth - 1, -1, -1) if depth else range(len(parts))
    for place in places:
        part = _without_version(parts[place], version, is_own_folder=place == depth - 1)
        if part is not None:
            return "/".join((*parts[:place], part, *parts[place + 1 :])).casefold()
    if depth and source:
        above, below = "/".join(parts[: depth - 1]), "/".join(parts[depth:])
        return f"{above}//{source}//{below}".casefold()
    return "/".join(parts).casefold()


def _without_version(part: str, version: str, *, is_own_folder: bool) -> str | None:
    """Replace a version in the name of a file or a folder by "*"; None if it is not in it.

    A single number, which may count something else, must be the whole name, follow a "v", or end the name of the folder
    that the version was given for.
    """
    core = re.sub(r"^v(?=\d)", "", version.casefold())
    written = r"[._-]".join(map(re.escape, re.split(r"[._-]", core)))
    prefix = r"(?<![a-z0-9])(?:v|version[ _-]?|release[ _-]?)"
    if not core[:1].isdigit():
        pattern = rf"(?<![a-z0-9]){written}(?![a-z0-9])"
    elif not core.isdigit():
        pattern = rf"(?:{prefix}|(?<![\d.])){written}(?!\d|\.\d)"
    elif is_own_folder:
        pattern = rf"(?:{prefix}{written}(?!\d)|(?<![\d.]){written}$)"
    else:
        pattern = rf"(?:^{written}$|{prefix}{written}(?!\d))"
    stripped = re.sub(pattern, "*", part.casefold(), count=1)
    return None if stripped == part.casefold() else stripped
