"""A .json file is read as messages, as records, or as facts below the names of objects."""

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.reading.formats.json_document import extract_json
from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support import chats
from tests.support.reading import placed_sentences, read_content, rejection_reason, sentences_of


def lines(records: list[dict[str, Any]]) -> str:
    """Write records as JSON Lines."""
    return "".join(f"{json.dumps(record)}\n" for record in records)


@pytest.mark.parametrize(
    ("name", "content", "authors", "title"),
    [
        ("a.json", json.dumps(chats.DISCORD_JSON), ("Mira K.", "tomas"), "River Club – help"),
        ("a.json", json.dumps(chats.SLACK_JSON), ("Mira Kern", "Tomas Holt"), "A"),
        ("a.json", json.dumps(chats.TELEGRAM_JSON), ("Mira", "Tomas"), "River Club"),
        ("a.json", json.dumps({"chats": {"list": [chats.TELEGRAM_JSON]}}), ("Mira", "Tomas"), "River Club"),
        ("a.json", json.dumps(chats.TEAMS_JSON), ("Mira Kern", "Tomas Holt"), "A"),
        ("a.jsonl", lines(chats.SLACK_JSON), ("Mira Kern", "Tomas Holt"), "A"),
        ("a.csv", chats.EXPORTER_CSV, ("mira", "tomas"), "A"),
        ("a.tsv", chats.EXPORTER_CSV.replace(",", "\t"), ("mira", "tomas"), "A"),
    ],
)
def test_messages_of_an_export_have_their_author_and_time(
    tmp_path: Path, name: str, content: str, authors: tuple[str, str], title: str
) -> None:
    """Whatever the messenger calls them; joins and pictures are left out."""
    read = read_content(tmp_path, name, content.encode())
    said = [message.split(", see ")[0].rstrip(".") for message in messages_of(read)]
    assert said[:2] == [
        f"{authors[0]}, 2024-03-14 09:12: the key hangs behind the door",
        f"{authors[1]}, 2024-03-14 09:13: the shed is locked at night",
    ]
    assert said[2:] in ([], ["Mira Kern, 2024-03-14 09:14: thank you all"])
    assert (read.document.unit, read.document.title) == ("message", title)


def test_links_and_mentions_of_slack_are_written_out(tmp_path: Path) -> None:
    """As its readers see them."""
    read = read_content(tmp_path, "a.json", json.dumps(chats.SLACK_JSON).encode())
    assert messages_of(read)[0].endswith("behind the door, see the list & ask @Tomas Holt.")


def test_what_is_called_messages_needs_no_time(tmp_path: Path) -> None:
    """A dialogue with an assistant has roles."""
    read = read_content(tmp_path, "a.json", json.dumps(chats.DIALOGUE_JSON).encode())
    assert messages_of(read) == [
        "user: Where does the key of the shed hang?",
        "assistant: The key hangs behind the door of the shed.",
    ]


@pytest.mark.parametrize("name", chats.JSON_LAYOUTS)
def test_messages_are_recognized_as_each_program_exports_them(tmp_path: Path, name: str) -> None:
    """Each has its author; what it answers to is not part of it, and no letter is garbled."""
    content = chats.JSON_LAYOUTS[name]
    read = read_content(tmp_path, f"a{'.jsonl' if 'lines' in name else '.json'}", content.encode())
    assert read.document.unit == "message"
    assert sentences_of(read) == ["Where is the key of the café?", "The key hangs behind the door."]
    headers = [read.document.text[block.start : block.end] for block in read.blocks if block.kind == "header"]
    assert [header.partition(",")[0] for header in headers] == ["mira", "jonas"]


@pytest.mark.parametrize(
    ("ids", "reference"),
    [
        ("id", {"reference": {"messageId": "a1", "channelId": "5"}}),
        ("id", {"type": 19, "message_reference": {"channel_id": "5", "message_id": "a1"}}),
        ("id", {"reply_to_message_id": "a1"}),
        ("id", {"replyToId": "a1"}),
        ("_id", {"tmid": "a1"}),
        ("ts", {"thread_ts": "a1"}),
        ("event_id", {"content": {"body": "at nine on monday", "m.relates_to": {"m.in_reply_to": {"event_id": "a1"}}}}),
    ],
)
def test_a_reply_is_marked_with_how_many_messages_back_it_goes(
    tmp_path: Path, ids: str, reference: dict[str, Any]
) -> None:
    """As each messenger writes the reference; a message that says nothing by itself does not count."""
    texts = "the shed opens on monday", "when on monday?", "ok", "at nine on monday", "the key hangs outside"
    records: list[dict[str, Any]] = [
        {ids: f"a{number}", "author": f"user {number}", "timestamp": f"2024-03-14T09:1{number}:00Z", "content": text}
        for number, text in enumerate(texts, 1)
    ]
    records[3] |= reference
    read = read_content(tmp_path, "a.json", json.dumps({"messages": records}).encode()).document
    headers = [table.start for table in read.tables]
    assert [(headers.index(mark.offset), mark.at) for mark in read.marks] == [(2, 2), (3, None)]


def test_references_that_name_no_other_message_of_the_file_are_no_marks(tmp_path: Path) -> None:
    """Such as the first message of a thread, which names itself."""
    records = [
        {"ts": f"171040755{number}.1", "user": f"U{number}", "text": "the shed is open", "thread_ts": thread}
        for number, thread in enumerate(("1710407550.1", "1700000000.1", {"ts": ["x"]}))
    ]
    assert read_content(tmp_path, "a.json", json.dumps(records).encode()).document.marks == ()


@pytest.mark.parametrize(
    "record",
    [
        {"title": "Keys", "author": "Ann", "date": "2024-03-14T09:12", "text": "The key hangs behind the door."},
        {"author": "Ann", "date": "2024-03-14", "text": "The key hangs behind the door."},
        {"author": "Ann", "text": "The key hangs behind the door."},
        {"date": "2024-03-14T09:12", "text": "The key hangs behind the door."},
        {"name": "Party", "date": "2024-03-14 09:12", "text": "The key hangs behind the door."},
    ],
)
def test_other_records_are_no_messages(tmp_path: Path, record: dict[str, str]) -> None:
    """Articles have titles, and events have names."""
    for name, content in (("a.json", json.dumps([record, record])), ("a.jsonl", lines([record, record]))):
        read = read_content(tmp_path, name, content.encode())
        assert read.document.unit == "row"
        assert placed_sentences(read)[0][:2] == ("The key hangs behind the door.", 1)


def test_objects_are_facts_below_their_names(tmp_path: Path) -> None:
    """Numbers stay as they are written; a list of objects is a list of records."""
    content = """{"title": "Ferry", "price": 9.50, "open": true,
    "crew": {"captain": "Ines Falk", "cooks": ["Ann", "Ben"]},
    "boats": [{"name": "Rose", "seats": 12}, {"name": "Lily", "seats": 8, "owner": {"city": "Selm"}}],
    "none": null}"""
    read = read_content(tmp_path, "ferry.json", content.encode())
    assert placed_sentences(read) == [
        ("title: Ferry.", None, None),
        ("price: 9.50.", None, None),
        ("open: yes.", None, None),
        ("captain: Ines Falk.", None, "crew"),
        ("cooks: Ann, Ben.", None, "crew"),
        ("name: Rose; seats: 12.", None, "boats"),
        ("name: Lily; seats: 8; owner, city: Selm.", None, "boats"),
    ]
    assert read.document.title == "Ferry"


def test_a_list_of_questions_and_answers_is_read_as_such(tmp_path: Path) -> None:
    """At the number of each."""
    content = '[{"question": "Is it open?", "answer": "On Mondays only."}, {"question": "Who pays?", "answer": "Ann."}]'
    assert placed_sentences(read_content(tmp_path, "a.json", content.encode())) == [
        ("On Mondays only.", 1, "Is it open?"),
        ("Ann.", 2, "Who pays?"),
    ]


def test_what_is_no_json_is_rejected(tmp_path: Path) -> None:
    """With the line of the mistake."""
    assert rejection_reason(tmp_path, "a.json", b'{"a": 1,\n "b": }') == "invalid JSON (line 2)"
    assert rejection_reason(tmp_path, "b.json", b"[" * 100_000) == "invalid JSON"
    assert rejection_reason(tmp_path, "c.json", b"{}") == "empty"


def test_what_is_too_long_for_the_row_of_its_record_is_behind_its_name(tmp_path: Path) -> None:
    """A fact says nothing without what it is a fact about; a record without more does not get it."""
    boats = [
        {
            "name": "Rose",
            "at": {"pier": 3},
            "seats": 12,
            "trips": [{"to": "Selm", "price": 9}, {"to": "Brig", "price": 7}],
        },
        {"name": "Lily", "seats": 8},
    ]
    for name, content in (("boats.json", json.dumps(boats)), ("boats.jsonl", lines(boats))):
        assert placed_sentences(read_content(tmp_path, name, content.encode())) == [
            ("name: Rose; at, pier: 3; seats: 12.", 1, None),
            ("Rose — trips — to: Selm; price: 9.", 1, None),
            ("Rose — trips — to: Brig; price: 7.", 1, None),
            ("name: Lily; seats: 8.", 2, None),
        ]


def test_facts_deep_inside_an_object_have_the_names_around_them(tmp_path: Path) -> None:
    """Since only the innermost is their heading; an object with a name of its own is one row."""
    content = """{"mage": {"mana": 90, "spells": {"blink": {"cost": 8}, "frost": {"name": "Frost", "cost": 5}}}}"""
    assert placed_sentences(read_content(tmp_path, "game.json", content.encode())) == [
        ("mana: 90.", None, "mage"),
        ("mage — spells — blink — cost: 8.", None, "mage › spells › blink"),
        ("mage — spells — name: Frost; cost: 5.", None, "mage › spells › frost"),
    ]


def test_a_text_is_below_the_name_of_its_record(tmp_path: Path) -> None:
    """Also inside of another record; the next one is not below it."""
    spell = {"name": "Blink", "description": "It moves you ten metres."}
    content = json.dumps([{"name": "Mage", "mana": 90, "spells": [spell]}, {"name": "Thief", "mana": 10}])
    assert placed_sentences(read_content(tmp_path, "a.json", content.encode())) == [
        ("name: Mage; mana: 90.", 1, "Mage"),
        ("It moves you ten metres.", 1, "Mage › Blink"),
        ("name: Thief; mana: 10.", 2, "Thief"),
    ]


def test_a_record_carries_its_name_in_several_languages(tmp_path: Path) -> None:
    """Also below a name of one letter, inside another record, and where not all of them fit its row."""
    boat = {"code": "B1", "name": {"en": "Rose", "de": "Rosa"}, "seats": 12}
    rows = ["code: B1; name, en: Rose; name, de: Rosa; seats: 12."]
    assert sentences_of(read_content(tmp_path, "a.json", json.dumps({"A": [boat]}).encode())) == rows
    inside = {"pier": "north", "trips": [{"to": "Selm"}], "boats": [boat | {"crew": [{"cook": "Ann"}]}]}
    assert sentences_of(read_content(tmp_path, "b.json", json.dumps([inside]).encode())) == [
        "pier: north.", "north — trips — to: Selm.", f"north — boats — {rows[0]}", "Rose — crew — cook: Ann."
    ]  # fmt: skip
    long_name = {f"l{number}": f"Rose of harbour {number}" for number in range(30)}
    read = read_content(tmp_path, "c.json", json.dumps([boat | {"name": long_name}]).encode())
    assert sentences_of(read)[0] == "code: B1; name: Rose of harbour 0; seats: 12."


def test_marks_in_values_are_left_out(tmp_path: Path) -> None:
    """HTML and Markdown are read in texts and facts; what only looks like them is not."""
    record = {
        "title": "Return **it**",
        "body": "Within *30 days*, `x`:\n\n1. Print [the label](https://a.example).\n2. Pack it &amp; go.",
        "note": "see [b](https://b.example)<br>for <player>",
    }
    read = read_content(tmp_path, "a.json", json.dumps([record]).encode())
    kinds = [(block.kind, read.document.text[block.start : block.end]) for block in read.blocks]
    assert kinds == [
        ("heading", "Return it"),
        ("prose", "Within 30 days, x:"),
        ("item", "Print the label."),
        ("item", "Pack it & go."),
        ("row", "note: see b; for <player>."),
    ]
    facts = read_content(tmp_path, "b.json", b'{"pattern": "*_a_*", "size": "5 * 3 * 2", "type": "List<String>"}')
    assert [text for text, _, _ in placed_sentences(facts)] == [
        "pattern: *_a_*.",
        "size: 5 * 3 * 2.",
        "type: List<String>.",
    ]


def test_marks_in_messages_are_left_out(tmp_path: Path) -> None:
    """As Discord shows code, bold letters, spoilers, pictures and commands; a mark of quoted lines stays."""
    texts = [
        "type `!start`, then **wait ten seconds** <:ok:123456789012345678>",
        "it works for ||seven days|| with </claim:123456789012345678>",
        "> when does it open?\nat nine, see <https://a.example/b_c_d>",
        "```py\nrun(a * b * c)\n```",
    ]
    messages = [{"author": "Ann", "timestamp": "2024-03-14T09:12", "content": text} for text in texts]
    assert messages_of(read_content(tmp_path, "a.json", json.dumps(messages).encode())) == [
        "Ann, 2024-03-14 09:12: type !start, then wait ten seconds :ok:.",
        "Ann, 2024-03-14 09:12: it works for seven days with /claim.",
        "Ann, 2024-03-14 09:12: > when does it open? at nine, see https://a.example/b_c_d.",
        "Ann, 2024-03-14 09:12: run(a * b * c).",
    ]


FIELD = {"name": "Until", "value": "nine"}


@pytest.mark.parametrize(
    ("key", "boxes"),
    [
        ("embeds", [{"title": "News", "description": "The lift runs.", "fields": [FIELD]}]),
        ("attachments", [{"pretext": "News", "text": "The lift runs.", "fields": [FIELD]}]),
        ("blocks", [{"type": "header", "text": {"type": "plain_text", "text": "News"}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "The lift runs."},
                     "fields": [{"type": "mrkdwn", "text": "Until: nine"}]}]),
    ],
)  # fmt: skip
def test_a_message_without_a_text_says_what_its_boxes_say(tmp_path: Path, key: str, boxes: list[Any]) -> None:
    """As programs post in Discord and Slack; beside a text, boxes preview what it links to."""
    message = {"author": "Lift", "timestamp": "2024-03-14T09:12:00Z"}
    content = [{**message, "content": "", key: boxes}, {**message, "content": "See the page there.", key: boxes}]
    read = read_content(tmp_path, "a.json", json.dumps(content).encode())
    assert messages_of(read) == [
        "Lift, 2024-03-14 09:12: News The lift runs. Until: nine.",
        "Lift, 2024-03-14 09:12: See the page there.",
    ]


def test_mentions_of_discord_are_names(tmp_path: Path) -> None:
    """An id of somebody whom the export does not name stays."""
    message = {
        "author": "Bob", "timestamp": "2024-03-14T09:12:00Z", "content": "ask <@12> or <@!34> about the key",
        "mentions": [{"id": "12", "name": "ana", "nickname": "Ana"}],
    }  # fmt: skip
    read = read_content(tmp_path, "a.json", json.dumps([message]).encode())
    assert messages_of(read) == ["Bob, 2024-03-14 09:12: ask @Ana or @34 about the key."]


def parts_of(data: Any) -> list[tuple[str, int, str]]:
    """Extract the kind, level and text of the parts of a document."""
    return [(part.kind, part.level, part.text) for part in extract_json(data, {}).parts]


def test_what_follows_inner_records_is_not_below_the_last_of_them() -> None:
    """The replies of a call are not those of its last parameter, nor the trips of a boat part of its last extra."""
    call = {
        "summary": "Book a boat",
        "parameters": [{"name": "day", "description": "Day of the trip."}],
        "responses": {"409": {"description": "The boat is taken."}},
    }
    assert parts_of({"paths": {"/boats": {"post": call}}})[3:] == [
        ("text", 0, "Book a boat"),
        ("heading", 5, "day"),
        ("text", 0, "Day of the trip."),
        ("heading", 5, "responses"),
        ("row", 0, "Book a boat — responses — 409, description: The boat is taken."),
    ]
    boat = {"name": "Heron", "extras": [{"name": "Oars", "text": "Two pairs."}], "trips": [{"to": {"x": [{"y": "Z"}]}}]}
    assert [text for kind, _, text in parts_of([boat]) if kind == "heading"] == ["Heron", "Oars", "trips"]


def test_a_record_without_inner_headings_has_none_for_its_fields() -> None:
    """Whatever the order of its fields."""
    boat = {"name": "Heron", "text": "A boat.", "trips": [{"to": "Selm", "days": [{"day": "Monday"}]}]}
    assert [text for kind, _, text in parts_of([boat]) if kind == "heading"] == ["Heron"]


def test_texts_with_the_line_ends_of_windows_are_read_as_others() -> None:
    """The fence of a block of code ends it, and an empty line a paragraph."""
    text = "Seen today:\n\n```\nerror 7\n```\n\nIt stopped."
    parts = parts_of([{"name": "Pump", "text": text.replace("\n", "\r\n")}])
    assert parts == parts_of([{"name": "Pump", "text": text}])
    assert parts[2:] == [("code", 0, "error 7"), ("text", 0, "It stopped.")]
    assert parts_of([{"name": "Pump", "text": "One.\r\n\r\nTwo."}])[1:] == [("text", 0, "One."), ("text", 0, "Two.")]
