"""The page of an evaluation as text: reproducible, harmless, and complete."""

import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.report.html_page import PageHeader, golden_page
from bot.report.plots import Plot, precision_plot
from retrieval.measuring.curves import CurvePoint, MeasuredOperatingPoint
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.verdicts import GoldenCase
from retrieval.types import Answer, Citation, PassagePart, Quote
from tests.support.evaluation_pages import ESCAPED, HOSTILE, page_of_golden, page_of_squad, run_of
from tests.support.paths import ROOT

VOID = {"meta", "br", "img", "link", "path", "use", "rect"}


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, and the tags that are not closed yet."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open_tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open_tags.pop() == tag


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return a page of each kind, by the text that was added to every text in it."""
    folder = tmp_path_factory.mktemp("pages")
    return {text: [page_of_squad(folder, hostile=text), page_of_golden(hostile=text)] for text in ("", HOSTILE)}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also in another process, with another hash seed and other plot settings of the user."""
    program = (
        "import hashlib, pathlib, sys; from tests.support.evaluation_pages import page_of_golden, page_of_squad; "
        "print(hashlib.sha256((page_of_squad(pathlib.Path(sys.argv[1])) + page_of_golden()).encode()).hexdigest())"
    )
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: path\nsavefig.bbox: tight\n")
    hashes = set()
    for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(tmp_path)}):
        command = [sys.executable, "-c", program, str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        hashes.add(done.stdout)
    assert len(hashes) == 1


@pytest.mark.parametrize("hostile", ["", HOSTILE])
def test_a_page_is_well_formed_and_loads_nothing(pages: dict[str, list[str]], hostile: str) -> None:
    """No script or source, only links within the page, no style that loads; ids are unique, tags in pairs."""
    for page in pages[hostile]:
        page_elements = Elements(page)
        assert page_elements.open_tags == []
        assert not {"script", "img", "link", "iframe", "object", "base"} & {tag for tag, _ in page_elements.elements}
        attributes = [pair for _, attributes in page_elements.elements for pair in attributes.items()]
        assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        ids = [value for name, value in attributes if name == "id"]
        assert len(ids) == len(set(ids))
        links = [str(value) for name, value in attributes if "href" in name]
        assert links
        assert all(link.startswith("#") and link[1:] in ids for link in links)
        labels = [str(value).split() for name, value in attributes if name == "aria-labelledby"]
        assert {identifier for label in labels for identifier in label} <= set(ids)
        styles = re.findall(r"(?s)<style>(.*?)</style>", page) + [str(v) for k, v in attributes if k == "style"]
        assert not re.search(r"@import|url\((?!#)", " ".join(styles))


def test_hostile_text_is_shown_as_text(pages: dict[str, list[str]]) -> None:
    """Markup is escaped, template marks stay, and characters that reorder or hide text are replaced."""
    for page in pages[HOSTILE]:
        assert ESCAPED in page
        assert "<script" not in page
        assert "{{ 7 * 7 }}" in page
        assert "&amp;lt; &amp;#60;" in page
        assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


def test_headings_table_headers_and_drawings_are_accessible(pages: dict[str, list[str]]) -> None:
    """There is one h1, no heading level is skipped, header cells have a scope, and drawings have a name."""
    for page in pages[""]:
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert '<html lang="en">' in page
        for tag, attributes in Elements(page).elements:
            assert tag != "th" or attributes.get("scope") in ("row", "col", "colgroup")
            assert tag != "svg" or {"role", "aria-labelledby"} <= attributes.keys()


def test_wrong_cases_show_what_decided(pages: dict[str, list[str]]) -> None:
    """Both sentences, the rank, and the feature with its weight."""
    page = pages[""][0]
    assert "Among the first five: 4" in page
    assert "the right sentence has rank 4" in page
    assert "Boats, paragraph 1" in page
    assert "<small>× -1.00</small>" in page
    assert "wrong first sentences" in page.lower()


def test_failed_questions_show_what_each_stage_found(pages: dict[str, list[str]]) -> None:
    """For each of the failing cases, closed until it is opened."""
    page = pages[""][1]
    failing = page.count('<details class="case" open>')
    assert failing > 0
    assert page.count('<details class="explanation"><summary>What each stage found</summary>') == failing
    assert "Refused: the first passage has a confidence of" in page


def test_the_previous_run_is_described_and_its_figures_compared(tmp_path: Path, pages: dict[str, list[str]]) -> None:
    """With a sign and in words; if there is none, the page says so."""
    assert "There is no earlier run of this file to compare with" in pages[""][0]
    previous = run_of({"p_at_1": 0.5, "ece": 0.0}, created="2026-01-02 03:04:05 UTC", model="<b>old</b>")
    page = page_of_squad(tmp_path, previous=previous)
    assert "Compared with the run of 2026-01-02 03:04:05 UTC (model &lt;b&gt;old&lt;/b&gt; words" in page
    assert '<data value="0.5">0.500</data> <span class="change worse">−0.500 worse</span>' in page


def test_golden_questions_that_changed_are_listed() -> None:
    """Those that passed and now fail, and the other way round."""
    previous = run_of({"passed": 2}, generation="gen-0", passed=[False, False, True, True, False])
    page = page_of_golden(previous=previous)
    assert '<b>now passes:</b> <span dir="auto">museum sleeps</span>' in page
    assert '<b>now fails:</b> <span dir="auto">price monday museum cat</span>' in page
    assert page.count("<b>now ") == 2
    same = run_of({"passed": 2}, generation="gen-1", passed=[True, False, True, False, False])
    assert "Every question has the same outcome as in the previous run." in page_of_golden(previous=same)


def test_a_drawing_has_no_colour_and_no_id_of_its_own() -> None:
    """Two drawings on one page cannot clash, and both follow the page's colours."""
    point = CurvePoint(0.5, 0.5, 1.0)
    operating_point = MeasuredOperatingPoint(point, 1.0, 0.0)
    plot: Plot = precision_plot({"ours": [point], "dense": [point], "BM25": [point]}, operating_point)
    assert not re.search(r"#[0-9a-f]{6}\b", plot.svg)
    assert {"ink", "faint", "ours", "dense", "BM25"} <= set(re.findall(r"var\(--(\w+)\)", plot.svg))
    assert all(name.startswith("precision-") for name in re.findall(r'\bid="([^"]+)"', plot.svg))
    assert "<title" in plot.svg
    assert plot.description == "At the threshold 0.50, 50% are answered, 100% of these rightly."


def test_verdicts_are_counted_for_each_kind() -> None:
    """Cells follow the columns: all, right, partly, other, wrong, silent, first and best five, refused, answered."""
    page = page_of_golden()
    rows = re.findall(
        r'(?s)<tr><th scope="row" dir="auto">([^<]+)</th>((?:<td class="number"><data [^<]+</data></td>)+)', page
    )
    counts = {name: [int(value) for value in re.findall(r'value="(\d+)"', cells)][:10] for name, cells in rows}
    assert counts == {
        "no kind": [1, 1, 0, 0, 0, 0, 1, 1, 1, 1],
        "price": [2, 0, 0, 0, 1, 1, 1, 1, 0, 0],
        "all": [3, 1, 0, 0, 1, 1, 2, 2, 1, 1],
    }


def test_a_passage_is_shown_with_its_structure() -> None:
    """Headings, items with their labels, and code in its lines; the quoted sentence is marked, and markup escaped."""
    passage = (
        PassagePart(0, 5, "<Day>", "heading", 1),
        PassagePart(9, 22, "Open it. Wait", "item", 1, 2, after_gap=True),
        PassagePart(30, 43, "if <a>:\n    b", "code", 1, language="python"),
    )
    citation = Citation("abc", "a.txt", "T", None, None, None, "a.txt", 3, 2, 9, 17)
    quote = Quote("Open it.", "", "", 0.2, citation, passage=passage)
    answer = Answer("q", (), (quote,), 0.2, 0.5, "gen-1")
    case = GoldenCase(GoldenQuestion("q", (GoldenAnswer("a.txt", ("Wait",)),)), answer, "silent", (quote,), 1)
    page = golden_page(PageHeader("g.yaml", run_of({}, generation="gen-1", passed=[False]), None), [case], [])
    assert (
        '<p class="heading" style="margin-left: 0ch">&lt;Day&gt;</p>'
        '<p class="gap" style="margin-left: 0ch">[…]</p>'
        '<p class="item" style="margin-left: 0ch"><span class="bullet">2.</span> <mark>Open it.</mark> Wait</p>'
        '<pre style="margin-left: 3ch"><code>if &lt;a&gt;:\n    b</code></pre></blockquote>'
    ) in page
