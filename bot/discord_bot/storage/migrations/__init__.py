"""Upgrade a database to the tables of this version; versions/ holds one step per file.

To add a step, change bot/discord_bot/storage/schema.py, then write the next file in versions/ like those before it. A
test fails until the two agree. On PostgreSQL, each statement must finish within engine.TIMEOUT_S. A database cannot be
downgraded.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


class UnknownVersionError(Exception):
    """The database has a version that this program does not know."""


def steps() -> ScriptDirectory:
    """Return all steps."""
    return ScriptDirectory(str(FOLDER))


def upgrade(connection: Connection, version: str = "head") -> None:
    """Run the missing steps, up to a version, in the transaction of the connection.

    Raises UnknownVersionError if the database is newer than this program.
    """
    current = set(MigrationContext.configure(connection).get_current_heads())
    if not current <= {step.revision for step in steps().walk_revisions()}:
        raise UnknownVersionError
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))  # % starts an interpolation there
    config.attributes["connection"] = connection
    command.upgrade(config, version)
