"""Split a document's body into blocks, and classify them as prose, list items, code, headings or asides.

Asides stay in the text but are never quoted: photo captions, lists of headlines or links, comments. The rules for
plain text look at form alone (a closing credit, a label such as "Related coverage:", a missing full stop), so they
apply to text without any markup.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.numbered_sections import mark_sections
from retrieval.reading.plain_text import are_capitals, plain_spans
from retrieval.reading.questions import divide_questions
from retrieval.reading.short_lines import name_lines, states_a_fact
from retrieval.text.same_question import asked_text
from retrieval.types import Block

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
    r"|literatur(?:verzeichnis)?|quellen|bibliographie|références|referencias|referências|bibliograf[íi]a|riferimenti)",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    r"(?:table of )?contents|(?:list|table) of (?:figures|tables|abbreviations)|index|inhalt(?:sverzeichnis)?"
    r"|table des matières|sommaire|índice|indice|tabla de contenidos?|sumário|sommario|inhoud(?:sopgave)?|spis treści",
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
    r"|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|viele grüße|cordialement|atentamente|(?:un )?(?:cordial )?saludos?"
    r"|saludos cordiales|atenciosamente|cumprimentos|cordiali saluti|(?:met )?vriendelijke groet(?:en)?"
    r"|z poważaniem),?\s*(?:\n|$)",
    re.IGNORECASE,
)
CONTENTS_LINK = re.compile(r"\[[^\[\]]*+\]\(#[^()\s]*+\)[ \t]*(?:[-–—:]+[ \t]+)?(?=\S)")  # to a heading of the page
MAX_CONTENTS_LENGTH = 300  # characters of what a table of contents says of a heading
MAX_SIGNATURE_BLOCKS, MAX_SIGNATURE_LENGTH = 6, 300  # in characters of each block
CREDIT = re.compile(r"[.!?…][\"'”’]?\s*[(\[](?P<credit>[^()\[\]]{2,60})[)\]]$")
CREDIT_WORD = re.compile(
    r"\b(?:photos?|image|picture|courtesy|credit|getty|reuters|afp|ap|epa|dpa|kyodo|jiji|yonhap|xinhua|ansa|tass|alamy"
    r"|bloomberg|shutterstock|unsplash|wikimedia|pool)\b",
    re.IGNORECASE,
)
POSITION = re.compile(r"\((?:L|R|C|left|right|cent(?:er|re)|top|bottom|from left|from right)\)")
FIELD_OR_NAVIGATION = re.compile(r"(?:related|recommended|more|latest|links):", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]*_]*$")
IMAGE, LINK = (re.compile(rf"{mark}\[[^\[\]]*+\]\([^()\[]*+\)") for mark in ("!", ""))
ADDRESS = re.compile(r"<?https?://\S+")
BETWEEN_LINKS = re.compile(r"[\s,;|·•]*")
FIRST_LINK = re.compile(r"[\s,;|·•]*+(?:!?\[|<?h|$)")  # where a paragraph of links begins
# Lines of .mdx and of program text that import from other files.
MODULE_LINES = re.compile(r"(?:(?:import|export)\s[^\n]*\sfrom\s+['\"][^'\"\n]+['\"];?\s*)+")
MAX_CAPTION_SENTENCES = 2
MAX_TITLE_WORDS = 12  # of a heading that opens the file
MAX_HEADING_WORDS = 5  # of a heading further down, where a short line may just as well be a fact
MAX_LABEL_WORDS = 8
MIN_CAPITAL_HEADINGS, MIN_CAPITALS = 2, 4  # lines in capitals that show how headings are written, and their characters

FORM, PROSE, HEADING = Markup(None), Markup("prose"), Markup("heading", 1)


def split_blocks(text: str, body: int) -> list[Block]:
    """Split plain text[body:] into blocks, in order; offsets count from the start of text."""
    spans = plain_spans(text, body)
    markups = mark_sections([text[slice(*span)] for span, _ in spans], [markup for _, markup in spans])
    return classify_spans(text, [(span, own) for (span, _), own in zip(spans, markups, strict=True)], by_form=True)


def classify_spans(text: str, spans: Sequence[tuple[Span, Markup]], *, by_form: bool) -> list[Block]:
    """Make blocks of spans, in order, with the questions above answers set apart; `by_form` as classify_paragraphs."""
    contents = [text[start:end] for (start, end), _ in spans]
    pieces = divide_questions(contents, [markup for _, markup in spans])
    spans = [
        ((start + first, start + last), markup)
        for ((start, _), _), pieces_of_span in zip(spans, pieces, strict=True)
        for (first, last), markup in pieces_of_span
    ]
    contents = [text[start:end] for (start, end), _ in spans]
    classified = classify_paragraphs(contents, [markup for _, markup in spans], by_form=by_form)
    return [markup.block(*span) for (span, _), markup in zip(spans, classified, strict=True)]


def classify_paragraphs(contents: Sequence[str], markups: Sequence[Markup], *, by_form: bool = False) -> list[Markup]:
    """Classify the paragraphs of a document; returns the markup of each with its kind, in order.

    With `by_form`, the form of a paragraph without markup can make it a heading. Formats that mark their headings do
    not need that.
    """
    headings = _headings_by_form(contents, markups) if by_form else set()
    classified: list[Markup] = []
    in_navigation = False
    for number, (content, markup) in enumerate(zip(contents, markups, strict=True)):
        if markup.kind in ("aside", "row", "header", "code"):
            in_navigation = False
        elif markup.kind == "heading":
            in_navigation = bool(NAVIGATION.fullmatch(content))
        else:
            is_field = number > 0 and markup.kind == markups[number - 1].kind == "item"
            if is_field and FIELD_OR_NAVIGATION.fullmatch(content):  # such as what a list of facts recommends
                is_aside = in_navigation
            else:
                is_aside, in_navigation = _is_aside(content, in_navigation)
            if is_aside:
                markup = markup._replace(kind="aside")
            elif number in headings:
                markup = HEADING
                in_navigation = bool(NAVIGATION.fullmatch(content))
            elif markup.kind is None:
                markup = markup._replace(kind="prose")
        classified.append(markup)
    classified = _without_contents_items(contents, classified)
    without_references = _without_references(contents, _with_addresses_that_answer(contents, classified))
    return _without_signature(contents, without_references)


def _without_contents_items(contents: Sequence[str], markups: list[Markup]) -> list[Markup]:
    """Make asides of the items of a table of contents: a link to a heading of the page, and the words below that."""
    linked = {number: found.end() for number, markup in enumerate(markups) if markup.kind == "item"
              and (found := CONTENTS_LINK.match(contents[number]))}  # fmt: skip
    if not linked:
        return markups
    texts = zip(contents, markups, strict=True)
    starts = sorted(content[:MAX_CONTENTS_LENGTH] for content, markup in texts if markup.kind == "prose")
    revised = list(markups)
    for number, end in linked.items():
        words = contents[number][end:]
        place = bisect_left(starts, words)
        if place < len(starts) and starts[place].startswith(words):
            revised[number] = markups[number]._replace(kind="aside", number=0)
    return revised


def _with_addresses_that_answer(contents: Sequence[str], markups: Sequence[Markup]) -> list[Markup]:
    """Make prose of addresses that are all there is below a heading that asks: "Where is the map?"."""
    revised = list(markups)
    for number, markup in enumerate(markups):
        if markup.kind != "aside" or number == 0 or markups[number - 1].kind != "heading":
            continue
        is_all = number + 1 == len(markups) or markups[number + 1].kind == "heading"
        shows_address = ADDRESS.search(LINK.sub("", IMAGE.sub("", contents[number])))
        if is_all and shows_address and asked_text(contents[number - 1].strip("#*_ \n")):
            revised[number] = markup._replace(kind="prose")
    return revised


def _without_references(contents: Sequence[str], markups: Sequence[Markup]) -> list[Markup]:
    """Make asides of the paragraphs under a heading such as References or Contents, except sentences under Contents."""
    revised: list[Markup] = []
    section, section_level = "", 0
    for content, markup in zip(contents, markups, strict=True):
        if markup.kind == "heading":
            name = content.strip("# *_:\n")
            if REFERENCES.fullmatch(name) or CONTENTS.fullmatch(name):
                section, section_level = name, markup.level
            elif markup.level <= section_level:
                section, section_level = "", 0
        is_below = bool(section) and markup.kind in ("prose", "item")
        is_aside = is_below and not (CONTENTS.fullmatch(section) and SENTENCE_END.search(content))
        revised.append(markup._replace(kind="aside") if is_aside else markup)
    return revised


def _without_signature(contents: Sequence[str], markups: list[Markup]) -> list[Markup]:
    """Make asides of the signature at the end of a letter: what follows "-- ", or closing words and a name."""
    for number in range(max(len(contents) - MAX_SIGNATURE_BLOCKS, 0), len(contents)):
        if markups[number].kind == "aside" or not SIGNATURE.match(contents[number]):
            continue
        if max(map(len, contents[number:])) <= MAX_SIGNATURE_LENGTH:
            return markups[:number] + [Markup("aside")] * (len(markups) - number)
    return markups


def _is_aside(content: str, in_navigation: bool) -> tuple[bool, bool]:
    """Tell whether a paragraph is an aside, and whether a list of headlines continues after it."""
    if not any(map(str.isalnum, content)) or _has_only_links(content):
        return True, in_navigation
    if any(dots in content for dots in LEADER_DOTS) and LEADERS.search(content):  # a line of a table of contents
        return True, False
    label, *rest = content.split("\n")
    if NAVIGATION.fullmatch(label.strip()) and not any(SENTENCE_END.search(line.strip()) for line in rest):
        return True, True
    if in_navigation and not SENTENCE_END.search(content):
        return True, True
    is_comment = content.startswith("<!--") and content.endswith("-->")
    return is_comment or bool(MODULE_LINES.fullmatch(content)) or _is_caption(content), False


def _has_only_links(content: str) -> bool:
    """Tell whether a paragraph consists of links and images."""
    if not FIRST_LINK.match(content):
        return False
    rest = ADDRESS.sub("", LINK.sub("", IMAGE.sub("", content)))
    return BETWEEN_LINKS.fullmatch(rest) is not None


def _headings_by_form(contents: Sequence[str], markups: Sequence[Markup]) -> set[int]:
    """Find the paragraphs that look like headings, by their number: none is right above a list or states a fact."""
    found = []
    capitals = [number for number, content in enumerate(contents) if _is_in_capitals(content, markups[number])]
    styled = set(capitals if len(capitals) >= MIN_CAPITAL_HEADINGS else [])
    for number, (content, following) in enumerate(zip(contents[:-1], markups[1:], strict=True)):
        before = contents[number - 1] if number else None
        is_lead_in = content.endswith(":") and following.kind == "item"
        is_heading = number in styled or _is_heading(content, before, contents[number + 1])
        if markups[number] == FORM and not is_lead_in and is_heading:
            found.append(number)
    names = {found[number] for number in name_lines([contents[number] for number in found])}
    return {number for number in found if number == 0 or not (number in names or states_a_fact(contents[number]))}


def _is_heading(content: str, before: str | None, after: str) -> bool:
    """Tell whether a line of plain text looks like a heading: short, without a full stop, above prose.

    A line with a number is more likely a fact, and a line below a question its answer.
    """
    words = len(content.split())
    if "\n" in content or SENTENCE_END.search(content) or not SENTENCE_END.search(after):
        return before is None and "\n" not in content and _is_title(content, words)
    if content.endswith(":"):
        return words <= MAX_LABEL_WORDS
    if before is not None and before.endswith(("?", ":")):
        return False
    return _is_title(content, words) and words <= (MAX_TITLE_WORDS if before is None else MAX_HEADING_WORDS)


def _is_in_capitals(content: str, markup: Markup) -> bool:
    """Tell whether a line is in capitals and could be a heading, whatever stands below it."""
    is_line = markup.kind in (None, "heading") and "\n" not in content and are_capitals(content)
    return is_line and len(content) >= MIN_CAPITALS and _is_title(content, len(content.split()))


def _is_title(content: str, words: int) -> bool:
    return (
        words <= MAX_TITLE_WORDS
        and not content.startswith("[")
        and not SENTENCE_END.search(content)
        and not re.search(r"[:\d]|[,;]$", content)
    )


def _is_caption(content: str) -> bool:
    """Tell whether a paragraph is a photo caption: a sentence or two, then a credit."""
    match = CREDIT.search(content[-80:]) if content[-1] in ")]\n" else None
    if not match or len(re.findall(r"[.!?]\s", content)) > MAX_CAPTION_SENTENCES:
        return False
    return bool(CREDIT_WORD.search(match["credit"]) or POSITION.search(content))
