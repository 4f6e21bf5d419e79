"""Write the documents of games, which have forms of their own, as Markdown."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

NO_GAME_TEXTS = ("quotes", "cards", "unident", "hints", "tutorial")
STRATEGY_TEXTS = ("FAQ", "HOWTOPLAY", "README", "README.governor", "README.modpack_installer")
PAGE_FOOT = re.compile(r"\n*\n {10}NetHack 3\.6 +March 8, 2020\n*(?: {10}NetHack Guidebook +\d+\n)?\n*")
PAGE_MARGIN = 10
TERM_LENGTH = 45  # characters at most, of a line whose explanation is indented below it
TABLE_INDENT = 14


def write_game_texts(folder: Path, out: Path) -> None:
    """Write the texts of a game, entries between lines of %%%%, as Markdown with a heading for each."""
    out.mkdir(parents=True, exist_ok=True)
    for path in [*sorted((folder / "descript").glob("*.txt")), folder / "database/help.txt"]:
        if path.stem not in NO_GAME_TEXTS:
            sections = [f"## {key}\n\n{text}" for key, text in entries_of(path) if not key.startswith(":")]
            (out / f"{path.stem}.md").write_text(
                "\n\n".join([f"# {path.stem.capitalize()}", *sections]) + "\n", "utf-8"
            )
    faq = dict(entries_of(folder / "database/FAQ.txt"))
    asked = [(" ".join(text.split()), faq.get("A:" + key[2:], "")) for key, text in faq.items() if key.startswith("Q:")]
    sections = [f"## {question}\n\n{answer.removeprefix('A: ')}" for question, answer in asked if answer]
    (out / "FAQ.md").write_text("\n\n".join(["# Frequently asked questions", *sections]) + "\n", "utf-8")


def entries_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys and texts of a file, without its comments and the tags of colours."""
    for entry in path.read_text("utf-8").split("%%%%"):
        lines = [line for line in entry.strip().split("\n") if not line.startswith("#")]
        key, _, text = re.sub(r"</?\w+>", "", "\n".join(lines)).partition("\n")
        if text.strip() and "{{" not in text:
            yield key.strip(), text.strip()


def write_strategy_help(share: Path, out: Path) -> None:
    """Write the texts beside a strategy game, and its help, the sections of an .ini file, as Markdown."""
    out.mkdir(parents=True, exist_ok=True)
    for name in STRATEGY_TEXTS:
        text = gzip.decompress((share / "doc/freeciv-data" / f"{name}.gz").read_bytes())
        (out / f"{name}.txt").write_bytes(text)
    lines = (share / "games/freeciv/helpdata.txt").read_text("utf-8").split("\n")
    help_text = re.sub(r"; /\*.*?\*/", "", "\n".join(line for line in lines if not line.startswith(";")))
    blocks = ["# Freeciv help"]
    for section in re.split(r"^\[help_\w+\][ \t]*$", help_text, flags=re.MULTILINE)[1:]:
        found = re.search(r"^name\s*=\s*(.*?)^text\s*=\s*(.*)", section, re.DOTALL | re.MULTILINE)
        if found and "Copying" not in found[1]:
            name = next(strings_in(found[1]))
            blocks.append("#" * (2 + len(name) - len(name.lstrip())) + f" {name.strip()}")
            blocks += [paragraph(text) for text in strings_in(found[2]) if text.strip() and not text.startswith("$")]
    (out / "helpdata.md").write_text("\n\n".join(blocks) + "\n", "utf-8")


def strings_in(entry: str) -> Iterator[str]:
    """Yield the quoted strings of an entry of an .ini file."""
    for found in re.finditer(r'"((?:[^"\\]|\\.)*)"', entry, re.DOTALL):
        text = found[1].replace("\\\n", "").replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        yield text.removeprefix("?help:")


def paragraph(text: str) -> str:
    """Return a text without the spaces before its lines."""
    return "\n".join(line.strip() for line in text.strip("\n").split("\n"))


def write_guidebook(file: Path, out: Path) -> None:
    """Write a guide that is printed in pages as one Markdown document."""
    pages = PAGE_FOOT.sub("\n\0\n", gzip.decompress(file.read_bytes()).decode("utf-8", "replace"))
    lines = [line.removeprefix(" " * PAGE_MARGIN) for line in pages.split("\n")]
    text = re.sub(r"(?<=[a-z])-\n\s*(?=[a-z])", "", "\n".join(without_page_breaks(lines)))  # words across lines
    for dots in range(3):
        number = r"\d+" + r"\.\d+" * dots
        text = re.sub(rf"^({number})\.  (\S.*)$", "#" * (dots + 2) + r" \1. \2", text, flags=re.MULTILINE)
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()]
    out.mkdir(parents=True, exist_ok=True)
    (out / "Guidebook.md").write_text("\n\n".join(map(markdown_of_print, blocks)) + "\n", "utf-8")


def without_page_breaks(lines: list[str]) -> Iterator[str]:
    """Yield the lines with an empty one for each page break, unless a paragraph goes on across it."""
    pending: list[str] = []  # empty lines and page breaks
    last = ""
    for line in lines:
        if not line.strip() or line == "\0":
            pending.append(line)
            continue
        if "\0" not in pending:
            yield from pending
        elif indent(last) != indent(line) or re.search(r"[.:!?)]\s*$", last):
            yield ""
        yield line
        pending, last = [], line


def indent(line: str) -> int:
    """Count the spaces before a line."""
    return len(line) - len(line.lstrip())


def markdown_of_print(block: str) -> str:
    """Return a heading as it is, a term with its explanation or a paragraph as one line, and anything else as code."""
    first, *more = block.split("\n")
    code = f"```\n{block}\n```"
    if block.startswith("#") and re.match(r"#{2,4} \d", block):
        return block
    if re.match(r" *(# |#$|OPTIONS=|[A-Z]+=)| *(#  +|\S+ +)S_", block):
        return code
    indents = {indent(line) for line in more}
    hanging = len(indents) <= 1 and all(number > indent(first) for number in indents)
    term = re.match(r" {0,5}(\S{1,10}(?: (?:and|or) \S+)?) {2,}(\S.*)$", first)
    if term and hanging:
        return f"**{term[1]}**: " + one_line([term[2], *more])
    if more and hanging and len(first) < TERM_LENGTH:
        return f"**{first.strip()}**: " + one_line(more)
    table = next((place for place, line in enumerate(more) if indent(line) > TABLE_INDENT), len(more))
    if len(more) - table > 2 and all(indent(line) > TABLE_INDENT for line in more[table:]):
        return one_line([first, *more[:table]]) + "\n\n```\n" + "\n".join(more[table:]) + "\n```"
    columns = sum(bool(re.search(r"\S {4,}\S", line)) for line in (first, *more))
    if "+---" in block or columns > (len(more) + 1) / 2 or len(indents) > 1 or (not more and indent(first) > 5):
        return code
    return one_line([first, *more])


def one_line(lines: list[str]) -> str:
    """Join lines with single spaces."""
    return " ".join(" ".join(lines).split())
