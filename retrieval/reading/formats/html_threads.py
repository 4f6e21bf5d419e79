"""Find the posts of a thread in a saved page of a forum, such as phpBB, Discourse, XenForo or Stack Exchange.

Beside the text of each post, such a page has who wrote it, how many posts they have and what they sign with, votes and
buttons. The classes of elements tell what is what. A thread that begins with a long text or one with headings or tables
is a guide, which is left to those who read pages.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from retrieval.reading.formats.chat_messages import ChatMessage, as_thread
from retrieval.reading.formats.html_chat import lines_of
from retrieval.reading.formats.html_elements import HEADING_TAGS, is_hidden, tag_of
from retrieval.text.cleaning import one_line


class Forum(NamedTuple):
    """The classes of a kind of forum: of a post, of the text in it and of its author, in the order of preference."""

    post: str
    text: tuple[str, ...]
    author: tuple[str, ...]


FORUMS = (
    Forum("post", ("postbody content", "post_body"), ("username", "username-coloured", "author_information")),
    Forum("topic-body", ("post", "cooked"), ("creator", "username", "names")),  # Discourse
    Forum("topic-post", ("cooked",), ("username", "names")),
    Forum("message--post", ("bbwrapper",), ("message-name", "username")),  # XenForo
    Forum("postcontainer", ("postcontent",), ("username",)),  # vBulletin
    Forum("post_wrapper", ("inner",), ("poster",)),  # SMF
    Forum("question", ("js-post-body", "post-text", "s-prose"), ("owner", "user-details", "user-info")),
    Forum("timeline-comment", ("comment-body",), ("author",)),  # GitHub
    Forum("thing", ("usertext-body",), ("author",)),  # Reddit
    Forum("commentpost", ("post-body",), ("postuser-name", "username")),  # Flarum
    Forum("ipscomment", ("ipstype_richtext",), ("cauthorpane_author", "ipscomment_author")),  # Invision
)
ANSWER = "answer"  # of a question at Stack Exchange
ACCEPTED = frozenset(("accepted-answer", "message--solution", "answered-post"))
QUOTES = frozenset((
    "quote", "uncited", "bbcodeblock--quote", "bbcode_quote", "bbc_standard_quote", "mycode_blockquote", "ipsquote",
))  # fmt: skip
BESIDE = frozenset(("signature", "moderatorbar", "attachbox", "js-post-notice", "post-notice"))  # in the text of a post
TIMES = frozenset(("relativetime", "post-date", "postdate", "post_date", "post-time", "date"))
DATE = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}")
MAX_ASKED_LENGTH = 2_000  # characters of the first post of a thread, unless it is a guide
GUIDE_TAGS = (*sorted(HEADING_TAGS), "table")
MAX_POSTS = 5_000
MIN_POSTS, MIN_NAMED_SHARE = 2, 0.6  # with an author; a post may be anonymous


def find_thread(root: Any) -> tuple[str, list[ChatMessage]]:
    """Return the title of the thread on a parsed page, and its posts; no posts if it is no page of a forum.

    The answer that the page calls accepted comes right after the question.
    """
    for forum in FORUMS:
        posts = [element for element in root.iter() if _is_post(element, forum)][:MAX_POSTS]
        texts = {text: post for post in posts if (text := _text_of(post, forum)) is not None}  # replies may be nested
        found = [(post, text) for text, post in texts.items()]
        messages = [ChatMessage(_author(post, text, forum), _time(post, text), _written(text)) for post, text in found]
        named = sum(bool(message.author) for message in messages)
        if named >= max(MIN_POSTS, MIN_NAMED_SHARE * len(messages)) and not _is_guide(found[0][1]):
            accepted = next((at for at, (post, _) in enumerate(found) if not ACCEPTED.isdisjoint(_classes(post))), 0)
            return _title(root, found[0][0]), as_thread(messages, accepted)
    return "", []


def _is_post(element: Any, forum: Forum) -> bool:
    if not isinstance(element.tag, str) or is_hidden(element):
        return False
    classes = _classes(element)
    return forum.post in classes or (forum.post == "question" and ANSWER in classes)


def _is_guide(text: Any) -> bool:
    """Tell whether a post is too long for a question, or is laid out as a page."""
    return _length(text) > MAX_ASKED_LENGTH or next(text.iter(*GUIDE_TAGS), None) is not None


def _text_of(post: Any, forum: Forum) -> Any:
    """Return the element with the text of a post, None without one; two names are those of one inside another."""
    for names in forum.text:
        *around, name = names.split()
        for element in _inside(post, name):
            is_around = not around or any(around[0] in _classes(ancestor) for ancestor in element.iterancestors())
            if is_around and (element.get("itemprop") == "text" or name != "post"):
                return element
    return None


def _written(text: Any) -> str:
    """Return what is written in a post, without what it quotes of others, unless that is all."""
    quotes = [element for element in text.iter() if isinstance(element.tag, str) and _is_beside(element)]
    for element in quotes if len(one_line(text.text_content())) > sum(_length(quote) for quote in quotes) else ():
        if element.getparent() is not None and element is not text:
            element.drop_tree()
    return lines_of(text)


def _is_beside(element: Any) -> bool:
    classes = _classes(element)
    is_cited = tag_of(element) == "blockquote" and element.find(".//cite") is not None
    return is_cited or not (QUOTES | BESIDE).isdisjoint(classes)


def _author(post: Any, text: Any, forum: Forum) -> str:
    """Return the name of the author of a post, which may be an attribute or a link."""
    if name := one_line(post.get("data-author") or ""):
        return name
    for wanted in forum.author:
        for element in _inside(post, wanted):
            if text in element.iterancestors():
                continue
            link = next((inner for inner in element.iter("a") if one_line(inner.text_content())), element)
            if name := one_line(link.text_content()):
                return name
    return ""


def _time(post: Any, text: Any) -> str:
    """Return when a post was written, "" if it does not say so."""
    for element in post.iterdescendants():
        if not isinstance(element.tag, str) or text in element.iterancestors():
            continue
        if tag_of(element) in ("time", "relative-time") or not TIMES.isdisjoint(_classes(element)):
            values = (element.get("datetime"), element.get("title"), element.text_content())
            if found := next((value for value in values if value and DATE.search(value)), ""):
                return one_line(found)
    return ""


def _title(root: Any, first: Any) -> str:
    """Return the title of a thread: the last heading above its first post that the title of the page has, or that."""
    titled = one_line(root.findtext(".//title") or "")
    title = titled
    for element in root.iter():
        if element is first:
            break
        if isinstance(element.tag, str) and tag_of(element) in HEADING_TAGS:
            text = one_line(element.text_content())
            title = text if text and text in titled else title
    return title


def _inside(post: Any, name: str) -> Iterator[Any]:
    """Yield the elements in a post with a class."""
    for element in post.iterdescendants():
        if isinstance(element.tag, str) and name in _classes(element):
            yield element


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").lower().split()


def _length(element: Any) -> int:
    return len(one_line(element.text_content()))
