"""A folder is filled from a MediaWiki: pages by namespace or category, new revisions only, cited by revision."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.sources.sync import SourceReport, sync_source
from config.sync_settings import WikiSource
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.glossary import parse_glossary
from retrieval.types import ReadDocument
from tests.support.sample_wiki import SampleWiki, WikiPage, json_response
from tests.support.sync_places import make_place, tree
from tests.support.trap_server import Request, Response, TrapServer, trap_server

RECORDED = Path(__file__).with_name("mediawiki_1_39.jsonl")  # a line for each answer, with the path of its request
PAGES = {
    "Iron ore": WikiPage(11, "<p>Iron ore costs <b>five</b> coins.</p>", categories=("Ores",)),
    "Copper/Smelting": WikiPage(
        12, '<h2 id="How">How</h2><p>Copper melts in two minutes.</p><table class="wikitable"><tr><th>Fuel</th>'
        "<th>Minutes</th></tr><tr><td>Coal</td><td>2</td></tr></table>",
    ),
    "Talk page": WikiPage(13, "<p>A talk about ore.</p>", namespace=1),
    "../Sly": WikiPage(14, "<p>A sly page about nothing.</p>", categories=("Ores",)),
    "Fe": WikiPage(15, redirect="Iron ore"),
    "FE ore": WikiPage(16, redirect="Iron ore"),
    "Cu": WikiPage(17, redirect="Copper/Smelting"),
}  # fmt: skip


class Visit:
    """A wiki that is served, and where it is synced to."""

    def __init__(self, folder: Path, server: TrapServer, wiki: SampleWiki) -> None:
        self.folder, self.server, self.wiki = folder, server, wiki
        self.pauses: list[float] = []
        self.place = msgspec.structs.replace(make_place(folder / "seeds"), wait=self.pauses.append)

    def sync(self, path: str = "/w/api.php", *, dry_run: bool = False, **values: Any) -> SourceReport:
        self.server.requests.clear()
        defaults: dict[str, Any] = {"name": "wiki", "allow_private_addresses": True, "delay_s": 0.0}
        source = WikiSource(address=self.server.address + path, **defaults | values)
        return sync_source(source, self.place, dry_run=dry_run)

    def parsed(self) -> int:
        return sum("action=parse" in request.path for request in self.server.requests)

    def files(self) -> dict[str, bytes]:
        return tree(self.folder / "seeds" / "wiki")


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    """Yield a small wiki."""
    wiki = SampleWiki(dict(PAGES))
    with trap_server(wiki.answer) as server:
        yield Visit(tmp_path, server, wiki)


def test_titles_that_differ_in_case_are_two_pages(visit: Visit) -> None:
    """On file systems that do not tell them apart as well; each keeps its file."""
    visit.wiki.pages = {"IT": WikiPage(1, "<p>Information technology.</p>"), "It": WikiPage(2, "<p>A pronoun.</p>")}
    report = visit.sync()
    assert [path.partition("-")[0] for path in report.added] == ["IT.html", "It"]
    assert (report.skipped, visit.sync().unchanged) == ([], 2)


@pytest.mark.parametrize("code", ["nosuchrevid", "internal_api_error_DBQueryError"])
def test_page_that_the_wiki_does_not_give_costs_no_other_one(visit: Visit, code: str) -> None:
    """It may be deleted after it was listed; a known one stays as it was, and all of them are no page at all."""
    refusal = json_response({"error": {"code": code, "info": "No."}})
    visit.wiki.override = lambda query: refusal if query.get("oldid") == "12" else None
    report = visit.sync()
    assert (report.error, len(report.added)) == ("", 2)
    assert [file.reason for file in report.skipped] == [f"the wiki refuses: {code}: No."]
    visit.wiki.override = lambda _: None
    assert visit.sync().added == ["Copper/Smelting.html"]
    visit.wiki.pages["Copper/Smelting"] = WikiPage(22, "<p>Copper melts in three minutes.</p>")
    visit.wiki.override = lambda query: refusal if query.get("oldid") == "22" else None
    report = visit.sync()
    assert (report.error, report.unchanged, report.removed) == ("", 3, [])
    assert [file.reason for file in report.skipped] == [f"the wiki refuses: {code}: No.; it is kept as it was"]
    visit.wiki.override = lambda _: None
    assert visit.sync().changed == ["Copper/Smelting.html"]


def test_pages_of_a_namespace_and_their_new_revisions(visit: Visit) -> None:
    """Every page is fetched once, whatever its title; afterwards only what has another revision."""
    report = visit.sync()
    assert (report.error, report.state) == ("", {"version": "MediaWiki 1.43.0"})
    assert [path for path in report.added if "Sly" not in path] == ["Copper/Smelting.html", "Iron_ore.html"]
    assert len(report.added) == visit.parsed() == 3
    assert visit.sync().unchanged == 3
    assert visit.parsed() == 0
    visit.wiki.pages["Iron ore"] = WikiPage(21, "<p>Iron ore costs six coins.</p>")
    del visit.wiki.pages["../Sly"]
    report = visit.sync()
    assert (report.changed, [path.partition("-")[0] for path in report.removed]) == (["Iron_ore.html"], ["page/Sly"])
    assert visit.parsed() == 1


def test_categories_namespaces_and_globs_choose_the_pages(visit: Visit) -> None:
    """A category counts within the namespaces."""
    assert visit.sync(categories=["Ores"], exclude=["*Sly*"]).added == ["Iron_ore.html"]
    report = visit.sync(namespaces=[0, 1], exclude=["*Sly*"])
    assert report.added == ["Copper/Smelting.html", "Talk_page.html"]


def test_citation_leads_to_the_revision(visit: Visit) -> None:
    """What the wiki renders is read like a web page: headings, sentences, tables; its title is the page's."""
    visit.sync(title="Mining wiki")
    reads = read_files(list_files(visit.folder / "seeds")[0], 1_000_000)
    document = next(it.document for it in reads if isinstance(it, ReadDocument) and "Smelting" in it.document.id)
    assert (document.title, document.source, document.url) == (
        "Copper/Smelting", "Mining wiki", "http://wiki.example/w/index.php?oldid=12",
    )  # fmt: skip
    assert "Copper melts in two minutes." in document.text
    assert "Fuel: Coal; Minutes: 2" in document.text


def test_redirects_are_proposals_for_the_glossary(visit: Visit) -> None:
    """They are written as a glossary beside the manifest, for people to take over what is right; not by a dry run."""
    own = visit.folder / "seeds" / ".sync" / "wiki"
    visit.sync(dry_run=True)
    assert list(own.iterdir()) == []
    visit.sync()
    content = (own / "glossary.toml").read_bytes()
    assert content.decode() == '"Cu" = "Copper/Smelting"\n"FE ore" = "Iron ore"\n"Fe" = "Iron ore"\n'
    assert parse_glossary(content) == (("Cu", "Copper/Smelting"), ("FE ore", "Iron ore", "Fe"))


def test_busy_wiki_is_asked_again(visit: Visit) -> None:
    """A lag of its servers passes."""
    busy = iter([json_response({"error": {"code": "maxlag", "info": "Waiting"}})] * 2)
    visit.wiki.override = lambda _: next(busy, None)
    assert visit.sync().error == ""
    assert visit.pauses == [5.0, 5.0]


FAULTS = {
    "not the API": ({"path": "/wiki/"}, None, "127.0.0.1 answers with status 404; is the address that of an api.php?"),
    "a login page": ({}, lambda _: Response(b"<html>"), "127.0.0.1 does not speak MediaWiki's API; is the address"),
    "a list": ({}, lambda _: json_response([]), "127.0.0.1 does not speak MediaWiki's API; is the address that"),
    "private": (
        {}, lambda _: json_response({"error": {"code": "readapidenied", "info": "You need read permission."}}),
        "the wiki refuses: readapidenied: You need read permission.",
    ),
    "always busy": (
        {}, lambda _: json_response({"error": {"code": "maxlag", "info": "Waiting"}}),
        "the wiki refuses: maxlag: Waiting",
    ),
    "an answer without what was asked": (
        {}, lambda query: json_response({}) if query["action"] == "parse" else None,
        "the wiki answered something else than was asked",
    ),
    "pages of a wrong type": (
        {}, lambda query: json_response({"query": {"pages": [{"title": 3}]}}) if "generator" in query else None,
        "the wiki answered something else than was asked",
    ),
    "a list without end": (
        {}, lambda query: json_response({"continue": {"gapcontinue": "x"}}) if "generator" in query else None,
        "the wiki repeats its list without end",
    ),
    "an empty list": (
        {}, lambda query: json_response({"batchcomplete": True}) if "generator" in query else None,
        "nothing to read was found there",
    ),
    "dies in the middle": (
        {}, lambda query: Response(b"{}", cut=1) if query["action"] == "parse" else None,
        "127.0.0.1 broke off its answer",
    ),
    "an answer that is damaged": (
        {}, lambda _: Response(b"no gzip", headers=(("Content-Encoding", "gzip"),)),
        "an answer of the wiki is damaged",
    ),
    "pages by number, as an older form has them": (
        {}, lambda query: json_response({"query": {"pages": {"1": {"title": "A"}}}}) if "generator" in query else None,
        "the wiki answered something else than was asked",
    ),
    "a list in place of an object": (
        {}, lambda query: json_response({"query": []}) if "generator" in query else None,
        "the wiki answered something else than was asked",
    ),
    "no way to go on": (
        {}, lambda query: json_response({"query": {"pages": []}, "continue": "x"}) if "generator" in query else None,
        "the wiki answered something else than was asked",
    ),
    "redirects without a title": (
        {}, lambda query: json_response({"query": {"allpages": [{"pageid": 5}]}}) if "list" in query else None,
        "the wiki answered something else than was asked",
    ),
    "another form of a page": (
        {}, lambda query: json_response({"parse": {"text": {"*": "<p>A</p>"}}}) if query["action"] == "parse" else None,
        "the wiki answered something else than was asked",
    ),
    "objects inside each other": ({}, lambda _: Response(b"[" * 100_000), "127.0.0.1 does not speak MediaWiki's API"),
    "moved": ({}, lambda _: Response(b"", 301, (("Location", "/w/new.php"),)), "127.0.0.1 answers with status 301"),
    "a refusal of what is asked": (
        {}, lambda query: json_response({"error": {"code": "params", "info": "No."}}) if "list" in query else None,
        "the wiki refuses: params: No.",
    ),
    "a server error": ({}, lambda _: Response(b"", 500), "127.0.0.1 answers with status 500"),
    "a namespace that is empty": ({"namespaces": [4]}, None, "nothing to read was found there"),
    "a category that is gone": ({"categories": ["Gone"]}, None, "nothing to read was found there"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_the_wiki_loses_nothing(visit: Visit, name: str) -> None:
    """The folder stays as it was, one line says why, and the next sync goes on."""
    assert visit.sync().error == ""
    before = visit.files()
    visit.wiki.pages["Iron ore"] = WikiPage(21, "<p>Iron ore costs six coins.</p>")
    values, override, message = FAULTS[name]
    visit.wiki.override = override or (lambda _: None)
    report = visit.sync(**values)  # type: ignore[arg-type]
    assert report.error.startswith(str(message))
    assert visit.files() == before
    visit.wiki.override = lambda _: None
    assert visit.sync().changed == ["Iron_ore.html"]


def recorded(request: Request) -> Response:
    """Answer as a real MediaWiki 1.39 did; to what it was not asked, say so."""
    answers = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    content = next((answer["content"] for answer in answers if f"/w{answer['path']}" == request.path), None)
    return Response(b"Not recorded", 404) if content is None else json_response(content)


@pytest.mark.parametrize(
    ("values", "files"),
    [
        ({}, ["Copper/Smelting", "IT", "Iron_ore", "It", "Übersicht"]),
        ({"categories": ["Ores"]}, ["Copper/Smelting", "Iron_ore"]),
    ],
)
def test_answers_of_the_real_program_are_understood(visit: Visit, values: dict[str, Any], files: list[str]) -> None:
    """Templates, tables, a subpage, titles that differ in case, and redirects, of which one leads to a section."""
    visit.server.answer = recorded
    report = visit.sync(**values)
    assert (report.error, report.skipped, report.state) == ("", [], {"version": "MediaWiki 1.39.17"})
    assert [re.sub(r"(_-.*|-[0-9a-f]{8})?\.html$", "", path) for path in report.added] == files
    assert "Iron ore costs five coins." in visit.files()["Iron_ore.html"].decode()
    proposals = visit.folder / "seeds" / ".sync" / "wiki" / "glossary.toml"
    assert proposals.read_text() == '"Fe" = "Iron ore"\n'
    assert visit.sync(**values).unchanged == len(files)


class PrivateWiki:
    """A wiki that answers only after a login with a bot password."""

    def __init__(self, visit: Visit, refusal: object = None) -> None:
        self.wiki, self.refusal, self.forms = visit.wiki, refusal, list[bytes]()
        visit.server.answer = self.answer

    def answer(self, request: Request) -> Response:
        """Hand out a token and two cookies, check the password, then answer those who have the session."""
        cookies, json_type = request.headers.get("cookie", ""), ("Content-Type", "application/json")
        if "type=login" in request.path:
            content = json_response({"query": {"tokens": {"logintoken": "t+\\"}}}).content
            set_cookies = (("Set-Cookie", "wiki_session=abc; path=/; HttpOnly"), ("Set-Cookie", "wiki_id=7"))
            return Response(content, 200, (json_type, *set_cookies))
        if "action=login" in request.path:
            assert (request.method, cookies) == ("POST", "wiki_session=abc; wiki_id=7")
            self.forms.append(request.content)
            content = json_response(self.refusal or {"login": {"result": "Success"}}).content
            return Response(content, 200, (json_type, ("Set-Cookie", "wiki_session=in; path=/")))
        if cookies != "wiki_session=in; wiki_id=7" or "assert=user" not in request.path:
            return json_response({"error": {"code": "readapidenied", "info": "You need read permission."}})
        return self.wiki.answer(request)


def test_wiki_behind_a_login_is_read_with_a_bot_password(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is in the body of one request, and in no file."""
    monkeypatch.setenv("WIKI_PASSWORD", "s3cret&more")
    private = PrivateWiki(visit)
    report = visit.sync(user="Alice@footnote", token_variable="WIKI_PASSWORD")  # noqa: S106 - a name
    assert (report.error, len(report.added)) == ("", 3)
    assert private.forms == [b"lgname=Alice%40footnote&lgpassword=s3cret%26more&lgtoken=t%2B%5C"]
    written = b"".join(path.read_bytes() for path in visit.folder.rglob("*") if path.is_file())
    assert b"s3cret" not in written
    assert not any("s3cret" in request.path for request in visit.server.requests)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ({"login": {"result": "Failed", "reason": "not s3cret"}}, "the wiki refuses the login: is it a bot password"),
        ({"login": []}, "the wiki answered something else than was asked"),
        ({"error": {"code": "badtoken", "info": "s3cret"}}, "the wiki refuses: badtoken: [hidden]"),
    ],
)
def test_a_refused_login_says_so_without_the_password(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, refusal: object, error: str
) -> None:
    """Whatever the server repeats."""
    monkeypatch.setenv("WIKI_PASSWORD", "s3cret")
    PrivateWiki(visit, refusal)
    report = visit.sync(user="Alice@footnote", token_variable="WIKI_PASSWORD")  # noqa: S106 - a name
    assert report.error.startswith(error)
    assert "s3cret" not in report.error


def test_a_bearer_token_is_sent_without_a_user(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """As wikis with OAuth take it."""
    monkeypatch.setenv("WIKI_TOKEN", "s3cret")
    assert visit.sync(token_variable="WIKI_TOKEN").error == ""  # noqa: S106 - a name
    assert {request.headers.get("authorization") for request in visit.server.requests} == {"Bearer s3cret"}
