"""What commands do with the bot's database: move it from SQLite to PostgreSQL, announce a generation through it."""

import asyncio
from pathlib import Path

from bot.discord_bot.storage import generation_notices
from bot.discord_bot.storage.database import Database, DatabaseError, file_address
from bot.discord_bot.storage.engine import POSTGRESQL, parse_address
from bot.discord_bot.storage.table_copy import copy_tables
from config.settings import ConfigError, Settings

NO_TARGET = "nowhere to move to: set discord.database to the address of a PostgreSQL database"


def move_database(settings: Settings, file: Path | None, *, replace: bool) -> dict[str, int] | None:
    """Copy the SQLite file, by default that of the index, and return the rows of each table, None if they are there.

    Raises ConfigError if the settings name no database, DatabaseError.
    """
    from bot.discord_bot.run import default_database  # which loads the whole bot

    if not settings.discord.database:
        raise ConfigError(NO_TARGET)
    if parse_address(settings.discord.database).drivername != POSTGRESQL:
        raise DatabaseError("discord.database does not name a PostgreSQL database, to which rows could be moved")
    address = file_address(file) if file else default_database(settings.index_folder)
    path = Path(parse_address(address).database or "")
    if not path.is_file():
        raise DatabaseError(f"there is no database {path} to move")
    return asyncio.run(_move(address, settings.discord.database, replace=replace))


async def _move(source_address: str, target_address: str, *, replace: bool) -> dict[str, int] | None:
    source = await Database.open(source_address)
    try:
        target = await Database.open(target_address)
        try:
            return await copy_tables(source, target, replace=replace)
        finally:
            await target.close()
    finally:
        await source.close()


def announce_generation(settings: Settings) -> None:
    """Tell the bots on the database of the settings that another generation is live. Raises DatabaseError."""
    asyncio.run(generation_notices.announce(parse_address(settings.discord.database)))
