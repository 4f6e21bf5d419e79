"""The pages in a real browser, where there is one: what it shows, and what it must not do."""

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
# Measures a page in a frame of the wanted width; the frame is of the same origin, so it can be read.
PROBE = """<!DOCTYPE html><body><script>
const frame = document.createElement("iframe");
frame.style = "border: 0; height: 800px; width: " + %(width)d + "px";
frame.srcdoc = %(page)s;
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  for (const details of page.querySelectorAll("details")) details.open = true;
  const beyond = [...page.querySelectorAll("body *")].filter(
    (one) => !one.closest(".scroll, svg") && one.getBoundingClientRect().right > view.innerWidth + 1);
  const found = {
    width: view.innerWidth,
    content: page.documentElement.scrollWidth,
    beyond: beyond.map((one) => one.outerHTML.slice(0, 80)),
    requests: view.performance.getEntriesByType("resource").map((one) => one.name),
    plots: [...page.querySelectorAll("figure svg")].map((one) => {
      const box = one.getBoundingClientRect();
      return [box.width, box.height];
    }),
    labels: [...page.querySelectorAll("figure svg text")].map((one) => one.getBoundingClientRect().height),
    background: view.getComputedStyle(page.body).backgroundColor,
    lines: [...new Set([...page.querySelectorAll("figure svg path")].map((one) => view.getComputedStyle(one).stroke))],
    title: page.title + document.title,
    scripts: page.scripts.length,
    text: page.body.textContent,
  };
  document.body.textContent = JSON.stringify(found);
};
document.body.append(frame);
</script></body>"""


def dumped(folder: Path, page: str, scheme: int = LIGHT) -> str:
    """Return the document that the browser made of a page."""
    assert CHROMIUM
    (folder / "page.html").write_text(page, "utf-8")
    switches = (
        "--headless --hide-scrollbars --no-sandbox --disable-gpu --disable-background-networking --no-first-run "
        f"--blink-settings=preferredColorScheme={scheme} --window-size=1500,1000 --virtual-time-budget=5000 --dump-dom"
    )
    command = [CHROMIUM, *switches.split(), f"--user-data-dir={folder / 'browser'}", f"file://{folder}/page.html"]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True).stdout


def measured(folder: Path, page: str, width: int, scheme: int = LIGHT) -> dict[str, Any]:
    """Return what PROBE finds, with every case opened. The page's ban on scripts is off: escaping alone must do."""
    bare, count = SECURITY.subn("", page)
    assert count == 1
    script = PROBE % {"width": width, "page": json.dumps(bare).replace("<", "\\u003c")}
    body = re.search(r"(?s)<body>(.*)</body>", dumped(folder, script, scheme))
    assert body
    found: dict[str, Any] = json.loads(html.unescape(body[1]))
    return found


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("hostile", ["", HOSTILE])
@pytest.mark.parametrize("kind", ["squad", "golden"])
def test_a_page_fits_and_asks_for_nothing(tmp_path: Path, kind: str, hostile: str, width: int) -> None:
    """Nothing is requested or run, nothing sticks out, every plot is there, and hostile text is text."""
    page = page_of_golden(hostile=hostile) if kind == "golden" else page_of_squad(tmp_path, hostile=hostile)
    found = measured(tmp_path, page, width)
    assert (found["width"], found["content"], found["beyond"]) == (width, width, [])
    assert (found["requests"], found["scripts"]) == ([], 0)
    assert "owned" not in found["title"].replace("document.title = 'owned'", "")
    assert len(found["plots"]) == (1 if kind == "golden" else 3)
    assert all(wide > 250 and high > 150 for wide, high in found["plots"])
    assert min(found["labels"]) > 8  # of a phone's 844 pixels: still to be read
    assert not hostile or "<script>document.title = 'owned'</script></style>" in found["text"]


def test_dark_and_light_differ_in_paper_and_ink(tmp_path: Path) -> None:
    """The browser's wish decides; plots follow the page."""
    page = page_of_squad(tmp_path)
    light, dark = (measured(tmp_path, page, WIDE, scheme) for scheme in (LIGHT, DARK))
    assert (light["background"], dark["background"]) == ("rgb(255, 255, 255)", "rgb(20, 23, 28)")
    assert not {stroke for stroke in light["lines"] if stroke != "none"} & set(dark["lines"])


def test_the_page_as_it_is_runs_no_script(tmp_path: Path) -> None:
    """Even a script that got into it would be stopped by the page's own policy."""
    page = page_of_golden().replace("</main>", "<p id='mark'>no</p><script>mark.textContent = 'ran'</script></main>")
    assert '<p id="mark">no</p>' in dumped(tmp_path, page)
    assert '<p id="mark">ran</p>' in dumped(tmp_path, SECURITY.sub("", page))
