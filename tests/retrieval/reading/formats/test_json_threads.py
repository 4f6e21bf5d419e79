"""Threads in JSON are read as messages below their titles: of Discourse, GitHub, Stack Exchange and Reddit."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from retrieval.reading.formats.json_document import extract_json
from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support.reading import read_content

TITLE, ASKED, TOLD = "Loom stops", "My loom stops after ten rows.", "Oil the left shaft."
DAY = "2024-03-01T10:00:00Z"
DISCOURSE = {
    "post_stream": {
        "posts": [
            {"id": 11, "username": "ines", "created_at": DAY, "cooked": f"<p>{ASKED}</p>", "post_number": 1},
            {"id": 12, "username": "jo", "created_at": DAY, "cooked": "<p>Buy another one.</p>", "post_number": 2},
            {
                "id": 13,
                "username": "otto",
                "created_at": DAY,
                "cooked": f'<aside class="quote" data-post="1">\n<blockquote>\n<p>{ASKED}</p></blockquote>\n</aside>\n'
                f"<p>{TOLD}</p>",
                "accepted_answer": True,
                "topic_slug": "loom",
            },
        ],
        "stream": [11, 12, 13],
    },
    "suggested_topics": [{"id": 1, "title": "Which yarn?", "posts_count": 3}],
    "title": TITLE,
    "views": 9,
}
GITHUB = [
    {
        "number": 7,
        "title": TITLE,
        "author": {"login": "ines", "is_bot": False},
        "createdAt": DAY,
        "body": f"### What\r\n\r\n{ASKED}",
        "url": "https://git.example/loom/issues/7",
        "labels": [{"name": "bug", "description": "It breaks"}],
        "comments": [{"id": "C1", "author": {"login": "otto"}, "createdAt": DAY, "body": TOLD, "url": "https://a.b"}],
    }
]
STACK = {
    "items": [
        {
            "title": TITLE,
            "body": f"<p>{ASKED}</p>",
            "owner": {"display_name": "ines"},
            "creation_date": 1709287200,
            "accepted_answer_id": 3,
            "answers": [
                {"answer_id": 1, "owner": {"display_name": "jo"}, "body": "<p>Buy another one.</p>", "score": 4},
                {"answer_id": 2, "owner": {"display_name": "kai"}, "body": "<p>Kick it.</p>", "score": -2},
                {"answer_id": 3, "owner": {"display_name": "otto"}, "body": f"<p>{TOLD}</p>", "score": 1},
            ],
        }
    ],
    "has_more": False,
}
REDDIT = {
    "title": TITLE,
    "selftext": ASKED,
    "author": "ines",
    "created_utc": 1709287200,
    "comments": [{"author": "otto", "body": TOLD, "created_utc": 1709287200.0}],
}


@pytest.mark.parametrize("data", [DISCOURSE, GITHUB, STACK, REDDIT, [REDDIT, REDDIT]])
def test_posts_reply_to_the_first_one(tmp_path: Path, data: Any) -> None:
    """The accepted answer comes right after the question; what many call bad, and quotes, are left out."""
    read = read_content(tmp_path, "a.json", json.dumps(data).encode())
    said = [message.split(", 2024-03-01 10:00")[0].split(":")[0] for message in messages_of(read)]
    assert said[:2] == ["ines", "otto"]
    texts = [message.rpartition(": ")[2] for message in messages_of(read)]
    assert (texts[0].removeprefix("What "), texts[1], "Kick it." in texts) == (ASKED, TOLD, False)
    assert read.document.unit == "message"
    assert [mark.at for mark in read.document.marks][:1] == [1]


def test_a_single_thread_gives_title_and_address() -> None:
    """Several have a heading each."""
    extracted = extract_json(GITHUB, {})
    assert (extracted.title, extracted.url) == (TITLE, "https://git.example/loom/issues/7")
    several = extract_json([*GITHUB, *GITHUB], {})
    assert (several.title, several.url, [part.text for part in several.parts if part.kind == "heading"]) == (
        None, None, [TITLE, TITLE],
    )  # fmt: skip


def test_code_in_a_post_keeps_its_lines_and_signs() -> None:
    """What would be marks of Markdown elsewhere is part of it."""
    answer = {"author": "otto", "body": "<p>Type:</p>\n<pre><code>oil **left**\noil `right`\n</code></pre>"}
    parts = extract_json({**REDDIT, "comments": [answer]}, {}).parts
    assert parts[-1].text == "Type:\noil **left**\noil `right`"


@pytest.mark.parametrize(
    "data",
    [
        {**REDDIT, "comments": []},
        {**REDDIT, "comments": 3},
        {**REDDIT, "title": ""},
        {**REDDIT, "author": None},
        {**REDDIT, "selftext": ASKED * 100},
        {"title": TITLE, "content": ASKED, "author": "ines", "date": DAY, "tags": [{"name": "loom"}]},
        [{"title": TITLE, "price": 3, "reviews": [{"author": "otto", "text": TOLD}]}],
        [REDDIT, {"name": "a"}, {"name": "b"}],
        {"posts": [{"id": 1, "content": TOLD}], "title": TITLE},
    ],
)
def test_articles_products_and_other_records_are_no_threads(data: Any) -> None:
    """So is what nobody has answered, and what lacks a title or an author."""
    assert extract_json(data, {}).unit != "message"


def test_hostile_posts_are_read_quickly() -> None:
    """What opens quotes and code without an end is read once."""
    started = time.process_time()
    for text in ('<aside class="quote ' * 20_000, "<pre><code>" * 20_000, "</code> " * 20_000, "<pre>" + " " * 100_000):
        extract_json({**REDDIT, "comments": [{"author": "otto", "body": text}]}, {})
    assert time.process_time() - started < 5
