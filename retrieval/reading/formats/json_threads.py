"""Find threads in JSON: topics of Discourse, issues of GitHub, questions of Stack Exchange, posts of Reddit.

A thread has a title and a list of what others wrote, each with an author; its first text stands beside the title, or is
the first of the list. A long first text is a guide or an article, which is left to those who read records.
"""

import re
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

from retrieval.reading.formats.chat_messages import ChatMessage, as_thread
from retrieval.reading.formats.chat_records import MIN_SHARE, folded_name, read_message
from retrieval.text.cleaning import one_line

TITLES = ("title", "subject")
POST_LISTS = ("answers", "comments", "posts", "replies")
INNER_LISTS = ("poststream", "nodes")  # around or inside such a list
OWN_TEXTS = frozenset(("body", "bodymarkdown", "cooked", "selftext"))  # unlike the content of an article
ADDRESSES = ("htmlurl", "url", "link")
ACCEPTED = ("isaccepted", "acceptedanswer")
MAX_ASKED_LENGTH = 2_000  # characters of the first text of a thread
MAX_TITLE_LENGTH = 300
QUOTE, QUOTE_END = '<aside class="quote', "</aside>"  # of another post, in Discourse
FENCE = re.compile(r"<pre\b[^<>]{0,300}>\s*<code\b[^<>]{0,300}>|</code>\s*</pre>")
Record = Mapping[str, Any]


class Thread(NamedTuple):
    """The title, posts and address of a thread: the first post, then the accepted one, if there is one, the others."""

    title: str
    posts: list[ChatMessage]
    url: str | None = None


def find_threads(data: Any) -> list[Thread]:
    """Find the threads in a JSON document: one, a list of them, or an object with such a list; none if it has others.

    A list counts only if nearly all of its records are threads, and some have posts of others.
    """
    if isinstance(data, dict) and (thread := _thread(data)):
        return [thread] if thread.posts[1:] else []
    lists = [data] if isinstance(data, list) else [*data.values()] if isinstance(data, dict) else []
    for records in lists:
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            continue
        threads = [thread for record in records if (thread := _thread(record))]
        if len(threads) >= max(MIN_SHARE * len(records), 1) and any(thread.posts[1:] for thread in threads):
            return threads
    return []


def _thread(record: Record) -> Thread | None:
    """Read a record as a thread; None if it is none."""
    fields = {folded_name(name): value for name, value in record.items()}
    title = next((one_line(value) for name in TITLES if isinstance(value := fields.get(name), str) and value), "")
    listed = [post for post in _posts(fields) if _score(post) >= 0]
    own = [fields] if not OWN_TEXTS.isdisjoint(name for name, value in fields.items() if value) else []
    posts = [message for post in (*own, *listed) if (message := _post(post))]
    is_whole = len(posts) == len(own) + len(listed) and all(post.author for post in posts)
    if not (0 < len(title) <= MAX_TITLE_LENGTH and posts and is_whole) or len(posts[0].text) > MAX_ASKED_LENGTH:
        return None
    accepted = next((at for at, post in enumerate(listed, len(own)) if _is_accepted(post, fields)), 0)
    addresses = (fields.get(name) for name in ADDRESSES)
    url = next((value for value in addresses if isinstance(value, str) and value.startswith("https://")), None)
    return Thread(title, as_thread(posts, accepted), url)


def _posts(fields: Record) -> list[Record]:
    """Return the posts of the lists of a thread."""
    inner = [value for name in INNER_LISTS if isinstance(value := fields.get(name), dict)]
    lists = []
    for holder in (fields, *inner):
        for name in POST_LISTS:
            value = holder.get(name)
            value = value.get("nodes") if isinstance(value, dict) else value
            lists += [value] if isinstance(value, list) else []
    return [post for post in chain.from_iterable(lists) if isinstance(post, dict)]


def _post(record: Record) -> ChatMessage | None:
    """Read a post as a message, whatever titles and addresses it has."""
    named = {folded_name(name): _shown(value) for name, value in record.items()}
    wanted = {name: value for name, value in named.items() if name not in (*TITLES, *POST_LISTS, "url", "slug")}
    return read_message(wanted)


def _shown(value: Any) -> Any:
    """Return a text without what it quotes of other posts, and with its code between fences, so that its signs stay."""
    if not isinstance(value, str):
        return value
    kept, at = "", 0
    while (start := value.find(QUOTE, at)) >= 0 and (end := value.find(QUOTE_END, start)) >= 0:
        kept += value[at:start]
        at = end + len(QUOTE_END)
    return FENCE.sub("\n```\n", kept + value[at:])


def _score(post: Record) -> int:
    """Return -1 for an answer that more readers call bad than good, else 0; numbers are as they are written."""
    score = post.get("score")
    return -1 if isinstance(score, str) and score.startswith("-") else 0


def _is_accepted(post: Record, thread: Record) -> bool:
    fields = {folded_name(name): value for name, value in post.items()}
    wanted = thread.get("acceptedanswerid")
    is_named = wanted is not None and str(wanted) in (str(fields.get("answerid")), str(fields.get("id")))
    return is_named or any(fields.get(name) is True for name in ACCEPTED)
