"""Find the element of a web page that holds its content, and leave out the furniture around and in it.

Furniture is what a site puts on each of its pages: comments, requests to share or subscribe, links to other pages.
Classes name it; an id only where it says nothing else and no heading is below, from which ids of sections are made.
"""

import re
from typing import Any

from retrieval.reading.formats.html_elements import HEADING_TAGS, tag_of

CONTENT_IDS = (
    "content", "Content", "main-content", "maincontent", "main_content", "page-content", "bodyContent",
    "mw-content-text", "main-outlet", "docs-content", "wiki-content", "DisplayArea",
)  # fmt: skip
CONTENT_CLASSES = (
    "body", "md-content", "markdown-body", "markdown-section", "theme-doc-markdown", "entry-content", "post-content",
    "post-body", "article-body", "article-content", "page-content", "page-body", "page-inner", "td-content",
    "wiki-content", "mw-parser-output", "main-content", "document",
)  # fmt: skip
SECTION_CLASSES = (  # of DocBook and pandoc, directly in the body
    "book", "part", "chapter", "preface", "appendix", "article", "section", "sect1", "sect2", "sect3", "refentry",
    "level1", "glossary", "reference",
)  # fmt: skip
CONTENT_PATHS = (
    "//main", "//*[@role='main']", "//article", "//*[@itemprop='articleBody']",
    *(f"//*[@id='{name}']" for name in CONTENT_IDS),
    *(f"//div[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]" for name in CONTENT_CLASSES),
)  # fmt: skip
PRUNED_TAGS = frozenset((
    "div", "section", "aside", "ul", "ol", "p", "header", "nav", "footer", "details",
    "article", "form",
))  # fmt: skip
FURNITURE_NAMES = (
    r"comments?|commentlist|respond|disqus|newsletters?|subscribe|subscription|mailchimp"
    r"|share|sharing|sharedaddy|share(?:bar|buttons|links)|social|sociable|addtoany"
    r"|related|relatedposts|recommended|recommendations|read-?next|more-(?:from|on|stories)|most-popular|trending"
    r"|promos?|advert|adverts|advertisement|ads?|sponsored|outbrain|taboola|paywall|cookies?|consent|gdpr"
    r"|bread-?crumbs?|pagination|paging|pager|prev-?next|next-?prev|pagenav|navbar|navbox|navheader|navfooter|skip-link"
    r"|(?:post|entry|article|page)-?(?:meta|metadata|footer|navigation|nav|tags|infos?)|posted-on|cat-?links|taglist"
    r"|tags-links|tag-list|tagcloud|(?:about-)?author(?:-(?:box|bio|info))?|byline|reading-time|likes"
    r"|noprint|hide-print|no-print|print(?:-?link|footer)|edit-?(?:page|link|this-page)|feedback|was-this-helpful"
    r"|search-results|no-results"
)
FURNITURE_CLASS = re.compile(rf"(?:^|[\s_-])(?:{FURNITURE_NAMES})(?:$|[\s_-])")
FURNITURE_ID = re.compile(
    rf"(?:jp-)?(?:{FURNITURE_NAMES})(?:[_-](?:area|bar|block|box|buttons?|container|form|links|list|posts|section|signup|wrapper))?"
)
FURNITURE_TABLE = re.compile(r"(?:^|\s)(?:navbox|navheader|navfooter)(?:$|\s)")
NOT_FURNITURE = re.compile(r"(?:^|\s)(?:admonition|note|warning|section|level\d)(?:$|\s)")  # classes of text
FURNITURE_SPANS = re.compile(r"(?:^|\s)(?:mw-editsection|editsection|mw-jump-link|fn-bracket)(?:$|\s)")
BYLINE_IDS = frozenset(("author", "email", "revnumber", "revdate", "revremark"))  # of Asciidoctor
SITE_NAME = re.compile(r"(?:^|[\s_-])(?:site|logo|brand|branding|navbar|sitename)(?:$|[\s_-])")
MAX_PRUNED_SHARE = 0.5  # of a page's text; what holds more of it is no furniture
MAX_CONTENT_ELEMENTS = 8  # of which the narrowest are left aside
MAX_TITLE_DEPTH = 4  # of elements around the heading that a section begins with


def prune_furniture(root: Any) -> None:
    """Remove what is furniture by its names from a page, unless it holds the page's title or most of its text."""
    length = len(root.text_content())
    held = {*root.iter("main"), *page_titles(root)[:1]}
    held |= {article for article in list(root.iter("article"))[:1] if not is_furniture(article)}
    held |= {ancestor for element in held for ancestor in element.iterancestors()}
    for element in [element for element in root.iter("*") if element not in held and is_furniture(element)]:
        if element.getparent() is not None and len(element.text_content()) <= MAX_PRUNED_SHARE * length:
            element.drop_tree()


def page_titles(root: Any) -> list[Any]:
    """Return the headings of the first level, without the name of the site."""
    return [heading for heading in root.iter("h1") if not _is_site_name(heading)]


def content_elements(root: Any) -> list[Any]:
    """Find the elements that can be the content of a page, widest first; each is the only one of its name."""
    found: list[Any] = []
    for path in CONTENT_PATHS:
        elements = root.xpath(path)
        found += [element for element in elements if len(elements) == 1 and element not in found]
    sections = [
        child for body in root.iter("body") for child in body if isinstance(child.tag, str) and _is_section(child)
    ]
    found += [section for section in sections if len(sections) == 1 and section not in found]
    return sorted(found, key=lambda element: sum(1 for _ in element.iterancestors()))[:MAX_CONTENT_ELEMENTS]


def around_content(root: Any, content: Any) -> tuple[list[Any], list[Any]]:
    """Find what belongs to the content but stands around it: before it the title, and after it the notes."""
    notes = root.xpath("//*[@id='footnotes' or @role='doc-endnotes']")
    after = [element for element in notes if not _is_within(element, content) and not _is_within(content, element)]
    titles = page_titles(root)
    if not titles or next(content.iter("h1"), None) is not None:
        return [], after
    before = content.getprevious()
    if before is not None and tag_of(before) == "div" and _is_within(titles[0], before):
        return [before], after
    return titles[:1], after


def unname_sections(root: Any) -> None:
    """Remove the ids of elements that begin with a heading: they name a subject, as the heading does."""
    for element in root.iter("div", "section"):
        if element.get("id") and _begins_with_heading(element):
            del element.attrib["id"]


def is_furniture(element: Any) -> bool:
    """Tell whether the names of an element say that it is not part of the content."""
    tag, classes = tag_of(element), (element.get("class") or "").lower()
    if tag == "span":
        return FURNITURE_SPANS.search(classes) is not None or element.get("id") in BYLINE_IDS
    if tag == "table":
        return FURNITURE_TABLE.search(classes) is not None
    if tag not in PRUNED_TAGS or NOT_FURNITURE.search(classes):
        return False
    if FURNITURE_CLASS.search(classes):
        return True
    return FURNITURE_ID.fullmatch((element.get("id") or "").lower()) is not None and not _begins_with_heading(element)


def _begins_with_heading(element: Any) -> bool:
    """Tell whether the first element in another that has text is a heading, or begins with one."""
    for _ in range(MAX_TITLE_DEPTH):
        element = next((child for child in element if isinstance(child.tag, str) and _has_text(child)), None)
        if element is None:
            return False
        if tag_of(element) in HEADING_TAGS:
            return True
    return False


def _has_text(element: Any) -> bool:
    return any(text.strip() for text in element.itertext())


def _is_section(element: Any) -> bool:
    return not frozenset((element.get("class") or "").split()).isdisjoint(SECTION_CLASSES)


def _is_site_name(title: Any) -> bool:
    """Tell whether a heading is the name of the site: by its classes, those around it, or a link to the first page."""
    near = [title, *list(title.iterancestors())[:2]]
    if any(SITE_NAME.search(f"{element.get('class') or ''} {element.get('id') or ''}".lower()) for element in near):
        return True
    return any(tag_of(element) in ("nav", "footer") for element in title.iterancestors()) or any(
        (link.get("href") or "").rstrip("/").count("/") in (0, 2) and "#" not in (link.get("href") or "")
        for link in title.iter("a")
        if link.get("href")
    )


def _is_within(element: Any, outer: Any) -> bool:
    return element is outer or any(ancestor is outer for ancestor in element.iterancestors())
