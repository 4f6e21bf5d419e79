"""Split a document's body into blocks, and classify them as prose, headings or asides.

Asides stay in the text but are never quoted: photo captions, lists of headlines or links, code, comments. The rules for
plain text look at form alone (a closing credit, a label such as "Related coverage:", a missing full stop), so they
apply to text without any markup.
"""

import re
from collections.abc import Sequence
from typing import Literal

from retrieval.reading.markdown import Markup, Span, marked_spans
from retrieval.types import Block

LINE = re.compile(r"[^\n\x0b\x0c\x85\u2028\u2029]*[\n\x0b\x0c\x85\u2028\u2029]?")
BULLET = re.compile(r"\s*(?:[-*+•‣–]|\d{1,3}[.)])\s+(?=\S)")
# Before a message of an exported chat: "12/05/2024, 10:31 - ", "[12.05.24, 10:31:05] ", "[10:31]", "10:31 <".
TIMESTAMP = re.compile(
    r"[\s\u200e]*(?:\[(?:{date},?[\sT])?{time}\]|{date},?[\sT]{time}\s[-–]|{time}\s+(?=<))\s?".format(
        date=r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", time=r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
    )
)
UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
# A label above links to other pages; single words only count with their colon.
NAVIGATION = re.compile(
    r"(?:(?:related|recommended|more|latest|further|other) (?:coverage|articles?|stories|links?|news|reading|posts"
    r"|topics|pages|content|headlines)|see also|also read|read (?:more|also|next)|most read|external links|share this"
    r"|(?:related|recommended|more|latest|links)(?=:))\s*:?",
    re.IGNORECASE,
)
# Headings of sections that only point elsewhere: aside is everything under the first kind, and under the second kind
# whatever is not a sentence.
REFERENCES = re.compile(
    r"(?:[\d.]+ )?(?:references|bibliography|works cited|literature cited|further reading|footnotes|endnotes"
    r"|literatur(?:verzeichnis)?|quellen|bibliographie|références|bibliografía|riferimenti)",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    r"(?:table of )?contents|(?:list|table) of (?:figures|tables|abbreviations)|index|inhalt(?:sverzeichnis)?"
    r"|table des matières|sommaire|índice|indice",
    re.IGNORECASE,
)
LEADER_DOTS = ("..", ". .", ".\u00a0.", "\u2026\u2026")  # in every match of LEADERS, and much quicker to search for
# Matches only from the start of a run of dots, without backtracking: otherwise a long run takes quadratic time.
LEADERS = re.compile(
    r"(?<!\.)(?<!\.[ \u00a0])(?:\.[ \u00a0]?){4,}+\s*+(?:\d{1,4}|[ivxlc]{1,6})[^\S\n]*+$"
    r"|(?<!\u2026)\u2026{2,}+\s*+\d{1,4}[^\S\n]*+$",
    re.MULTILINE,
)
SIGNATURE = re.compile(
    r"--[ \u00a0]*(?:\n|$)|(?:(?:best|kind|warm(?:est)?) (?:regards|wishes)|regards"
    r"|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?"
    r"|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|viele grüße|cordialement),?\s*(?:\n|$)",
    re.IGNORECASE,
)
MAX_SIGNATURE_BLOCKS, MAX_SIGNATURE_LENGTH = 6, 300  # in characters of each block
CREDIT = re.compile(r"[.!?…][\"'”’]?\s*[(\[](?P<credit>[^()\[\]]{2,60})[)\]]$")
CREDIT_WORD = re.compile(
    r"\b(?:photos?|image|picture|courtesy|credit|getty|reuters|afp|ap|epa|dpa|kyodo|jiji|yonhap|xinhua|ansa|tass|alamy"
    r"|bloomberg|shutterstock|unsplash|wikimedia|pool)\b",
    re.IGNORECASE,
)
POSITION = re.compile(r"\((?:L|R|C|left|right|cent(?:er|re)|top|bottom|from left|from right)\)")
SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]*_]*$")
IMAGE, LINK = (re.compile(rf"{mark}\[[^\[\]]*+\]\([^()\[]*+\)") for mark in ("!", ""))
ADDRESS = re.compile(r"<?https?://\S+")
BETWEEN_LINKS = re.compile(r"[\s,;|·•]*")
MAX_CAPTION_SENTENCES = 2
MAX_TITLE_WORDS = 12  # of a heading that opens the file
MAX_HEADING_WORDS = 5  # of a heading further down, where a short line may just as well be a fact
MAX_LABEL_WORDS = 8

Kind = Literal["prose", "row", "heading", "header", "aside"]


def split_blocks(text: str, body: int, *, markdown: bool) -> list[Block]:
    """Split text[body:] into blocks, in order; offsets count from the start of text."""
    spans = marked_spans(text, body) if markdown else _plain_spans(text, body)
    contents = [text[slice(*span)] for span, _ in spans]
    kinds = classify_paragraphs(contents, [markup for _, markup in spans], by_form=not markdown)
    return [Block(*span, kind, level) for (span, _), (kind, level) in zip(spans, kinds, strict=True)]


def classify_paragraphs(
    contents: Sequence[str], markups: Sequence[Markup], *, by_form: bool = False
) -> list[tuple[Kind, int]]:
    """Classify the paragraphs of a document; returns the kind and heading level of each, in order.

    With `by_form`, the form of a paragraph without markup can make it a heading. Formats that mark their headings do
    not need that.
    """
    kinds: list[tuple[Kind, int]] = []
    in_navigation = False
    for number, (content, markup) in enumerate(zip(contents, markups, strict=True)):
        level = 0
        if isinstance(markup, int):
            kind: Kind = "heading"
            level = markup
        elif markup in ("aside", "row", "header"):
            kind, in_navigation = markup, False
        else:
            kind, in_navigation = _classify(content, in_navigation)
            before, after = (contents[number - 1] if number else None), contents[number + 1 : number + 2]
            # An item of a list is never a heading.
            if kind == "prose" and markup is None and by_form and after and _is_heading(content, before, after[0]):
                kind, level = "heading", 1
        if kind == "heading":
            in_navigation = bool(NAVIGATION.fullmatch(content))
        kinds.append((kind, level))
    return _without_signature(contents, _without_references(contents, kinds))


def _without_references(contents: Sequence[str], kinds: Sequence[tuple[Kind, int]]) -> list[tuple[Kind, int]]:
    """Make asides of the paragraphs under a heading such as References or Contents, except sentences under Contents."""
    revised: list[tuple[Kind, int]] = []
    section, section_level = "", 0
    for content, (kind, level) in zip(contents, kinds, strict=True):
        name = content.strip("# *_:\n")
        if kind == "heading" and (REFERENCES.fullmatch(name) or CONTENTS.fullmatch(name)):
            section, section_level = name, level
        elif kind == "heading" and level <= section_level:
            section, section_level = "", 0
        is_sentence = CONTENTS.fullmatch(section) and SENTENCE_END.search(content)
        is_aside = kind == "prose" and section and not is_sentence
        revised.append(("aside", 0) if is_aside else (kind, level))
    return revised


def _without_signature(contents: Sequence[str], kinds: list[tuple[Kind, int]]) -> list[tuple[Kind, int]]:
    """Make asides of the signature at the end of a letter: what follows "-- ", or closing words and a name."""
    for number in range(max(len(contents) - MAX_SIGNATURE_BLOCKS, 0), len(contents)):
        if SIGNATURE.match(contents[number]) and max(map(len, contents[number:])) <= MAX_SIGNATURE_LENGTH:
            return kinds[:number] + [("aside", 0)] * (len(kinds) - number)
    return kinds


def _plain_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Split plain text into paragraphs: runs of lines between blank lines; list items and messages stand alone.

    A line that is underlined, or all in capitals above others, is a heading.
    """
    spans: list[tuple[Span, Markup]] = []
    start = end = body
    markup: Markup = None
    lines = 0  # of the paragraph so far
    for match in LINE.finditer(text, body):
        line = match[0]
        bullet = BULLET.match(line)
        stands_alone = bullet or TIMESTAMP.match(line)
        is_second = lines == 1  # only then look at the paragraph, or an endless one would be read again and again
        if is_second and UNDERLINE.match(line):
            spans.append(((start, end), 1))
            start = end = match.end()
            lines = 0
            continue
        if not line.strip() or stands_alone or (is_second and text[start:end].isupper() and markup is None):
            if end > start:
                below_capitals = bool(line.strip()) and not stands_alone and markup is None
                spans.append(((start, end), 1 if below_capitals else markup))
            start = end = match.start() + (bullet.end() if bullet else 0)
            markup = "item" if stands_alone else None
            lines = 0
        if line.strip():
            lines += 1
            start = start if end > start else start + _indent(text, start)
            end = match.start() + len(line.rstrip())
    if end > start:
        spans.append(((start, end), markup))
    return spans


def _indent(text: str, start: int) -> int:
    match = re.compile(r"\s*").match(text, start)
    return match.end() - start if match else 0


def _classify(content: str, in_navigation: bool) -> tuple[Kind, bool]:
    """Classify a paragraph as prose or aside, and tell whether a list of headlines continues after it."""
    if not any(map(str.isalnum, content)) or _has_only_links(content):
        return "aside", in_navigation
    if any(dots in content for dots in LEADER_DOTS) and LEADERS.search(content):  # a line of a table of contents
        return "aside", False
    label, *rest = content.split("\n")
    if NAVIGATION.fullmatch(label.strip()) and not any(SENTENCE_END.search(line.strip()) for line in rest):
        return "aside", True
    if in_navigation and not SENTENCE_END.search(content):
        return "aside", True
    if _is_caption(content) or (content.startswith("<!--") and content.endswith("-->")):
        return "aside", False
    return "prose", False


def _has_only_links(content: str) -> bool:
    """Tell whether a paragraph consists of links and images."""
    rest = ADDRESS.sub("", LINK.sub("", IMAGE.sub("", content)))
    return BETWEEN_LINKS.fullmatch(rest) is not None


def _is_heading(content: str, before: str | None, after: str) -> bool:
    """Tell whether a line of plain text looks like a heading: short, without a full stop, above prose.

    A line with a number is more likely a fact, and a line below a question its answer.
    """
    words = len(content.split())
    if "\n" in content or SENTENCE_END.search(content) or not SENTENCE_END.search(after):
        return before is None and "\n" not in content and _is_title(content, words)
    if content.endswith(":"):
        return words <= MAX_LABEL_WORDS
    if before is not None and before.endswith("?"):
        return False
    return _is_title(content, words) and words <= (MAX_TITLE_WORDS if before is None else MAX_HEADING_WORDS)


def _is_title(content: str, words: int) -> bool:
    return words <= MAX_TITLE_WORDS and not SENTENCE_END.search(content) and not re.search(r"[:\d]|[,;]$", content)


def _is_caption(content: str) -> bool:
    """Tell whether a paragraph is a photo caption: a sentence or two, then a credit."""
    match = CREDIT.search(content[-80:])
    if not match or len(re.findall(r"[.!?]\s", content)) > MAX_CAPTION_SENTENCES:
        return False
    return bool(CREDIT_WORD.search(match["credit"]) or POSITION.search(content))
