"""In a chat, the reply to a report of trouble answers, shown with the report."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.passages import compose_passage
from retrieval.asking.replies import answer_by_replies, has_reply, reply_row
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.types import Hit
from tests.support.reading import read_content
from tests.support.word_encoder import WordEncoder

CHAT = (
    "[14.03.24, 09:12:01] Mira: the bot is down again\n[14.03.24, 09:13:01] Tomas: same here\n"
    "[14.03.24, 09:14:01] Ines: restart it with !start\n[14.03.24, 09:15:01] Mira: my claim disappeared on monday\n"
    "[14.03.24, 09:16:01] Ines: which version do you have?\n[14.03.24, 09:17:01] Tomas: trading opens at level 15\n"
    "[14.03.24, 09:18:01] Mira: I can't find the key of the shed\n"
)


@pytest.fixture
def index(word_encoder: WordEncoder, tmp_path: Path) -> Index:
    """Return an index of a chat; "same here" is no row."""
    return build_index([read_content(tmp_path, "a.txt", CHAT.encode())], word_encoder, "en", "gen-1").index


def row_of(index: Index, text: str) -> int:
    return next(row for row in range(index.count) if text in index.text(row))


def hit(row: int, score: float, probability: float) -> Hit:
    return Hit(row, score, probability, np.zeros(1, np.float32))


def test_the_next_message_of_somebody_else_is_the_reply(index: Index) -> None:
    """Whoever asks back replies after that; some messages have no reply."""
    replies = [reply_row(index, row_of(index, text)) for text in ("bot is down", "claim disappeared", "find the key")]
    assert replies == [row_of(index, "restart it"), row_of(index, "level 15"), None]


def test_a_reply_takes_the_place_of_the_report(index: Index) -> None:
    """It is as sure as both on average, and at least as sure as by itself; a report without a reply is left out."""
    report, reply, lost, other = (row_of(index, text) for text in ("down", "restart", "find the key", "level 15"))
    hits = [hit(report, 9.0, 0.9), hit(lost, 8.0, 0.8), hit(other, 7.0, 0.7), hit(reply, 6.0, 0.5)]
    answers = answer_by_replies(index, hits, "bot down")
    assert [(answer.row, answer.score, round(answer.probability, 3)) for answer in answers] == [
        (reply, 9.0, 0.7),
        (other, 7.0, 0.7),
    ]


def test_a_reply_is_shown_with_what_it_replies_to(index: Index) -> None:
    """With who wrote both; another message is shown alone."""
    passage = compose_passage(index, row_of(index, "restart"), "")
    assert [part.text for part in passage if part.kind == "row"] == ["the bot is down again", "restart it with !start"]
    assert [part.text.split("] ")[1] for part in passage if part.kind == "header"] == ["Mira", "Ines"]
    later = compose_passage(index, row_of(index, "level 15"), "")
    assert [part.text for part in later if part.kind == "row"] == [
        "which version do you have?",
        "trading opens at level 15",
    ]
    alone = compose_passage(index, row_of(index, "bot is down"), "")
    assert [part.text for part in alone if part.kind == "row"] == ["the bot is down again"]


def test_hits_outside_of_chats_stay(index: Index) -> None:
    """Their sentences report no trouble, whatever they say."""
    plain = replace(index, answer_types=np.zeros_like(index.answer_types))
    hits = [hit(row_of(index, "down"), 9.0, 0.9), hit(row_of(index, "level 15"), 7.0, 0.7)]
    assert answer_by_replies(plain, hits, "bot down") == hits


def test_who_is_asked_back_does_not_answer(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """What is told then is about the trouble; the reply to it answers. A question of others has its answer."""
    chat = (
        "[14.03.24, 09:12:01] Jo: can't upload my avatar\n[14.03.24, 09:13:01] Ines: how big is it?\n"
        "[14.03.24, 09:14:01] Jo: 3 MB\n[14.03.24, 09:15:01] Ines: avatars may have 1 MB at most\n"
        "[14.03.24, 09:16:01] Ravi: when is the call?\n[14.03.24, 09:17:01] Ines: at nine on monday\n"
    )
    index = build_index([read_content(tmp_path, "b.txt", chat.encode())], word_encoder, "en", "gen-1").index
    told, limit, call = (row_of(index, text) for text in ("3 MB", "1 MB", "at nine"))
    answers = answer_by_replies(index, [hit(told, 9.0, 0.8), hit(call, 8.0, 0.6)], "avatar")
    assert [(answer.row, answer.probability) for answer in answers] == [(limit, 0.4), (call, 0.6)]


def index_of_export(words: WordEncoder, folder: Path, *messages: tuple[str, str, str | None]) -> Index:
    """Index an export of messages of a day each: author, text, and the id of what is replied to; ids count from 1."""
    records = [
        {"id": str(number), "timestamp": f"2024-03-{number:02}T09:00:00Z", "author": {"name": author}, "content": text}
        | ({"reference": {"messageId": answered, "channelId": "5"}} if answered else {})
        for number, (author, text, answered) in enumerate(messages, 1)
    ]
    content = json.dumps({"messages": records}).encode()
    return build_index([read_content(folder, "export.json", content)], words, "en", "gen-1").index


def rows_shown(index: Index, text: str) -> list[str]:
    return [part.text for part in compose_passage(index, row_of(index, text), "") if part.kind == "row"]


def test_a_reference_decides_what_a_message_replies_to(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """Whatever stands between, and whoever replies to something else before."""
    index = index_of_export(
        word_encoder, tmp_path,
        ("Mira", "my printer says access denied", None), ("Jo", "where is the ladder", None),
        ("Ines", "the ladder is behind the shed", "2"), ("Tom", "clean the rollers with a cloth", "1"),
        ("Mira", "what time is lunch", None), ("Tom", "which lunch do you mean?", "5"),
        ("Mira", "the one on monday", "6"), ("Tom", "at twelve then", "7"),
    )  # fmt: skip
    asked = [row_of(index, text) for text in ("access denied", "where is the ladder", "what time is lunch")]
    replies = [row_of(index, text) for text in ("clean the rollers", "behind the shed", "at twelve")]
    assert [reply_row(index, row) for row in asked] == replies
    assert [has_reply(index, row) for row in (*asked, replies[0])] == [True, True, True, False]
    assert rows_shown(index, "clean the rollers") == ["my printer says access denied", "clean the rollers with a cloth"]
    assert rows_shown(index, "at twelve") == ["which lunch do you mean?", "the one on monday", "at twelve then"]


def test_a_question_with_the_words_of_another_one_leads_to_its_reply(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """Up to a sureness that is read; a question with other words, or without a reference, leads nowhere."""
    index = index_of_export(
        word_encoder, tmp_path,
        ("Jo", "where is the old ladder?", None), ("Tom", "see you on monday", None),
        ("Ines", "behind the shed of the club", "1"), ("Jo", "where is the new rope?", None),
    )  # fmt: skip
    ladder, rope, shed = (row_of(index, text) for text in ("ladder", "rope", "shed"))
    (answer,) = answer_by_replies(index, [hit(ladder, 9.0, 0.98)], "where is the ladder")
    assert (answer.row, answer.score, answer.probability) == (shed, 9.0, 0.8)
    assert answer_by_replies(index, [hit(ladder, 9.0, 0.98)], "where is the steel ladder") == []
    assert answer_by_replies(index, [hit(rope, 9.0, 0.98)], "where is the rope") == []


def test_a_message_is_shown_with_its_corrections(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """Those are replies of its author, and of others if they begin as a correction; thanks are left out."""
    index = index_of_export(
        word_encoder, tmp_path,
        ("Mira", "the talk is in the big hall", None), ("Jo", "thanks, see you all there", "1"),
        ("Tom", "Correction: the big hall is full", "1"), ("Mira", "please come to the library", "1"),
        ("Mira", "we sell old books on sunday", None),
    )  # fmt: skip
    assert rows_shown(index, "big hall") == [
        "the talk is in the big hall", "Correction: the big hall is full", "please come to the library",
    ]  # fmt: skip
    assert rows_shown(index, "library") == ["the talk is in the big hall", "please come to the library"]
    assert rows_shown(index, "old books") == ["we sell old books on sunday"]


def test_a_message_without_a_reference_replies_only_soon(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """Three days later it may, and five days later it does not; nor if it replies to something else."""
    talk = ("Mira", "my claim disappeared", None), ("Mira", "my key is lost too", None)
    for between, replied in ((1, True), (3, False)):
        messages = (*talk, *[("Mira", "ok", None)] * between, ("Tom", "look below the mat", None))
        index = index_of_export(word_encoder, tmp_path, *messages)
        row = row_of(index, "claim")
        assert reply_row(index, row) == (row_of(index, "mat") if replied else None)
    other = (*talk, ("Tom", "look below the mat", "2"))
    index = index_of_export(word_encoder, tmp_path, *other)
    assert reply_row(index, row_of(index, "claim")) is None


def test_references_that_lead_nowhere_are_ignored(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """To itself, to a message that is not in the file, and round in a circle."""
    index = index_of_export(
        word_encoder, tmp_path,
        ("Mira", "the shed is open today", "1"), ("Jo", "the hall is open today", "99"),
        ("Tom", "the bar is open today", "4"), ("Ines", "the pool is open today", "3"),
    )  # fmt: skip
    assert rows_shown(index, "shed") == ["the shed is open today"]
    assert rows_shown(index, "hall") == ["the hall is open today"]
    assert rows_shown(index, "the bar") == ["the bar is open today", "the pool is open today"]
    assert reply_row(index, row_of(index, "the bar")) == row_of(index, "the pool")


def test_what_somebody_tells_of_themselves_is_shown_with_the_reply(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """With the first that says something; an announcement and a reply stand alone."""
    index = index_of_export(
        word_encoder, tmp_path,
        ("Mira", "i left my boots at the mill", None), ("Jo", "same here", "1"), ("Tom", "they are in box 4", "1"),
        ("Ines", "box 5 has coats", "1"), ("Mira", "the mill opens at ten", None), ("Tom", "that is early for me", "5"),
    )  # fmt: skip
    assert rows_shown(index, "boots") == ["i left my boots at the mill", "they are in box 4"]
    assert rows_shown(index, "opens at ten") == ["the mill opens at ten"]
    assert rows_shown(index, "early") == ["the mill opens at ten", "that is early for me"]


def test_the_first_post_of_a_thread_is_shown_with_the_answer(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """Whatever it says, for it asks; further answers are not shown with it, unless the thread is short."""
    asked, told = "The wheel of the mill turns backwards.", "Turn lever 2."
    for other in ("Lever 2 is red. " + "The mill is old. " * 50, "Lever 2 is red."):
        answers = [{"author": "Tom", "body": told}, {"author": "Jo", "body": other.strip()}]
        thread = {"author": "Mira", "body": asked, "title": "Mill", "comments": answers}
        read = read_content(tmp_path, "thread.json", json.dumps(thread).encode())
        index = build_index([read], word_encoder, "en", "gen-1").index
        is_short = other == "Lever 2 is red."
        assert rows_shown(index, "backwards") == [asked, told, *([other] if is_short else [])]
