"""Bring a database to the tables of this version; versions/ holds one step a file.

A new step: change bot/discord_bot/storage/schema.py, then write the next file in versions/ by the pattern
of the ones before. A test fails until the two agree. There is no way back to an older version.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


class UnknownVersionError(Exception):
    """The database has a version that no step here leads to."""


def steps() -> ScriptDirectory:
    """Return the steps that there are."""
    return ScriptDirectory(str(FOLDER))


def upgrade(connection: Connection, version: str = "head") -> None:
    """Run the steps that the database lacks, up to a version, inside the connection's transaction.

    Raises UnknownVersionError when the database is newer than this program.
    """
    current = set(MigrationContext.configure(connection).get_current_heads())
    if not current <= {step.revision for step in steps().walk_revisions()}:
        raise UnknownVersionError
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))  # % is special there
    config.attributes["connection"] = connection
    command.upgrade(config, version)
