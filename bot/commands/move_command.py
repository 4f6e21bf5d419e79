"""Implement `footnote move-database`: from SQLite to PostgreSQL."""

from pathlib import Path

from bot.showing.exit_codes import SUCCESS
from bot.showing.wording import many
from config.settings import Settings


def move_database(settings: Settings, file: Path | None, *, replace: bool) -> int:
    """Copy the bot's database, and print how many rows of each table. Raises ConfigError, DatabaseError."""
    from bot.discord_bot import database_commands

    counts = database_commands.move_database(settings, file, replace=replace)
    if counts is None:
        print("Nothing to do: the rows are there already.")
        return SUCCESS
    for name, count in counts.items():
        print(f"{name:16} {many(count, 'row')}")
    print(f"Copied {many(sum(counts.values()), 'row')}; the bot uses them from its next start.")
    return SUCCESS
