"""Steps of a walk through the loopback Discord, from a question to a kept answer, as members and managers take them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot import building
from bot.discord_bot.operations.maintenance import RebuildResult
from bot.sandbox.loopback.world_records import Interaction, Message, User
from config.settings import Settings
from retrieval.progress import silent
from retrieval.upkeep.gate import verdict_json
from retrieval.upkeep.rebuild import rebuild
from tests.bot.conftest import build_stack
from tests.support.loopback_bot import LoopbackBot, open_loopback_bot

SECONDS = 120.0  # for a rebuild on a busy machine
QUESTIONS, ANSWER = "Questions or a title, one on each line", "Answer"  # labels of the form
PERMIT = "How do I get a parking permit?"
KEPT = "Parking permits are handed out at the front desk on weekdays from nine to noon. Bring your licence."
TEXTS = {
    "museum.md": "# Museum\n\nThe museum opens at ten. A ticket costs nine euros. Cars are parked behind the mill.\n",
    "library.md": "# Library\n\nMembers borrow eight books at a time. The reading room has forty seats.\n",
}


@asynccontextmanager
async def open_walk(folder: Path, compiled: Path, *, locale: str = "", **texts: str) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in its only server, which has a locale, with documents of its own; rebuilds run in this process."""
    seeds = folder / "seeds"
    seeds.mkdir()
    for name, text in (TEXTS | {f"{name}.md": text for name, text in texts.items()}).items():
        (seeds / name).write_text(text, "utf-8")
    settings, opened = build_stack(seeds, folder / "index", compiled)
    async with open_loopback_bot(settings, folder, locale=locale, opened=opened) as running:
        rebuild_in_process(running, settings)
        yield running


def rebuild_in_process(bot: LoopbackBot, settings: Settings) -> None:
    """Let the bot rebuild in a thread instead of another process, which takes seconds to start."""

    async def run(_: object, *, wait: bool = False) -> RebuildResult:
        report = await asyncio.to_thread(rebuild, building.rebuild_options(settings), silent, wait=wait)
        return RebuildResult({"gate": verdict_json(report.verdict) if report.verdict else None})

    bot.services.maintenance.rebuild = run  # type: ignore[method-assign, assignment]


async def ask(bot: LoopbackBot, question: str) -> Message:
    """Let alice use /ask, and return what she sees."""
    asked = await bot.server.slash(bot.alice, bot.channel, "ask", question=question)
    return await outcome(asked)


async def outcome(interaction: Interaction) -> Message:
    """Wait until an interaction is settled, and return the last message that answers it."""
    await interaction.settled(SECONDS)
    return interaction.shown[-1]


async def press(bot: LoopbackBot, who: User, message: Message, label: str) -> Message:
    """Press a button, and return what it shows."""
    return await outcome(await bot.server.press(who, message, label))


async def press_to_edit(bot: LoopbackBot, who: User, message: Message, label: str) -> Message:
    """Press a button that changes its own message, and return the message once it is changed."""
    before = len(message.edits)
    await bot.server.press(who, message, label)
    await bot.server.world.signal.until(lambda: len(message.edits) > before, SECONDS, "a change of the message")
    return message


async def opened_form(interaction: Interaction) -> dict[str, Any]:
    """Wait for the form that an interaction opens, and return the text in each of its fields by label."""
    await interaction.signal.until(lambda: interaction.modal is not None, SECONDS, "a form")
    assert interaction.modal is not None
    fields = [field for row in interaction.modal["components"] for field in row["components"]]
    return {field["label"]: field.get("value", "") for field in fields}


async def send(bot: LoopbackBot, opened: Interaction, questions: str, text: str) -> str:
    """Send a form with other texts, wait for the rebuild, and return the last line."""
    await opened_form(opened)
    return (
        await rebuilt(await bot.server.submit(bot.guild.owner, opened, **{QUESTIONS: questions, ANSWER: text}))
    ).content


async def rebuilt(interaction: Interaction) -> Message:
    """Wait for the end of the rebuild that an interaction causes, and return the message that says so."""

    def ended() -> bool:
        return bool(interaction.shown) and interaction.is_settled() and not interaction.shown[-1].content.endswith(" …")

    await interaction.signal.until(ended, SECONDS, "the end of a rebuild")
    return interaction.shown[-1]


def labels(message: Message) -> list[str]:
    """Return the labels of the buttons of a message."""
    return [item["label"] for row in message.components for item in row["components"] if "label" in item]
