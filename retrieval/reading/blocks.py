"""Cut a document's body into blocks, and tell prose from headings and asides.

Asides are kept in the text but never offered as answers: photo captions, lists of headlines or
links, code, comments. The rules for plain text look at form only (a closing credit, a
label such as "Related coverage:", a missing full stop), so they hold for text nobody marked up.
"""

import re
from collections.abc import Sequence
from typing import Literal

from retrieval.reading.markdown import Markup, Span, marked_spans
from retrieval.types import Block

LINE = re.compile(r"[^\n\x0b\x0c\x85\u2028\u2029]*[\n\x0b\x0c\x85\u2028\u2029]?")
BULLET = re.compile(r"\s*(?:[-*+•‣–]|\d{1,3}[.)])\s+(?=\S)")
# What a message of an exported chat begins with: "12/05/2024, 10:31 - ", "[12.05.24, 10:31:05] ", "[10:31]", "10:31 <".
STAMP = re.compile(
    r"[\s\u200e]*(?:\[(?:{date},?[\sT])?{time}\]|{date},?[\sT]{time}\s[-–]|{time}\s+(?=<))\s?".format(
        date=r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", time=r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
    )
)
UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
# A label that stands alone; single words only count with their colon.
NAVIGATION = re.compile(
    r"(?:(?:related|recommended|more|latest|further|other) (?:coverage|articles?|stories|links?|news|reading|posts"
    r"|topics|pages|content|headlines)|see also|also read|read (?:more|also|next)|most read|external links|share this"
    r"|(?:related|recommended|more|latest|links)(?=:))\s*:?",
    re.IGNORECASE,
)
# Headings above what only points elsewhere: everything under the first, what is no sentence under the second.
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
DOTS = ("..", ". .", ".\u00a0.", "\u2026\u2026")  # in what LEADERS finds; looked for much more quickly
# Begun only where a run of dots begins, and never taken back: otherwise a long run takes the square of its length.
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
SIGNATURE_BLOCKS, SIGNATURE_LENGTH = 6, 300  # at most so many blocks, of so many characters each
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
CAPTION_SENTENCES = 2
TITLE_WORDS = 12  # of a heading that opens the file
HEADING_WORDS = 5  # of one further down, where a short line may as well be a fact
LABEL_WORDS = 8

Kind = Literal["prose", "row", "heading", "header", "aside"]


def split_blocks(text: str, body: int, *, markdown: bool) -> list[Block]:
    """Return the blocks of text[body:], in order; offsets count from the start of text."""
    found = marked_spans(text, body) if markdown else _plain_spans(text, body)
    contents = [text[slice(*span)] for span, _ in found]
    judged = classify_paragraphs(contents, [mark for _, mark in found], by_form=not markdown)
    return [Block(*span, kind, level) for (span, _), (kind, level) in zip(found, judged, strict=True)]


def classify_paragraphs(
    contents: Sequence[str], marks: Sequence[Markup], *, by_form: bool = False
) -> list[tuple[Kind, int]]:
    """Return the kind and level of each paragraph of a document, in order.

    `by_form` lets form alone make a heading of a paragraph without a mark; marks of a format know better.
    """
    judged: list[tuple[Kind, int]] = []
    navigating = False
    for number, (content, mark) in enumerate(zip(contents, marks, strict=True)):
        level = 0
        if isinstance(mark, int):
            kind: Kind = "heading"
            level = mark
        elif mark in ("aside", "row", "header"):
            kind, navigating = mark, False
        else:
            kind, navigating = _classify(content, navigating)
            # A format marks its headings, and an item of a list is none; elsewhere the form must tell.
            before, after = (contents[number - 1] if number else None), contents[number + 1 : number + 2]
            if kind == "prose" and mark is None and by_form and after and _is_heading(content, before, after[0]):
                kind, level = "heading", 1
        if kind == "heading":
            navigating = bool(NAVIGATION.fullmatch(content))
        judged.append((kind, level))
    return _without_signature(contents, _without_references(contents, judged))


def _without_references(contents: Sequence[str], judged: Sequence[tuple[Kind, int]]) -> list[tuple[Kind, int]]:
    """Set aside what stands under a heading such as References, and what is no sentence under one such as Contents."""
    kept: list[tuple[Kind, int]] = []
    announced, deep = "", 0
    for content, (kind, level) in zip(contents, judged, strict=True):
        name = content.strip("# *_:\n")
        if kind == "heading" and (REFERENCES.fullmatch(name) or CONTENTS.fullmatch(name)):
            announced, deep = name, level
        elif kind == "heading" and level <= deep:
            announced, deep = "", 0
        sentence = CONTENTS.fullmatch(announced) and SENTENCE_END.search(content)
        aside = kind == "prose" and announced and not sentence
        kept.append(("aside", 0) if aside else (kind, level))
    return kept


def _without_signature(contents: Sequence[str], judged: list[tuple[Kind, int]]) -> list[tuple[Kind, int]]:
    """Set the signature at the end of a letter aside: what follows "-- ", or the closing words and a name."""
    for number in range(max(len(contents) - SIGNATURE_BLOCKS, 0), len(contents)):
        content = contents[number]
        if SIGNATURE.match(content) and all(len(one) <= SIGNATURE_LENGTH for one in contents[number:]):
            return judged[:number] + [("aside", 0)] * (len(judged) - number)
    return judged


def _plain_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Return the paragraphs of plain text: runs of lines between blank ones; list items and messages stand alone.

    A line that is underlined, or all in capitals above others, is a heading.
    """
    spans: list[tuple[Span, Markup]] = []
    start = end = body
    mark: Markup = None
    held = 0  # lines of the paragraph so far
    for match in LINE.finditer(text, body):
        line = match[0]
        bullet = BULLET.match(line)
        apart = bullet or STAMP.match(line)
        single = held == 1  # looked at only then, so that a paragraph without end is not read again and again
        if single and UNDERLINE.match(line):
            spans.append(((start, end), 1))
            start = end = match.end()
            held = 0
            continue
        if not line.strip() or apart or (single and text[start:end].isupper() and mark is None):
            if end > start:
                capitals = bool(line.strip()) and not apart and mark is None
                spans.append(((start, end), 1 if capitals else mark))
            start = end = match.start() + (bullet.end() if bullet else 0)
            mark = "item" if apart else None
            held = 0
        if line.strip():
            held += 1
            start = start if end > start else start + _indent(text, start)
            end = match.start() + len(line.rstrip())
    if end > start:
        spans.append(((start, end), mark))
    return spans


def _indent(text: str, start: int) -> int:
    match = re.compile(r"\s*").match(text, start)
    return match.end() - start if match else 0


def _classify(content: str, navigating: bool) -> tuple[Kind, bool]:
    """Return whether a paragraph is prose or an aside, and whether a list of headlines goes on after it."""
    if not any(map(str.isalnum, content)) or _only_links(content):
        return "aside", navigating
    if any(dots in content for dots in DOTS) and LEADERS.search(content):  # a line of a table of contents
        return "aside", False
    label, *rest = content.split("\n")
    if NAVIGATION.fullmatch(label.strip()) and not any(SENTENCE_END.search(line.strip()) for line in rest):
        return "aside", True
    if navigating and not SENTENCE_END.search(content):
        return "aside", True
    if _is_caption(content) or (content.startswith("<!--") and content.endswith("-->")):
        return "aside", False
    return "prose", False


def _only_links(content: str) -> bool:
    """Return whether a paragraph holds links and images, and nothing else."""
    rest = ADDRESS.sub("", LINK.sub("", IMAGE.sub("", content)))
    return BETWEEN_LINKS.fullmatch(rest) is not None


def _is_heading(content: str, before: str | None, after: str) -> bool:
    """Return whether a line of plain text is a heading by its form: short, without a full stop, above prose.

    A line with a number is more likely a fact, and one under a question its answer.
    """
    words = len(content.split())
    if "\n" in content or SENTENCE_END.search(content) or not SENTENCE_END.search(after):
        return before is None and "\n" not in content and _is_title(content, words)
    if content.endswith(":"):
        return words <= LABEL_WORDS
    if before is not None and before.endswith("?"):
        return False
    return _is_title(content, words) and words <= (TITLE_WORDS if before is None else HEADING_WORDS)


def _is_title(content: str, words: int) -> bool:
    return words <= TITLE_WORDS and not SENTENCE_END.search(content) and not re.search(r"[:\d]|[,;]$", content)


def _is_caption(content: str) -> bool:
    """Return whether a paragraph is a photo caption: a sentence or two closed by a credit."""
    match = CREDIT.search(content[-80:])
    if not match or len(re.findall(r"[.!?]\s", content)) > CAPTION_SENTENCES:
        return False
    return bool(CREDIT_WORD.search(match["credit"]) or POSITION.search(content))
