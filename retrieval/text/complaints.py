"""Recognise messages of a chat that report trouble, which asks for an answer, and replies that give none.

"the bot is down again" asks what to do. The rules look at the form of English, and of a few German, messages.
"""

import re

TROUBLE = re.compile(
    r"\b(?:can(?:['’]?t|not)|(?:could|would|does|do|did|is|are|was|has)n['’]?t|won['’]?t|(?:not|stop(?:s|ped)?) working"
    r"|no longer works?|broken?(?! (?:(?:down|up) )?(?:by|into)\b| alphabetically)|crash(?:es|ed|ing)?|stuck"
    r"|fail(?:s|ed|ing)?|errors?|disappear(?:s|ed)?|vanish(?:es|ed)?"
    r"|gone|lost|missing|lag(?:s|gy|ging)?|freez(?:es|ing)|frozen|kicked|banned"
    r"|down(?! (?:by|into|to)\b)|bugg?(?:ed|y)?|nothing happens"
    r"|denied|refused|rejected|timed out|timeouts?|unable|mismatch(?:es|ed)?"
    r"|(?:says?|said|shows?|gives?(?: me)?|gets?|getting|throws?) [\"'“‘«`](?=\w)"
    r"|(?:problem|issue)s?+(?! ?(?:#|no\.? ?)?\d| sets?\b)|trouble|help"
    r"|geht nicht|funktioniert nicht|kaputt|fehler|hilfe)\b",
    re.IGNORECASE,
)
PERSONAL = re.compile(
    r"\b(?:i|i['’]m|i['’]ve|my|me|we|our|us|mine|again|help|pls|plz|anyone|anybody|ich|mein\w?|mir|wir|wieder)\b",
    re.IGNORECASE,
)
OWN = re.compile(r"\b(?:i|i['’]?m|i['’]ve|my|me|mine|ich|mir|mein\w?)\b", re.IGNORECASE)
# What tells somebody what to do, that it is over, until when it lasts, what follows from it for all, or a rule.
ADVICE = re.compile(
    r"\b(?:you|your|u|du|sie|try|because|fixed|solved|works? now|worked|helped|went away|maintenance|scheduled|until"
    r"|back (?:at|in|on|by)|postponed|rescheduled|extended|give (?:everyone|everybody)"
    r"|(?:everyone|everybody) (?:gets|has|may|will)|we (?:will|give|extend|moved?)"
    r"|(?:we|staff|mods|admins) (?:(?:do|wo)n['’]?t|do not|never|no longer) (?:use|allow|accept|take|offer|support"
    r"|give|refund|sell|ship|require|invite|host))\b"
    r"|(?:^|[.,;:!]\s+|\b(?:then|and|just|please|to|dann|bitte)\s+)(?:re-?start|re-?install|type|click|press|go to"
    r"|check|make sure|use|run|open|update|delete|turn|set|log (?:in|out)|ask|clear|install|download|wait|contact"
    r"|write|reload)\b"
    r"|https?://|(?<!\S)[!/][a-z]{2,}",
    re.IGNORECASE,
)
NO_REPLY = re.compile(
    r"(?:\W*\b(?:no idea|idk|(?:i )?(?:don['’]?t|do not) know|same(?: here| for me| problem| issue)?|me too|lol|weird"
    r"|hm+|oh|sorry|works (?:for|on) m(?:e|y \w++)|thanks?(?: you| a lot)?|thx|ok(?:ay)?|keine ahnung|bei mir auch)\b"
    r"){1,4}+\W*+(?:\w++\W*+){0,3}",
    re.IGNORECASE,
)


def complains(text: str) -> bool:
    """Tell whether a message reports trouble of its author without saying what to do about it."""
    return bool(TROUBLE.search(text) and PERSONAL.search(text) and not ADVICE.search(text))


def tells_of_oneself(text: str) -> bool:
    """Tell whether a message says what its author does, has or sees, and gives nobody advice."""
    return bool(OWN.search(text) and not ADVICE.search(text))


def answers_nothing(text: str) -> bool:
    """Tell whether a reply says nothing but "same here", "no idea" and the like."""
    return NO_REPLY.fullmatch(text) is not None
