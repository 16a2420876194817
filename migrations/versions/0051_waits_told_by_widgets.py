"""Is a visitor of a site told how long it will take, and how many are before them?"""

from alembic import op

revision = "0051"
down_revision = "0050"

STATEMENTS = (
    """
    ALTER TABLE widget
        ADD COLUMN tells_wait BOOLEAN DEFAULT true NOT NULL,
        ADD COLUMN tells_position BOOLEAN DEFAULT false NOT NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
