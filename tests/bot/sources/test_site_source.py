"""A folder is filled from a web site: its pages by links or sitemap, politely, with traps left aside."""

import gzip
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.sources.page_addresses import file_path, normalize
from bot.sources.safe_paths import path_problem
from bot.sources.sync import SourceReport, sync_source
from config.sync_settings import SiteSource
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument
from tests.support.sample_site import HTML, SampleSite, html_page, links, packed, redirect
from tests.support.sync_places import make_place, tree
from tests.support.trap_server import Request, Response, TrapServer, trap_server

PAGES = {
    "/docs/": "<h1>Start</h1><p>The handbook of the zoo.</p>"
    + links("a.html", "b/", "/other/", "b/#part", "b/?utm_source=x"),
    "/docs/a.html": "<h1>Opening</h1><p>The zoo opens at nine.</p>",
    "/docs/b/": f"<h1>Prices</h1><p>A ticket is nine euros.</p>{links('../a.html', 'c')}",
    "/docs/b/c": "<h1>Groups</h1><p>Groups pay six euros.</p>",
    "/other/": "<p>Not in the handbook.</p>",
}
FILES = ["docs/a.html", "docs/b/c.html", "docs/b/index.html", "docs/index.html"]


class Visit:
    """A site that is served, and where it is synced to; pauses are only remembered."""

    def __init__(self, folder: Path, server: TrapServer, site: SampleSite) -> None:
        self.folder, self.server, self.site = folder, server, site
        self.pauses: list[float] = []
        self.place = msgspec.structs.replace(make_place(folder / "seeds", timeout_s=1), wait=self.pauses.append)

    def sync(self, address: str = "/docs/", accept: bool = False, **values: Any) -> SourceReport:
        self.server.requests.clear()
        defaults: dict[str, Any] = {"name": "site", "allow_private_addresses": True, "delay_s": 0.0}
        source = SiteSource(address=self.server.address + address, **defaults | values)
        return sync_source(source, self.place, accept_deletions=accept)

    def fails(self, **values: Any) -> str:
        """Sync; returns the error after a look at what is on disk."""
        before = self.files()
        report = self.sync(**values)
        assert report.error
        assert self.files() == before
        assert not (self.folder / "seeds" / ".sync" / "site" / "staging").exists()
        return report.error

    def files(self) -> dict[str, bytes]:
        return tree(self.folder / "seeds" / "site")

    def asked(self) -> list[str]:
        return [request.path for request in self.server.requests]


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    """Yield a small site."""
    site = SampleSite(PAGES)
    with trap_server(site.answer) as server:
        yield Visit(tmp_path, server, site)


def reasons(report: SourceReport) -> dict[str, str]:
    """Return why files were skipped, by the path of their address."""
    return {"/" + file.path.split("/", 3)[3]: file.reason for file in report.skipped}


def test_links_below_the_first_page_are_followed(visit: Visit) -> None:
    """Each page is fetched once, whatever its fragment or tracking; other parts of the site are not asked for."""
    report = visit.sync()
    assert (report.error, report.added, report.skipped) == ("", FILES, [])
    assert sorted(visit.asked()) == ["/docs/", "/docs/a.html", "/docs/b/", "/docs/b/c", "/robots.txt"]


def test_second_sync_asks_for_changes_only(visit: Visit) -> None:
    """What has the same ETag is not sent again, and its links are still followed."""
    visit.sync()
    visit.site.pages["/docs/b/c"] = "<h1>Groups</h1><p>Groups pay seven euros.</p>"
    report = visit.sync()
    assert (report.changed, report.unchanged, report.removed) == (["docs/b/c.html"], 3, [])
    assert all("if-none-match" in request.headers for request in visit.server.requests[1:])
    visit.site.pages["/docs/a.html"] = f"<p>The zoo opens at nine.</p>{links('new.html')}"
    visit.site.pages["/docs/new.html"] = "<p>There is a new house.</p>"
    report = visit.sync()
    assert (report.added, report.changed) == (["docs/new.html"], ["docs/a.html"])


def test_citation_leads_to_the_page(visit: Visit) -> None:
    """The address of each document is the one that it was fetched from, after redirects; our own reader reads it."""
    visit.site.pages["/docs/old.html"] = redirect("/docs/b/c", 302)
    visit.site.pages["/docs/"] = f"<p>The handbook of the zoo is here.</p>{links('old.html')}"
    visit.sync(title="Zoo", version="2026")
    reads = read_files(list_files(visit.folder / "seeds")[0], 1_000_000)
    documents = [it.document for it in reads if isinstance(it, ReadDocument)]
    assert [(it.id, it.url, f"{it.source} {it.version}") for it in documents] == [
        ("site/docs/b/c.html", f"{visit.server.address}/docs/b/c", "Zoo 2026"),
        ("site/docs/index.html", f"{visit.server.address}/docs/", "Zoo 2026"),
    ]
    assert "Groups pay six euros." in documents[0].text


def test_sitemap_names_the_pages(visit: Visit) -> None:
    """Also one that is packed and named by an index; pages that it does not name are not asked for."""
    base = visit.server.address
    inner = f"<urlset><url><loc>{base}/docs/a.html</loc></url><url><loc> {base}/docs/b/c </loc></url></urlset>"
    visit.site.pages["/inner.xml.gz"] = Response(gzip.compress(inner.encode()))
    visit.site.pages["/sitemap.xml"] = Response(
        f"<sitemapindex><sitemap><loc>{base}/inner.xml.gz</loc></sitemap></sitemapindex>".encode()
    )
    report = visit.sync("/sitemap.xml")
    assert (report.error, report.added) == ("", ["docs/a.html", "docs/b/c.html"])
    assert visit.asked() == ["/sitemap.xml", "/inner.xml.gz", "/robots.txt", "/docs/a.html", "/docs/b/c"]


def test_missing_page_is_deleted_after_its_grace(visit: Visit) -> None:
    """It goes with the third sync that does not find it, and the count begins again when it is back."""
    visit.sync()
    kept = visit.site.pages.pop("/docs/b/c")
    for count in (1, 2):
        report = visit.sync()
        assert (report.removed, len(visit.files())) == ([], 4)
        assert reasons(report)["/docs/b/c"] == f"missing, {count} of 3 times until it is deleted"
    visit.site.pages["/docs/b/c"] = kept
    assert visit.sync().skipped == []
    del visit.site.pages["/docs/b/c"]
    assert [visit.sync().removed for _ in range(3)] == [[], [], ["docs/b/c.html"]]


def test_page_that_moved_for_good_is_not_kept_twice(visit: Visit) -> None:
    """Its old file goes as soon as the new one is there; a redirect for now, or to a login form, is no move."""
    visit.sync()
    new = {"/docs/new": PAGES["/docs/b/c"], "/docs/login": '<form><input type="password"></form>'}
    visit.site.pages |= {**new, "/docs/b/c": redirect("/docs/x", 301), "/docs/x": redirect("/docs/new", 308)}
    visit.site.pages["/docs/a.html"] = redirect("/docs/login", 301)
    report = visit.sync()
    assert (report.added, report.removed) == (["docs/new.html"], ["docs/b/c.html"])
    assert reasons(report) == {
        "/docs/login": "asks for a password",
        "/docs/a.html": "missing, 1 of 3 times until it is deleted",
    }


def test_excluded_page_goes_at_once(visit: Visit) -> None:
    """The grace is for pages that the site does not show; what the operator does not want is not kept."""
    visit.sync()
    report = visit.sync(exclude=["docs/b/c"])
    assert (report.error, report.removed, report.skipped) == ("", ["docs/b/c.html"], [])


def test_page_without_links_to_it_is_still_there(visit: Visit) -> None:
    """A known page that no link leads to any more is asked for itself."""
    visit.sync()
    visit.site.pages["/docs/b/"] = "<h1>Prices</h1><p>A ticket is nine euros.</p>"
    report = visit.sync()
    assert (report.changed, report.unchanged, report.skipped) == (["docs/b/index.html"], 3, [])


def test_robots_txt_is_respected(visit: Visit) -> None:
    """What it forbids is not asked for, and the pause that it wants is made."""
    visit.site.pages["/robots.txt"] = Response(b"User-agent: *\nDisallow: /docs/b/\nCrawl-delay: 4\n", 200)
    report = visit.sync(delay_s=0.5)
    assert (report.added, reasons(report)) == (
        ["docs/a.html", "docs/index.html"],
        {"/docs/b/": "robots.txt forbids it"},
    )
    assert "/docs/b/" not in visit.asked()
    assert visit.pauses == [4.0, 4.0]


def test_instructions_of_a_page_are_respected(visit: Visit) -> None:
    """A page that asks not to be indexed is left out, and links that are not to be followed are not."""
    visit.site.pages["/docs/"] = f"<p>The handbook.</p>{links('a.html', 'b/', 'd')}"
    visit.site.pages["/docs/a.html"] = Response(html_page("<p>Draft.</p>", '<meta name="robots" content="noindex">'))
    visit.site.pages["/docs/b/"] = Response(
        html_page(f"<p>Prices.</p>{links('c')}"), 200, (*HTML, ("X-Robots-Tag", "nofollow"))
    )
    visit.site.pages["/docs/d"] = '<p>The end.</p><a rel="nofollow" href="b/c">c</a>'
    report = visit.sync()
    assert report.added == ["docs/b/index.html", "docs/d.html", "docs/index.html"]
    assert reasons(report) == {"/docs/a.html": "it asks not to be indexed"}


def test_page_with_another_canonical_address_is_taken_once(visit: Visit) -> None:
    """Only if both say the same: a page that names the first page as canonical by mistake is kept."""
    head = f'<link rel="canonical" href="{visit.server.address}/docs/b/c">'
    visit.site.pages["/docs/a.html"] = Response(html_page("<h1>Groups</h1><p>Groups pay six euros.</p>", head))
    visit.site.pages["/docs/b/"] = Response(html_page("<p>A ticket is nine euros.</p>", head))
    for _ in range(2):
        report = visit.sync()
        assert report.error == ""
        assert sorted(visit.files()) == ["docs/b/c.html", "docs/b/index.html", "docs/index.html"]


def test_encoding_of_the_header_is_kept(visit: Visit) -> None:
    """What only the header says is written into the file, where the reader finds it."""
    latin = (("Content-Type", "text/html; charset=iso-8859-1"),)
    visit.site.pages["/docs/"] = Response("<p>Das Café öffnet um neun.</p>".encode("latin-1"), 200, latin)
    visit.sync()
    (read,) = read_files(list_files(visit.folder / "seeds")[0], 1_000_000)
    assert isinstance(read, ReadDocument)
    assert read.document.text == "Das Café öffnet um neun."


def grow(request: Request) -> Response:
    """Make a page whose links make its own address longer."""
    return Response(html_page(f"<p>{request.path}</p>{links('x/', '../y/x/', 'y/')}"))


def test_traps_are_left_aside(visit: Visit) -> None:
    """Loops, endless paths, other types, bombs, huge pages and addresses elsewhere cost a line at most."""
    traps = (
        "loop",
        "deep/",
        "image",
        "bomb",
        "huge",
        "odd",
        "away",
        "form",
        "empty",
        "late",
        "?page=2",
        "mailto:a@b.example",
    )
    visit.site.pages |= {
        "/docs/": f"<p>The handbook.</p>{links('a.html', *traps, 'http://[bad', 'javascript:void(0)')}",
        "/docs/loop": redirect("/docs/loop2"),
        "/docs/loop2": redirect("/docs/loop"),
        "/docs/image": Response(b"\x89PNG", 200, (("Content-Type", "image/png"),)),
        "/docs/bomb": packed(b"<p>" + b"0" * 50_000_000),
        "/docs/huge": Response(b"<p>" + b"0" * 1_500_000),
        "/docs/odd": Response(b"?", 200, (*HTML, ("Content-Encoding", "br"))),
        "/docs/away": redirect("http://169.254.169.254/latest/meta-data/"),
        "/docs/form": '<form><input type="password"></form>',
        "/docs/empty": "<script>render()</script>",
        "/docs/late": Response(b"", 500),
    }
    visit.site.override = lambda request: grow(request) if request.path.startswith("/docs/deep/") else None
    report = visit.sync()
    assert report.error == ""
    assert [path for path in report.added if "deep" not in path] == ["docs/a.html", "docs/index.html"]
    assert 1 < len(report.added) < 40
    assert report.ignored == 1
    assert reasons(report) == {
        "/docs/bomb": "larger than 1,000,000 bytes",
        "/docs/huge": "larger than 1,000,000 bytes",
        "/docs/odd": "is packed with br, which was not asked for",
        "/docs/form": "asks for a password",
        "/docs/empty": "has no text without scripts",
        "/docs/late": "status 500",
    }


def test_busy_server_is_asked_again_when_it_says(visit: Visit) -> None:
    """The time of Retry-After passes, and then the page is taken."""
    answers = iter(
        [
            Response(b"", 429, (("Retry-After", "7"),)),
            Response(b"", 503, ()),
            Response(html_page("<p>Open at nine.</p>")),
        ]
    )
    visit.site.pages["/docs/a.html"] = lambda _: next(answers)
    report = visit.sync()
    assert (report.error, report.added) == ("", FILES)
    assert visit.pauses == [7.0, 10.0]


def test_retry_after_that_is_no_number_is_waited_for(visit: Visit) -> None:
    """A digit that is no decimal, or a date out of range, is answered with the usual pause."""
    values = iter(["\u00b2", "Mon, 01 Jan 0001 00:00:00 -0000"])
    busy = (Response(b"", 429, (("Retry-After", value),)) for value in values)
    visit.site.pages["/docs/a.html"] = lambda _: next(busy, Response(html_page("<p>Open at nine.</p>")))
    assert visit.sync().error == ""
    assert len(visit.pauses) == 2


def test_one_silent_page_is_kept(visit: Visit) -> None:
    """It counts neither as changed nor as missing; the others are synced."""
    visit.place = msgspec.structs.replace(
        visit.place, limits=msgspec.structs.replace(visit.place.limits, timeout_s=0.2)
    )
    visit.sync()
    never = threading.Event()
    visit.site.pages["/docs/a.html"] = Response(wait=never)
    visit.site.pages["/docs/b/c"] = "<p>Groups pay seven euros.</p>"
    report = visit.sync()
    assert (report.error, report.changed, report.unchanged) == ("", ["docs/b/c.html"], 3)
    assert reasons(report) == {
        "/docs/a.html": "127.0.0.1 does not answer in time (sync.timeout_s); it is kept as it was"
    }
    never.set()


LOGIN = "<h1>Log in</h1><p>Please log in to read the handbook of the zoo.</p>"
FAULTS = {
    "every page is a login form": (
        lambda _: Response(html_page(f'{LOGIN}<input type="password">')),
        "no page could be read: asks for a password; it is kept as it was",
    ),
    "every page is the same notice": (
        lambda request: Response(html_page(f"{LOGIN}<!-- {request.path} -->")),
        "4 pages have the same text now; is it a login page or an error?",
    ),
    "every page is empty": (lambda _: Response(html_page("")), "no page could be read: has no text without scripts"),
    "every page is gone": (lambda _: Response(b"", 404), "the first page has status 404"),
    "every page is forbidden": (lambda _: Response(b"", 403), "no page could be read: status 403"),
    "every page fails": (
        lambda _: Response(b"", 500), "127.0.0.1 does not say what may be fetched: robots.txt has status 500",
    ),
    "the server is busy": (lambda _: Response(b"", 429, (("Retry-After", "0"),)), "127.0.0.1 wants to be asked later"),
    "the server is busy for long": (
        lambda _: Response(b"", 503, (("Retry-After", "9999"),)), "127.0.0.1 wants to be asked later (status 503)",
    ),
    "everything is moved elsewhere": (
        lambda _: redirect("https://elsewhere.example/docs/"), "the first page redirects to elsewhere.example, which",
    ),
    "everything leads to a metadata server": (
        lambda _: redirect("http://169.254.169.254/docs/"), "the first page redirects to 169.254.169.254, which",
    ),
    "robots.txt forbids all": (
        lambda request: Response(b"User-agent: *\nDisallow: /\n") if request.path == "/robots.txt" else None,
        "no page could be read: robots.txt forbids it",
    ),
    "answers break off": (lambda _: Response(html_page(LOGIN), cut=10), "127.0.0.1 broke off its answer"),
    "answers are no text": (
        lambda _: Response(b"x", 200, (("Content-Type", "application/octet-stream"),)),
        "the first page is application/octet-stream, not HTML or text",
    ),
    "packed answers are damaged": (
        lambda _: Response(b"\x1f\x8bx", 200, (*HTML, ("Content-Encoding", "gzip"))),
        "127.0.0.1 does not say what may be fetched: robots.txt is damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_the_site_loses_nothing(visit: Visit, name: str) -> None:
    """The folder stays as it was, one line says why, and the next sync goes on."""
    assert visit.sync().error == ""
    visit.site.override, message = FAULTS[name]
    assert visit.fails().startswith(message)
    visit.site.override = lambda _: None
    report = visit.sync()
    assert (report.error, report.unchanged, report.skipped) == ("", 4, [])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"address": "/nothing/"}, "the first page has status 404"),
        ({"exclude": ["docs/b/", "docs/a.html"]}, "3 of 4 files would be deleted, more than sync.max_loss allows"),
        ({"exclude": ["docs/"]}, "no page could be read"),
        ({"address": "/sitemap.xml"}, "the sitemap is none: it has no urlset"),
    ],
)
def test_setting_that_is_wrong_loses_nothing(visit: Visit, values: dict[str, Any], message: str) -> None:
    """What leads to too little, or to nothing, is refused; a grace of one sync is no reason to delete."""
    visit.site.pages["/sitemap.xml"] = Response(html_page("<p>Not a sitemap.</p>"))
    assert visit.sync(grace=1).error == ""
    assert visit.fails(grace=1, **values).startswith(message)


def test_server_that_dies_in_the_middle(visit: Visit) -> None:
    """After some pages that do not answer, the sync is given up; the pages before are not switched."""
    visit.sync()
    visit.site.pages["/docs/"] = f"{PAGES['/docs/']}<p>It changed.</p>"
    count = 0

    def dying(_: Request) -> Response | None:
        nonlocal count
        count += 1
        return Response(html_page("x"), cut=3) if count > 2 else None

    visit.site.override = dying
    assert visit.fails() == "127.0.0.1 broke off its answer"


def test_site_with_too_many_addresses(visit: Visit) -> None:
    """A calendar without end is given up, however its addresses look."""
    visit.sync()
    visit.place = msgspec.structs.replace(visit.place, limits=msgspec.structs.replace(visit.place.limits, max_files=6))

    def calendar(request: Request) -> Response | None:
        day = request.path.rpartition("/")[2]
        number = int(day) if day.isdigit() else 0
        return (
            Response(html_page(f"<p>Day {number}</p>{links(f'/docs/{number + 1}')}"))
            if "docs" in request.path
            else None
        )

    visit.site.override = calendar
    assert visit.fails() == "more than 6 files (sync.max_files)"


def test_edited_page_is_kept(visit: Visit) -> None:
    """It is fetched in full, compared, and reported."""
    visit.sync()
    (visit.folder / "seeds" / "site" / "docs" / "a.html").write_text("<p>The zoo opens at ten.</p>")
    report = visit.sync()
    assert [(file.path, file.reason) for file in report.skipped] == [
        ("docs/a.html", "changed here since the last sync; it is kept as it is")
    ]
    assert visit.files()["docs/a.html"] == b"<p>The zoo opens at ten.</p>"


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("HTTPS://X.Example:443", "https://x.example/"),
        ("https://x.example/a/../b/./c#d", "https://x.example/b/c"),
        ("https://x.example//a//b/?b=2&a=1&utm_source=x", "https://x.example/a/b/?a=1&b=2"),
        ("https://x.example/../../etc/passwd", "https://x.example/etc/passwd"),
        ("https://x.example/a b/%c3%a4/\u00e4", "https://x.example/a%20b/%C3%A4/%C3%A4"),
        ("https://x.example/caf%e9?q=%E9&%7Ea", "https://x.example/caf%E9?q=%E9&~a"),
        ("https://x.example/a%2Fb/%2e%2E/c%2C%2B", "https://x.example/c,+"),
        ("https://x.example/a%2fb", "https://x.example/a%2Fb"),
        ("https://x.example/?topic&b=c%20d+e%2Bf&fbclid=1", "https://x.example/?b=c%20d+e%2Bf&topic"),
        ("https://x.example/100%?a=%zz", "https://x.example/100%25?a=%25zz"),
        ("https://M\u00fcller.example/", "https://xn--mller-kva.example/"),
        ("https://x.example/\ud800?\udc00=1", "https://x.example/%3F?%3F=1"),
        ("mailto:a@x.example", None),
        ("https://user:password@x.example/", None),
        ("https://x.example:99999/", None),
        ("https://[x/", None),
        (f"https://x.example/{'a' * 3000}", None),
    ],
)
def test_address_has_one_form(address: str, normal: str | None) -> None:
    """Two ways to write an address are one page; what is no page on the web is None."""
    assert normalize(address) == normal


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://x.example/", r"index\.html"),
        ("https://x.example/docs/a.php", r"docs/a\.html"),
        ("https://x.example/docs/", r"docs/index\.html"),
        ("https://x.example/.git/config", r"git/config-[0-9a-f]{8}\.html"),
        ("https://x.example/a%2Fb", r"a-b-[0-9a-f]{8}\.html"),
        ("https://x.example/caf%E9.html", r"caf--[0-9a-f]{8}\.html"),
        ("https://x.example/con", r"page-[0-9a-f]{16}\.html"),
        ("https://x.example/?id=3", r"index-[0-9a-f]{8}\.html"),
        ("https://x.example/%2e%2e%5c%2e%2e/x", r"page/x-[0-9a-f]{8}\.html"),
        (f"https://x.example/{'a' * 900}", r"page-[0-9a-f]{16}\.html"),
    ],
)
def test_file_of_a_page_has_a_harmless_path(address: str, path: str) -> None:
    """A part that cannot be in a path is replaced, and a hash keeps two pages apart."""
    made = file_path(address, ".html", with_host=False)
    assert re.fullmatch(path, made)
    assert path_problem(made) is None
    assert path_problem(file_path(address, ".html", with_host=True)) is None


SITEMAP = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
XML = (("Content-Type", "application/xml"),)


def sitemap_of(*paths: str, form: str = SITEMAP, more: str = "") -> bytes:
    """Make a sitemap of pages; `more` is added to each."""
    return form.format("".join(f"<url><loc>{path}</loc>{more}</url>" for path in paths)).encode()


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(sitemap_of("/docs/a.html", "/docs/b/c")),
        b"".join(map(gzip.compress, re.split(rb"(?=<url>)", sitemap_of("/docs/a.html", "/docs/b/c")))),
        gzip.compress(sitemap_of("/docs/a.html", "/docs/b/c")) + b"\0\0\n",
        sitemap_of("/docs/a.html", "/docs/b/c", more="<image:image><image:loc>/docs/i.png</image:loc></image:image>"),
        sitemap_of("/docs/a.html", "/docs/b/c").replace(b"<", b"<s:").replace(b"<s:/", b"</s:"),
    ],
    ids=["packed", "several members", "with an appendix", "with images", "with a prefix"],
)
def test_every_form_of_a_sitemap_is_read_whole(visit: Visit, content: bytes) -> None:
    """A page that was overlooked would count as gone; images are no pages."""
    visit.site.pages["/sitemap.xml.gz"] = Response(content, 200, XML)
    report = visit.sync("/sitemap.xml.gz", prefixes=[f"{visit.server.address}/docs/"])
    assert (report.error, report.added) == ("", ["docs/a.html", "docs/b/c.html"])
    assert "/docs/i.png" not in visit.asked()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sitemap_of("/docs/a.html")[:-9], "a sitemap breaks off: it has no end"),
        (gzip.compress(sitemap_of("/docs/a.html"))[:-9], "a sitemap cannot be used: is damaged"),
        (html_page("<p>Please log in.</p>"), "the sitemap is none: it has no urlset and no sitemapindex"),
        (sitemap_of("/docs/a.html", form="<sitemapindex>{}</sitemapindex>"), "the sitemap is none"),
        (sitemap_of(form="<urlset/>{}"), "the sitemap names no page"),
        (b"<urlset " + b"a" * 200_000, "the sitemap is none"),
    ],
    ids=["half", "half of a packed one", "a page", "of pages, not of sitemaps", "empty", "without an end"],
)
def test_sitemap_that_is_not_whole_loses_nothing(visit: Visit, content: bytes, message: str) -> None:
    """Also with a grace of one sync."""
    prefixes = [f"{visit.server.address}/docs/"]
    visit.site.pages["/s.xml"] = Response(sitemap_of("/docs/a.html", "/docs/b/c"), 200, XML)
    assert visit.sync("/s.xml", prefixes=prefixes).error == ""
    visit.site.pages["/s.xml"] = Response(content, 200, XML)
    assert visit.fails(address="/s.xml", prefixes=prefixes, grace=1).startswith(message)


def test_sitemap_that_takes_too_long_is_said_before_it_is_walked(visit: Visit) -> None:
    """Not after an hour of pauses; what robots.txt says about them counts."""
    visit.site.pages["/robots.txt"] = Response(b"User-agent: *\nCrawl-delay: 2", 200, (("Content-Type", "text/plain"),))
    paths = [f"/docs/{number}" for number in range(10_000)]
    visit.site.pages["/s.xml"] = Response(sitemap_of(*paths), 200, XML)
    error = visit.fails(address="/s.xml", prefixes=[f"{visit.server.address}/docs/"])
    assert error == (
        "the sitemap names 10,000 pages, which take 333 minutes with pauses of 2 s; raise sync.max_minutes, or "
        "narrow the source with prefixes or exclude"
    )
    assert visit.asked() == ["/s.xml", "/robots.txt"]


def test_sitemap_that_moved_is_found(visit: Visit) -> None:
    """Many sites redirect from the usual name to that of their program; also one of an index."""
    index = b"<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>"
    visit.site.pages |= {
        "/sitemap.xml": redirect("/s0.xml"), "/s0.xml": Response(index, 200, XML), "/s1.xml": redirect("/s2.xml", 302),
        "/s2.xml": Response(sitemap_of("/docs/a.html"), 200, XML), "/loop.xml": redirect("/loop.xml"),
    }  # fmt: skip
    prefixes = [f"{visit.server.address}/docs/"]
    assert visit.sync("/sitemap.xml", prefixes=prefixes).added == ["docs/a.html"]
    assert visit.fails(address="/loop.xml", prefixes=prefixes) == "the sitemap has status 301"


def test_pages_whose_addresses_differ_in_little_are_all_taken(visit: Visit) -> None:
    """In case, or in a last part "index"; but what says the same is taken once. Each keeps its file."""
    visit.site.pages["/docs/"] = (
        f"<p>The start.</p>{links('A.html', 'a.html', 'b', 'b/index.html', 'c/', 'c/index.html')}"
    )
    visit.site.pages |= {
        "/docs/A.html": "<p>All about ants.</p>", "/docs/b": redirect("/docs/b/"), "/docs/b/": "<p>The bees.</p>",
        "/docs/b/index.html": "<p>The bears.</p>", "/docs/c/": "<p>The cats.</p>",
        "/docs/c/index.html": "<p>The cats.</p>",
    }  # fmt: skip
    report = visit.sync()
    assert reasons(report) == {"/docs/c/index.html": "says the same as another page"}
    names = sorted(re.sub(r"-[0-9a-f]{8}", "-#", path) for path in report.added)
    assert names == [
        "docs/A.html", "docs/a-#.html", "docs/b/index-#.html", "docs/b/index.html", "docs/c/index.html",
        "docs/index.html",
    ]  # fmt: skip
    assert visit.sync().unchanged == 6
    visit.site.pages["/docs/"] = f"<p>The start.</p>{links('a.html', 'A.html', 'b/index.html', 'b', 'c/index.html')}"
    report = visit.sync()
    assert (report.added, report.removed, report.changed) == ([], [], ["docs/index.html"])


def test_robots_txt_with_a_mark_is_respected(visit: Visit) -> None:
    """Editors write one before the first line, which is the one that says for whom the rules are."""
    rules = b"\xef\xbb\xbfUser-agent: *\nDisallow: /docs/b/"
    visit.site.pages["/robots.txt"] = Response(rules, 200, (("Content-Type", "text/plain"),))
    report = visit.sync()
    assert (report.added, reasons(report)) == (
        ["docs/a.html", "docs/index.html"],
        {"/docs/b/": "robots.txt forbids it"},
    )


@pytest.mark.parametrize("pattern", ["docs/b/", "/docs/b/", "./docs/b", "/docs/b/*"])
def test_excluded_paths_may_begin_with_a_slash(visit: Visit, pattern: str) -> None:
    """As paths of a site do."""
    assert visit.sync(exclude=[pattern]).added[:2] == ["docs/a.html", "docs/index.html"]
    assert "/docs/b/c" not in visit.asked()


def test_page_without_a_type_is_recognized(visit: Visit) -> None:
    """By how it begins; other content is left aside."""
    visit.site.pages["/docs/a.html"] = Response(b"\n <html><p>The zoo opens at ten.</p></html>", 200, ())
    visit.site.pages["/docs/b/c"] = Response(b"\x00\x01", 200, ())
    report = visit.sync()
    assert (report.added, report.ignored) == (["docs/a.html", "docs/b/index.html", "docs/index.html"], 1)


def test_address_of_a_folder_without_its_slash_is_that_folder(visit: Visit) -> None:
    """The server says so with a redirect; the rest of the site is not asked for."""
    visit.site.pages["/docs"] = redirect("/docs/")
    visit.site.pages["/docs/b/c"] = f"<p>Groups pay six euros.</p>{links('/other/')}"
    report = visit.sync("/docs")
    assert (report.error, report.added) == ("", FILES)
    assert "/other/" not in visit.asked()
    assert visit.sync("/docs").unchanged == 4


def test_what_a_server_sends_is_sent_back_to_it_unchanged(visit: Visit) -> None:
    """An ETag of any bytes, and an address in bytes that are not UTF-8."""
    page = Response(b"<p>The caf\xe9 opens at ten.</p>", 200, (("Content-Type", "text/html"), ("ETag", '"\xe9"')))
    visit.site.pages |= {
        "/docs/": f"<p>The handbook of the zoo.</p>{links('old', 'caf%E9')}",
        "/docs/old": redirect("/docs/th\xe9"), "/docs/th%E9": "<p>Tea is served at five.</p>", "/docs/caf%E9": page,
    }  # fmt: skip
    assert visit.sync().error == ""
    report = visit.sync()
    assert (report.error, report.unchanged, report.skipped) == ("", 3, [])
    sent = [request.headers.get("if-none-match") for request in visit.server.requests if "caf" in request.path]
    assert sent == ['"\xe9"']


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("ISO-8859-1", b"It is \x93open\x94 \x96 always.", "It is “open” – always."),
        ("'us-ascii'", b"It is \x93open\x94.", "It is “open”."),
        ("gb2312", "它一直開放。".encode("gb18030"), "它一直開放。"),
        ("unicode_escape", b"It is \\x41 open.", "It is \\x41 open."),
        ("punycode", b"It is open-abc", "It is open-abc"),
        ("zip", b"It is open.", "It is open."),
        ("\xe9", b"It is open.", "It is open."),
    ],
)
def test_encoding_is_taken_as_browsers_take_it(visit: Visit, charset: str, content: bytes, text: str) -> None:
    """Old names stand for larger encodings, and what only Python knows is none."""
    body = b"<html><body><p>" + content + b"</p></body></html>"
    visit.site.pages["/docs/a.html"] = Response(body, 200, (("Content-Type", f"text/html; charset={charset}"),))
    assert visit.sync().error == ""
    assert text in visit.files()["docs/a.html"].decode("utf-8-sig")


def test_robots_txt_that_is_too_large_allows_nothing(visit: Visit) -> None:
    """What forbids could be at its end."""
    visit.site.pages["/robots.txt"] = Response(b"#" * 2_000_001, 200, (("Content-Type", "text/plain"),))
    assert visit.fails() == ("127.0.0.1 does not say what may be fetched: robots.txt larger than 2,000,000 bytes")


@pytest.mark.parametrize(("user", "header"), [("", "Bearer s3cret"), ("me", "Basic bWU6czNjcmV0")])
def test_password_goes_to_the_server_of_the_address_only(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, user: str, header: str
) -> None:
    """As a bearer token, or as a password with a user; it stands in no file and no report."""
    monkeypatch.setenv("SITE_TOKEN", "s3cret")
    other = SampleSite({"/docs/": "<p>The other page of the handbook.</p>"})
    with trap_server(other.answer) as server:
        visit.site.pages["/docs/"] = f"<p>The handbook is here.</p>{links('a.html', server.address + '/docs/')}"
        prefixes = [f"{visit.server.address}/docs/", f"{server.address}/docs/"]
        report = visit.sync(prefixes=prefixes, token_variable="SITE_TOKEN", user=user)  # noqa: S106 - a name
        assert report.error == ""
        assert any("other" in content.decode() for content in visit.files().values())
        assert {request.headers.get("authorization") for request in visit.server.requests} == {header}
        assert {request.headers.get("authorization") for request in server.requests} == {None}
    written = b"".join(path.read_bytes() for path in visit.folder.rglob("*") if path.is_file())
    assert b"s3cret" not in written
    assert b"bWU6czNjcmV0" not in written


@pytest.mark.parametrize("value", [None, "", "two\nlines"])
def test_password_that_is_missing_or_cannot_be_sent(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """The variable is named, and nothing is asked without it."""
    monkeypatch.delenv("SITE_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("SITE_TOKEN", value)
    assert visit.fails(token_variable="SITE_TOKEN").startswith("SITE_TOKEN ")  # noqa: S106 - a name
    assert visit.asked() == []
