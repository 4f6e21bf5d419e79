"""Put the files that a Markdown file includes in the places where it names them.

Only text files below the folder of the documents are read, from the collection of the file or a folder of parts, never
through a link. What is included several times, in a circle or beyond the limits is left out.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from retrieval.reading.front_matter import parse_front_matter
from retrieval.reading.site_markup.site_changes import fenced_spans, has_any
from retrieval.text.source_map import Edit, EditedText

ReadPart = Callable[[str], str | None]  # reads the file with a path below the folder, None if it may not be read
SIGNS = ("8<-", "{%", "{{", "{!", "<!--", "{include}", "![[", "import ")
PATH = r"[^\s\"'<>{}|]{1,300}"
INCLUDE = re.compile(
    rf"^(?P<indent>[ \t>]*)(?:"
    rf"-+8<-+[ \t]*\n?[ \t]*[\"'](?P<snippet>{PATH})[\"'](?:[ \t]*\n[ \t]*-+8<-+)?"
    rf"|\{{%-?\s*include(?:_relative|-markdown)?\s+[\"']?(?P<liquid>{PATH})[\"']?[^%\n]{{0,500}}%\}}"
    rf"|\{{\{{[<%#]\s*(?:include|readfile|snippet)\s+(?:file=)?[\"']?(?P<hugo>{PATH})[\"']?[^}}\n]{{0,200}}\}}\}}"
    rf"|\{{!>?\s*(?P<mkdocs>{PATH})\s*!\}}"
    rf"|<!--\s*@?include:?\s*[\"']?(?P<vitepress>{PATH})[\"']?\s*-->"
    rf"|`{{3,}}\{{include\}}[ \t]*(?P<myst>{PATH})[ \t]*\n(?:[^`\n]*\n){{0,20}}[ \t>]*`{{3,}}"
    rf"|!\[\[(?P<wiki>[^\[\]|\n#]{{1,200}})\]\]"
    r")[ \t]*$",
    re.MULTILINE,
)
IMPORT = re.compile(r"^import\s+(?P<name>[A-Z]\w*)\s+from\s+['\"](?P<path>[^'\"\n]{1,300}\.mdx?)['\"]", re.MULTILINE)
SECTION = re.compile(r":[\w-]+$|#[\w-]+$")  # of a file that is included in part, which is not supported
MAX_DEPTH, MAX_PARTS, MAX_LENGTH = 5, 100, 1_000_000  # of one file: parts in parts, parts, characters of all of them
PART_FOLDERS = frozenset(("includes", "include", "snippets", "partials", "shared", "parts", "common", "fragments"))
WIKI_SUFFIX = ".md"


class Include(NamedTuple):
    """A place of a text, text[start:end], that names a file to put there; `indent` is before each line of it."""

    start: int
    end: int
    path: str
    indent: str


def expand(edited: EditedText, body: int, document: str, read: ReadPart) -> EditedText:
    """Put the files that text[body:] names in their places; `document` is the path of the file itself."""
    if not has_any(edited.text, SIGNS):
        return edited
    return _Expansion(read).expand(edited, body, (document,))


class _Expansion:
    """Reads the parts of one document, within its limits."""

    def __init__(self, read: ReadPart) -> None:
        self.read = read
        self.count = 0
        self.length = 0

    def expand(self, edited: EditedText, body: int, files: tuple[str, ...]) -> EditedText:
        """Put parts in the places of a text; `files` are those that it is in, outermost first."""
        edits = []
        for include in find_includes(edited.text, body):
            content = self._content(include.path, files) or ""
            lines = [f"{include.indent}{line}" if line else "" for line in content.strip("\n").split("\n")]
            edits.append(Edit(include.start, include.end, "\n".join(lines)))
        return edited.edited(edits)

    def _content(self, path: str, files: tuple[str, ...]) -> str | None:
        """Return the text of a part with its own parts; None if it cannot be read."""
        if len(files) > MAX_DEPTH:
            return None
        for candidate in candidates(path, files):
            if self.count >= MAX_PARTS or self.length >= MAX_LENGTH or candidate in files:
                continue
            text = self.read(candidate)
            if text is None:
                continue
            self.count += 1
            _, body = parse_front_matter(text)
            content = self.expand(EditedText(text[body:]), 0, (*files, candidate)).text
            self.length += len(content)
            return content if self.length <= MAX_LENGTH else None
        return None


def find_includes(text: str, body: int) -> Iterator[Include]:
    """Find the places that name a file, in order; inside of code only those that cannot be code."""
    fences = fenced_spans(text, body)
    imported = {match["name"]: match["path"] for match in IMPORT.finditer(text, body)}
    found = [
        Include(*match.span(), next(filter(None, match.groups()[1:])).strip(), match["indent"])
        for match in INCLUDE.finditer(text, body)
        if match["snippet"] or match["myst"] or not any(start <= match.start() < end for start, end in fences)
    ]
    if imported:
        names = "|".join(map(re.escape, imported))
        component = re.compile(rf"^(?P<indent>[ \t]*)<(?P<name>{names})\b[^<>\n]{{0,500}}/>[ \t]*$", re.MULTILINE)
        for match in component.finditer(text, body):
            found.append(Include(*match.span(), imported[match["name"]], match["indent"]))
    yield from sorted(found)


def candidates(path: str, files: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths below the folder that a path may mean: beside the file, beside those around it, in any parent.

    A file of another collection is only meant if its folder is one of parts.
    """
    path = SECTION.sub("", path).removeprefix("@site/").removeprefix("/")
    names = [path, f"{path}{WIKI_SUFFIX}"] if "." not in path.rpartition("/")[2] else [path]
    collection = files[0].partition("/")[0] if "/" in files[0] else ""
    folders: dict[str, None] = {}
    for file in reversed(files):
        folder = file.rpartition("/")[0]
        while True:
            folders.setdefault(folder)
            if not folder:
                break
            folder = folder.rpartition("/")[0]
    for folder in folders:
        for below in ("", "_includes/", "_partials/", "includes/", "snippets/"):
            for name in names:
                candidate = _normalized(f"{folder}/{below}{name}" if folder else f"{below}{name}")
                if candidate is not None and _is_near(candidate, collection):
                    yield candidate


def _normalized(path: str) -> str | None:
    """Resolve "." and ".." of a path; None if it leads outside or to something hidden."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            if part.startswith("."):
                return None
            parts.append(part)
    return "/".join(parts) or None


def _is_near(path: str, collection: str) -> bool:
    """Tell whether a file is of a collection, or in a folder of parts at the top."""
    top, separator, _ = path.partition("/")
    own = top if separator else ""
    return own == collection or own.startswith("_") or own.lower() in PART_FOLDERS
