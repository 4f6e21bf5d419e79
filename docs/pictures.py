"""Draw the pictures of the README and of docs/serve.md: `python -m docs.pictures`.

terminal.svg is the output of `footnote ask`, drawn by rich. discord.png is a page with the cards that the bot composes
for the same answers, in the look of Discord's dark theme, and page.png the page of `footnote serve`, both photographed
by headless Chromium. All ask the sample documents, with the settings in use.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
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

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COLUMNS = 96
DISCORD_SIZE, PAGE_SIZE = (680, 548), (800, 590)  # of the photographs in CSS pixels
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


def main() -> int:
    """Draw the pictures; return an exit code."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"docs.pictures: install Chromium: none of {', '.join(BROWSERS)} is on PATH", file=sys.stderr)
        return 2
    (IMAGES / "terminal.svg").write_text(terminal(), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page(), "utf-8")
        photograph(browser, f"file://{file}", IMAGES / "discord.png", DISCORD_SIZE)
    photograph_service(browser, IMAGES / "page.png")
    return 0


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
    return refusal_card(REFUSAL, [quote.citation.id for quote in answer.closest])


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


def photograph_service(browser: str, picture: Path) -> None:
    """Write a PNG of the page with an answer, as `footnote serve` shows it."""
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as service:  # noqa: S603
        assert service.stdout is not None  # noqa: S101 - it is a pipe
        address = service.stdout.readline().strip()
        photograph(browser, f"{address}?{urlencode({'q': ANSWERED})}", picture, PAGE_SIZE)
        service.terminate()


def photograph(browser: str, address: str, picture: Path, size: tuple[int, int]) -> None:
    """Write a PNG of the page at an address, in a window of some CSS pixels."""
    with tempfile.TemporaryDirectory() as folder:
        switches = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            "--hide-scrollbars", f"--force-device-scale-factor={SCALE}", f"--window-size={size[0]},{size[1]}",
            f"--user-data-dir={folder}/browser", f"--screenshot={picture}",
        ]  # fmt: skip
        subprocess.run([browser, *switches, address], check=True, capture_output=True, timeout=120)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
