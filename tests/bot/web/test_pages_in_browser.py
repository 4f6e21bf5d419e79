"""The pages in a real browser, if there is one: they fit a phone, and nothing of a document runs."""

import re
from pathlib import Path

import pytest

from bot.web.pages import TEMPLATES
from tests.bot.report.test_browser import CHROMIUM, DARK, LIGHT, PHONE, WIDE, dump_dom, measure_page
from tests.support.web_service import CODE, EVIL, NOWHERE, STEPS, TABLE, WebService

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
LOADED = re.compile(r"<link [^>]*>|<script[^>]*></script>")
POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'


async def standalone(web: WebService, question: str) -> str:
    """Return the page of an answer with its style in it, and without its script."""
    html = LOADED.sub("", (await web.page(question)).text)
    return html.replace("</head>", f"{POLICY}<style>{(TEMPLATES / 'ask.css').read_text('utf-8')}</style></head>")


@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("question", [STEPS, CODE, TABLE, EVIL, NOWHERE])
async def test_a_page_fits_and_runs_nothing(tmp_path: Path, web: WebService, question: str, width: int) -> None:
    """With everything unfolded; the title that a hostile document wants to set is not set."""
    measured = measure_page(tmp_path, await standalone(web, question), width)
    assert (measured["width"], measured["content_width"], measured["overflowing"]) == (width, width, [])
    assert (measured["requests"], measured["scripts"]) == ([], 0)
    assert "owned" not in measured["title"]


async def test_dark_and_light_pages_differ(tmp_path: Path, web: WebService) -> None:
    """The preference of the browser decides."""
    page = await standalone(web, STEPS)
    backgrounds = [measure_page(tmp_path, page, WIDE, scheme)["background"] for scheme in (LIGHT, DARK)]
    assert backgrounds == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


async def test_the_policy_would_stop_what_escaping_let_through(tmp_path: Path, web: WebService) -> None:
    """A script that stood in a page would not run under the policy that is sent with it."""
    policy = (await web.page(STEPS)).headers["Content-Security-Policy"]
    script = "<p id='mark'>no</p><script>mark.textContent = 'ran'</script>"
    for meta, result in (("", "ran"), (f'<meta http-equiv="Content-Security-Policy" content="{policy}">', "no")):
        page = f"<!DOCTYPE html><html><head>{meta}</head><body>{script}</body></html>"
        assert f'<p id="mark">{result}</p>' in dump_dom(tmp_path, page)
