"""The page of an evaluation as text: the same for the same input, harmless, and complete."""

import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.report.plots import Plot, precision_plot
from retrieval.measuring.curves import CurvePoint, MeasuredOperatingPoint
from tests.support.evaluation_pages import ESCAPED, HOSTILE, page_of_golden, page_of_squad, run_of
from tests.support.paths import ROOT

VOID = {"meta", "br", "img", "link", "path", "use", "rect"}


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and whatever was not closed as it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return a page of each kind, by what was put into every text of it."""
    folder = tmp_path_factory.mktemp("pages")
    return {text: [page_of_squad(folder, hostile=text), page_of_golden(hostile=text)] for text in ("", HOSTILE)}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """In another process, with another seed of Python's hashes and another taste in plots, too."""
    program = (
        "import hashlib, pathlib, sys; from tests.support.evaluation_pages import page_of_golden, page_of_squad; "
        "print(hashlib.sha256((page_of_squad(pathlib.Path(sys.argv[1])) + page_of_golden()).encode()).hexdigest())"
    )
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: path\nsavefig.bbox: tight\n")
    seen = set()
    for others in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(tmp_path)}):
        command = [sys.executable, "-c", program, str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, env=others, capture_output=True, text=True, check=True)
        seen.add(done.stdout)
    assert len(seen) == 1


@pytest.mark.parametrize("hostile", ["", HOSTILE])
def test_a_page_is_whole_and_asks_for_nothing_from_anywhere(pages: dict[str, list[str]], hostile: str) -> None:
    """No script, no source, no link but within the page, no style that loads; every id once; tags in pairs."""
    for page in pages[hostile]:
        elements = Elements(page)
        assert elements.open == []
        assert not {"script", "img", "link", "iframe", "object", "base"} & {tag for tag, _ in elements.found}
        attributes = [pair for _, attributes in elements.found for pair in attributes.items()]
        assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        ids = [value for name, value in attributes if name == "id"]
        assert len(ids) == len(set(ids))
        links = [str(value) for name, value in attributes if "href" in name]
        assert links
        assert all(link.startswith("#") and link[1:] in ids for link in links)
        labels = [str(value).split() for name, value in attributes if name == "aria-labelledby"]
        assert {one for label in labels for one in label} <= set(ids)
        styles = re.findall(r"(?s)<style>(.*?)</style>", page) + [str(v) for k, v in attributes if k == "style"]
        assert not re.search(r"@import|url\((?!#)", " ".join(styles))


def test_whatever_a_file_says_is_shown_as_text(pages: dict[str, list[str]]) -> None:
    """Markup is escaped, template marks stay as they are, what reorders or hides text is replaced."""
    for page in pages[HOSTILE]:
        assert ESCAPED in page
        assert "<script" not in page
        assert "{{ 7 * 7 }}" in page
        assert "&amp;lt; &amp;#60;" in page
        assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


def test_headings_and_table_headers_are_real(pages: dict[str, list[str]]) -> None:
    """One h1, no level left out, a scope for every header cell, a name for every drawing."""
    for page in pages[""]:
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert '<html lang="en">' in page
        for tag, attributes in Elements(page).found:
            assert tag != "th" or attributes.get("scope") in ("row", "col")
            assert tag != "svg" or {"role", "aria-labelledby"} <= attributes.keys()


def test_every_wrong_case_is_on_the_page_with_what_decided(pages: dict[str, list[str]]) -> None:
    """Both passages, the rank, and the feature with its weight."""
    page = pages[""][0]
    assert "Among the first five: 4" in page
    assert "the right sentence came as number 4" in page
    assert "Ferry, paragraph 1" in page
    assert "<small>× -1.00</small>" in page
    assert "wrong first sentences" in page.lower()


def test_the_run_before_is_named_and_its_figures_compared(tmp_path: Path, pages: dict[str, list[str]]) -> None:
    """Signed, in words; without one the page says so."""
    assert "No run of this file was kept before this one" in pages[""][0]
    before = run_of({"p_at_1": 0.5, "ece": 0.0}, created="2026-01-02 03:04:05 UTC", model="<b>old</b>")
    page = page_of_squad(tmp_path, previous=before)
    assert "Compared with the run of 2026-01-02 03:04:05 UTC (model &lt;b&gt;old&lt;/b&gt; words" in page
    assert '<data value="0.5">0.500</data> <span class="change worse">−0.500 worse</span>' in page


def test_golden_questions_that_changed_are_listed() -> None:
    """What passed before and fails now, and the other way round."""
    before = run_of({"passed": 2}, generation="gen-0", passed=[False, False, True, True, False])
    page = page_of_golden(previous=before)
    assert '<b>now passes:</b> <span dir="auto">museum sleeps</span>' in page
    assert '<b>now fails:</b> <span dir="auto">price monday museum cat</span>' in page
    assert page.count("<b>now ") == 2
    same = run_of({"passed": 2}, generation="gen-1", passed=[True, False, True, False, False])
    assert "Every question came out as it did before." in page_of_golden(previous=same)


def test_a_drawing_has_no_colour_and_no_id_of_its_own() -> None:
    """Two drawings on one page do not meet; both follow the page's colours."""
    one = CurvePoint(0.5, 0.5, 1.0)
    drawn: Plot = precision_plot({"ours": [one], "dense": [one], "BM25": [one]}, MeasuredOperatingPoint(one, 1.0, 0.0))
    assert not re.search(r"#[0-9a-f]{6}\b", drawn.svg)
    assert {"ink", "faint", "ours", "dense", "BM25"} <= set(re.findall(r"var\(--(\w+)\)", drawn.svg))
    assert all(name.startswith("precision-") for name in re.findall(r'\bid="([^"]+)"', drawn.svg))
    assert "<title" in drawn.svg
    assert drawn.description == "At the threshold 0.50, 50% are answered, 100% of these rightly."
