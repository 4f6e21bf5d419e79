"""Write manuals in DocBook as Markdown, one document for a manual or for each of its chapters."""

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

SECTIONS = {"sect1", "sect2", "sect3", "sect4", "section", "refsect1", "simplesect", "appendix", "chapter", "part"}
LISTS = {"itemizedlist": "- ", "simplelist": "- ", "orderedlist": "{}. ", "procedure": "{}. "}
ITEMS = {"listitem", "member", "step"}
CODE = {"screen", "programlisting"}
TABLES = {"table", "informaltable"}
BLOCKS = {*LISTS, *CODE, *TABLES, "variablelist"}
SKIPPED = {
    "bookinfo", "info", "articleinfo", "title", "titleabbrev", "subtitle", "index", "legalnotice", "mediaobject",
    "screenshot", "figure", "informalfigure", "glossary",
}  # fmt: skip
XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
NAMES = {"nbsp": " ", "kde": "KDE", "kcontrol": "System Settings", "eg": "e.g.", "ie": "i.e.", "etc": "etc."} | {
    f"{button}MB": f"{name} mouse button" for button, name in (("L", "left"), ("M", "middle"), ("R", "right"))
}
MIN_LENGTH = 600  # characters of a document
ROUNDS = 4  # of entities within entities
CREDITS = re.compile(r"credits and licen|^# (credits|installation)", re.IGNORECASE)


def write_docbook(path: Path, out: Path, *, whole: bool) -> None:
    """Write the manual in a file index.docbook, named after its folder; without `whole`, each chapter by itself."""
    name = path.parent.name
    root = etree.fromstring(_expanded(path).encode(), etree.XMLParser(recover=True, huge_tree=True))
    if root is None:
        return
    chapters = [part for part in root.iter() if _tag(part) in ("chapter", "article")] or [root]
    if whole:
        blocks = [f"# {_title(root) or name}", *(block for chapter in chapters for block in _section(chapter, 2))]
        documents = {f"{name}.md": blocks}
    else:
        documents = {f"{name}-{place:02d}.md": list(_section(chapter, 1)) for place, chapter in enumerate(chapters)}
    out.mkdir(parents=True, exist_ok=True)
    for file, blocks in documents.items():
        text = "\n\n".join(blocks)
        if len(text) >= MIN_LENGTH and not CREDITS.search(text[:200]):
            (out / file).write_text(text + "\n", "utf-8")


def _expanded(path: Path) -> str:
    """Read a file of DocBook with its entities written out and the files that it includes."""
    text = path.read_text("utf-8", errors="replace")
    entities = NAMES | {"kappname": path.parent.name} | dict(re.findall(r'<!ENTITY\s+([\w.-]+)\s+"([^"]*)"', text))
    for name, file in re.findall(r'<!ENTITY\s+([\w.-]+)\s+SYSTEM\s+"([^"]*)"', text):
        if (path.parent / file).is_file():
            included = (path.parent / file).read_text("utf-8", errors="replace")
            entities[name] = re.sub(r"(?s)<\?xml.*?\?>|<!DOCTYPE.*?>(?=\s*<)", "", included)
    text = re.sub(r"(?s)<!DOCTYPE.*?\]>|<!DOCTYPE[^>]*>", "", text, count=1)

    def expand(match: re.Match[str]) -> str:
        return match[0] if match[1] in XML_ENTITIES else entities.get(match[1], match[1])

    for _ in range(ROUNDS):
        text = re.sub(r"&([\w.-]+);", expand, text)
    return text


def _section(element: etree._Element, level: int) -> Iterator[str]:
    if title := _title(element):
        yield f"{'#' * min(level, 6)} {title}"
    yield from _blocks(element, level)


def _blocks(element: etree._Element, level: int) -> Iterator[str]:
    """Yield the blocks of an element as Markdown."""
    for part in element:
        tag = _tag(part)
        if tag in SECTIONS:
            yield from _section(part, level + 1)
        elif tag in ("para", "simpara"):
            yield from _paragraph(part)
        elif tag in BLOCKS:
            yield from _block(part, tag)
        elif tag == "question":
            yield f"{'#' * min(level + 1, 6)} {_text(part)}"
        elif tag and tag not in SKIPPED:
            yield from _blocks(part, level)


def _paragraph(element: etree._Element) -> Iterator[str]:
    """Yield a paragraph, then the lists, tables and code inside it."""
    inside = [part for part in element if _tag(part) in BLOCKS]
    texts = [element.text or ""]
    texts += [
        ("" if part in inside or not _tag(part) else "".join(part.itertext())) + (part.tail or "") for part in element
    ]
    if text := " ".join("".join(texts).split()):
        yield text
    for part in inside:
        yield from _block(part, _tag(part))


def _block(element: etree._Element, tag: str) -> Iterator[str]:
    if tag in LISTS:
        items = [_text(part) for part in element if _tag(part) in ITEMS]
        yield "\n".join(LISTS[tag].format(number) + item for number, item in enumerate(items, 1))
    elif tag in CODE:
        yield "```\n" + "".join(element.itertext()).strip("\n") + "\n```"
    elif tag == "variablelist":
        for entry in element:
            terms = ", ".join(_text(part) for part in entry if _tag(part) == "term")
            said = " ".join(_text(part) for part in entry if _tag(part) == "listitem")
            if terms:
                yield f"- **{terms}**: {said}"
    else:
        rows = [[_text(cell).replace("|", "/") for cell in row] for row in element.iter() if _tag(row) == "row"]
        width = max(map(len, rows), default=0)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        yield "\n".join([*lines[:1], "|" + "---|" * width, *lines[1:]])


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _title(element: etree._Element) -> str:
    return next((_text(part) for part in element if _tag(part) == "title"), "")
