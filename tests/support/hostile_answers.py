"""Hostile answers by the thousand, and what of a message is over Discord's limits, counted without the bot's help."""

import random
from collections.abc import Iterator
from typing import Any

from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import Card, answer_card, passages_card, quote_card, refusal_card
from bot.discord_bot.messages.info_cards import state_note
from bot.showing.reply import SOURCES_DIFFER, Excerpt, Reply
from bot.showing.safe_text import one_line

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
LENGTHS = (0, 1, 1, 5, 20, 20, 80, 80, 80, 300, 300, 300, 1_000, 1_000, 3_000, 8_000)
URLS = (
    "",
    "https://example.org/a",
    "http://x",
    "javascript:alert(1)",
    "https://" + "é" * 600,
    "https://a b",
    "http://[",
)


class Hostile:
    """Makes hostile texts and excerpts of any script and length, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._texts = [self._text() for _ in range(200)]

    def _text(self) -> str:
        few = self.chance.sample(PIECES, self.chance.randint(1, 6))
        return one_line("".join(self.chance.choices(few, k=max(LENGTHS))))[: max(LENGTHS) + 1_000]

    def text(self, most: int = max(LENGTHS), least: int = 0) -> str:
        """Return a text on one line, cut anywhere out of a longer one."""
        whole = self.chance.choice(self._texts)
        start = self.chance.randrange(max(len(whole), 1))
        return whole[start : start + min(self.chance.choice(LENGTHS), most)].strip() or "x" * least

    def excerpt(self) -> Excerpt:
        """Return an excerpt; every field has the form that reply.excerpt gives it."""
        also = self.chance.choice((0, 0, 0, 0, 1, 2, 5, 20))
        return Excerpt(
            before=self.text(),
            quote=self.text(least=1),
            after=self.text(),
            title=self.text(least=1),
            source=self.text(2_000),
            published=self.chance.choice(("", "2019", "2019-02", "2019-02-03")),
            url=one_line(self.chance.choice(URLS)),
            place=f"{self.text(300)}:7",
            short_place=f"{self.text(100)}:7",
            citation_id="".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=10)),
            confidence=self.chance.random(),
            also=tuple(self.text(1_000) for _ in range(also)),
        )


def cards(seed: int, count: int) -> Iterator[Card]:
    """Yield as many cards as are wanted, of every kind that shows foreign text."""
    made = Hostile(seed)
    chance = made.chance
    for number in range(count):
        excerpts = tuple(made.excerpt() for _ in range(chance.choice((1, 1, 1, 2, 3, 5))))
        ids = [one.citation_id for one in excerpts] * chance.randint(0, 4)
        kind = number % 8
        if kind < 5:
            message = SOURCES_DIFFER if len(excerpts) > 1 and chance.random() < 0.5 else ""
            private, sure = chance.random() < 0.5, chance.random() < 0.7
            yield answer_card(
                Reply(message, excerpts), made.text(4_000), others=ids, private=private, show_confidence=sure
            )
        elif kind == 5:
            yield refusal_card(made.text(), ids, chance.choice((None, 10**18)))
        elif kind == 6:
            yield passages_card(excerpts * chance.randint(0, 2), chance.randint(0, 9))
        else:
            yield quote_card(excerpts[0], state_note(excerpts[0].title, stored=False, state="changed"))


def faults(card: Card) -> list[str]:
    """Return what Discord would refuse of a card, or must not be in it; lengths in UTF-16 units."""
    message = respond.message_fields(card)
    content, embeds = message.get("content", ""), [one.to_dict() for one in message.get("embeds", [])]
    view: Any = message.get("view")
    rows = view.to_components() if view else []
    found = [] if content or embeds else ["empty message"]
    found += _over("content", content, 2_000)
    found += [f"{len(embeds)} embeds"] if len(embeds) > 10 else []
    total = 0
    for embed in embeds:
        parts = [("title", embed.get("title", ""), 256), ("description", embed.get("description", ""), 4_096)]
        parts += [("author", embed.get("author", {}).get("name", ""), 256)]
        parts += [("footer", embed.get("footer", {}).get("text", ""), 2_048)]
        for field in embed.get("fields", []):
            parts += [("name", field["name"], 256), ("value", field["value"], 1_024)]
            found += [] if field["name"].strip() and field["value"].strip() else ["empty field"]
        found += [f"{len(embed.get('fields', []))} fields"] if len(embed.get("fields", [])) > 25 else []
        found += [] if embed.get("title") and embed.get("description") else ["empty embed"]
        for name, text, limit in parts:
            found += _over(name, text, limit)
            total += _units(text)
    found += [f"{total} units in all embeds"] if total > 6_000 else []
    found += _of_rows(rows)
    allowed = message["allowed_mentions"].to_dict()
    if allowed != ({"parse": [], "roles": [card.ping]} if card.ping else {"parse": []}):
        found.append(f"allowed mentions {allowed}")
    return found


def _of_rows(rows: list[Any]) -> list[str]:
    found = [f"{len(rows)} rows"] if len(rows) > 5 else []
    ids = [item["custom_id"] for row in rows for item in row["components"] if "custom_id" in item]
    found += ["the same custom_id twice"] if len(ids) != len(set(ids)) else []
    for row in rows:
        found += [f"{len(row['components'])} buttons in a row"] if len(row["components"]) > 5 else []
        for item in row["components"]:
            found += _over("label", item["label"], 80) + ([] if item["label"].strip() else ["empty label"])
            found += _over("custom_id", item.get("custom_id", ""), 100) + _over("url", item.get("url", ""), 512)
    return found


def _over(name: str, text: str, limit: int) -> list[str]:
    found = [f"{name}: {_units(text)} units"] if _units(text) > limit else []
    return found + ([f"{name}: a lone surrogate"] if any("\ud800" <= one <= "\udfff" for one in text) else [])


def _units(text: str) -> int:
    return sum(2 if one > "\uffff" else 1 for one in text)
