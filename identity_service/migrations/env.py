"""
What Alembic runs: the migrations, on the connection and in the transaction that `schema.upgrade` holds.
"""

from alembic import context

from identity_service.foundation.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
