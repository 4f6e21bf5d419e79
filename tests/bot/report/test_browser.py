"""The pages in a real browser, if there is one: they fit, load nothing and run nothing."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.evaluation_pages import HOSTILE, page_of_golden, page_of_squad

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
DARK, LIGHT = 0, 1
PHONE, WIDE = 390, 1400
SECURITY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# Measures a page in a frame of some width; the frame has the same origin, so the script can read it.
PROBE = """<!DOCTYPE html><body><script>
const frame = document.createElement("iframe");
frame.style = "border: 0; height: 800px; width: " + %(width)d + "px";
frame.srcdoc = %(page)s;
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const style = (element) => view.getComputedStyle(element);
  for (const details of page.querySelectorAll("details")) details.open = true;
  const overflowing = [...page.querySelectorAll("body *")].filter(
    (element) => !element.closest(".scroll, svg") && element.getBoundingClientRect().right > view.innerWidth + 1);
  const measured = {
    width: view.innerWidth,
    content_width: page.documentElement.scrollWidth,
    overflowing: overflowing.map((element) => element.outerHTML.slice(0, 80)),
    requests: view.performance.getEntriesByType("resource").map((entry) => entry.name),
    plots: [...page.querySelectorAll("figure svg")].map((plot) => {
      const box = plot.getBoundingClientRect();
      return [box.width, box.height];
    }),
    labels: [...page.querySelectorAll("figure svg text")].map((text) => text.getBoundingClientRect().height),
    background: style(page.body).backgroundColor,
    lines: [...new Set([...page.querySelectorAll("figure svg path")].map((path) => style(path).stroke))],
    title: page.title + document.title,
    scripts: page.scripts.length,
    text: page.body.textContent,
  };
  document.body.textContent = JSON.stringify(measured);
};
document.body.append(frame);
</script></body>"""


def dump_dom(folder: Path, page: str, scheme: int = LIGHT) -> str:
    """Load a page in the browser and return the resulting document."""
    assert CHROMIUM
    (folder / "page.html").write_text(page, "utf-8")
    switches = (
        "--headless --hide-scrollbars --no-sandbox --disable-gpu --disable-background-networking --no-first-run "
        f"--blink-settings=preferredColorScheme={scheme} --window-size=1500,1000 --virtual-time-budget=5000 --dump-dom"
    )
    command = [CHROMIUM, *switches.split(), f"--user-data-dir={folder / 'browser'}", f"file://{folder}/page.html"]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True).stdout


def measure_page(folder: Path, page: str, width: int, scheme: int = LIGHT) -> dict[str, Any]:
    """Measure a page with PROBE, every case opened, without its ban on scripts: escaping alone must protect it."""
    unprotected, count = SECURITY.subn("", page)
    assert count == 1
    script = PROBE % {"width": width, "page": json.dumps(unprotected).replace("<", "\\u003c")}
    body = re.search(r"(?s)<body>(.*)</body>", dump_dom(folder, script, scheme))
    assert body
    measured: dict[str, Any] = json.loads(html.unescape(body[1]))
    return measured


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("hostile", ["", HOSTILE])
@pytest.mark.parametrize("kind", ["squad", "golden"])
def test_a_page_fits_and_loads_nothing(tmp_path: Path, kind: str, hostile: str, width: int) -> None:
    """Nothing is requested or run, nothing overflows, every plot is there, and hostile text is shown as text."""
    page = page_of_golden(hostile=hostile) if kind == "golden" else page_of_squad(tmp_path, hostile=hostile)
    measured = measure_page(tmp_path, page, width)
    assert (measured["width"], measured["content_width"], measured["overflowing"]) == (width, width, [])
    assert (measured["requests"], measured["scripts"]) == ([], 0)
    assert "owned" not in measured["title"].replace("document.title = 'owned'", "")
    assert len(measured["plots"]) == (1 if kind == "golden" else 3)
    assert all(wide > 250 and high > 150 for wide, high in measured["plots"])
    assert min(measured["labels"]) > 8  # pixels: readable on a phone
    assert not hostile or "<script>document.title = 'owned'</script></style>" in measured["text"]


def test_dark_and_light_pages_differ_in_background_and_lines(tmp_path: Path) -> None:
    """The preference of the browser decides; plots follow the page."""
    page = page_of_squad(tmp_path)
    light, dark = (measure_page(tmp_path, page, WIDE, scheme) for scheme in (LIGHT, DARK))
    assert (light["background"], dark["background"]) == ("rgb(255, 255, 255)", "rgb(20, 23, 28)")
    assert not {stroke for stroke in light["lines"] if stroke != "none"} & set(dark["lines"])


def test_the_policy_of_a_page_stops_scripts(tmp_path: Path) -> None:
    """Even a script that got into the page would not run."""
    page = page_of_golden().replace("</main>", "<p id='mark'>no</p><script>mark.textContent = 'ran'</script></main>")
    assert '<p id="mark">no</p>' in dump_dom(tmp_path, page)
    assert '<p id="mark">ran</p>' in dump_dom(tmp_path, SECURITY.sub("", page))
