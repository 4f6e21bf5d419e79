"""The pages in a real browser, if there is one, used as people use them: with the keyboard, on a phone, in the dark."""

import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering import answerer
from bot.discord_bot.wire import addresses
from bot.sandbox import sandbox_sessions
from bot.showing.discord_markdown import escape_cut
from config.settings import Settings
from docs.accessibility import MISSING, check, find_axe
from docs.browser import Page, find_browser, open_page
from tests.support import discord_client_markdown, hostile_texts
from tests.support.web_service import EVIL, NOWHERE, STEPS, TABLE, WebService, open_web_service
from tests.support.wire_bot import OFFICIAL_ADDRESSES

BROWSER = find_browser()
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on PATH"),
    pytest.mark.asyncio(loop_scope="module"),
]
PHONE, DESKTOP = (390, 844), (1200, 900)
OVERFLOWING = """[...document.querySelectorAll('body *')]
  .filter((element) => !element.closest('.scroll, #channels, [hidden]'))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""
COUNT, MAX_UNITS = 500, 2_000  # hostile texts, and their longest


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(web_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[WebService]:
    """Yield a service with a sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answerer, "SETTINGS_TIMEOUT_S", 60.0)  # a busy machine must not make answers private
        patch.setattr(sandbox_sessions, "MAX_STARTS", (10_000, 1.0))
        async with open_web_service(*web_stack, sandbox="local") as opened:
            yield opened
    addresses.use(*OFFICIAL_ADDRESSES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Page]:
    """Yield a page of a browser."""
    assert BROWSER
    async with open_page(BROWSER) as page:
        yield page


async def open_sandbox(tab: Page, web: WebService) -> None:
    """Open the sandbox with an empty server, and put the focus where messages are written."""
    await tab.open(f"{web.address}/sandbox")
    await tab.wait_for("document.getElementById('channel').textContent")
    await tab.run("document.getElementById('again').click()")
    await tab.wait_for("state.view && !state.view.messages.length && state.who === 'member'")
    await tab.run("document.getElementById('text').focus()")


async def ask(tab: Page, question: str) -> None:
    """Use /ask with the keyboard alone, and wait for the answer."""
    before = await tab.run("document.querySelectorAll('#messages .row').length")
    await tab.write("/as")
    await tab.wait_for("!document.getElementById('suggestions').hidden")
    await tab.press("Enter")
    await tab.wait_for("document.activeElement.dataset.option === 'question'")
    await tab.write(question)
    await tab.press("Enter")
    await tab.wait_for(f"document.querySelectorAll('#messages .row').length > {before}")
    await tab.wait_for("document.activeElement.id === 'text'")


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_a_command_is_used_with_the_keyboard_and_shown_as_text(
    tab: Page, web: WebService, size: tuple[int, int]
) -> None:
    """What a hostile document says runs nothing, leads nowhere and makes nothing wider than the window."""
    await tab.emulate(*size)
    await open_sandbox(tab, web)
    await ask(tab, EVIL)
    shown = await tab.run("document.getElementById('messages').innerText")
    assert "<script>document.title='owned'</script> 365 windows" in shown
    assert await tab.run("document.title") == "Sandbox – Footnote"
    assert await tab.run("[...document.querySelectorAll('#messages a')].map((link) => link.protocol)") == []
    assert await tab.run(OVERFLOWING) == []


async def test_a_form_is_opened_by_a_manager_and_closed(tab: Page, web: WebService) -> None:
    """The switch changes who acts; the form has the question, and its labels."""
    await tab.emulate(*DESKTOP)
    await open_sandbox(tab, web)
    await tab.run("document.querySelector('[value=manager]').click()")
    await tab.wait_for("state.view.commands.some((command) => command.name === 'footnote review')")
    await tab.run("document.getElementById('text').focus()")
    await ask(tab, NOWHERE)
    for label in ("Closest passages", "Answer this"):
        button = f"[...document.querySelectorAll('button')].findLast((one) => one.textContent === '{label}')"
        await tab.wait_for(button)
        await tab.run(f"{button}.click()")
    await tab.wait_for("document.getElementById('form').open")
    assert await tab.run("document.querySelector('#form textarea').value") == NOWHERE
    await tab.run("document.querySelector('#form button.plain').click()")
    assert await tab.run("document.getElementById('form').open") is False


async def test_a_completion_is_chosen_with_the_keyboard(tab: Page, web: WebService) -> None:
    """What is shown is the title, what is sent the path."""
    await tab.emulate(*DESKTOP)
    await open_sandbox(tab, web)
    await tab.write("/ask")
    await tab.wait_for("!document.getElementById('suggestions').hidden")
    await tab.press("Enter")
    await tab.write(TABLE)
    await tab.run("document.querySelector('[data-option=source]').focus()")
    await tab.write("Handbook of")
    await tab.wait_for("document.querySelectorAll('#command [role=option]').length === 1")
    await tab.press("Enter")
    assert await tab.run("optionValues()") == {"question": TABLE, "source": "handbook/pump.md"}


async def render(tab: Page, texts: list[str]) -> list[list[str]]:
    """Return the HTML and the text that the page makes of each text."""
    script = f"""{json.dumps(texts)}.map((text) => {{
      const node = document.createElement('div');
      node.append(DiscordMarkdown.render(text, {{users: {{7: 'Mia'}}, roles: {{}}, channels: {{}}}}));
      return [node.innerHTML, node.textContent];
    }})"""
    shown: list[list[str]] = await tab.run(script)
    return shown


async def test_what_the_bot_escaped_is_shown_as_it_stands(tab: Page, web: WebService) -> None:
    """Hostile texts of every construct: no element, and the words that the parser in tests/support shows."""
    await tab.open(f"{web.address}/sandbox")
    escaped = [escape_cut(text, MAX_UNITS) for text in hostile_texts.texts(COUNT)]
    whole = [text for text in escaped if text.isprintable() or text.encode("utf-8", "ignore").decode() == text]
    expected = [discord_client_markdown.shown(discord_client_markdown.parse(text)) for text in whole]
    for (html, text), words in zip(await render(tab, whole), expected, strict=True):
        assert ("<" in html.replace("&lt;", ""), text) == (False, words)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b *c*** d", "a <strong>b <em>c</em></strong> d"),
        ("__u__ _e_ ~~s~~ `c*d*`", "<u>u</u> <em>e</em> <s>s</s> <code>c*d*</code>"),
        (r"\*no\* 2\. \<b\>", "*no* 2. &lt;b&gt;"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("> quote\nafter", "<blockquote>quote\n</blockquote>after"),
        ("<@7> @everyone", '<span class="mention">@Mia</span> <span class="mention">@everyone</span>'),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        (
            "[x](https://a.b/c)",
            '<a href="https://a.b/c" rel="noopener noreferrer nofollow" target="_blank">x</a>',
        ),
        (
            "```py\n<i>**1**\n```",
            '<pre tabindex="0" role="region" aria-label="Code"><code>&lt;i&gt;**1**</code></pre>',
        ),
        ("-# small", '<small class="subtext">small</small>'),
        ("## h", '<div class="heading h-2" role="heading" aria-level="5">h</div>'),
        (
            "- a\n  1. b",
            '<span class="item in-0"><span class="bullet">• </span>a</span>'
            '<span class="item in-2"><span class="bullet">1. </span>b</span>',
        ),
    ],
)
async def test_markdown_is_shown_as_discord_shows_it(tab: Page, web: WebService, text: str, html: str) -> None:
    """As elements of a few kinds; addresses only over http and https."""
    await tab.open(f"{web.address}/sandbox")
    assert (await render(tab, [text]))[0][0] == html


async def test_the_skip_link_does_not_ask_again(tab: Page, web: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """It moves to the content of the page that is there; going back in the history does ask."""
    asked = []
    answer = web.service.ask

    async def note(*arguments: object, **options: object) -> object:
        asked.append(arguments[1])
        return await answer(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(web.service, "ask", note)
    await tab.open(f"{web.address}/?{urlencode({'q': STEPS})}")
    await tab.run("document.querySelector('.skip').click()")
    await tab.wait_for("location.hash === '#main'")
    await tab.run("new Promise((resolve) => setTimeout(resolve, 50))")
    assert len(asked) == 1
    await tab.run(f"form.elements.q.value = {json.dumps(TABLE)}, form.requestSubmit()")
    await tab.wait_for("document.querySelector('#answer td, #answer mark') && location.search.includes('flow_rate')")
    await tab.wait_for("!document.getElementById('answer').ariaBusy")
    await tab.run("history.back()")
    await tab.wait_for("document.getElementById('answer').innerText.includes('Unscrew the lid')")
    assert len(asked) == 3


async def test_what_the_bot_says_names_its_language(tab: Page, web: WebService) -> None:
    """In an English page, screen readers would read French aloud as if it were English."""
    await tab.emulate(*DESKTOP)
    await open_sandbox(tab, web)
    await tab.run("document.getElementById('language').value = 'fr', document.getElementById('again').click()")
    await tab.wait_for("state.view && state.view.locale === 'fr'")
    await tab.run("document.getElementById('text').focus()")
    await tab.write("/ask")
    await tab.wait_for("!document.getElementById('suggestions').hidden")
    assert await tab.run("document.querySelector('#suggestions [lang]').lang") == "fr"
    await tab.press("Enter")
    await tab.write(NOWHERE)
    await tab.press("Enter")
    await tab.wait_for("document.querySelectorAll('#messages .row').length")
    spoken = "[...document.querySelectorAll('#messages .text, #messages .embed, #messages .row')]"
    assert set(await tab.run(f"{spoken}.map((part) => part.lang)")) == {"fr"}


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESKTOP, True)])
async def test_axe_finds_nothing(tab: Page, web: WebService, size: tuple[int, int], dark: bool) -> None:
    """In no view of the page and of the sandbox."""
    file = find_axe()
    if file is None:
        pytest.skip(MISSING)
    axe = file.read_text("utf-8")
    await tab.emulate(*size, dark=dark)
    for path in ("/", f"/?{urlencode({'q': STEPS})}", f"/?{urlencode({'q': NOWHERE})}", "/documents"):
        await tab.open(f"{web.address}{path}")
        assert (await check(tab, axe)).violations == [], path
    await open_sandbox(tab, web)
    await ask(tab, STEPS)
    await ask(tab, NOWHERE)
    await tab.run("document.querySelector('[value=manager]').click()")
    await tab.wait_for("state.view.commands.some((command) => command.name === 'footnote settings')")
    await tab.run("document.getElementById('text').focus()")
    await tab.write("/footnote settings")
    await tab.wait_for("!document.getElementById('suggestions').hidden")
    assert (await check(tab, axe)).violations == [], "commands"
    await tab.press("Enter")
    await tab.wait_for("document.querySelector('#messages select')")
    assert (await check(tab, axe)).violations == [], "settings"
    await tab.run("openCommand(state.view.commands.find((command) => command.name === 'footnote collections'))")
    assert (await check(tab, axe)).violations == [], "options"


async def test_axe_would_find_a_button_without_a_name(tab: Page) -> None:
    """A check that passed everything would prove nothing."""
    file = find_axe()
    if file is None:
        pytest.skip(MISSING)
    await tab.open("data:text/html,<html lang=en><title>t</title><main><h1>h</h1><button></button></main>")
    violations = (await check(tab, file.read_text("utf-8"))).violations
    assert [rule for rule, _ in violations] == ["button-name"]
