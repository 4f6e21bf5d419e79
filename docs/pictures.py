"""Draw the pictures of the README and of docs/serve.md: `python -m docs.pictures`.

terminal.svg is the output of `footnote ask`, drawn by rich. discord.png is a page with the cards that the bot composes
for the same answers, in the look of Discord's dark theme; page.png and sandbox.png are pages of `footnote serve`. All
are photographed by headless Chromium, and ask the sample documents, with the settings in use.

`python -m docs.pictures FOLDER` writes nothing else than pictures of every page to a folder, to be looked at: on a
desktop and on a phone, in light and in dark.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup, escape
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from bot import building
from bot.discord_bot.messages.answer_card import Card, answer_card, refusal_card
from bot.showing.reply import REFUSAL, compose
from config.settings import load_settings
from docs.browser import Page, find_browser, open_page

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
COLUMNS = 96
DISCORD_SIZE, PAGE_SIZE, SANDBOX_SIZE = (680, 548), (800, 590), (980, 1040)  # of the photographs in CSS pixels
DESKTOP, PHONE = (1200, 900), (390, 844)
SCALE = 2  # how many pixels each of them gets
ANSWERED = "When did the security dialogue first meet?"
REFUSED = "Who won the football World Cup?"
COMMAND = (sys.executable, "-P", "-m", "bot.commands.cli")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE = (
    (30, 31, 34), (226, 108, 108), (111, 207, 165), (232, 196, 110), (122, 162, 247), (190, 140, 220), (116, 190, 214),
    (219, 222, 225),
)  # fmt: skip
FENCE = re.compile(r"\n?```[\w+.#-]*\n(.*?)\n```\n?", re.DOTALL)
LIST_ITEM = re.compile(r"^( *)(- |[0-9]+\. |)(.*)")
THEME = TerminalTheme(BLACK, WHITE, [BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE])


def main(arguments: list[str]) -> int:
    """Draw the pictures; return an exit code."""
    browser = find_browser()
    if browser is None:
        print("docs.pictures: install Chromium: it is not on PATH", file=sys.stderr)
        return 2
    if arguments:
        asyncio.run(draw_views(browser, Path(arguments[0])))
        return 0
    (IMAGES / "terminal.svg").write_text(terminal(), "utf-8")
    asyncio.run(draw_pages(browser))
    return 0


async def draw_pages(browser: str) -> None:
    """Photograph the conversation in Discord, the page and the sandbox."""
    with tempfile.TemporaryDirectory() as folder, serving() as address:
        file = Path(folder) / "page.html"
        file.write_text(page(), "utf-8")
        async with open_page(browser) as tab:
            for target, name, size in (
                (f"file://{file}", "discord.png", DISCORD_SIZE),
                (f"{address}?{urlencode({'q': ANSWERED})}", "page.png", PAGE_SIZE),
            ):
                await tab.emulate(*size, scale=SCALE)
                await tab.open(target)
                await tab.photograph(IMAGES / name)
            await tab.emulate(*SANDBOX_SIZE, scale=SCALE)
            await ask_in_sandbox(tab, address)
            await tab.photograph(IMAGES / "sandbox.png")


async def draw_views(browser: str, folder: Path) -> None:
    """Photograph every page on a desktop and on a phone, in light and in dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as address:
        for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                async with open_page(browser) as tab:
                    await tab.emulate(*size, dark=scheme == "dark", scale=1)
                    for view_name, show in VIEWS.items():
                        await show(tab, address)
                        await tab.photograph(folder / f"{view_name}-{size_name}-{scheme}.png")


def terminal() -> str:
    """Run `footnote ask` with an answerable and an unanswerable question, and draw its output as SVG."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for question in (ANSWERED, REFUSED):
        console.print(Text.assemble(("$ ", "dim"), (f'./footnote ask "{question}"', "bold")), soft_wrap=True)
        console.print(Text.from_ansi(output_of_ask(question)))
        console.print()
    svg = console.export_svg(title="footnote", theme=THEME, unique_id="terminal")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # no web fonts: the picture must load nothing


def output_of_ask(question: str) -> str:
    """Run `footnote ask` and return its output, with the escape sequences for colours."""
    environment = {**ENVIRONMENT, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    command = [*COMMAND, "ask", question]
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return process.stdout.rstrip()


def page() -> str:
    """Render a conversation in Discord as HTML: a question with its answer, and one without."""
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(DOCS), autoescape=True)
    templates.filters["markdown"] = markdown
    cards = [(question, card(question)) for question in (ANSWERED, REFUSED)]
    return templates.get_template("discord.html").render(cards=cards)


def card(question: str) -> Card:
    """Compose the card for a question, as the bot does."""
    settings = load_settings()
    stack = building.open_or_build(settings)
    answer = stack.retriever.ask(question, top=settings.answer.top, threshold=stack.threshold)
    if answer.answered:
        return answer_card(compose(answer), question, others=answer.others)
    return refusal_card(REFUSAL(), [quote.citation.id for quote in answer.closest])


def markdown(text: str) -> Markup:
    """Convert what a card uses of Discord's Markdown to HTML: code, lists, bold text and escaped characters."""
    parts = FENCE.split(text)
    blocks = [[line_html(line) for line in part.split("\n") if part] for part in parts]
    blocks[1::2] = [[Markup("<pre>{}</pre>").format(code)] for code in parts[1::2]]
    return Markup().join(line for block in blocks for line in block)


def line_html(line: str) -> Markup:
    """Convert a line outside of code to HTML, with a bullet or number before it if it is one of a list."""
    indent, label, text = LIST_ITEM.findall(line)[0]
    bold = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    html = Markup(re.sub(r"\\([^A-Za-z0-9\s])", r"\1", bold))  # noqa: S704 - escaped in the line before
    kind = "item" if label else "line"
    bullet = "•" if label == "- " else label
    return Markup('<div class="{}" style="margin-left: {}ch"><i>{}</i>{}</div>').format(kind, len(indent), bullet, html)


@contextmanager
def serving() -> Iterator[str]:
    """Run `footnote serve` with the sandbox; yield its address."""
    command = [*COMMAND, "serve", "--port", "0", "--sandbox"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as service:  # noqa: S603
        assert service.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield service.stdout.readline().strip()
        finally:
            service.terminate()


async def ask_in_sandbox(tab: Page, address: str) -> None:
    """Open the sandbox, use a command as a member does, and wait for the answer."""
    await tab.open(f"{address}sandbox")
    await tab.wait_for("document.getElementById('channel').textContent")
    await tab.run("document.getElementById('again').click()")
    await tab.wait_for("state.view && !state.view.messages.length")
    for question, shown in ((ANSWERED, 1), (REFUSED, 2)):
        await open_command(tab, "/ask")
        await tab.write(question)
        await tab.press("Enter")
        await tab.wait_for(f"document.querySelectorAll('#messages .row').length === {shown}")
    await tab.wait_for("document.getElementById('command').hidden")
    await tab.run("document.activeElement.blur(), scrollTo(0, 0)")


async def open_command(tab: Page, typed: str) -> None:
    """Type the name of a command and choose it."""
    await tab.run("document.getElementById('text').focus()")
    await tab.write(typed)
    await tab.wait_for("!document.getElementById('suggestions').hidden")
    await tab.press("Enter")


async def press_button(tab: Page, label: str) -> None:
    """Press the last button with a label."""
    labelled = f"[...document.querySelectorAll('button')].findLast((one) => one.textContent.startsWith('{label}'))"
    await tab.wait_for(labelled)
    await tab.run(f"{labelled}.click()")


async def _show_answer(tab: Page, address: str) -> None:
    await tab.open(f"{address}?{urlencode({'q': ANSWERED})}")


async def _show_refusal(tab: Page, address: str) -> None:
    await tab.open(f"{address}?{urlencode({'q': REFUSED})}")


async def _show_documents(tab: Page, address: str) -> None:
    await tab.open(f"{address}documents")


async def _show_commands(tab: Page, _: str) -> None:
    await tab.run("document.getElementById('text').focus()")
    await tab.write("/")
    await tab.wait_for("!document.getElementById('suggestions').hidden")


async def _show_options(tab: Page, _: str) -> None:
    await tab.press("Enter")
    await tab.wait_for("!document.getElementById('command').hidden")
    await tab.run("document.querySelector('[data-option=source]').focus()")
    await tab.wait_for("document.querySelector('#command [role=option]')")


async def _show_settings(tab: Page, _: str) -> None:
    await press_button(tab, "Cancel")
    await tab.run("document.querySelector('[value=manager]').click()")
    await tab.wait_for("state.view.commands.some((command) => command.name === 'footnote settings')")
    await open_command(tab, "/footnote settings")
    await tab.wait_for("document.querySelector('#messages select')")


async def _show_form(tab: Page, _: str) -> None:
    await press_button(tab, "Closest passages")
    await press_button(tab, "Answer this")
    await tab.wait_for("document.getElementById('form').open")


VIEWS: dict[str, Callable[[Page, str], Awaitable[None]]] = {  # each is reached from the one before
    "answer": _show_answer,
    "refusal": _show_refusal,
    "documents": _show_documents,
    "sandbox": ask_in_sandbox,
    "commands": _show_commands,
    "options": _show_options,
    "settings": _show_settings,
    "form": _show_form,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
