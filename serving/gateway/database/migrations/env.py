"""Run by Alembic, on the connection that it was given (`serving.gateway.database.store`)."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
