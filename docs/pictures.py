"""Draw the pictures of the README: `python -m docs.pictures`.

terminal.svg is the output of `footnote ask`, drawn by rich. discord.png is a page with the cards that the bot composes
for the same answers, in the look of Discord's dark theme, photographed by headless Chromium. Both ask the sample
documents, with the settings in use.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

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
WIDTH, HEIGHT, SCALE = 680, 548, 2  # of the photograph in CSS pixels, and how many pixels each of them gets
ANSWERED = "When did the security dialogue first meet?"
REFUSED = "Who won the football World Cup?"
BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE = (
    (30, 31, 34), (226, 108, 108), (111, 207, 165), (232, 196, 110), (122, 162, 247), (190, 140, 220), (116, 190, 214),
    (219, 222, 225),
)  # fmt: skip
FENCE = re.compile(r"\n?```[\w+.#-]*\n(.*?)\n```\n?", re.DOTALL)
LIST_ITEM = re.compile(r"^( *)(- |[0-9]+\. |)(.*)")
THEME = TerminalTheme(BLACK, WHITE, [BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE])


def main() -> int:
    """Draw both pictures; return an exit code."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"docs.pictures: install Chromium: none of {', '.join(BROWSERS)} is on PATH", file=sys.stderr)
        return 2
    (IMAGES / "terminal.svg").write_text(terminal(), "utf-8")
    photograph(browser, page(), IMAGES / "discord.png")
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
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "ask", question]
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent), "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
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


def photograph(browser: str, html: str, picture: Path) -> None:
    """Write a PNG of a page."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(html, "utf-8")
        switches = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            "--hide-scrollbars", f"--force-device-scale-factor={SCALE}", f"--window-size={WIDTH},{HEIGHT}",
            f"--user-data-dir={folder}/browser", f"--screenshot={picture}",
        ]  # fmt: skip
        command = [browser, *switches, f"file://{folder}/page.html"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - a browser on PATH


if __name__ == "__main__":
    sys.exit(main())
