"""Which parked conversations were interrupted, and return by themselves?"""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute("ALTER TABLE segment ADD COLUMN interrupted BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE segment ADD CONSTRAINT ck_segment_interrupted CHECK (state = 'parked' OR NOT interrupted)")


def downgrade() -> None:
    op.execute("ALTER TABLE segment DROP CONSTRAINT ck_segment_interrupted, DROP COLUMN interrupted")
