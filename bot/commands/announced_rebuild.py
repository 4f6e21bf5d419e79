"""Rebuild, and tell the bots that share a PostgreSQL database about the new generation."""

from typing import TYPE_CHECKING

from bot import building
from bot.showing.terminal import say
from config.settings import Settings
from retrieval.errors import FootnoteError

if TYPE_CHECKING:
    from retrieval.upkeep.plan import GateRule
    from retrieval.upkeep.rebuild import Report


def run_rebuild(
    settings: Settings, *, full: bool = False, wait: bool = False, gate: "GateRule | None" = None
) -> "Report":
    """Rebuild as building.run_rebuild does, and announce what was published."""
    report = building.run_rebuild(settings, full=full, wait=wait, gate=gate)
    if report.published:
        announce(settings)
    return report


def announce(settings: Settings) -> None:
    """Tell bots to look at the index now; if that fails, say so: they find out by themselves a little later."""
    if not settings.discord.database.startswith("postgres"):
        return
    try:
        from bot.discord_bot.database_commands import announce_generation

        announce_generation(settings)
    except (FootnoteError, ModuleNotFoundError) as error:
        say(f"bots were not told of the new generation and will notice it by themselves: {error}")
