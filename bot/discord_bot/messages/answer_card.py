"""Compose the cards of answers, refusals and quotes: pure, within Discord's limits, with all foreign text escaped.

A card is what a message shows. Its embeds are dicts in the form of Discord's API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.discord_bot.messages.button_ids import Button, answer_button, button, closest_button, more_button
from bot.discord_bot.messages.passage_text import MAX_FOLDED, WHOLE, format_passage
from bot.showing.discord_markdown import cut, escape, escape_cut, units
from bot.showing.languages import Message
from bot.showing.pieces import Piece
from bot.showing.reply import (
    ASKED_AS,
    CLOSEST,
    REFUSAL,
    UNANSWERED_PART,
    Excerpt,
    Reply,
    format_confidence,
    format_sureness,
)
from bot.showing.safe_text import one_line, safe_lines
from bot.showing.web_addresses import is_web_address
from bot.showing.wording import format_date

# Discord's limits, in UTF-16 units
MAX_CONTENT, MAX_TITLE, MAX_AUTHOR, MAX_FOOTER, MAX_FIELD, MAX_DESCRIPTION = 2_000, 256, 256, 2_048, 1_024, 4_096
MAX_EMBEDS_TOTAL = 6_000  # over all embeds of a message
MAX_BUTTON_URL, MAX_BUTTON_LABEL, MAX_BUTTONS_IN_ROW = 512, 80, 5
MAX_EMBEDS = 5
MAX_USES = 3  # passages of which a moderator can make the answer
MAX_FOOTER_TITLE, MAX_FOOTER_PART = 150, 100
MAX_ASKED_AS = 300  # of a mended question below a refusal
MAX_CHOICE_FOLDED = 300  # of a passage among which one is chosen
PING_UNITS = 40  # room for the mention of a role before a refusal
ASKED = Message("Q: {question}")
ALSO_IN = Message("Also in")
ALSO_IN_SUCH_AS = Message("Also in {count} places, such as", "Also in {count} place, such as")
PASSAGES_GONE = Message("These passages have been changed or removed since.")
MORE_GONE = Message("{count} more have been changed or removed since", "{count} more has been changed or removed since")
SHARE, MORE_CONTEXT = Message("Share"), Message("More context")
HELPFUL, NOT_HELPFUL = Message("Helpful"), Message("Not helpful")
OTHER_PASSAGES, ASK_THE_TEAM = Message("Other passages"), Message("Ask the team")
WHICH_QUOTE, QUOTE_NUMBER = Message("Which quote is not helpful?"), Message("Quote {number}")
OPEN_DOCUMENT, OPEN_TITLE = Message("Open the document"), Message("Open: {title}")
PLACE, SOURCE, PUBLISHED = Message("Place"), Message("Source"), Message("Published")
ID, CONFIDENCE = Message("ID"), Message("Confidence")
FROM = Message("From “{title}”")
COLON = ":：\u00a0"  # at the end of a heading, with the space before it in French
GREEN, GREY = 0x2E7D6B, 0x8A8F98
Embed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """A message: text, embeds, rows of buttons, and the id of the only role that it may ping.

    A card `for_asker`, such as an error, is shown to nobody else where Discord allows that.
    """

    content: str = ""
    embeds: tuple[Embed, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    ping: int | None = None
    for_asker: bool = False


def answer_card(
    reply: Reply, question: str, *, others: Sequence[str] = (), private: bool = False, show_confidence: bool = True
) -> Card:
    """Compose the card of an answer; `others` are the citation ids of the next best passages.

    It has one row of buttons; *More…* leads to everything else.
    """
    ids = [excerpt.citation_id for excerpt in reply.excerpts]
    confidences = [(excerpt.citation_id, excerpt.confidence) for excerpt in reply.excerpts]
    embeds = excerpt_embeds(reply.excerpts, question, show_confidence=show_confidence)
    row = [button(SHARE(), "share", ids, "primary")] if private else []
    row += context_buttons(reply.excerpts, embeds)
    row += [button(HELPFUL(), "helpful", ids), button(NOT_HELPFUL(), "unhelpful", ids)]
    links = document_links(reply.excerpts)
    row += links if len(links) == 1 and not private else []
    row += [more_button(confidences, others)]
    notes = [f"-# {escape(note)}" for note in reply.notes]  # Discord's small print
    lines = [reply.message, *notes, *(UNANSWERED_PART(question=escape(part)) for part in reply.unanswered)]
    content = cut("\n".join(filter(None, lines)), MAX_CONTENT)
    return Card(content, embeds, (tuple(row),))


def context_buttons(excerpts: Sequence[Excerpt], embeds: Sequence[Embed]) -> list[Button]:
    """Create the button for what is around excerpts, or none if the embeds already show all of that."""
    whole = (format_passage(_shown_passage(excerpt), WHOLE, WHOLE) for excerpt in excerpts)
    if not any(excerpt.has_more for excerpt in excerpts) and [embed["description"] for embed in embeds] == [*whole]:
        return []
    return [button(MORE_CONTEXT(), "context", [excerpt.citation_id for excerpt in excerpts])]


def details_card(excerpts: Sequence[Excerpt], others: Sequence[str], *, show_confidence: bool = True) -> Card:
    """Compose what an answer leaves out: exact places, ids and percentages, and buttons for what else there is."""
    if not excerpts:
        return Card(PASSAGES_GONE())
    embeds = []
    for excerpt in excerpts[:MAX_EMBEDS]:
        room = MAX_EMBEDS_TOTAL // min(len(excerpts), MAX_EMBEDS) - MAX_TITLE
        fields = {
            PLACE: _escaped_place(excerpt, min(room // 2, MAX_FIELD)),
            SOURCE: escape_cut(excerpt.source, room // 8),
            PUBLISHED: escape_cut(format_date(excerpt.published), MAX_AUTHOR // 4),
            ID: f"`{excerpt.citation_id}`",
            CONFIDENCE: format_confidence(excerpt.confidence) if show_confidence else "",
        }
        shown = [{"name": name(), "value": value, "inline": name != PLACE} for name, value in fields.items() if value]
        embeds.append({"title": escape_cut(excerpt.title, MAX_TITLE), "color": GREY, "fields": shown})
    row = [button(OTHER_PASSAGES(), "others", others)] if others else []
    row += document_links(excerpts)[: MAX_BUTTONS_IN_ROW - len(row)]
    return Card(embeds=tuple(embeds), rows=(tuple(row),) if row else ())


def refusal_card(
    wording: str,
    closest: Sequence[str],
    ping: int | None = None,
    asked_as: str = "",
    *,
    question_key: str = "",
    team: bool = False,
) -> Card:
    """Compose the card of a refusal: one line, no source, and a button for the closest passages.

    The wording is that of the server's moderators, whose mentions and links work. `asked_as`, the question with its
    spelling mended, is small print below. With `team`, a button passes the question on to the team of the server,
    unless it has no key.
    """
    note = f"\n-# {ASKED_AS(question=escape_cut(one_line(asked_as), MAX_ASKED_AS))}" if asked_as else ""
    line = cut(safe_lines(wording), MAX_CONTENT - PING_UNITS - units(note)) or REFUSAL()
    row = refusal_row(closest, question_key, team=team)
    return Card(f"<@&{ping}> {line}{note}" if ping else f"{line}{note}", (), (row,) if row else (), ping)


def refusal_row(closest: Sequence[str], question_key: str, *, team: bool) -> tuple[Button, ...]:
    """Create the buttons below what has no answer: for the closest passages, and for the team.

    Without any passage, moderators find there how to answer; a text without a key is no question.
    """
    row = [closest_button(closest, question_key)] if closest or question_key else []
    return (*row, button(ASK_THE_TEAM(), "team", question_key)) if team and question_key else tuple(row)


def passages_card(excerpts: Sequence[Excerpt], missing: int, heading: str = "", *, folded: int = MAX_FOLDED) -> Card:
    """Compose passages that are not an answer, under a line that says so; `missing` counts those no longer indexed."""
    if not excerpts:
        return Card(PASSAGES_GONE())
    excerpts, heading = _distinct(excerpts), heading or CLOSEST()
    line = f"{heading.rstrip(COLON)} ({MORE_GONE(count=missing)}):" if missing else heading
    more = more_button([(excerpt.citation_id, 0.0) for excerpt in excerpts], ())
    return Card(line, excerpt_embeds(excerpts, "", colour=GREY, folded=folded), ((more,),))


def _distinct(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Leave out the excerpts whose passage an earlier one of the same document shows, with another sentence marked."""
    distinct: list[tuple[Excerpt, set[str]]] = []
    for excerpt in excerpts:
        texts = {piece.text for piece in excerpt.passage if piece.kind != "heading"}
        if not any(texts <= shown and excerpt.title == other.title for other, shown in distinct):
            distinct.append((excerpt, texts))
    return [excerpt for excerpt, _ in distinct]


def answer_row(citation_ids: Sequence[str], question_key: str) -> tuple[Button, ...]:
    """Create the buttons for a moderator to answer a question: in their own words, or with one of some passages."""
    uses = [answer_button(question_key, id_, number) for number, id_ in enumerate(citation_ids[:MAX_USES], 1)]
    return (answer_button(question_key), *uses)


def which_quote_card(excerpts: Sequence[Excerpt], question: str) -> Card:
    """Ask which of several quotes is not helpful, with a button for each."""
    shown = excerpts[:MAX_EMBEDS]
    row = [
        button(QUOTE_NUMBER(number=number), "unhelpful", [excerpt.citation_id])
        for number, excerpt in enumerate(shown, 1)
    ]
    return Card(WHICH_QUOTE(), excerpt_embeds(shown, question, colour=GREY, folded=MAX_CHOICE_FOLDED), (tuple(row),))


def quote_card(excerpt: Excerpt, note: str = "") -> Card:
    """Compose the card of a quote alone; foreign text in the note must be escaped already."""
    return Card(cut(note, MAX_CONTENT), excerpt_embeds([excerpt], ""))


def line_card(line: str, *, for_asker: bool = False) -> Card:
    """Compose a card of one line; foreign text in it must be escaped already."""
    return Card(cut(line, MAX_CONTENT), for_asker=for_asker)


def excerpt_embeds(
    excerpts: Sequence[Excerpt],
    question: str,
    *,
    show_confidence: bool = False,
    colour: int = GREEN,
    folded: int = MAX_FOLDED,
) -> tuple[Embed, ...]:
    """Compose an embed for each of the first MAX_EMBEDS excerpts, together within the limit of a message.

    A passage takes about `folded` units at most.
    """
    shown = excerpts[:MAX_EMBEDS]
    author = cut(ASKED(question=one_line(question)), MAX_AUTHOR) if question else ""
    room = (MAX_EMBEDS_TOTAL - units(author)) // max(len(shown), 1)
    embeds = [_embed(excerpt, room, folded, show_confidence=show_confidence, colour=colour) for excerpt in shown]
    if author and embeds:
        embeds[0]["author"] = {"name": author}
    return tuple(embeds)


def shown_question(embeds: Sequence[Embed]) -> str | None:
    """Return the question that the embeds of an answer in any language show, None if they show none or cut it."""
    name = str(embeds[0].get("author", {}).get("name", "")) if embeds else ""
    prefixes = (form.partition("{")[0] for form in ASKED.every_form())
    prefix = next((prefix for prefix in prefixes if name.startswith(prefix)), None)
    return None if prefix is None or name.endswith("…") else name.removeprefix(prefix)


def is_link(url: str) -> bool:
    """Return whether an address can be a link button: a web address that is not too long.

    Discord refuses a whole message for one address that it cannot parse.
    """
    return is_web_address(url) and units(url) <= MAX_BUTTON_URL


def document_links(excerpts: Sequence[Excerpt]) -> list[Button]:
    """Create a link button for each distinct address; among several quotes it names the document."""
    titles = {excerpt.url: excerpt.title for excerpt in reversed(excerpts) if is_link(excerpt.url)}
    several = len(excerpts) > 1
    return [
        Button(cut(OPEN_TITLE(title=title), MAX_BUTTON_LABEL) if several else OPEN_DOCUMENT(), "link", url=url)
        for url, title in reversed(titles.items())
    ]


def _embed(excerpt: Excerpt, room: int, folded: int, *, show_confidence: bool, colour: int) -> Embed:
    footer = _footer(excerpt, show_confidence=show_confidence)
    fields = _fields(excerpt, room // 4)
    used = units(footer) + sum(units(field["name"]) + units(field["value"]) for field in fields)
    return {
        "description": format_passage(_shown_passage(excerpt), min(MAX_DESCRIPTION, room - used), folded),
        "color": colour,
        "fields": fields,
        "footer": {"text": footer},
    }


def _shown_passage(excerpt: Excerpt) -> Sequence[Piece]:
    """Return the pieces of an excerpt, without a heading that only repeats the title below them."""
    repeats_title = len(excerpt.passage) > 1 and excerpt.passage[0] == Piece("heading", excerpt.title)
    return excerpt.passage[1:] if repeats_title else excerpt.passage


def _footer(excerpt: Excerpt, *, show_confidence: bool) -> str:
    """Say for people where a quote is from, and how sure it is; Discord shows footers as they are, without markup."""
    title = FROM(title=cut(excerpt.title, MAX_FOOTER_TITLE))
    shown = {excerpt.title, *(piece.text for piece in excerpt.passage if piece.kind == "heading")}
    spot = "" if excerpt.spot in shown else cut(excerpt.spot, MAX_FOOTER_PART)
    parts = [
        ", ".join(filter(None, (title, spot))),
        cut(excerpt.source, MAX_FOOTER_PART),
        cut(format_date(excerpt.published), MAX_FOOTER_PART),
        format_sureness(excerpt.confidence) if show_confidence else "",
    ]
    return " · ".join(filter(None, parts))


def _fields(excerpt: Excerpt, room: int) -> list[dict[str, Any]]:
    """List the places that say the same."""
    places = ALSO_IN_SUCH_AS(count=len(excerpt.also) + excerpt.more) if excerpt.more else ALSO_IN()
    also = escape_cut("; ".join(excerpt.also), min(MAX_FIELD, room))
    return [{"name": places, "value": also, "inline": False}] if also else []


def _escaped_place(excerpt: Excerpt, room: int) -> str:
    """Return the place of a quote, escaped, without folders and upper headings if there is too little room."""
    place = excerpt.place if units(escape(excerpt.place)) <= room else excerpt.short_place
    return escape_cut(place, room)
