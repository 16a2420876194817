"""How long was a segment parked? Handling time is without it."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("ALTER TABLE segment ADD COLUMN parked_us BIGINT DEFAULT 0 NOT NULL")
