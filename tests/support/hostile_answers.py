"""Generate hostile answers, and find what exceeds Discord's limits in a message, without the code of the bot."""

import datetime
import functools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import (
    Card,
    answer_card,
    details_card,
    passages_card,
    quote_card,
    refusal_card,
)
from bot.discord_bot.messages.doctor_card import check_documents, doctor_card
from bot.discord_bot.messages.gap_clusters import Cluster
from bot.discord_bot.messages.info_cards import state_note
from bot.discord_bot.messages.kept_cards import CheckedMessages, checked_card, notice_card
from bot.discord_bot.messages.report_card import report_card
from bot.discord_bot.messages.review_cards import ReviewItem, review_card, undo_wrong
from bot.discord_bot.messages.team_card import team_card
from bot.discord_bot.operations.kept_answers import KeptAnswer
from bot.discord_bot.storage.records import Gap
from bot.showing.pieces import MAX_INDENT, Piece, PieceKind
from bot.showing.reply import SOURCES_DIFFER, Excerpt, Reply
from bot.showing.safe_text import one_line, safe_lines

PIECES = (
    *"aZ9 .,:;-_*~`|<>[](){}#@!?/\\\"'&^%$+=\n\t\r\0\x1b\x7f",
    "@everyone", "@here", "<@1>", "<@!22>", "<@&333>", "<#4>", "</ask:5>", "<t:0:R>", "<:x:6>", "<a:y:7>", "<id:home>",
    "https://evil.example/?a=(b)", "http://x", "discord.gg/abc", "[a](https://b.example)", "<https://c.example>",
    "```", "``", "||", "**", "__", "~~", "> ", ">>> ", "-# ", "# ", "1. ", "- ", "* ", "\\", "\\\\",
    "ä", "é", "e\u0301", "ß", "日本語のテキスト。", "한국어", "中文字符", "עברית", "العربية", "فارسی\u200cها", "हिन्दी",
    "ไทย", "မြန်မာ", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f",
    "\U0001f44d\U0001f3fd",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U00020000", "\U0010ffff",
    "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u2028", "\ud800", "\udfff", "\ufffd", "\u0300" * 20,
    "\U000e0041",
)  # fmt: skip
PROSE: tuple[PieceKind, ...] = ("prose", "item", "row")
LENGTHS = (0, 1, 1, 5, 20, 20, 80, 80, 80, 300, 300, 300, 1_000, 1_000, 3_000, 8_000)
POOLS = 10  # of texts, which seeds share
ADDRESS = "https://discord.com/channels/1/2/3"
URLS = (
    "",
    "https://example.org/a",
    "http://x",
    "javascript:alert(1)",
    "https://" + "é" * 600,
    "https://a b",
    "http://[",
)


@functools.cache
def _long_texts(seed: int, count: int) -> tuple[str, ...]:
    """Make texts of a few hostile pieces each, from which shorter ones are cut; making them takes most of the time."""
    rng = random.Random(seed)
    pieces = (rng.sample(PIECES, rng.randint(1, 6)) for _ in range(count))
    return tuple(one_line("".join(rng.choices(few, k=max(LENGTHS))))[: max(LENGTHS) + 1_000] for few in pieces)


class HostileExcerpts:
    """Generates hostile texts and excerpts of any script and length, the same ones for the same seed."""

    def __init__(self, seed: int, count: int = 200) -> None:
        self.rng = random.Random(seed)
        self._texts = _long_texts(seed % POOLS, count)

    def text(self, max_length: int = max(LENGTHS), min_length: int = 0) -> str:
        """Return a text on one line, cut out of a longer one anywhere."""
        whole = self.rng.choice(self._texts)
        start = self.rng.randrange(max(len(whole), 1))
        return whole[start : start + min(self.rng.choice(LENGTHS), max_length)].strip() or "x" * min_length

    def passage(self) -> tuple[Piece, ...]:
        """Return pieces of every kind in the form that compose_pieces gives them; one of them is marked."""
        pieces = [self._piece() for _ in range(self.rng.choice((0, 0, 1, 3, 10)))]
        before, sentence = self.text(), self.text(min_length=1)
        text = one_line(f"{before} {sentence} {self.text()}")
        begin = len(before) + bool(before)
        marked = replace(self._piece(), kind=self.rng.choice(PROSE), text=text, marked=(begin, begin + len(sentence)))
        if self.rng.random() < 0.2:
            code = safe_lines("\n".join(self.text(300) for _ in range(self.rng.choice((1, 3, 30))))) or "x"
            marked = replace(marked, kind="code", text=code, marked=(0, len(code)))
        pieces.insert(self.rng.randint(0, len(pieces)), marked)
        return tuple(pieces)

    def _piece(self) -> Piece:
        rng = self.rng
        kind: PieceKind = rng.choice((*PROSE, "code", "heading"))
        text = safe_lines("\n".join(self.text(300) for _ in range(5))) if kind == "code" else self.text(2_000)
        return Piece(
            kind,
            text or "x",
            label=rng.choice(("•", "1.", "999999999.", "")) if kind in ("item", "row") else "",
            indent=rng.choice((0, 0, 3, MAX_INDENT)),
            language=rng.choice(("", "python", "c++", "```", "a b", "x" * 50, "@everyone")),
            after_gap=rng.random() < 0.3,
        )

    def excerpt(self) -> Excerpt:
        """Return an excerpt whose fields have the form that compose_excerpt gives them."""
        other_places = self.rng.choice((0, 0, 0, 0, 1, 2, 5, 20))
        return Excerpt(
            passage=self.passage(),
            title=self.text(min_length=1),
            source=self.text(2_000),
            published=self.rng.choice(("", "2019", "2019-02", "2019-02-03")),
            url=one_line(self.rng.choice(URLS)),
            place=f"{self.text(300)}:7",
            short_place=f"{self.text(100)}:7",
            citation_id="".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=10)),
            confidence=self.rng.random(),
            also=tuple(self.text(1_000) for _ in range(other_places)),
            spot=self.text(300),
        )


def cards(seed: int, count: int) -> Iterator[Card]:
    """Yield that many cards, of every kind that shows foreign text."""
    hostile = HostileExcerpts(seed)
    rng = hostile.rng
    for number in range(count):
        excerpts = tuple(hostile.excerpt() for _ in range(rng.choice((1, 1, 1, 2, 3, 5))))
        ids = [excerpt.citation_id for excerpt in excerpts] * rng.randint(0, 4)
        kind = number % 15
        if kind < 5:
            message = SOURCES_DIFFER() if len(excerpts) > 1 and rng.random() < 0.5 else ""
            private, confident = rng.random() < 0.5, rng.random() < 0.7
            yield answer_card(
                Reply(message, excerpts), hostile.text(4_000), others=ids, private=private, show_confidence=confident
            )
        elif kind == 5:
            role, team = rng.choice((None, 10**18)), rng.random() < 0.5
            yield refusal_card("", ids, role, question_key="b" * 10, team=team)
        elif kind == 6:
            yield passages_card(excerpts * rng.randint(0, 2), rng.randint(0, 9))
        elif kind == 7:
            yield details_card(excerpts, ids, show_confidence=rng.random() < 0.7)
        elif kind == 8:
            yield quote_card(excerpts[0], state_note(excerpts[0].title, stored=False, state="changed"))
        elif kind == 9:
            yield notice_card(10**18, ADDRESS, hostile.text(min_length=1))
        elif kind == 10:
            yield checked_card(_checked(hostile), "Members no longer get it.")
        elif kind == 11:
            yield team_card(hostile.text(1_000, min_length=1), 10**18, ADDRESS, 10**18, rng.choice((None, 10**18)))
        elif kind == 12:
            yield report_card(datetime.date(2024, 5, 1), 3, 4, _clusters(hostile))
        elif kind == 13:
            names = [hostile.text(255) for _ in range(9)]
            yield doctor_card(check_documents(0, names, 3), [])
        else:
            yield review_card(_items(hostile, excerpts), rng.randint(0, 3), undo=undo_wrong(2, "a" * 10, "b" * 10))


def _checked(hostile: HostileExcerpts) -> CheckedMessages:
    """Return what a check found of many messages with hostile titles."""
    kept = [KeptAnswer((hostile.text(250, min_length=1),), "x", message=ADDRESS) for _ in range(60)]
    return CheckedMessages(60, tuple(kept[:20]), tuple(kept[20:40]), tuple(kept[40:]))


def _clusters(hostile: HostileExcerpts) -> list[Cluster]:
    """Return groups of hostile questions."""
    return [Cluster((Gap(hostile.text(500, min_length=1), datetime.date(2024, 5, 3), 3),)) for _ in range(9)]


def _items(hostile: HostileExcerpts, excerpts: tuple[Excerpt, ...]) -> list[ReviewItem]:
    """Return questions for a review, with and without a quote."""
    day, wordings = datetime.date(2024, 5, 3), tuple(hostile.text(500, min_length=1) for _ in range(9))
    gap = ReviewItem(hostile.text(500, min_length=1), "b" * 10, 3, day, day, wordings)
    voted = ReviewItem(hostile.text(500, min_length=1), "b" * 10, 3, day, day, citation="a" * 10, quote=excerpts[0])
    return [gap, voted, replace(voted, quote=None)]


def faults(card: Card) -> list[str]:
    """List what Discord would refuse in a card, and what must not be in it; lengths are in UTF-16 units."""
    message = respond.message_fields(card)
    content, embeds = message.get("content", ""), [embed.to_dict() for embed in message.get("embeds", [])]
    view: Any = message.get("view")
    rows = view.to_components() if view else []
    problems = [] if content or embeds else ["empty message"]
    problems += _length_faults("content", content, 2_000)
    problems += [f"{len(embeds)} embeds"] if len(embeds) > 10 else []
    total = 0
    for embed in embeds:
        parts = [("title", embed.get("title", ""), 256), ("description", embed.get("description", ""), 4_096)]
        parts += [("author", embed.get("author", {}).get("name", ""), 256)]
        parts += [("footer", embed.get("footer", {}).get("text", ""), 2_048)]
        for field in embed.get("fields", []):
            parts += [("name", field["name"], 256), ("value", field["value"], 1_024)]
            problems += [] if field["name"].strip() and field["value"].strip() else ["empty field"]
        problems += [f"{len(embed.get('fields', []))} fields"] if len(embed.get("fields", [])) > 25 else []
        shows = embed.get("description") or (embed.get("title") and embed.get("fields"))
        problems += [] if shows else ["empty embed"]
        for name, text, limit in parts:
            problems += _length_faults(name, text, limit)
            total += _units(text)
    problems += [f"{total} units in all embeds"] if total > 6_000 else []
    problems += _row_faults(rows)
    allowed = message["allowed_mentions"].to_dict()
    if allowed != ({"parse": [], "roles": [card.ping]} if card.ping else {"parse": []}):
        problems.append(f"allowed mentions {allowed}")
    return problems


def _row_faults(rows: list[Any]) -> list[str]:
    problems = [f"{len(rows)} rows"] if len(rows) > 5 else []
    ids = [item["custom_id"] for row in rows for item in row["components"] if "custom_id" in item]
    problems += ["the same custom_id twice"] if len(ids) != len(set(ids)) else []
    for row in rows:
        problems += [f"{len(row['components'])} buttons in a row"] if len(row["components"]) > 5 else []
        for item in row["components"]:
            problems += _length_faults("label", item["label"], 80)
            problems += [] if item["label"].strip() else ["empty label"]
            problems += _length_faults("custom_id", item.get("custom_id", ""), 100)
            problems += _length_faults("url", item.get("url", ""), 512)
    return problems


def _length_faults(name: str, text: str, limit: int) -> list[str]:
    problems = [f"{name}: {_units(text)} units"] if _units(text) > limit else []
    has_surrogate = any("\ud800" <= character <= "\udfff" for character in text)
    return problems + ([f"{name}: a lone surrogate"] if has_surrogate else [])


def _units(text: str) -> int:
    return sum(2 if character > "\uffff" else 1 for character in text)
