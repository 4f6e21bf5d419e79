"""Implement `footnote glossary`: propose entries for the glossary from what the documents explain themselves."""

import re
from collections import Counter
from collections.abc import Iterable

from bot.showing.exit_codes import SUCCESS
from bot.showing.safe_text import one_line
from bot.showing.terminal import say
from bot.showing.wording import many
from config.settings import Settings
from retrieval.reading.glossary import read_glossary
from retrieval.store import opening
from retrieval.text.equal_forms import form_words
from retrieval.text.explained_abbreviations import find_abbreviations
from retrieval.text.terms import split_terms
from retrieval.types import Document, Glossary

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def propose(settings: Settings) -> int:
    """Print entries that can be appended to glossary.toml, for abbreviations that the indexed documents explain."""
    index = opening.open_index(settings.index_folder).index
    known = read_glossary(settings.seeds_folder)  # of the file, so that nothing is appended twice before a rebuild
    lines = proposals(index.documents, known, index.language)
    for line in ["", *lines] if known and lines else lines:  # the last line of the file may have no end
        print(line)
    entries = sum(not line.startswith("#") for line in lines)
    say(f"{many(entries, 'proposal')}; append those that are right to {settings.seeds_folder / 'glossary.toml'}")
    return SUCCESS


def proposals(documents: Iterable[Document], known: Glossary, language: str) -> list[str]:
    """Word a line of TOML for each abbreviation that documents explain and the glossary lacks, by name.

    If documents give an abbreviation several meanings, those in fewer documents are comments. Spellings that differ in
    case or endings only count as one, the first of them.
    """
    names = {form_words(form) for group in known for form in group}
    counts: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    spellings: dict[tuple[str, ...], str] = {}
    for document in documents:
        explained = set()
        for short, long in find_abbreviations(document.text):
            key, meaning = form_words(short), tuple(split_terms(long, language))
            spellings.setdefault(key, one_line(short))
            spellings.setdefault((*key, *meaning), one_line(long))
            explained.add((key, meaning))
        for key, meaning in sorted(explained):
            counts.setdefault(key, Counter())[meaning] += 1
    lines = []
    for key in sorted(counts.keys() - names, key=lambda key: spellings[key]):
        for number, (meaning, count) in enumerate(counts[key].most_common()):
            line = f"{_name(spellings[key])} = {_text(spellings[(*key, *meaning)])}  # in {many(count, 'document')}"
            lines.append(line if number == 0 else f"# {line}")
    return lines


def _name(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
