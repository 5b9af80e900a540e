"""Run by Alembic: lends the migrations the connection that `schema` has opened."""

from alembic import context

from adapters.sql.migrations.comparing import OPTIONS
from adapters.sql.tables.everything import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, **OPTIONS
)

with context.begin_transaction():
    context.run_migrations()
