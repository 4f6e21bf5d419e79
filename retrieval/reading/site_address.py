"""Compute the address of a page on the site that a folder of Markdown is made into, by the `site` of a footnote.toml.

The address ends with "#", which stands for the heading of a quote (see retrieval.text.heading_anchors). What the front
matter says comes first: `permalink` or `slug`. Else the page is at its path, as most generators do it.
"""

import posixpath
from collections.abc import Mapping

from retrieval.reading.metadata import is_url
from retrieval.text.file_suffixes import MARKDOWN_SUFFIXES
from retrieval.types import FileEntry

ADDRESS_KEYS = ("permalink", "slug")
UNSERVED_FOLDERS = ("src/content/docs/", "src/content/", "src/pages/", "content/")  # of generators; not in addresses
FOLDER_PAGES = frozenset(("index", "_index", "readme"))
VARIABLE_MARKS = (":", "{", "}", "?", "#", "..")  # of a permalink that a generator fills in, or that is none


def site_address(file: FileEntry, values: Mapping[str, object]) -> str | None:
    """Return the address of a file with the values of its front matter; None without a site, or if it is no page."""
    site = (file.metadata.site or "").rstrip("/")
    if not site or file.suffix not in MARKDOWN_SUFFIXES:
        return None
    given = next((value for key in ADDRESS_KEYS if isinstance(value := values.get(key), str) and value.strip()), "")
    if is_url(given):
        return f"{given}#"
    path = _own_path(file)
    if given and not any(mark in given for mark in VARIABLE_MARKS):
        is_name = "/" not in given.strip("/") and not given.startswith("/")
        path = posixpath.join(posixpath.dirname(path), given) if is_name else given
    address = "/".join([site, *filter(None, path.split("/"))])
    return f"{address}/#" if given.endswith("/") and path.strip("/") else f"{address}#"


def _own_path(file: FileEntry) -> str:
    """Return the path of a page on its site: that of its file, without suffix, or of its folder."""
    folder = file.metadata.site_folder
    path = file.id.removeprefix(f"{folder}/" if folder else "")
    prefix = next((prefix for prefix in UNSERVED_FOLDERS if path.startswith(prefix)), "")
    stem = posixpath.splitext(path.removeprefix(prefix))[0]
    return posixpath.dirname(stem) if posixpath.basename(stem).lower() in FOLDER_PAGES else stem
