"""Read what a page shows only by its style sheet, after a click or by its form: struck out, folded, quoted mail, terms.

Elements of lxml come in and are changed, so that they say by themselves what they are.
"""

import re
from typing import Any

from retrieval.reading.formats.html_elements import HEADING_TAGS, tag_of

RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,5000})\}")
COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
CLASS_SELECTOR = re.compile(r"(?:[a-z]\w*)?\.([\w-]+)")
LINE_THROUGH = re.compile(r"text-decoration[a-z-]*:[^;]*line-through")
RAISED = re.compile(r"vertical-align:super\b|vertical-align:text-top\b")
MAX_STYLES_LENGTH = 1_000_000  # characters
ACCORDION = re.compile(r"accordion|collaps|faq|toggle|expand|disclosure", re.IGNORECASE)
LABEL_TAGS = frozenset((*HEADING_TAGS, "summary", "dt", "legend", "caption"))
MIN_LABEL_WORDS = 3  # of a button that is the label of text by its class alone, unlike "Menu", or of a text
QUOTED_MAIL = frozenset(("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"))
FORWARDED = re.compile(r"-{3,} ?(?:forwarded message|weitergeleitete nachricht)", re.IGNORECASE)


def show_styles(root: Any) -> None:
    """Write what the style sheets in a page say of classes onto their elements: struck out, or raised."""
    sheets = "".join(sheet.text or "" for sheet in root.iter("style"))[:MAX_STYLES_LENGTH]
    struck: set[str] = set()
    raised: set[str] = set()
    for selectors, declarations in RULE.findall(COMMENT.sub("", sheets)):
        style = re.sub(r"\s", "", declarations).lower()
        found = [group for pattern, group in ((LINE_THROUGH, struck), (RAISED, raised)) if pattern.search(style)]
        names = [match[1] for selector in selectors.split(",") if (match := CLASS_SELECTOR.fullmatch(selector.strip()))]
        for group in found:
            group.update(names)
    for element in root.iter("*") if struck or raised else ():
        classes = set((element.get("class") or "").split())
        if classes & struck:
            element.set("style", f"{element.get('style') or ''};text-decoration:line-through")
        elif classes & raised and tag_of(element) == "span":
            element.tag = "sup"


def unfold_accordions(root: Any) -> None:
    """Make buttons that show text below them its labels, and that text visible."""
    shown = set()
    for button in list(root.iter("button")):
        is_in_label = any(tag_of(ancestor) in LABEL_TAGS for ancestor in button.iterancestors())
        text = " ".join("".join(button.itertext()).split())
        is_label = len(text.split()) >= MIN_LABEL_WORDS and (
            ACCORDION.search(button.get("class") or "") is not None or text.endswith("?")
        )
        if not text or not (is_in_label or is_label):
            continue
        shown.add((button.get("aria-controls") or button.get("data-target") or "").lstrip("#"))
        shown.add((button.get("data-bs-target") or "").lstrip("#"))
        if is_in_label:
            button.tag = "span"
        else:
            button.tag = "summary"
    for element in root.iter("*") if shown - {""} else ():
        if element.get("id") in shown - {""} and element.get("role") != "dialog":
            element.set("role", "tabpanel")


def open_empty_terms(root: Any) -> None:
    """Make text of the terms of definition lists of which nothing is said, as JSDoc writes what a function throws.

    Such a term is a sentence, unlike the entries of an index.
    """
    for term in list(root.iter("dt")):
        text = term.getnext()
        if text is None or tag_of(text) != "dd" or len(text) or (text.text or "").strip():
            continue
        words = term.text_content().split()
        if len(words) >= MIN_LABEL_WORDS and words[-1].endswith((".", "!")):
            term.tag = "div"
            text.drop_tree()


def drop_quoted_mail(root: Any) -> None:
    """Remove what an e-mail quotes from others, as programs mark it; a message that is forwarded stays."""
    for element in list(root.iter("blockquote", "div")):
        is_quoted = not QUOTED_MAIL.isdisjoint((element.get("class") or "").split()) or element.get("type") == "cite"
        if is_quoted and element.getparent() is not None and not FORWARDED.search(element.text_content()[:500]):
            element.drop_tree()
