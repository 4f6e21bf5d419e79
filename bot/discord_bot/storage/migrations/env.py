"""Run by alembic for each command: apply the steps on the connection that upgrade() passes."""

from alembic import context

from bot.discord_bot.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
