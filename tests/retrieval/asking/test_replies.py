"""In a chat, the reply to a report of trouble answers, shown with the report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.passages import compose_passage
from retrieval.asking.replies import answer_by_replies, reply_row
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
    answers = answer_by_replies(index, hits)
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
    assert answer_by_replies(plain, hits) == hits


def test_who_is_asked_back_does_not_answer(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """What is told then is about the trouble; the reply to it answers. A question of others has its answer."""
    chat = (
        "[14.03.24, 09:12:01] Jo: can't upload my avatar\n[14.03.24, 09:13:01] Ines: how big is it?\n"
        "[14.03.24, 09:14:01] Jo: 3 MB\n[14.03.24, 09:15:01] Ines: avatars may have 1 MB at most\n"
        "[14.03.24, 09:16:01] Ravi: when is the call?\n[14.03.24, 09:17:01] Ines: at nine on monday\n"
    )
    index = build_index([read_content(tmp_path, "b.txt", chat.encode())], word_encoder, "en", "gen-1").index
    told, limit, call = (row_of(index, text) for text in ("3 MB", "1 MB", "at nine"))
    answers = answer_by_replies(index, [hit(told, 9.0, 0.8), hit(call, 8.0, 0.6)])
    assert [(answer.row, answer.probability) for answer in answers] == [(limit, 0.4), (call, 0.6)]
