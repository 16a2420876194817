"""How does Alembic reach the database? Only by the connection that app/store/migrate.py hands over."""

from alembic import context

from app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=False,
)

with context.begin_transaction():
    context.run_migrations()
