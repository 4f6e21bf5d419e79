"""What alembic runs for each command: the steps, on the connection that upgrade() hands over."""

from alembic import context

from bot.discord_bot.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
