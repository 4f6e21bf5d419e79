"""Find the messages of a chat in records: exports of Discord, Slack, Telegram, WhatsApp, Matrix, Teams as JSON or CSV.

Records count as messages only if nearly all of them have an author, a time and a text under names that say so, and no
title; in a list called "messages", the time may be missing.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from retrieval.reading.formats.chat_messages import ChatMessage
from retrieval.reading.formats.field_markup import message_text
from retrieval.text.cleaning import one_line

AUTHOR_NAMES = (  # in the order in which they are looked for, without case and punctuation
    "author", "authorname", "sendername", "sender", "from", "creator", "userprofile", "username", "user", "nickname",
    "nick", "displayname", "postedby", "speaker",
    "u", "owner",
)  # fmt: skip
WEAK_AUTHOR_NAMES = ("role", "by", "name")  # that only count in what is called messages
TIME_NAMES = (
    "timestamp", "timestampms", "datetime", "date", "time", "createdat", "createddate", "createddatetime", "created",
    "sentat", "originserverts", "ts", "createtime", "createat", "creationdate", "createdutc",
)  # fmt: skip
TEXT_NAMES = ("content", "text", "message", "body", "msg", "cooked", "selftext", "bodymarkdown")
WEAK_TEXT_NAMES = ("value", "utterance")
MESSAGE_LISTS = frozenset(("messages", "conversations", "conversation", "dialogue", "dialog", "turns"))
TITLE_NAMES = frozenset((
    "title", "subject", "question", "answer", "headline", "heading", "rating", "stars", "price", "isbn", "url", "slug"
))  # fmt: skip
ID_NAMES = ("id", "messageid", "eventid", "ts")
REFERENCE_NAMES = (  # of what holds the id of the message that one replies to
    "reference", "messagereference", "replytomessageid", "replytoid", "replyto", "inreplyto", "rootid", "tmid",
    "threadts", "mrelatesto", "minreplyto",
)  # fmt: skip
PERSON_NAMES = (
    "nickname",
    "realname",
    "displayname",
    "name",
    "username",
    "globalname",
    "login",
    "user",
    "id",
    "role",
)  # inside an author
SERVICE_TYPES = re.compile(
    r"service|system|(?:channel|group)_(?:join|leave|topic|purpose|name|archive|unarchive)|bot_(?:add|remove)"
    r"|(?:Recipient|Channel|Guild|Thread|User|Call)(?:Add|Remove|Call|NameChange|IconChange|PinnedMessage|MemberJoin|Created)"
    r"|m\.room\.(?!message).*",
)
RICH_NAMES = ("embeds", "blocks", "attachments")  # which say something if a message has no text of its own
RICH_TEXT_NAMES = ("pretext", "title", "name", "value", "description", "text", "elements", "fields")
MAX_RICH_DEPTH = 6
MAX_REFERENCE_DEPTH = 3
LINK = re.compile(r"<(?:https?:|mailto:)([^<>|\s]+)\|([^<>]+)>|<((?:https?:|mailto:)[^<>|\s]+)>")  # as Slack writes it
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>]+))?>")
DISCORD_MENTION = re.compile(r"<@!?(\d{1,20})>")
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}|^1\d{9}(?:\d{3})?(?:\.\d+)?$")
QUOTED_LINES = re.compile(r"> <@[^\n]*\n(?:> ?[^\n]*\n)*\n?")  # what a message answers to, in Matrix
MIN_SHARE = 0.8  # of the records that can be messages, and of those with an author and a time
Record = Mapping[str, Any]
NO_PEOPLE: Mapping[str, str] = {}


def names_chat(header: Sequence[Sequence[str]]) -> bool:
    """Tell whether the header of a table, its only row, names an author, a time and a text."""
    names = {folded_name(name) for row in header for name in row}
    return all(not names.isdisjoint(wanted) for wanted in (AUTHOR_NAMES, TIME_NAMES, TEXT_NAMES))


def chat_of(records: Sequence[Any], *, named: bool = False, people: Mapping[str, str] = NO_PEOPLE) -> list[ChatMessage]:
    """Return the messages that records are, in order, none if they are no chat.

    They are `named` if the file calls them messages; `people` are names of those whom it calls by an id.
    """
    people = {**people, **_people(records)}
    wrapped = [inner for record in records if (inner := _wrapped(record))]
    records = wrapped or records
    spoken = [record for record in records if isinstance(record, dict) and not _is_service(record)]
    messages = [message for record in spoken if (message := read_message(record, people, named=named))]
    filled = [message for message in messages if message.text.strip()]
    whole = [message for message in filled if message.author and (named or CLOCK.search(message.time))]
    are_records = all(isinstance(record, dict) for record in records)
    are_messages = len(messages) >= MIN_SHARE * len(spoken) and len(whole) >= MIN_SHARE * len(filled)
    return whole if are_records and are_messages else []


def find_chats(data: Any, people: Mapping[str, str] = NO_PEOPLE) -> list[tuple[str, list[ChatMessage]]]:
    """Find the chats in a JSON document, each with its name; none if it holds none.

    A document is a list of messages, has one, or has a list of chats that have one.
    """
    if isinstance(data, list):
        messages = chat_of(data, people=people)
        return [("", messages)] if messages else _chats_in(data)
    if not isinstance(data, dict):
        return []
    for key, value in data.items():
        if isinstance(value, list) and (messages := chat_of(value, named=folded_name(key) in MESSAGE_LISTS)):
            return [(_chat_name(data), messages)]
    lists = [value.get("list") if isinstance(value, dict) else value for value in data.values()]
    items = [item for value in lists if isinstance(value, list) for item in value if isinstance(item, dict)]
    return _chats_in(items)


def _chats_in(items: Sequence[Any]) -> list[tuple[str, list[ChatMessage]]]:
    """Return the chats that nearly all items of a list have, with their names; none if they are something else."""
    chats = []
    for item in items:
        for key, value in item.items() if isinstance(item, dict) else ():
            if isinstance(value, list) and folded_name(key) in MESSAGE_LISTS:
                chats.append((_chat_name(item), chat_of(value, named=True)))
            elif isinstance(value, dict) and key == "mapping":  # a tree of messages, as ChatGPT exports it
                nodes = [node.get("message") for node in value.values() if isinstance(node, dict)]
                chats.append((_chat_name(item), chat_of([node for node in nodes if node], named=True)))
    found = [(name, messages) for name, messages in chats if messages]
    return found if len(found) >= MIN_SHARE * len(items) else []


def _wrapped(record: Any) -> Any:
    """Return the message inside a record that has it under the name of its type, as Mattermost exports it, or None."""
    inner = record.get(str(record.get("type"))) if isinstance(record, dict) else None
    return inner if isinstance(inner, dict) and _has({folded_name(name) for name in inner}, TEXT_NAMES) else None


def read_message(record: Record, people: Mapping[str, str] = NO_PEOPLE, *, named: bool = False) -> ChatMessage | None:
    """Read a record as a message; None if it cannot have a text, or has a title."""
    fields = {folded_name(name): value for name, value in record.items()}
    text_names = TEXT_NAMES + (WEAK_TEXT_NAMES if named else ())
    if not TITLE_NAMES.isdisjoint(name for name, value in fields.items() if value) or not _has(fields, text_names):
        return None
    names = AUTHOR_NAMES + (WEAK_AUTHOR_NAMES if named else ())
    author = next((name for key in names if (name := _person(fields.get(key), people))), "")
    time = next((time for key in TIME_NAMES if (time := _time(fields.get(key)))), "")
    mentions = fields.get("mentions")
    mentioned = {
        str(person.get("id")): _person(person, {})
        for person in (mentions if isinstance(mentions, list) else ())
        if isinstance(person, dict)
    }
    text = QUOTED_LINES.sub("", next((text for key in text_names if (text := _text(fields.get(key)))), ""), count=1)
    if "sendername" in fields and "timestampms" in fields:
        author, text = _repaired(author), _repaired(text)
    text = text or "\n".join(line for key in RICH_NAMES for line in _rich_lines(fields.get(key)))
    text = MENTION.sub(lambda match: "@" + (match[2] or people.get(match[1], match[1])), text)
    text = DISCORD_MENTION.sub(lambda match: "@" + mentioned.get(match[1], match[1]), text)
    text = LINK.sub(lambda match: match[2] or match[3], text)
    ids = tuple(name for key in ID_NAMES if (name := _id(fields.get(key))))
    return ChatMessage(author, time, message_text(text), ids, _reference(fields))


def _reference(fields: Record, depth: int = 0) -> str:
    """Return the id of the message that one replies to, "" if it has no reference; Matrix has it in its content."""
    for key in (*REFERENCE_NAMES, "content"):
        value = fields.get(key)
        if isinstance(value, dict) and depth < MAX_REFERENCE_DEPTH:
            inner = {folded_name(name): item for name, item in value.items()}
            ids = (_id(inner.get(name)) for name in ID_NAMES if key != "content")
            if name := next(filter(None, ids), "") or _reference(inner, depth + 1):
                return name
        elif key != "content" and (name := _id(value)):
            return name
    return ""


def _id(value: Any) -> str:
    """Return an id, which may be a number."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _time(value: Any) -> str:
    """Return a time, which may be inside an object, as MongoDB writes it."""
    if isinstance(value, dict):
        value = value.get("$date")
    return value if isinstance(value, str) else ""


def _repaired(text: str) -> str:
    """Read the bytes of a text as UTF-8 that were read as Latin-1, as Facebook and Instagram export them."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _people(records: Sequence[Any]) -> dict[str, str]:
    """Collect the names of those whom records call by an id, as Slack does."""
    people: dict[str, str] = {}
    for record in records:
        if isinstance(record, dict) and isinstance(record.get("user"), str):
            name = _person(record.get("user_profile"), {})
            if name:
                people[record["user"]] = name
    return people


def _person(value: Any, people: Mapping[str, str]) -> str:
    """Return the name of a person, who may be an object with several names."""
    if isinstance(value, dict):
        fields = {folded_name(name): inner for name, inner in value.items()}
        return next((name for key in PERSON_NAMES if (name := _person(fields.get(key), people))), "")
    return one_line(people.get(value, value)) if isinstance(value, str) else ""


def _text(value: Any) -> str:
    """Join the text of a message, which may be a list of pieces of which some are objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        return next((text for key in ("text", "body", "content", "parts") if (text := _text(value.get(key)))), "")
    return ""


def _rich_lines(value: Any, depth: int = 0) -> list[str]:
    """Return the lines of the boxes of a message: titles, texts and fields, as Discord and Slack export them."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if depth >= MAX_RICH_DEPTH or not isinstance(value, list | dict):
        return []
    if isinstance(value, list):
        return [line for item in value for line in _rich_lines(item, depth + 1)]
    lines = [line for name in RICH_TEXT_NAMES for line in _rich_lines(value.get(name), depth + 1)]
    is_field = isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
    return [f"{lines[0].rstrip(' :')}: {' '.join(lines[1:])}"] if is_field and len(lines) > 1 else lines


def _is_service(record: Record) -> bool:
    """Tell whether a record says who joined and the like."""
    return any(isinstance(record.get(key), str) and SERVICE_TYPES.fullmatch(record[key]) for key in ("type", "subtype"))


def _has(fields: Collection[str], names: Sequence[str]) -> bool:
    return any(name in fields for name in names)


def _chat_name(data: Record) -> str:
    """Return the name of a chat: those of its server and channel, or its own."""
    names = [_person(data.get(key), {}) for key in ("guild", "channel", "name", "title", "topic")]
    return " – ".join(dict.fromkeys(filter(None, names)))


def folded_name(name: Any) -> str:
    """Return the name of a field without case and punctuation."""
    return re.sub(r"[\W_]+", "", str(name)).casefold()
