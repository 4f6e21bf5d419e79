"""Compose the messages of the bot: pure, within Discord's limits, everything foreign escaped.

A card is what a message shows; the embeds are dicts in the form of Discord's API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.discord_bot.messages.button_ids import Button, button
from bot.showing.discord_markdown import cut, escape, escape_cut, units
from bot.showing.reply import CLOSEST, REFUSAL, Excerpt, Reply
from bot.showing.safe_text import one_line

CONTENT, TITLE, AUTHOR, FOOTER, FIELD, DESCRIPTION, MESSAGE = 2_000, 256, 256, 2_048, 1_024, 4_096, 6_000
URL, LABEL, MOST_IN_ROW = 512, 80, 5  # of buttons
NOT_IN_LINKS = frozenset(' "<>\\^`{|}\ufffd')
MOST_EMBEDS = 5
ASKED = "Q: "
ALSO = "Also in"
COLOUR, GREY = 0x2E7D6B, 0x8A8F98
Embed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """A message: text, embeds, rows of buttons, and the one role that it may ping."""

    content: str = ""
    embeds: tuple[Embed, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    ping: int | None = None


def answer_card(
    reply: Reply, question: str, *, others: Sequence[str] = (), private: bool = False, sure: bool = True
) -> Card:
    """Return the card of an answer; `others` are the ids of the passages that come next."""
    ids = [excerpt.citation_id for excerpt in reply.excerpts]
    more = [button("More context", "context", ids)]
    if others:
        more.append(button("Other passages", "others", others))
    votes = [button("Helpful", "helpful", ids[:1]), button("Not helpful", "unhelpful", ids[:1])]
    last = [button("Share", "share", ids, "primary")] if private else []
    last += _links(reply.excerpts)[: MOST_IN_ROW - len(last)]
    rows = tuple(tuple(row) for row in (more + votes, last) if row)
    return Card(reply.message, excerpt_embeds(reply.excerpts, question, sure=sure), rows)


def refusal_card(wording: str, closest: Sequence[str], ping: int | None = None) -> Card:
    """Return the card of a refusal: one line and no source; the closest passages are a button away."""
    line = escape_cut(wording, CONTENT - 40) or REFUSAL
    rows = ((button("Closest passages", "closest", closest),),) if closest else ()
    return Card(f"<@&{ping}> {line}" if ping else line, (), rows, ping)


def passages_card(excerpts: Sequence[Excerpt], missing: int, heading: str = CLOSEST) -> Card:
    """Return passages that are no answer, under a line that says so; `missing` are no longer in the index."""
    if not excerpts:
        return Card("They changed or vanished since.")
    line = f"{heading.removesuffix(':')}, and {missing} more changed or vanished since:" if missing else heading
    return Card(line, excerpt_embeds(excerpts, "", colour=GREY))


def quote_card(excerpt: Excerpt, note: str = "", rows: tuple[tuple[Button, ...], ...] = ()) -> Card:
    """Return a quote by itself, with a note of which everything foreign is escaped."""
    return Card(cut(note, CONTENT), excerpt_embeds([excerpt], ""), rows)


def line_card(line: str) -> Card:
    """Return a card of one line of ours, of which everything foreign is escaped."""
    return Card(cut(line, CONTENT))


def excerpt_embeds(
    excerpts: Sequence[Excerpt], question: str, *, sure: bool = False, colour: int = COLOUR
) -> tuple[Embed, ...]:
    """Return an embed for each excerpt, together within what one message may hold."""
    shown = excerpts[:MOST_EMBEDS]
    author = cut(f"{ASKED}{one_line(question)}", AUTHOR) if question else ""
    room = (MESSAGE - units(author)) // max(len(shown), 1)
    embeds = [_embed(excerpt, room, sure=sure, colour=colour) for excerpt in shown]
    if author and embeds:
        embeds[0]["author"] = {"name": author}
    return tuple(embeds)


def asked(embeds: Sequence[Embed]) -> str | None:
    """Return the question that an answer's embeds show, None when they show none or only a part of it."""
    name = str(embeds[0].get("author", {}).get("name", "")) if embeds else ""
    whole = name.startswith(ASKED) and not name.endswith("…")
    return name.removeprefix(ASKED) if whole else None


def is_link(url: str) -> bool:
    """Return whether an address can be a link button: the web's, whole, and not too long.

    Discord refuses the whole answer for the sake of one address that it cannot read. A user before the host
    could be taken for the host.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    named = parts.scheme in ("http", "https") and "." in (host or "") and "@" not in parts.netloc
    return named and url.isprintable() and not NOT_IN_LINKS & set(url) and units(url) <= URL


def _links(excerpts: Sequence[Excerpt]) -> list[Button]:
    """Return a link button for each address; where there are several quotes it names the document."""
    titles = {one.url: one.title for one in reversed(excerpts) if is_link(one.url)}
    named = len(excerpts) > 1
    labels = {url: cut(f"Open: {title}", LABEL) if named else "Open the document" for url, title in titles.items()}
    return [Button(label, "link", url=url) for url, label in reversed(labels.items())]


def _embed(excerpt: Excerpt, room: int, *, sure: bool, colour: int) -> Embed:
    title = escape_cut(excerpt.title, TITLE)
    footer = cut(f"{excerpt.citation_id} · {excerpt.confidence:.0%} sure" if sure else excerpt.citation_id, FOOTER)
    fields = _fields(excerpt, room // 4)
    used = units(title) + units(footer) + sum(units(field["name"]) + units(field["value"]) for field in fields)
    return {
        "title": title,
        "description": _passage(excerpt, min(DESCRIPTION, room - used)),
        "color": colour,
        "fields": fields,
        "footer": {"text": footer},
    }


def _passage(excerpt: Excerpt, room: int) -> str:
    """Return the quote in bold inside its context; where there is too little room the context gives way."""
    marks = units("**“”**")
    quote = f"**“{escape_cut(excerpt.quote, room - marks)}”**"
    left = room - units(quote) - 2
    before = _ending(excerpt.before, left // 2)
    after = escape_cut(excerpt.after, left - units(before)) if excerpt.after and left - units(before) > 1 else ""
    return " ".join(filter(None, (before, quote, after)))


def _ending(text: str, room: int) -> str:
    """Return the end of a text, escaped, with an ellipsis before it where it is cut; "" where there is no room."""
    if room < 2 or not text:
        return ""
    whole = escape(text) if len(text) <= room else ""
    if whole and units(whole) <= room:
        return whole
    words = text[-room:].split(" ")[1:]  # of a longer text no more than that can fit, and its first word may be cut
    whole = f"… {escape(' '.join(words))}" if words else ""
    while units(whole) > room and words:
        excess = units(whole) - room
        while words and excess >= 0:
            excess -= units(words.pop(0)) + 1
        whole = f"… {escape(' '.join(words))}" if words else ""
    return whole


def _fields(excerpt: Excerpt, room: int) -> list[dict[str, Any]]:
    """Return where the quote stands: source and date, its place, and the places that say the same."""
    places = f"Also in {len(excerpt.also) + excerpt.more:,} places, such as" if excerpt.more else ALSO
    also = "; ".join(excerpt.also)
    each = min(FIELD, room // (1 + bool(excerpt.source or excerpt.published) + bool(also)))
    date = escape(excerpt.published)
    source = escape_cut(excerpt.source, each - units(date) - 2) if excerpt.source else ""
    place = excerpt.place if units(escape(excerpt.place)) <= each else excerpt.short_place
    named = [
        ("Source" if source else "Published", ", ".join(filter(None, (source, date)))),
        ("Place", escape_cut(place, each)),
        (places, escape_cut(also, each)),
    ]
    return [{"name": name, "value": value, "inline": name != places} for name, value in named if value]
