"""The pages: what Discord shows as well, readable by everybody, and nothing that a document or a question could do."""

import re
from html.parser import HTMLParser

import pytest

from bot.answering_stack import AnsweringStack
from bot.showing.reply import REFUSAL
from bot.web.pages import ASSETS, LISTED, TEMPLATES
from config.settings import Settings
from tests.support.hostile_texts import texts
from tests.support.web_service import CODE, EVIL, NOWHERE, SCRIPT, STEPS, TABLE, WebService, open_web_service

Stack = tuple[Settings, AnsweringStack]
MAX_PAGE_BYTES = 100_000  # with everything that it loads
VOID = {"meta", "link", "input", "br", "img"}
ALLOWED_SOURCES = re.compile(r"/assets/[a-z.]+\?[0-9a-f]{12}")


class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and the elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.marks: list[str] = []
        self.open: list[str] = []
        self.misplaced: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.open += [] if tag in VOID else [tag]
        self.marks += [""] if tag == "mark" else []

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misplaced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marks[-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


async def read(web: WebService, question: str, **fields: str) -> Page:
    reply = await web.page(question, **fields)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return Page(reply.text)


async def test_an_answer_is_the_passage_with_the_sentence_marked(web: WebService) -> None:
    """Its warning, its steps with their numbers, its title, place, date and sureness, and a link to the document."""
    page = await read(web, STEPS)
    words = " ".join(page.text.split())
    for shown in (
        "1. Switch the pump off and close both valves.",
        "3. Put the new filter in with the arrow up.",
        "Do not open the lid while the pump is running.",
        "From Handbook of the pump",
        "Works office",
        "May 2024",
    ):
        assert shown in words
    assert page.marks[0] == "To replace the filter:"
    assert {"href": "https://example.org/pump", "rel": "noopener noreferrer nofollow"} in page.all("a")
    assert {"role": "list"} in page.all("div")


async def test_code_and_rows_are_shown_as_such(web: WebService) -> None:
    """Code keeps its lines; a row says which column is what."""
    code, row = await read(web, CODE), await read(web, TABLE)
    assert "controller stop --wait\ncontroller start" in code.text
    assert len(code.all("pre")) >= 1
    assert "Default: 40" in row.text


async def test_a_refusal_shows_no_source_but_offers_the_closest_passages(web: WebService) -> None:
    """They are folded away, under a line that says that none of them is an answer."""
    page = await read(web, NOWHERE)
    before, _, after = page.text.partition("Show the closest passages")
    assert REFUSAL() in before
    assert "From " not in before.partition(REFUSAL())[2]
    assert "None of them is an answer" in after
    assert "open" not in page.all("details")[-1]


async def test_the_first_page_needs_no_script(web: WebService) -> None:
    """It is a plain form that sends the question in the address."""
    page = Page((await web.client.get("/")).text)
    assert page.all("form")[0] | {"id": ""} == {"id": "", "action": "/", "method": "get", "role": "search"}
    assert "4 documents" in page.text


async def test_collections_can_be_chosen(web: WebService) -> None:
    """A choice limits the answer, and stays chosen."""
    page = await read(web, STEPS, **{"in": "office"})
    assert REFUSAL() in page.text
    boxes = {box["value"]: "checked" in box for box in page.all("input") if box["type"] == "checkbox"}
    assert boxes == {"": False, "handbook": False, "office": True}


async def test_a_follow_up_is_understood_from_the_page_before(web: WebService) -> None:
    """The form of an answer carries its question and its citations."""
    page = await read(web, "Is the garden of the town hall open?")
    hidden = [(field["name"], field["value"]) for field in page.all("input") if field["type"] == "hidden"]
    assert hidden[0] == ("after", "Is the garden of the town hall open?")
    assert re.fullmatch("[a-z2-7]{10}", dict(hidden)["given"])
    alone, after = await read(web, "And for how long?"), await read(web, "And for how long?", after=hidden[0][1])
    assert REFUSAL() in alone.text
    assert after.marks[0] == "The garden of the town hall is open from April to October."


@pytest.mark.parametrize("path", ["/", "/?q=x", f"/?q={STEPS}", f"/?q={NOWHERE}", "/documents", "/nothing"])
async def test_a_page_is_sound_and_can_be_found_one_s_way_in(web: WebService, path: str) -> None:
    """Language, title, one main part, one first heading, a label for each field, and each element closed in order."""
    html = (await web.client.get(path)).text
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert (page.all("html"), page.misplaced, page.open) == ([{"lang": "en"}], [], [])
    assert [len(page.all(tag)) for tag in ("title", "main", "header", "footer", "h1")] == [1] * 5
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    labels = {label.get("for") for label in page.all("label")}
    assert {field["id"] for field in page.all("input") if field["type"] == "text"} <= labels
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(attributes.get("aria-label") for attributes in page.all("nav") + page.all("pre"))


@pytest.mark.parametrize("path", ["/", f"/?q={STEPS}", f"/?q={EVIL}", "/documents"])
async def test_a_page_loads_only_what_is_its_own_and_little(web: WebService, path: str) -> None:
    """No style or script stands in it, nothing comes from elsewhere, and all of it is below 100 KB."""
    html = (await web.client.get(path)).text
    page = Page(html)
    sources = [element[name] for tag, name in (("script", "src"), ("link", "href")) for element in page.all(tag)]
    assert all(ALLOWED_SOURCES.fullmatch(source) for source in sources)
    assert not page.all("style") + page.all("img") + page.all("iframe")
    assert [name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"] == []
    size = len(html.encode())
    for source in sources:
        loaded = await web.client.get(source)
        assert (loaded.status_code, "immutable" in loaded.headers["Cache-Control"]) == (200, True)
        size += len(loaded.content)
    assert size < MAX_PAGE_BYTES


def luminance(colour: str) -> float:
    """Compute the relative luminance of "#rrggbb", as the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_stands_out_from_its_background() -> None:
    """By the 4.5 to 1 of the guidelines at least, in light and dark."""
    themes = re.findall(r":root \{(.*?)\}", (TEMPLATES / "ask.css").read_text("utf-8"), re.DOTALL)
    assert len(themes) == 2
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", themes[0]))
    for colours in (light, light | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", themes[1]))):
        pairs = [(ink, paper) for ink in ("ink", "soft", "link") for paper in ("paper", "sheet")]
        for ink, paper in [*pairs, ("mark-ink", "mark"), ("paper", "accent")]:
            lighter, darker = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, paper)


async def test_nothing_of_a_document_becomes_markup(web: WebService) -> None:
    """Its title, source, address, headings and text are shown as they are written."""
    answer = await read(web, EVIL)
    citation = (await web.ask(EVIL)).json()["quotes"][0]["citation"]["id"]
    for page in (
        answer,
        Page((await web.client.get(f"/quotes/{citation}")).text),
        Page((await web.client.get("/documents")).text),
    ):
        assert SCRIPT in page.text
        assert "</cite><img src=x onerror=alert(1)>" in page.text
        assert len(page.all("script")) <= 1
        assert not [link for link in page.all("a") if link.get("href", "").startswith("javascript")]
        assert not [attributes for _, attributes in page.elements if "onmouseover" in attributes]
        assert page.misplaced == []


async def test_nothing_of_a_question_becomes_markup(web: WebService) -> None:
    """In each field of the form; a hostile one is answered or refused like any other."""
    for text in [f'"><{SCRIPT}', *texts(15)]:
        encoded = text.encode("utf-8", "replace").decode()
        for fields in ({}, {"after": encoded, "given": encoded}, {"in": encoded}):
            reply = await web.page(encoded, **fields)
            page = Page(reply.text)
            assert reply.status_code in (200, 400)
            assert (len(page.all("script")), page.misplaced, page.open) == (1, [], [])


async def test_a_name_of_an_asset_leads_nowhere_else(web: WebService) -> None:
    """Only the files that pages load are served."""
    for name in ("ask.html", "..%2fpages.py", "%2e%2e/pages.py", "", "x"):
        assert (await web.client.get(f"/assets/{name}")).status_code == 404
    assert [(await web.client.get(f"/assets/{name}")).status_code for name in ASSETS] == [200] * len(ASSETS)


async def test_a_quote_has_a_page_with_all_that_is_near(web: WebService) -> None:
    """An unknown one is a page, too."""
    citation = (await web.ask(STEPS)).json()["quotes"][0]["citation"]["id"]
    page = Page((await web.client.get(f"/quotes/{citation}")).text)
    assert "Put the new filter in" in page.text
    assert "More context" not in page.text
    unknown = await web.client.get("/quotes/aaaaaaaaaa")
    assert (unknown.status_code, "<h1>Not answered</h1>" in unknown.text) == (404, True)


async def test_more_context_is_linked_where_there_is_more(web: WebService) -> None:
    """Beside a long paragraph; a short section is shown whole."""
    assert "More context" in (await read(web, "Is the garden of the town hall open?")).text
    assert "More context" not in (await read(web, STEPS)).text


async def test_documents_are_listed_in_parts(varied_stack: Stack) -> None:
    """With links to the other parts; a name finds those that have it."""
    async with open_web_service(*varied_stack) as web:
        first = Page((await web.client.get("/documents")).text)
        assert len(first.all("li")) == 33 <= LISTED
        named = await web.client.get("/documents", params={"name": "tower"})
        assert len(Page(named.text).all("li")) == 2
        later = Page((await web.client.get("/documents?offset=30")).text)
        assert [link["href"] for link in later.all("a") if "rel" in link and link["rel"] == "prev"] == ["?offset=0"]
