"""Say where kept answers and messages are from in the language of whoever reads it; their files say it in English."""

import re
from collections.abc import Iterator

from bot.showing.languages import ENGLISH, Message, present_language
from retrieval.types import KEPT_PREFIX

ANSWERED_BY = Message("answered by a moderator")
CHOSEN = Message("{title}, chosen by a moderator")
MESSAGE_BY = Message("a message by {name}")
EDITED_MESSAGE_BY = Message("a message by {name}, edited by a moderator")


def translate_source(source: str, path: str) -> str:
    """Translate what the file of a kept answer or message gives as its source; return any other source as it is."""
    if present_language() == ENGLISH or not path.startswith(KEPT_PREFIX):
        return source
    return next(_translations(source), source)


def is_kept(source: str, path: str) -> bool:
    """Tell whether a document is an answer or message that the bot wrote down, whose headings are its questions."""
    return path.startswith(KEPT_PREFIX) and next(_translations(source), None) is not None


def _translations(source: str) -> Iterator[str]:
    for message in (EDITED_MESSAGE_BY, MESSAGE_BY, CHOSEN, ANSWERED_BY):
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(message.english))
        if match := re.fullmatch(pattern, source):
            yield message(**match.groupdict())
